"""A worker killed anywhere in a purchase at PayPal: nobody is charged twice, and nobody who cancelled is charged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.kills.rehearsal import BY_CLOCK, BY_HAND, killed_anywhere
from tests.support.kills.kill_testbed import HALF, Repair
from tests.support.kills.paypal_testbed import PayPalScenario, PayPalTestbed, paypal_testbed

pytestmark = pytest.mark.kills

PART = 1_000


@pytest.fixture(scope="module")
def at_paypal() -> Iterator[PayPalTestbed]:
    """Emulators and the parent of all workers."""
    with paypal_testbed() as running:
        yield running


def opened(scenario: PayPalScenario) -> None:
    """An order is created; its webhook captures it."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.hear()


def opened_instead_of_another(scenario: PayPalScenario) -> None:
    """With a coupon, after it was opened without."""
    scenario.enroll(step="before")
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.hear()


def opened_without_an_answer(scenario: PayPalScenario) -> None:
    """PayPal's answer to the creation is lost; the reconciler asks again, and the student pays."""
    scenario.loses_the_answers("create")
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.calm()
    scenario.reconcile()
    scenario.pay()
    scenario.hear()


def captured_by_its_webhook(scenario: PayPalScenario) -> None:
    """The student approved and closed the tab. The capture's own event comes after it."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay()
    scenario.hear()
    scenario.hear("PAYMENT.CAPTURE.COMPLETED", step="captured")


def captured_at_the_return_page(scenario: PayPalScenario) -> None:
    """The student comes back faster than the webhook."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay()
    scenario.come_back()
    scenario.hear()


def captured_without_an_answer(scenario: PayPalScenario) -> None:
    """PayPal takes the money, and nobody hears of it; the reconciler asks again."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay()
    scenario.loses_the_answers("capture")
    scenario.hear(step="first")
    scenario.calm()
    scenario.reconcile()


def approved_and_forgotten(scenario: PayPalScenario) -> None:
    """No webhook came and nobody came back: the reconciler captures."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay()
    scenario.reconcile()


def approved_and_clicked_again(scenario: PayPalScenario) -> None:
    """The student opens the checkout once more, which captures what was approved."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay()
    scenario.enroll(coupon_code=HALF)
    scenario.hear()


def declined_and_paid(scenario: PayPalScenario) -> None:
    """The first card is declined, the second is not."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay("declined")
    scenario.come_back()
    scenario.pay()
    scenario.hear()


def slow_payment(scenario: PayPalScenario) -> None:
    """PayPal reviews it for days."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay("pending")
    scenario.hear()
    scenario.arrive()
    scenario.hear("PAYMENT.CAPTURE.COMPLETED", step="arrival")


def cancelled_after_approving(scenario: PayPalScenario) -> None:
    """Who saw "cancelled" is never charged, whatever comes later."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.cancel()
    scenario.pay()
    scenario.hear()


def refunded(scenario: PayPalScenario) -> None:
    """An administrator refunds a part; PayPal reports it."""
    captured_by_its_webhook(scenario)
    scenario.refund(PART)
    scenario.hear("PAYMENT.CAPTURE.REFUNDED", step="report")


def refunded_on_paypals_page(scenario: PayPalScenario) -> None:
    """Nobody asked here; all of it went back, and the enrollment ends."""
    captured_by_its_webhook(scenario)
    scenario.paypal.account.refund(scenario.payment(), {})
    scenario.hear("PAYMENT.CAPTURE.REFUNDED", step="report")


def refund_found_at_night(scenario: PayPalScenario) -> None:
    """Nobody reported it; PayPal's list of transactions has it."""
    captured_by_its_webhook(scenario)
    scenario.paypal.account.refund(scenario.payment(), {})
    scenario.catch_up()


def rebuilt(scenario: PayPalScenario) -> None:
    """The table is restored to before the payment, and an operator stores it again."""
    captured_by_its_webhook(scenario)
    scenario.restore()
    scenario.rebuild()


Story = tuple[Callable[[PayPalScenario], None], str, tuple[Repair, ...]]
SCRIPTS: list[Story] = [
    (opened, "enroll", BY_HAND),
    (opened_instead_of_another, "enroll", BY_HAND),
    (opened_without_an_answer, "reconcile", BY_CLOCK),
    (captured_by_its_webhook, "webhook", BY_HAND),
    (captured_by_its_webhook, "captured", BY_HAND),
    (captured_at_the_return_page, "show", BY_HAND),
    (captured_without_an_answer, "reconcile", BY_CLOCK),
    (approved_and_forgotten, "reconcile", BY_CLOCK),
    (approved_and_clicked_again, "enroll", BY_HAND),
    (declined_and_paid, "show", BY_HAND),
    (slow_payment, "webhook", BY_HAND),
    (slow_payment, "arrival", BY_HAND),
    (cancelled_after_approving, "cancel", BY_HAND),
    (cancelled_after_approving, "webhook", BY_HAND),
    (refunded, "refund", BY_HAND),
    (refunded, "report", BY_HAND),
    (refunded_on_paypals_page, "report", BY_HAND),
    (refund_found_at_night, "catch_up", BY_CLOCK),
    (rebuilt, "rebuild", BY_CLOCK),
]


@pytest.mark.parametrize("played", SCRIPTS, ids=[f"{script.__name__}-{step}" for script, step, _ in SCRIPTS])
def test_killed_anywhere_it_ends_as_if_it_had_not_been(
    at_paypal: PayPalTestbed, emit: Callable[[str], None], played: Story
) -> None:
    """Killed before or after any call, and done again by whoever would, the story ends in the undisturbed state."""
    assert killed_anywhere(at_paypal, emit, played, share=0.002) == []  # type: ignore[arg-type]
