"""How long a student who has paid waits for the course when no webhook ever comes and nobody returns to our pages."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from attrs import define, field

from scripts.stack.worker import Schedule
from tests.support.stack.running_stack import LiveSchool, Visitor
from tests.support.waiting import until

pytestmark = pytest.mark.journey

STUDENTS = int(os.environ.get("STUDENTS", "10"))
EVERY = float(os.environ.get("EVERY", "1"))  # seconds between two runs of the reconciler; deployed, it is 240
LONG = 3 * EVERY  # seconds over which the students pay


@define
class Runs:
    """When the reconciler began, and how long it took, in seconds."""

    began: list[float] = field(factory=list)
    took: list[float] = field(factory=list)

    @property
    def longest_gap(self) -> float:
        """Between two beginnings."""
        return max(later - earlier for earlier, later in zip(self.began, self.began[1:], strict=False))


@contextmanager
def every(seconds: float, schedule: Schedule) -> Iterator[Runs]:
    """Let the clock set off the handler at this rate, however long it takes, as EventBridge does."""
    runs, stopped = Runs(), threading.Event()

    def tick() -> None:
        due = time.monotonic()
        while not stopped.wait(max(0.0, due - time.monotonic())):
            runs.began.append(time.monotonic())
            schedule.fire()
            runs.took.append(time.monotonic() - runs.began[-1])
            due += seconds

    ticking = threading.Thread(target=tick)
    ticking.start()
    try:
        yield runs
    finally:
        stopped.set()
        ticking.join(30)


def test_paid_is_enrolled_by_the_next_turn_of_the_clock(school: LiveSchool, emit: Callable[[str], None]) -> None:
    """Every webhook lost, nobody coming back: a payment is an enrollment one turn and one run later at most."""
    students = [school.student() for _ in range(STUDENTS)]
    with ThreadPoolExecutor(8) as pool:
        checkouts = [checkout for _, checkout in pool.map(Visitor.checkout, students)]
    school.stripe_faults(webhooks={"drop": True})
    moments = sorted(random.Random(STUDENTS).uniform(0, LONG) for _ in students)
    paid: dict[str, datetime] = {}
    with every(EVERY, school.stack.schedules["reconcile"]) as runs:
        begun, pause = time.monotonic(), threading.Event()
        for student, checkout, moment in zip(students, checkouts, moments, strict=True):
            pause.wait(max(0.0, begun + moment - time.monotonic()))
            school.pay(checkout)
            paid[student.user_id] = datetime.now(UTC)
        until(lambda: all(enrolled_at(school, student.user_id) for student in students), deadline=30 + 3 * EVERY)
    waits = [(at - paid[user_id]).total_seconds() for user_id in paid if (at := enrolled_at(school, user_id))]
    average, longest = sum(waits) / len(waits), max(waits)
    emit(
        f"{len(waits)} students paid and were enrolled after {average:.2f} s, at most {longest:.2f} s; "
        f"the reconciler began every {EVERY:g} s and took at most {max(runs.took):.2f} s"
    )
    assert len(waits) == STUDENTS
    assert longest <= runs.longest_gap + max(runs.took)
    assert all(student.is_enrolled() for student in students)


def enrolled_at(school: LiveSchool, user_id: str) -> datetime | None:
    """When the student was enrolled, as storage says."""
    found = [item["enrolledAt"] for item in school.storage.of(user_id) if item["SK"].startswith("COURSE#")]
    return datetime.fromisoformat(found[0]) if found else None
