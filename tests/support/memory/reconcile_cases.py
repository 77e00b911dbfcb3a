"""Sessions to be repaired, and what a look at them finds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.payment_gateway import MemoryPaymentGateway
from domain.errors import ProviderUnavailable
from domain.payments.states import Status
from domain.services.reconcile_session import ReconcileOutcome
from tests.support.factories import NOW, PROVIDER, a_coupon
from tests.support.memory.misbehaving import LosesAnswers, Unreachable
from tests.support.memory.school import School

ONE = "ps_000001"


def begun(school: School, *, reaches_the_provider: bool, who_waits: timedelta = timedelta(minutes=5)) -> School:
    """A student began with a coupon and no answer came; then time passed."""
    school.issue(a_coupon())
    good = school.gateway
    school.gateway = LosesAnswers(good) if reaches_the_provider else Unreachable(good)
    with pytest.raises(ProviderUnavailable):
        school.enroll(coupon_code="SPRING")
    school.gateway = good
    school.clock.advance(who_waits)
    return school


def with_open_checkout(school: School) -> School:
    """A student has a checkout open, with a coupon."""
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    return school


def a_slow_provider() -> MemoryPaymentGateway:
    """A provider whose clock stands still: by ours a checkout is over, by its own it is open."""
    return MemoryPaymentGateway(MemoryClock(NOW), name=PROVIDER)


def found(school: School) -> ReconcileOutcome:
    """What a look at the first session finds; it returns the session as it is stored then."""
    look = school.reconcile_session()
    assert look is not None
    assert look.session == school.session(ONE)
    return look.outcome


def assert_nothing_is_held(school: School) -> None:
    """Checkout lock and coupon are free again."""
    assert (school.lock(), school.coupon_use(), school.uses_counted()) == (None, None, 0)


def assert_enrolled(school: School) -> None:
    """The student is in, by this session, and the coupon is redeemed."""
    enrollment, use = school.enrollment(), school.coupon_use()
    assert enrollment is not None
    assert enrollment.payment_session_id == ONE
    assert use is not None
    assert use.redeemed
    assert (school.session(ONE).status, school.lock()) == (Status.COMPLETED, None)
