"""Figures as Markdown tables and SVG charts."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from xml.sax.saxutils import escape

from scripts.bench.measure import Taken
from scripts.bench.requests import PATHS

Results = Mapping[str, Mapping[str, Sequence[Taken]]]

_BEGIN, _END = "<!-- bench: begin -->", "<!-- bench: end -->"
_BAR, _GAP, _LABEL, _WIDTH = 16, 6, 170, 640
_FEW = 3


def tables(cold: Results, warm: Results, memory: Mapping[str, float]) -> str:
    """Everything that was measured, in Markdown."""
    return "\n".join(
        (
            _where(),
            "",
            "**Cold start:** processor time in ms of init and first request, median (and quartiles).",
            "",
            *_table(cold, digits=0),
            "",
            "**Warm:** processor time in ms per request, median (and quartiles); the most memory used.",
            "",
            *_table(warm, digits=2, last=("MB", {name: f"{value:.0f}" for name, value in memory.items()})),
        )
    )


def _where() -> str:
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    when = f"{datetime.now(UTC):%d %B %Y}"
    return f"Measured {when} on {os.cpu_count()} cores, Python {platform.python_version()}, {system}."


def write(page: Path, text: str) -> None:
    """Replace what lies between the page's marks."""
    whole = page.read_text("utf-8")
    page.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: f"{_BEGIN}\n{text}\n{_END}", whole, flags=re.DOTALL), "utf-8")


def charts(directory: Path, cold: Results, warm: Results) -> None:
    """One chart for each kind: bars of the medians of paid enrollments and webhooks."""
    for name, results, title in (
        ("cold", cold, "Cold start: processor time, ms"),
        ("warm", warm, "Warm request: processor time, ms"),
    ):
        (directory / f"performance-{name}.svg").write_text(chart(title, results), "utf-8")


def chart(title: str, results: Results) -> str:
    """Horizontal bars, one per function, for each of the two requests that pay the school's bills."""
    lines: list[str] = []
    top = 34
    for path in ("paid", "webhook"):
        rows = [(name, _median(paths[path])) for name, paths in results.items() if path in paths]
        most = max(value for _, value in rows)
        lines.append(f'<text x="0" y="{top}" font-weight="bold">{path}</text>')
        top += 8
        for name, value in rows:
            length = (_WIDTH - _LABEL - 60) * value / most
            fill = "#2d6a4f" if name == "product" else "#9aa5b1"
            lines.append(f'<text x="0" y="{top + 12}">{escape(name)}</text>')
            lines.append(f'<rect x="{_LABEL}" y="{top}" width="{length:.0f}" height="{_BAR}" fill="{fill}"/>')
            lines.append(f'<text x="{_LABEL + length + 6:.0f}" y="{top + 12}">{value:.3g}</text>')
            top += _BAR + _GAP
        top += 22
    body = "\n".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{escape(title)}">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n<text x="0" y="14" font-size="14">{escape(title)}</text>\n'
        f"{body}\n</svg>\n"
    )


def _table(results: Results, digits: int, last: tuple[str, Mapping[str, str]] | None = None) -> Iterator[str]:
    more = [last[0]] if last else []
    yield "| | " + " | ".join((*PATHS, *more)) + " |"
    yield "|---" * (len(PATHS) + 1 + len(more)) + "|"
    for name, paths in results.items():
        cells = [_cell(paths[path], digits) if path in paths else "" for path in PATHS]
        yield f"| {name} | " + " | ".join((*cells, *([last[1][name]] if last else []))) + " |"


def _cell(taken: Sequence[Taken], digits: int) -> str:
    values = [one.processor for one in taken]
    if len(values) < _FEW:
        return f"{median(values):.{digits}f}"
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def _median(taken: Sequence[Taken]) -> float:
    return median(one.processor for one in taken)
