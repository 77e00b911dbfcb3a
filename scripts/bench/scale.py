"""`python -m scripts.bench.scale`: what use cases cost beside little and beside much, over AWS's DynamoDB Local.

Prints tables in Markdown. Calls and capacity units are those that DynamoDB Local reports; they do not depend on the
machine. Times do, and are medians of a few. SIZES (1,1000,100000) and HISTORIES (1,100,10000) choose how much there is.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count, islice
from statistics import median
from typing import Any

from attrs import define, evolve, field

from adapters.dynamodb.codec import Item, encode
from adapters.dynamodb.enrollment_items import enrollment_item
from adapters.dynamodb.payment_sessions import session_item
from domain.courses import FREE
from domain.enrollment_requests import AwaitingPayment
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import Identity
from domain.transactions.writes import AddCoupon
from domain.use_cases.schedule.reconcile import Reconcile
from scripts.peers import dynamodb_local
from scripts.stack.seed import courses
from tests.support.aws.backends import DynamoBackend, a_client
from tests.support.aws.call_counter import Calls
from tests.support.aws.stored_school import StoredSchool
from tests.support.factories import NOW, a_coupon, a_session, an_enrollment

PAID = next(course for course in courses() if course["pricingModel"] != FREE)
GRATIS = next(course for course in courses() if course["pricingModel"] == FREE)
COUPON = "SPRING"
_PAGE = 50
_TIMES = 5
_BATCH = 25
_NUMBERS = count(1)


@define(eq=False)
class Scaled:
    """A school whose calls are counted, and rows of a table about them."""

    client: Any
    calls: Calls
    storage: DynamoBackend
    school: StoredSchool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.school = StoredSchool(self.storage)
        for course in (PAID, GRATIS):
            name = f"COURSE#{course['courseId']}"
            self.storage.put({"PK": name, "SK": "METADATA", "GSI1PK": "COURSE", "GSI1SK": name, **course})
        self.storage.commit(AddCoupon(evolve(a_coupon(), max_uses=None)))

    def fill(self, items: Iterable[Item]) -> None:
        """Store many items as they are."""
        left_over = iter(items)
        while batch := list(islice(left_over, _BATCH)):
            left: Any = {self.storage.name: [{"PutRequest": {"Item": encode(item)}} for item in batch]}
            while left:
                left = self.client.batch_write_item(RequestItems=left)["UnprocessedItems"]

    def row(self, what: str, size: int, request: Callable[[Identity], object]) -> str:
        """What a request asks for, made by new students: calls, units, and the median of some times."""
        seconds, asked = [], []
        for _ in range(_TIMES):
            who = self.student()
            self.calls.forget()
            began = time.perf_counter()
            request(who)
            seconds.append(time.perf_counter() - began)
            asked.append((len(self.calls.made), self.calls.units))
        calls, units = max(asked)
        return f"| {what} | {size:,} | {calls} | {units} | {1000 * median(seconds):.0f} |"

    def student(self) -> Identity:
        """Somebody new, known to the school."""
        number = next(_NUMBERS)
        who = Identity(user_id=f"buyer-{number:08d}", email=f"buyer{number}@school.example", name="Sam Student")
        self.school.use_cases.resolve(GetOrCreateStudent)(who)
        return who

    def buy(self, who: Identity, coupon: str | None = None) -> None:
        """A paid enrollment, from the click to the webhook."""
        self.school.buy(PAID["courseId"], coupon, who)

    def begin(self, who: Identity) -> PaymentSession:
        """Somebody begins to pay."""
        began = self.school.enroll(PAID["courseId"], None, who)
        if not isinstance(began, AwaitingPayment):
            raise TypeError("no checkout was opened")
        return began.session


@contextmanager
def school(url: str) -> Iterator[Scaled]:
    """A school in a table of its own."""
    client = a_client(url)
    storage = DynamoBackend(client)
    try:
        yield Scaled(client, Calls().listen_to(client), storage)
    finally:
        storage.drop()
        client.close()


def enrolled(size: int) -> Iterator[Item]:
    """So many enrollments in both courses."""
    for number in range(size):
        for course in (PAID, GRATIS):
            enrollment = an_enrollment(user_id=f"student-{number:08d}", course_id=course["courseId"])
            yield enrollment_item(enrollment)


def history(user_id: str, size: int) -> Iterator[Item]:
    """So many payment sessions of one student that ran out."""
    for number in range(size):
        session = a_session(
            user_id=user_id, payment_session_id=f"ps_{number:08d}", course_id=f"course-{number:08d}", due_at=None
        )
        yield session_item(evolve(session, status=Status.EXPIRED, created_at=NOW - timedelta(minutes=number)))


def by_course(url: str, sizes: Iterable[int]) -> Iterator[str]:
    """What requests cost beside so many enrollments in the same course, each with the same coupon."""
    for size in sizes:
        with school(url) as scaled:
            scaled.fill(enrolled(size))
            yield scaled.row("free enrollment", size, lambda who: scaled.school.enroll(GRATIS["courseId"], None, who))
            yield scaled.row("paid enrollment", size, scaled.buy)
            yield scaled.row("paid enrollment with a coupon", size, lambda who: scaled.buy(who, COUPON))
            yield scaled.row("a course's students, first page", size, lambda _: _page(scaled))


def by_student(url: str, sizes: Iterable[int]) -> Iterator[str]:
    """What requests cost a student who has so many payment sessions."""
    for size in sizes:
        with school(url) as scaled:
            user = scaled.student()
            scaled.fill(history(user.user_id, size))
            yield scaled.row("opening a checkout", size, partial(_begin_and_give_back, scaled, user))
            yield scaled.row("my payments", size, partial(_payments, scaled, user))


def by_due(url: str, sizes: Iterable[int]) -> Iterator[str]:
    """What a run of the reconciler costs with one checkout open, beside so many payments that are over."""
    for size in sizes:
        with school(url) as scaled:
            scaled.fill(history("somebody", size))
            scaled.begin(scaled.student())

            def run(_: Identity) -> None:
                scaled.school.wait(5)
                scaled.calls.forget()
                scaled.school.use_cases.resolve(Reconcile)(time_budget=timedelta(minutes=1))

            yield scaled.row("reconciling one open checkout", size, run)


def _page(scaled: Scaled) -> None:
    scaled.storage.enrollments.of_course(PAID["courseId"], limit=_PAGE, cursor=None)


def _payments(scaled: Scaled, user: Identity, _: Identity) -> None:
    scaled.storage.sessions.of_student(user.user_id)


def _begin_and_give_back(scaled: Scaled, user: Identity, _: Identity) -> None:
    session = scaled.begin(user)
    asked = len(scaled.calls.made), scaled.calls.units
    scaled.school.receive(scaled.school.provider.expire(session.payment_session_id))
    del scaled.calls.made[asked[0] :]
    scaled.calls.units = asked[1]


def main() -> int:
    """The exit status."""
    sizes, histories = (
        [int(number) for number in os.environ.get(name, usual).split(",")]
        for name, usual in (("SIZES", "1,1000,100000"), ("HISTORIES", "1,100,10000"))
    )
    with dynamodb_local.running() as url:
        for title, measure, numbers in (
            ("enrollments in the course", by_course, sizes),
            ("earlier payment sessions of the student", by_student, histories),
            ("payments that are over", by_due, histories),
        ):
            print(f"\n| | {title} | calls | units | ms |\n|---|---|---|---|---|")
            for row in measure(url, numbers):
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
