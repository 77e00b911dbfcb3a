"""Enrollments: a student is enrolled in a course, at most once at a time, and makes progress. Enrollments can end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from attrs import Attribute, evolve, field, frozen

from domain.errors import InvalidValue
from domain.identifiers import an_id
from domain.money import Money

COMPLETE = 100
"""The progress, in percents, that completes a course."""

MOST_LECTURES = 1000
"""Lectures that an enrollment remembers as completed."""

LONGEST_LECTURE_ID = 64
"""Characters of a lecture's id."""

DIRECT, REFERRAL, PROMOTION = "direct", "referral", "promotion"
SOURCES = (DIRECT, REFERRAL, PROMOTION, "bundle", "learning_path")
"""How students find courses: by themselves, by a link that somebody gave them, by a coupon; others as stored before."""

PENDING = "pending"
"""The payment status of a stored enrollment that is none: other back ends write it before a payment."""

GRANTED = "grant"
"""The source of an enrollment that an administrator gave."""


@frozen(kw_only=True)
class Payment:
    """What was paid for an enrollment, and where: ids are the payment provider's.

    Enrollments older than payment sessions know no ``payment_session_id`` and no ``amount``.
    """

    provider: str
    payment_session_id: str | None
    provider_session_id: str | None
    provider_payment_id: str | None
    amount: Money | None
    discount: int = 0
    coupon_code: str | None = None


@frozen(kw_only=True)
class Enrollment:
    """A student's enrollment in a course. ``enrollment_type`` is free, paid or bundle; ``progress`` is 0 to 100, whole
    percents.

    ``completed_lecture_ids`` only grows; enrollments older than it know at most a number, ``completed_lectures``.
    ``payment`` is None for a free course. ``total_time_spent`` is in seconds. ``granted_by`` and ``grant_reason`` are
    set on an enrollment that an administrator gave. ``seat``: it has one of the
    course's counted seats. ``unknown`` holds stored attributes that this class has no name
    for, so that an enrollment loses nothing when it ends.
    """

    user_id: str = field(validator=an_id)
    course_id: str = field(validator=an_id)
    enrollment_type: str
    payment_status: str
    enrolled_at: datetime
    payment: Payment | None = None
    source: str = "direct"
    progress: int = 0
    completed: bool = False
    completed_at: datetime | None = None
    current_lecture_id: str | None = None
    completed_lectures: int | None = None
    completed_lecture_ids: tuple[str, ...] = ()
    total_time_spent: int | None = None
    last_accessed_at: datetime | None = None
    granted_by: str | None = None
    grant_reason: str | None = None
    seat: bool = False
    unknown: Mapping[str, object] = field(factory=lambda: MappingProxyType({}), eq=False, repr=False)

    @classmethod
    def in_free_course(cls, *, user_id: str, course_id: str, source: str, at: datetime) -> Enrollment:
        """The enrollment that a free course gives at once."""
        return cls(
            user_id=user_id,
            course_id=course_id,
            enrollment_type="free",
            payment_status="free",
            enrolled_at=at,
            source=source,
        )

    @classmethod
    def bought(cls, *, user_id: str, course_id: str, payment: Payment, source: str, at: datetime) -> Enrollment:
        """The enrollment that a payment gives."""
        return cls(
            user_id=user_id,
            course_id=course_id,
            enrollment_type="paid",
            payment_status="completed",
            enrolled_at=at,
            payment=payment,
            source=source,
        )

    @classmethod
    def granted(cls, *, user_id: str, course_id: str, by: str, reason: str, at: datetime) -> Enrollment:
        """The enrollment that an administrator gives."""
        return cls(
            user_id=user_id,
            course_id=course_id,
            enrollment_type="free",
            payment_status="free",
            enrolled_at=at,
            source=GRANTED,
            granted_by=by,
            grant_reason=reason,
        )

    def with_progress_of(self, ended: Enrollment) -> Enrollment:
        """This enrollment with the progress of an earlier one, which had ended."""
        return evolve(
            self,
            progress=ended.progress,
            completed=ended.completed,
            completed_at=ended.completed_at,
            current_lecture_id=ended.current_lecture_id,
            completed_lectures=ended.completed_lectures,
            completed_lecture_ids=ended.completed_lecture_ids,
            total_time_spent=ended.total_time_spent,
            last_accessed_at=ended.last_accessed_at,
        )

    @property
    def payment_session_id(self) -> str | None:
        """The payment session that paid for this enrollment, None if none did."""
        return self.payment.payment_session_id if self.payment else None

    def advanced(self, step: ProgressStep, at: datetime) -> Enrollment:
        """The enrollment after a step of learning. Progress never falls; reaching 100 completes the course, once."""
        progress = max(self.progress, step.progress or 0)
        done = self.completed or progress == COMPLETE
        return evolve(
            self,
            progress=progress,
            completed=done,
            completed_at=self.completed_at or (at if done else None),
            current_lecture_id=step.current_lecture_id or self.current_lecture_id,
            completed_lectures=self.completed_lectures if step.completed_lectures is None else step.completed_lectures,
            completed_lecture_ids=self._completed_with(step.completed_lecture_ids),
            total_time_spent=(self.total_time_spent or 0) + (step.time_spent_seconds or 0),
            last_accessed_at=at,
        )

    def _completed_with(self, more: tuple[str, ...]) -> tuple[str, ...]:
        known = dict.fromkeys((*self.completed_lecture_ids, *more))
        if len(known) > MOST_LECTURES:
            raise InvalidValue(f"A course has at most {MOST_LECTURES} lectures.")
        return tuple(known)


def _lecture_ids(_instance: object, attribute: Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    if len(value) > MOST_LECTURES or not all(1 <= len(text) <= LONGEST_LECTURE_ID for text in value):
        raise InvalidValue(
            f"{attribute.name} must have at most {MOST_LECTURES} ids of 1 to {LONGEST_LECTURE_ID} characters."
        )


class EndCause(StrEnum):
    """Why an enrollment ended."""

    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    DISPUTED = "disputed"
    REVOKED = "revoked"


@frozen(kw_only=True)
class EndedEnrollment:
    """An enrollment that ended, whole, and why.

    ``ended_by`` is the id of the person who ended it, or ``system``; ``reason`` their words, at most 500 characters.
    ``barred``: the student may not enroll in the course again until an administrator lifts the bar.
    """

    enrollment: Enrollment
    ended_at: datetime
    cause: EndCause
    ended_by: str
    reason: str = ""
    barred: bool = False

    @property
    def payment_session_id(self) -> str | None:
        """The payment session that had paid for the enrollment, None if none did."""
        return self.enrollment.payment_session_id

    def is_by_dispute_of(self, payment_session_id: str) -> bool:
        """Whether a dispute of this payment ended the enrollment."""
        by_dispute = self.cause in {EndCause.DISPUTED, EndCause.CHARGED_BACK}
        return by_dispute and self.payment_session_id == payment_session_id


def _between(low: int, high: int) -> Callable[[object, Attribute[int | None], int | None], None]:
    def check(_instance: object, attribute: Attribute[int | None], value: int | None) -> None:
        if value is not None and (type(value) is not int or not low <= value <= high):
            raise InvalidValue(f"{attribute.name} must be a whole number from {low} to {high}.")

    return check


@frozen(kw_only=True)
class ProgressStep:
    """What a student did since the last report; every part may be absent."""

    progress: int | None = field(default=None, validator=_between(0, 100))
    current_lecture_id: str | None = None
    completed_lectures: int | None = field(default=None, validator=_between(0, 100_000))
    completed_lecture_ids: tuple[str, ...] = field(default=(), validator=_lecture_ids)
    time_spent_seconds: int | None = field(default=None, validator=_between(0, 86_400))
