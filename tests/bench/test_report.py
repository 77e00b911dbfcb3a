"""What the report of a measurement says: made of figures from nowhere, so that no test depends on a clock."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from scripts.bench import costs, report
from scripts.bench.calls import Asked
from scripts.bench.leak import State, grows
from scripts.bench.long_run import Enrollment, slowdown
from scripts.bench.measure import Taken, processor_time
from scripts.bench.requests import PATHS

PAID = Asked(dynamodb=3, aws=0, stripe=1, written=12, read=Decimal(6))
WEBHOOK = Asked(dynamodb=2, aws=0, stripe=0, written=16, read=Decimal(1))


def results(**processor: float) -> dict[str, dict[str, list[Taken]]]:
    """Functions that took so many milliseconds for every request."""
    return {name: {path: [Taken(value, value)] * 3 for path in PATHS} for name, value in processor.items()}


OVER_TLS = {"product over TLS": 120.0, "Node over TLS": 150.0}
COLD = results(product=100.0, naive=400.0, Node=101.0, **OVER_TLS) | {"empty Chalice": {"health": [Taken(50.0, 50.0)]}}
WARM = results(product=3.0, Node=6.0) | {"floor": {"webhook": [Taken(1.0, 1.0)]}}
CALLS = {"product": {"courses": PAID, "paid": PAID, "webhook": WEBHOOK}}


@pytest.fixture
def page() -> str:
    """The report."""
    memory = dict.fromkeys(WARM, 30.0)
    return report.tables(COLD, WARM, memory, CALLS, ["Nobody could fetch Node."])


@pytest.mark.parametrize(
    "line",
    [
        "| cold health: of empty Chalice | 3.50 | 2.00 | reached |",
        "| cold paid: of Node | 0.95 | 0.99 | missed by 4 % |",
        "| cold paid: of Node over TLS | 0.95 | 0.80 | reached |",
        "| cold webhook: of naive | 0.33 | 0.25 | reached |",
        "| warm webhook: of floor | 2.50 | 3.00 | missed by 20 % |",
        "| product | paid | 3 | 12 | 6 | 0 | 1 |",
        "Nobody could fetch Node.",
    ],
)
def test_the_report_says_what_was_reached_and_what_was_missed(page: str, line: str) -> None:
    """A figure that is too high is named with its distance; a peer that is missing is named too."""
    assert line in page.splitlines()


def test_a_function_with_half_a_processor_takes_twice_as_long() -> None:
    """Waiting for others takes as long as before."""
    nothing = Asked(dynamodb=0, aws=0, stripe=0, written=0, read=Decimal(0))
    assert costs.duration(100.0, nothing, 1769) == pytest.approx(0.1)
    assert costs.duration(100.0, nothing, 1769 // 2) == pytest.approx(0.2, rel=0.01)
    assert costs.duration(100.0, nothing, 3000) == pytest.approx(0.1)
    assert costs.duration(0.0, WEBHOOK, 512) == pytest.approx(2 * costs.WAITS.dynamodb)


def test_a_thousand_enrollments_cost_their_units() -> None:
    """28 write units and 7 read units each."""
    _, storage = costs.thousand({"paid": 0.0, "webhook": 0.0}, {"paid": PAID, "webhook": WEBHOOK}, 512)
    assert storage == pytest.approx(1000 * (28 * 0.625e-6 + 7 * 0.125e-6))


def test_the_page_keeps_what_was_written_by_hand(tmp_path: Path) -> None:
    """Only what stands between the marks is replaced, however often."""
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nAfter.\n")
    report.write(page, r"new \1")
    report.write(page, r"newer \1")
    assert page.read_text() == "Before.\n<!-- bench: begin -->\nnewer \\1\n<!-- bench: end -->\nAfter.\n"


def test_a_chart_is_an_image_with_a_bar_for_each_function() -> None:
    """And the longest fills the width."""
    drawn = report.chart("Cold & warm", COLD)
    bars = [int(width) for width in re.findall(r'<rect x="\d+" y="\d+" width="(\d+)"', drawn)]
    assert len(bars) == 2 * 5
    assert max(bars) == 410
    assert 'aria-label="Cold &amp; warm"' in drawn


def test_memory_that_goes_on_growing_is_noticed() -> None:
    """Growth in the first half is what is loaded and kept; in the second half it is a leak, of memory or of files."""
    settled = [State(1_000, 30.0, 8), State(2_000, 41.0, 10), State(3_000, 41.5, 10)]
    assert not grows(settled)
    assert grows([*settled, State(4_000, 44.0, 10)])
    assert grows([*settled, State(4_000, 41.5, 12)])
    assert State.of(1, os.getpid()).megabytes > 10


def test_processor_time_is_that_of_all_threads() -> None:
    """Also of threads that have ended, which is how FastAPI runs its views."""
    before = processor_time(os.getpid())
    worker = threading.Thread(target=lambda: hashlib.pbkdf2_hmac("sha256", b"", b"", 50_000))
    worker.start()
    worker.join()
    assert processor_time(os.getpid()) - before > 1
    with pytest.raises(OSError, match="Invalid argument"):
        processor_time(2**22 + 1)


def test_a_stack_that_becomes_slower_is_noticed() -> None:
    """By the processor time of the last hundred enrollments beside the first."""
    fast, slow = Enrollment(0.05, 0.05, 0.1), Enrollment(0.1, 0.1, 0.2)
    assert slowdown([fast] * 500) == pytest.approx((1.0, 1.0))
    assert slowdown([fast] * 100 + [slow] * 100) == pytest.approx((2.0, 2.0))
