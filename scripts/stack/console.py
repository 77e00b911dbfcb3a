"""The console of a local run: the product's JSON log lines and metrics, formatted for people."""

from __future__ import annotations

import io
import json
from typing import Any, TextIO

# Fields that every line has, or that only machines need.
_OMITTED = frozenset(
    {"_aws", "level", "location", "message", "sampling_rate", "service", "stage", "timestamp", "xray_trace_id"}
)


class Console(io.TextIOBase):
    """Writes to a stream; a line that is a JSON object is written as "  Enrolled reason=completed"."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text with one call, so that lines of several threads do not mix."""
        self._stream.write("".join(_readable(line) for line in text.splitlines(keepends=True)))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def writable(self) -> bool:
        """Always True."""
        return True


def _readable(line: str) -> str:
    try:
        entry = json.loads(line) if line.startswith("{") else None
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return line
    end = "\n" if line.endswith("\n") else ""
    return f"  {_title(entry)}{_fields(entry)}{end}"


def _title(entry: dict[str, Any]) -> str:
    if "_aws" in entry:
        return " ".join(_metrics(entry))
    return f"{entry.get('level', 'INFO')} {entry.get('message', '')}"


def _fields(entry: dict[str, Any]) -> str:
    omitted = _OMITTED.union(_metrics(entry))
    return "".join(f" {name}={value}" for name, value in entry.items() if name not in omitted and value != "none")


def _metrics(entry: dict[str, Any]) -> list[str]:
    sets = entry.get("_aws", {}).get("CloudWatchMetrics", ())
    return [metric["Name"] for one in sets for metric in one["Metrics"]]
