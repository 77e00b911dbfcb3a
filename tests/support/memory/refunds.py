"""A student who has paid and wants the money back, and what the provider and the session say about it."""

from __future__ import annotations

from typing import Any

from domain.payments.reversals import RefundState
from domain.payments.session import PaymentSession
from tests.support.factories import PRICE, a_coupon
from tests.support.memory.school import School

ONE, PAYMENT = "ps_000001", "pi_000001"
ALL = PRICE.amount


def a_school(**chosen: Any) -> School:
    """A student has paid and is enrolled; a day later they ask for their money."""
    school = School()
    school.issue(a_coupon())
    school.start(**chosen)
    school.settle(school.provider.pay(ONE))
    school.wait(days=1)
    return school


def refunds_of(school: School) -> tuple[RefundState, ...]:
    """The refunds that the provider has of the payment."""
    return school.provider.bank.payments[PAYMENT].refunds


def summed(session: PaymentSession) -> tuple[int, int, int]:
    """What is refunded, what is asked for, and what is kept."""
    sums = session.reversed_sums
    return sums.refunded, sums.refund_requested, session.kept
