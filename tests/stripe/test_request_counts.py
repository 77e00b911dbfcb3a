"""What each path asks of Stripe. A request more is time for everybody and nearer to the rate limit: it fails here."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from domain.payments.session import PaymentSession
from domain.use_cases.schedule.prove_ledger import ProveLedger
from tests.support.factories import PROVIDER, a_coupon
from tests.support.memory.school import School
from tests.support.stripe.gateway_rig import StripeRig

STATE = ["get payment_intents/pi_", "get refunds", "get disputes"]
"""What the present state of a payment takes: the payment, its refunds, its disputes."""


class Shop:
    """A school that sells through the emulator, and the requests that it makes."""

    def __init__(self, rig: StripeRig) -> None:
        self.rig, self._seen = rig, 0
        self.school = School(clock=rig.clock, gateway=rig.gateway)
        rig.emulator.set_webhook("http://127.0.0.1:9/nobody-listens")

    def asked(self) -> list[str]:
        """The requests since last asked: method and path, without ids."""
        new = self.rig.exchanges[self._seen :]
        self._seen += len(new)
        return [_named(one.method, one.path) for one in new]

    def buy(self, **chosen: Any) -> PaymentSession:
        """Sam pays; the session as it is stored then."""
        session = self.school.start(**chosen).session
        self.rig.emulator.pay(session.provider_session_id or "", "4242424242424242")
        self.hear("checkout.session.completed")
        return self.school.session(session.payment_session_id)

    def hear(self, kind: str) -> None:
        """Stripe delivers the newest event of that type."""
        self.school.receive_message(*self.rig.signed(self.rig.events(kind)[-1]))


def _named(method: str, path: str) -> str:
    return f"{method} " + re.sub(r"/(cs|pi)_\w+", r"/\1_", path.removeprefix("/v1/"))


@pytest.fixture
def shop(rig: StripeRig) -> Shop:
    """Nobody has bought anything."""
    return Shop(rig)


def test_a_free_enrollment_asks_for_nothing(shop: Shop) -> None:
    """Stripe need not even be reachable."""
    shop.school.enrolled(course_id="free-1")
    assert shop.asked() == []


def test_a_purchase_asks_once(shop: Shop) -> None:
    """The checkout is created; the report of the payment says all that there is to know."""
    shop.buy()
    assert shop.asked() == ["post checkout/sessions"]


def test_a_coupon_costs_one_request_more(shop: Shop) -> None:
    """Stripe has the discount before the checkout is created."""
    shop.school.issue(a_coupon())
    shop.buy(coupon_code="SPRING")
    assert shop.asked() == ["post coupons", "post checkout/sessions"]


def test_a_second_click_asks_for_the_checkout_once(shop: Shop) -> None:
    """Whether it is still open, and its secret for the browser."""
    shop.school.start()
    shop.asked()
    shop.school.start()
    assert shop.asked() == ["get checkout/sessions/cs_"]


def test_a_look_at_an_open_session_asks_once(shop: Shop) -> None:
    """The reconciler retrieves the checkout."""
    session = shop.school.start().session
    shop.asked()
    shop.school.wait(minutes=4)
    shop.school.reconcile_session(session.payment_session_id)
    assert shop.asked() == ["get checkout/sessions/cs_"]


@pytest.mark.parametrize("amount", [1000, None], ids=["partial", "full"])
def test_a_refund_asks_four_times_and_its_repetition_not_at_all(shop: Shop, amount: int | None) -> None:
    """The refund is created at once, since the payment was read a moment ago; then its state is read back. That it was
    made is reported to us as well, which reads it once more.
    """
    session = shop.buy()
    shop.asked()
    shop.school.refund(session.payment_session_id, amount=amount)
    assert shop.asked() == ["post refunds", *STATE]
    shop.school.refund(session.payment_session_id, amount=amount)
    assert shop.asked() == []
    shop.hear("refund.created")
    assert shop.asked() == STATE


def test_a_refund_in_the_dashboard_asks_three_times(shop: Shop) -> None:
    """The report is only a hint: the payment, its refunds and its disputes are read."""
    session = shop.buy()
    shop.asked()
    shop.rig.emulator.refund(session.provider_payment_id or "", 1000)
    shop.hear("refund.created")
    assert shop.asked() == STATE


@pytest.mark.parametrize("won", [True, False])
def test_each_report_of_a_dispute_asks_three_times(shop: Shop, won: bool) -> None:
    """As one of a refund does; ending or giving back the enrollment asks for nothing."""
    session = shop.buy()
    shop.asked()
    dispute = shop.rig.emulator.open_dispute(session.provider_payment_id or "")
    shop.hear("charge.dispute.created")
    assert shop.asked() == STATE
    shop.rig.emulator.decide_dispute(str(dispute["id"]), "won" if won else "lost")
    shop.hear("charge.dispute.closed")
    assert shop.asked() == STATE


def test_the_office_asks_for_nothing(shop: Shop) -> None:
    """To grant, revoke, give back and record a repayment are ours alone: they compare the sums that are stored."""
    shop.school.enrolled(course_id="free-1")
    shop.asked()
    shop.school.grant()
    shop.school.revoke()
    assert shop.asked() == []
    shop.buy()
    shop.asked()
    shop.school.revoke()
    shop.school.reinstate()
    shop.school.repay("ps_000001", amount=1000)
    assert shop.asked() == []


def test_the_nightly_proof_asks_once_for_six_hours_of_movements(shop: Shop) -> None:
    """Three days and the second beyond now; and once for the refunds and for the disputes of these days. What agrees is
    not asked for one by one.
    """
    shop.buy()
    shop.asked()
    compared = _proven(shop)
    asked = shop.asked()
    assert compared == 1
    assert Counter(asked) == {"get balance_transactions": 13, "get refunds": 1, "get disputes": 1}


def _proven(shop: Shop) -> int:
    prove = shop.school.use_case(ProveLedger)(PROVIDER)
    assert prove.is_proven
    return prove.compared
