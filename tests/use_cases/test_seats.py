"""The seats of a course in the ledger are its active enrollments, whatever let students in or out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest

from domain.ledger import NO_PROVIDER, EntryKind
from domain.payments.reviews import ResolutionKind
from domain.ports.telemetry import Signal
from tests.support.factories import a_coupon
from tests.support.memory.school import KIM, SAM, School


def buy(school: School) -> None:
    """Sam pays."""
    school.start()
    school.settle(school.provider.pay("ps_000001"))


def come_back(school: School) -> None:
    """Sam leaves the free course and comes back in the same millisecond."""
    school.enrolled(course_id="free-1")
    school.revoke(course_id="free-1")
    school.enrolled(course_id="free-1")


def give_away(school: School) -> None:
    """A coupon leaves nothing to pay."""
    school.issue(a_coupon(discount_value=Decimal(100)))
    school.enrolled(coupon_code="SPRING")


def grant(school: School) -> None:
    """An administrator lets both in."""
    for who in (SAM, KIM):
        school.enrolled(who, course_id="free-1")
        school.grant(who)
        school.grant(who)


def revoke_and_reinstate(school: School) -> None:
    """A paid enrollment ends, is given back, and ends again."""
    buy(school)
    school.revoke()
    school.reinstate()
    school.reinstate()
    school.revoke()


def refund(school: School) -> None:
    """All money goes back."""
    buy(school)
    school.refund()


def pay_twice(school: School) -> None:
    """The second payment enrolls nobody, and is dismissed."""
    buy(school)
    school.settle(school.pay_again())
    second = next(one for one in school.store.sessions.values() if one.awaits_decision)
    school.resolve(second.payment_session_id, ResolutionKind.DISMISSED)


WAYS = (buy, come_back, give_away, grant, revoke_and_reinstate, refund, pay_twice)


@pytest.mark.parametrize("happens", WAYS)
def test_seats_are_enrollments(happens: Callable[[School], None]) -> None:
    """For each course the sum over its entries is the number of students in it."""
    school = School()
    happens(school)
    booked: Counter[str] = Counter()
    for entry in school.store.ledger.values():
        booked[entry.course_id] += entry.seat
    assert +booked == Counter(course_id for _, course_id in school.store.enrollments)
    assert min(booked.values()) >= 0


def test_a_free_enrollment_is_a_sale_of_nothing() -> None:
    """It names student and course, and no payment session; it has no discount, though a grant gives something away."""
    school = School()
    school.enrolled(course_id="free-1")
    school.grant()
    free, granted = school.store.ledger.values()
    assert (free.provider, free.kind, free.amount, free.outcome) == (NO_PROVIDER, EntryKind.SALE, 0, "free")
    assert (free.user_id, free.course_id, free.payment_session_id) == (SAM.user_id, "free-1", "")
    assert (granted.outcome, granted.by, granted.discount_amount) == ("grant", "admin-1", None)
    assert school.signals(Signal.ENROLLED) == ["free"]
