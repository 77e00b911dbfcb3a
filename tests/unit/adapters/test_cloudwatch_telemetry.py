"""What reaches the log and the metrics, and what never does."""

from __future__ import annotations

import ast
import io
import itertools
import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.cloudwatch.redaction import ALLOWED
from adapters.cloudwatch.telemetry import CloudWatchTelemetry
from adapters.memory.clock import MemoryClock
from domain.ports.telemetry import Gauge, Signal

ROOT = Path(__file__).parents[3]
NOW = datetime.now(UTC).replace(microsecond=0)  # CloudWatch takes no metric that is weeks old
SERVICES = (f"service-{number}" for number in itertools.count())


class Output:
    """A telemetry that writes into memory; each has a logger of its own, as loggers are shared by name."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.telemetry = CloudWatchTelemetry(
            stage="test", service=next(SERVICES), clock=MemoryClock(NOW), output=self.stream
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Everything written, line by line."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The lines that are metrics."""
        return [line for line in self.lines if "_aws" in line]

    @property
    def logs(self) -> list[dict[str, Any]]:
        """The lines that are not."""
        return [line for line in self.lines if "_aws" not in line]


@pytest.fixture
def output() -> Output:
    """An empty output."""
    return Output()


def test_a_signal_is_one_metric_with_and_without_its_reason(output: Output) -> None:
    """Alarms count all of a signal; people look at it by reason."""
    output.telemetry.emit(Signal.PAYMENT_IN_REVIEW, reason="amount_mismatch", provider="stripe")
    [line] = output.metrics
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "LearnerMaxPayments"
    assert [set(names) for names in directive["Dimensions"]] == [
        {"service", "stage"},
        {"service", "stage", "provider", "reason"},
    ]
    assert directive["Metrics"] == [{"Name": "PaymentInReview", "Unit": "Count"}]
    assert line["PaymentInReview"] == [1]
    assert (line["stage"], line["provider"], line["reason"]) == ("test", "stripe", "amount_mismatch")
    assert line["_aws"]["Timestamp"] == int(NOW.timestamp() * 1000)


def test_every_dimension_of_a_metric_has_a_value(output: Output) -> None:
    """CloudWatch drops a metric one of whose dimensions is empty, so nothing stays empty."""
    output.telemetry.emit(Signal.ENROLLED)
    [line] = output.metrics
    sets = line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert {"service", "stage"} in map(set, sets)
    assert all(line[name] for names in sets for name in names)


def test_ids_are_logged_and_are_no_dimensions(output: Output) -> None:
    """A metric per session would cost more than the course."""
    output.telemetry.emit(Signal.ENROLLED, provider="stripe", payment_session_id="ps_1", course_id="course-1")
    [log] = output.logs
    assert (log["message"], log["payment_session_id"], log["course_id"]) == ("Enrolled", "ps_1", "course-1")
    assert (log["level"], log["stage"]) == ("INFO", "test")
    assert "ps_1" not in json.dumps(output.metrics)


def test_a_gauge_is_a_metric_without_a_reason(output: Output) -> None:
    """What is measured now and then has one value per stage, in its own unit."""
    output.telemetry.measure(Gauge.OLDEST_UNENROLLED_SECONDS, 17)
    output.telemetry.measure(Gauge.SESSIONS_IN_REVIEW, 3)
    age, count = output.metrics
    assert age["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "OldestUnenrolledSeconds", "Unit": "Seconds"}]
    assert (age["OldestUnenrolledSeconds"], count["SessionsInReview"]) == ([17], [3])
    assert [set(names) for names in count["_aws"]["CloudWatchMetrics"][0]["Dimensions"]] == [{"service", "stage"}]


def test_what_needs_a_person_is_a_warning(output: Output) -> None:
    """The log can be read by level."""
    output.telemetry.emit(Signal.PAYMENT_LATE)
    assert output.logs[0]["level"] == "WARNING"


CANARIES = [
    "sam@example.com",
    "mail sam@example.com now",
    "4242424242424242",
    "4242 4242 4242 4242",
    "4242-4242-4242-4242",
    "whsec_abc123",
    "sk_test_abc123",
    "sk_live_abc123",
    "rk_live_abc123",
    "cs_test_a1_secret_xyz",
    "pi_1_secret_xyz",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
]


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("place", ["reason", "provider", "user_id", "payment_session_id", "event_id", "email", "body"])
def test_fault_96_nothing_private_is_ever_written(output: Output, canary: str, place: str) -> None:
    """Whatever somebody passes by mistake, under whatever name, is hidden or dropped."""
    output.telemetry.emit(Signal.EVENT_IGNORED, **{place: canary})
    written = output.stream.getvalue()
    for part in (canary, "example.com", "4242", "abc123", "xyz", "eyJ"):
        assert part not in written


def test_names_that_are_not_on_the_list_are_dropped(output: Output) -> None:
    """A harmless value under an unknown name is no exception."""
    output.telemetry.emit(Signal.EVENT_IGNORED, favourite_colour="blue")
    assert "blue" not in output.stream.getvalue()


@pytest.mark.parametrize(
    "harmless",
    [
        "ps_01936f8e7b5c7d2e8f3a4b5c6d7e8f90",
        "12345678901234567890123456789012ab",
        "cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJPqkfIhd6tVY8XB1OLY",
        "lookup:cs_test_a1YS1:complete:paid",
        "evt_1Pgc76B7WZ01zgkW00000005",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "course-1",
    ],
)
def test_ids_survive(output: Output, harmless: str) -> None:
    """The second line of defence leaves alone what the log is for."""
    output.telemetry.emit(Signal.EVENT_IGNORED, event_id=harmless)
    assert output.logs[0]["event_id"] == harmless


def test_whatever_the_product_emits_has_a_place_in_the_log() -> None:
    """An id under a name that is not on the list would be dropped without a word."""
    emitted = set()
    for file in (*(ROOT / "domain").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
                emitted |= {keyword.arg for keyword in node.keywords}
    assert emitted - {"reason", "provider", None} <= ALLOWED
    assert "payment_session_id" in emitted


def test_a_value_is_cut(output: Output) -> None:
    """Nobody fills the log."""
    output.telemetry.emit(Signal.EVENT_IGNORED, event_id="x" * 10_000)
    assert len(output.logs[0]["event_id"]) == 256


def test_a_metric_is_written_whatever_the_level_of_the_log(output: Output) -> None:
    """A quiet log must not silence an alarm."""
    output.telemetry.emit(Signal.ENROLLED)
    logging.getLogger(output.telemetry.service).setLevel(logging.ERROR)
    output.telemetry.emit(Signal.ENROLLED)
    assert (len(output.metrics), len(output.logs)) == (2, 1)


def test_a_closed_output_fails_nobody(output: Output) -> None:
    """A payment is worth more than a log line about it."""
    output.telemetry.emit(Signal.ENROLLED)
    output.stream.close()
    output.telemetry.emit(Signal.ENROLLED)


def test_lines_of_many_threads_do_not_mix(output: Output) -> None:
    """Each line is one write."""

    def emit() -> None:
        for _ in range(50):
            output.telemetry.emit(Signal.ENROLLED, payment_session_id="ps_1")

    threads = [threading.Thread(target=emit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert (len(output.metrics), len(output.logs)) == (200, 200)
