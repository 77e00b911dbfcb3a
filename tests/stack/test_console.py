"""The console formats the product's JSON lines for people."""

from __future__ import annotations

import io
import json

from scripts.stack.console import Console

METRIC = {
    "_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "N", "Metrics": [{"Name": "Enrolled"}]}]},
    "service": "s",
    "stage": "local",
    "reason": "completed",
    "provider": "none",
    "Enrolled": 1,
}
ENTRY = {
    "level": "WARNING",
    "message": "PaymentInReview",
    "timestamp": "t",
    "service": "s",
    "reason": "amount_mismatch",
}


def written(*texts: str) -> str:
    """What these writes look like on the console."""
    stream = io.StringIO()
    console = Console(stream)
    for text in texts:
        console.write(text)
    console.flush()
    return stream.getvalue()


def test_a_metric_becomes_its_name_and_reason() -> None:
    """Of an embedded metric the name stays, and what distinguishes it."""
    assert written(json.dumps(METRIC) + "\n") == "  Enrolled reason=completed\n"


def test_print_adds_no_extra_line() -> None:
    """`print` writes the line and its end apart; both come out once."""
    assert written(json.dumps(METRIC), "\n") == "  Enrolled reason=completed\n"


def test_a_log_entry_keeps_its_level() -> None:
    """A structured log line becomes level, message and fields."""
    assert written(json.dumps(ENTRY) + "\n") == "  WARNING PaymentInReview reason=amount_mismatch\n"


def test_everything_else_passes_unchanged() -> None:
    """Plain lines, half lines and broken JSON come out as they went in."""
    assert written("GET / 200 1 ms\n", "{broken\n", "half", " a line\n") == "GET / 200 1 ms\n{broken\nhalf a line\n"
