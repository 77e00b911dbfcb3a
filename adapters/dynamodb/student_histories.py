"""Everything about one student: their partition, in one query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.audit import audit_from_item
from adapters.dynamodb.codec import Item
from adapters.dynamodb.coupons import REDEEMED
from adapters.dynamodb.enrollment_items import ended_from_item, enrollment_from_item, is_pending
from adapters.dynamodb.payment_sessions import session_from_item
from adapters.dynamodb.reversals import reversal_from_item
from adapters.dynamodb.students import student_from_item
from adapters.dynamodb.table import Table
from domain.coupons import UsedCoupon
from domain.identifiers import is_id
from domain.ports.student_histories import MOST_ENTRIES, StudentHistory, StudentHistoryRepo
from domain.ports.telemetry import Telemetry

T = TypeVar("T")


@frozen
class DynamoStudentHistoryRepo(StudentHistoryRepo):
    """Reads whole histories from the table."""

    table: Table
    telemetry: Telemetry

    def of_student(self, user_id: str) -> StudentHistory | None:
        """Everything about the student, read from the last sort key on: old audit records are left out first."""
        if not is_id(user_id):
            return None
        items: list[Item] = []
        last: str | None = "~"
        while last is not None and len(items) < MOST_ENTRIES:
            found = self.table.slice(keys.students_partition(user_id), "0", last, examine=MOST_ENTRIES)
            items += [item for item in found.items if not items or item["SK"] != items[-1]["SK"]]
            last = found.last_examined
        if not items:
            return None
        return self._history(items[:MOST_ENTRIES], complete=last is None and len(items) <= MOST_ENTRIES)

    def _history(self, items: list[Item], *, complete: bool) -> StudentHistory:
        students = self._read(items, "METADATA", student_from_item)
        enrolled = [item for item in items if not is_pending(item)]
        return StudentHistory(
            student=next(iter(students), None),
            enrollments=_newest(
                self._read(enrolled, keys.ENROLLMENTS, enrollment_from_item), lambda one: one.enrolled_at
            ),
            ended=_newest(self._read(items, "ENDED#", ended_from_item), lambda one: one.ended_at),
            sessions=_newest(self._read(items, keys.PAYMENTS, session_from_item), lambda one: one.created_at),
            reversals=_newest(self._read(items, "REVERSAL#", reversal_from_item), lambda one: one.updated_at),
            coupons=_newest(self._read(items, "COUPONUSE#", _used_coupon), lambda one: one.at),
            audit=tuple(self._read(items, "AUDIT#", audit_from_item)),
            complete=complete,
        )

    def _read(self, items: Iterable[Item], prefix: str, read: Callable[[Item], T]) -> list[T]:
        return readable((item for item in items if str(item["SK"]).startswith(prefix)), read, self.telemetry)


def _newest(found: list[T], at: Callable[[T], datetime]) -> tuple[T, ...]:
    return tuple(sorted(found, key=at, reverse=True))


def _used_coupon(item: Item) -> UsedCoupon:
    with reading("coupon use", item) as stored:
        return UsedCoupon(
            code=stored.text("SK").removeprefix("COUPONUSE#"),
            payment_session_id=stored.text("paymentSessionId"),
            course_id=stored.text("courseId"),
            redeemed=stored.text("status") == REDEEMED,
            at=stored.timestamp("createdAt"),
        )
