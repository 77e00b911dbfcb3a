"""A worker that is killed at any one call leaves the school where it would have been without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kills.rehearsal import BY_CLOCK, BY_HAND, Script, killed_anywhere, names
from tests.support.kills.kill_testbed import ALL, DEBIT, HALF, OVER, KillTestbed, Scenario

pytestmark = pytest.mark.kills


def checkout(scenario: Scenario) -> None:
    """A purchase at the full price."""
    scenario.enroll()
    scenario.pay()
    scenario.hear()


def checkout_with_coupon(scenario: Scenario) -> None:
    """A purchase with the last use of a coupon."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.hear()


def checkout_instead_of_another(scenario: Scenario) -> None:
    """A purchase on other terms than those of the checkout that is open."""
    scenario.enroll(step="before")
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.hear()


def checkout_with_nothing_to_pay(scenario: Scenario) -> None:
    """A coupon of 100 per cent."""
    scenario.enroll(coupon_code=ALL)


def free_course(scenario: Scenario) -> None:
    """A course without a price."""
    scenario.enroll("free-1")


def click_after_paying(scenario: Scenario) -> None:
    """A student who clicks again instead of waiting; the webhook comes last."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay()
    scenario.enroll(coupon_code=HALF)
    scenario.hear()


def return_page(scenario: Scenario) -> None:
    """The return page is faster than the webhook."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.come_back()
    scenario.hear()


def webhook(scenario: Scenario) -> None:
    """A payment is heard of."""
    checkout_with_coupon(scenario)


def webhook_of_an_expiry(scenario: Scenario) -> None:
    """A checkout ran out at Stripe."""
    scenario.enroll(coupon_code=HALF)
    scenario.testbed.stripe.control.expire(scenario.checkouts()[-1]["id"])
    scenario.hear("checkout.session.expired")


def webhook_of_another_amount(scenario: Scenario) -> None:
    """Money that is not what was agreed."""
    scenario.enroll(coupon_code=HALF)
    scenario.testbed.stripe.control.tamper(scenario.checkouts()[-1]["id"], {"amount_total": 7_450, "currency": "eur"})
    scenario.pay()
    scenario.hear()


def webhook_of_a_slow_payment(scenario: Scenario) -> None:
    """A bank debit is on its way."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay(DEBIT)
    scenario.hear()
    scenario.testbed.stripe.control.settle_delayed(scenario.checkouts()[-1]["id"], "succeeded")
    scenario.hear("checkout.session.async_payment_succeeded", step="arrival")


def webhook_of_a_payment_that_fails(scenario: Scenario) -> None:
    """A bank debit bounces."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay(DEBIT)
    scenario.hear(step="before")
    scenario.testbed.stripe.control.settle_delayed(scenario.checkouts()[-1]["id"], "failed")
    scenario.hear("checkout.session.async_payment_failed")


def webhook_into_the_queue(scenario: Scenario) -> None:
    """The table is too busy for the webhook; the queue keeps the event and settles it later."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.conflicts()
    scenario.hear()
    scenario.calm()
    scenario.work_off()


def cancel(scenario: Scenario) -> None:
    """A student changes their mind."""
    scenario.enroll(coupon_code=HALF)
    scenario.cancel()


def cancel_unheard_of(scenario: Scenario) -> None:
    """A student cancels a checkout whose opening never came back from Stripe."""
    scenario.loses_the_answer("/v1/checkout/sessions")
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.calm()
    scenario.cancel()


def reconcile_a_payment(scenario: Scenario) -> None:
    """No webhook came; the reconciler finds the money."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.reconcile()


def reconcile_an_opening(scenario: Scenario) -> None:
    """Stripe's answer to the opening was lost; the reconciler asks again, and the student pays."""
    scenario.loses_the_answer("/v1/checkout/sessions")
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.calm()
    scenario.reconcile()
    scenario.pay()
    scenario.hear()


def reconcile_an_end(scenario: Scenario) -> None:
    """Nobody paid, and the time is over."""
    scenario.enroll(coupon_code=HALF)
    scenario.reconcile(ahead=OVER)


def reconcile_the_end_of_an_opening(scenario: Scenario) -> None:
    """Stripe's answer to the opening was lost, and the time is over."""
    scenario.loses_the_answer("/v1/checkout/sessions")
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.calm()
    scenario.reconcile(ahead=OVER)


def catch_up(scenario: Scenario) -> None:
    """No webhook came, and the daily look at Stripe's records is the first to see the money."""
    scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.catch_up()


SCRIPTS: list[Script] = [
    (checkout, "enroll", BY_HAND),
    (checkout_with_coupon, "enroll", BY_HAND),
    (checkout_instead_of_another, "enroll", BY_HAND),
    (checkout_with_nothing_to_pay, "enroll", BY_HAND),
    (free_course, "enroll", BY_HAND),
    (click_after_paying, "enroll", BY_HAND),
    (return_page, "show", BY_HAND),
    (webhook, "webhook", BY_HAND),
    (webhook_of_an_expiry, "webhook", BY_HAND),
    (webhook_of_another_amount, "webhook", BY_HAND),
    (webhook_of_a_slow_payment, "webhook", BY_HAND),
    (webhook_of_a_slow_payment, "arrival", BY_HAND),
    (webhook_of_a_payment_that_fails, "webhook", BY_HAND),
    (webhook_into_the_queue, "webhook", BY_CLOCK),
    (webhook_into_the_queue, "queue", BY_CLOCK),
    (cancel, "cancel", BY_HAND),
    (cancel_unheard_of, "cancel", BY_HAND),
    (reconcile_a_payment, "reconcile", BY_CLOCK),
    (reconcile_an_opening, "reconcile", BY_CLOCK),
    (reconcile_an_end, "reconcile", BY_CLOCK),
    (reconcile_the_end_of_an_opening, "reconcile", BY_CLOCK),
    (catch_up, "catch_up", BY_CLOCK),
]


@pytest.mark.parametrize("played", SCRIPTS, ids=names(SCRIPTS))
def test_fault_87_killed_anywhere_it_ends_as_if_it_had_not_been(
    testbed: KillTestbed, emit: Callable[[str], None], played: Script
) -> None:
    """Killed before or after any call, and done again by whoever would, the script ends in the undisturbed state."""
    assert killed_anywhere(testbed, emit, played) == []
