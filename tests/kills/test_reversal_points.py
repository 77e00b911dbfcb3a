"""A worker killed while money goes back, access ends or a payment is rebuilt: it ends as it would have without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kills.rehearsal import BY_CLOCK, BY_HAND, Script, killed_anywhere, names
from tests.support.kills.kill_testbed import HALF, REFUND_WAITS, VISA, KillTestbed, Scenario

pytestmark = pytest.mark.kills

PART = 1_000


def _bought(scenario: Scenario, card: str = VISA) -> None:
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay(card)
    scenario.hear(step="paid")


def refund_of_a_part(scenario: Scenario) -> None:
    """An administrator refunds a part; Stripe reports it."""
    _bought(scenario)
    scenario.refund(PART)
    scenario.hear("refund.created")


def refund_of_all(scenario: Scenario) -> None:
    """The enrollment ends, the coupon is free again."""
    _bought(scenario)
    scenario.refund()
    scenario.hear("refund.created")


def refund_of_the_rest(scenario: Scenario) -> None:
    """A part was refunded before, and the rest ends the enrollment."""
    _bought(scenario)
    scenario.refund(PART, step="first", refund_id="refund-0")
    scenario.refund()


def refund_that_waits(scenario: Scenario) -> None:
    """The bank takes its time."""
    _bought(scenario, REFUND_WAITS)
    scenario.refund()
    (refund,) = scenario.refunds()
    scenario.testbed.stripe.succeed_refund(refund["id"])
    scenario.hear("refund.updated", step="arrival")


def refund_that_fails(scenario: Scenario) -> None:
    """The bank sends it back days later: a person has to find another way."""
    _bought(scenario)
    scenario.refund(step="before")
    (refund,) = scenario.refunds()
    scenario.testbed.stripe.fail_refund(refund["id"])
    scenario.hear("refund.failed")


def refund_whose_answer_is_lost(scenario: Scenario) -> None:
    """Stripe makes it, and nobody hears of it."""
    _bought(scenario)
    scenario.loses_the_answers("/v1/")
    scenario.refund(step="before")
    scenario.calm()
    scenario.reconcile()


def refund_that_stripe_refuses(scenario: Scenario) -> None:
    """Somebody has refunded all of it in the dashboard a moment before."""
    _bought(scenario)
    scenario.testbed.stripe.refund(scenario.payment())
    scenario.refund()


def refund_in_the_dashboard(scenario: Scenario) -> None:
    """Nobody asked here; Stripe reports it."""
    _bought(scenario)
    scenario.testbed.stripe.refund(scenario.payment())
    scenario.hear("refund.created")


def refund_before_the_payment_was_reported(scenario: Scenario) -> None:
    """The payment is settled first, then what went back of it."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.pay()
    scenario.testbed.stripe.refund(scenario.payment(), PART)
    scenario.hear("refund.created")
    scenario.hear(step="paid")


def refund_that_nobody_reports(scenario: Scenario) -> None:
    """The nightly proof finds it."""
    _bought(scenario)
    scenario.testbed.stripe.refund(scenario.payment())
    scenario.catch_up()


def repayment(scenario: Scenario) -> None:
    """All of it goes back by bank transfer."""
    _bought(scenario)
    scenario.repay()


def dispute_that_is_lost(scenario: Scenario) -> None:
    """Access is kept until the bank decides; then it ends, with a bar."""
    _bought(scenario)
    dispute = scenario.testbed.stripe.open_dispute(scenario.payment())
    scenario.hear("charge.dispute.created", step="opened")
    scenario.testbed.stripe.decide_dispute(dispute["id"], "lost")
    scenario.hear("charge.dispute.closed", step="closed")


def dispute_that_suspends_and_is_won(scenario: Scenario) -> None:
    """Access is suspended until the bank decides; then it is given back."""
    scenario.settings["access_during_dispute"] = "suspend"
    _bought(scenario)
    dispute = scenario.testbed.stripe.open_dispute(scenario.payment())
    scenario.hear("charge.dispute.created", step="opened")
    scenario.testbed.stripe.decide_dispute(dispute["id"], "won")
    scenario.hear("charge.dispute.closed", step="closed")


def dispute_that_nobody_reports(scenario: Scenario) -> None:
    """The nightly proof finds what was withdrawn."""
    _bought(scenario)
    scenario.testbed.stripe.open_dispute(scenario.payment())
    scenario.catch_up()


def review_that_is_refunded(scenario: Scenario) -> None:
    """Money that is not what was agreed goes back on an administrator's word."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.testbed.stripe.control.tamper(scenario.checkouts()[-1]["id"], {"amount_total": 7_450, "currency": "eur"})
    scenario.pay()
    scenario.hear(step="paid")
    scenario.resolve("refunded")


def review_that_enrolls(scenario: Scenario) -> None:
    """Money that is not what was agreed is accepted on an administrator's word."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.testbed.stripe.control.tamper(scenario.checkouts()[-1]["id"], {"amount_total": 7_450, "currency": "eur"})
    scenario.pay()
    scenario.hear(step="paid")
    scenario.resolve("enrolled")


def grant(scenario: Scenario) -> None:
    """An administrator gives the course to a student whose checkout for it is open."""
    scenario.enroll(step="before", coupon_code=HALF)
    scenario.office("grant")


def revoke(scenario: Scenario) -> None:
    """An administrator ends the enrollment; the money is kept."""
    _bought(scenario)
    scenario.office("revoke")


def revoke_again(scenario: Scenario) -> None:
    """An enrollment that ended before is kept under its own date."""
    _bought(scenario)
    scenario.office("revoke", step="first")
    scenario.office("grant", step="between")
    scenario.office("revoke")


def reinstate(scenario: Scenario) -> None:
    """The enrollment is given back while its payment is kept."""
    _bought(scenario)
    scenario.office("revoke", step="first")
    scenario.office("reinstate")


def lift_bar(scenario: Scenario) -> None:
    """The student may buy again after a lost dispute."""
    dispute_that_is_lost(scenario)
    scenario.office("lift_bar")


def buying_again(scenario: Scenario) -> None:
    """A new payment gives the progress back."""
    scenario.enroll(step="before")
    scenario.pay()
    scenario.hear(step="paid")
    scenario.refund(step="first")
    scenario.enroll(step="again")
    scenario.pay()
    scenario.hear()


def rebuild(scenario: Scenario) -> None:
    """A restored table has lost the purchase and its coupon."""
    _bought(scenario)
    scenario.restore()
    scenario.rebuild()


def rebuild_of_a_refunded_payment(scenario: Scenario) -> None:
    """A part was refunded in the dashboard, the rest here: both come back."""
    _bought(scenario)
    scenario.testbed.stripe.refund(scenario.payment(), PART)
    scenario.hear("refund.created", step="dashboard")
    scenario.refund(step="first")
    scenario.restore()
    scenario.rebuild()


def rebuild_of_a_student_who_bought_again(scenario: Scenario) -> None:
    """Nobody knew of the first payment after the restore: of the two one enrolls, the other awaits a decision."""
    _bought(scenario)
    scenario.restore()
    scenario.enroll(step="again", coupon_code=HALF)
    scenario.pay()
    scenario.hear(step="paid again")
    scenario.rebuild()


SCRIPTS: list[Script] = [
    (refund_of_a_part, "refund", BY_HAND),
    (refund_of_a_part, "webhook", BY_HAND),
    (refund_of_all, "refund", BY_HAND),
    (refund_of_the_rest, "refund", BY_HAND),
    (refund_that_waits, "refund", BY_HAND),
    (refund_that_waits, "arrival", BY_HAND),
    (refund_that_fails, "webhook", BY_HAND),
    (refund_whose_answer_is_lost, "reconcile", BY_CLOCK),
    (refund_that_stripe_refuses, "refund", BY_HAND),
    (refund_in_the_dashboard, "webhook", BY_HAND),
    (refund_before_the_payment_was_reported, "webhook", BY_HAND),
    (refund_that_nobody_reports, "catch_up", BY_CLOCK),
    (repayment, "repay", BY_HAND),
    (dispute_that_is_lost, "opened", BY_HAND),
    (dispute_that_is_lost, "closed", BY_HAND),
    (dispute_that_suspends_and_is_won, "opened", BY_HAND),
    (dispute_that_suspends_and_is_won, "closed", BY_HAND),
    (dispute_that_nobody_reports, "catch_up", BY_CLOCK),
    (review_that_is_refunded, "resolve", BY_HAND),
    (review_that_enrolls, "resolve", BY_HAND),
    (grant, "office", BY_HAND),
    (revoke, "office", BY_HAND),
    (revoke_again, "office", BY_HAND),
    (reinstate, "office", BY_HAND),
    (lift_bar, "office", BY_HAND),
    (buying_again, "webhook", BY_HAND),
    (rebuild, "rebuild", BY_CLOCK),
    (rebuild_of_a_refunded_payment, "rebuild", BY_CLOCK),
    (rebuild_of_a_student_who_bought_again, "rebuild", BY_CLOCK),
]


@pytest.mark.parametrize("played", SCRIPTS, ids=names(SCRIPTS))
def test_fault_87_killed_while_money_goes_back_it_ends_as_if_it_had_not_been(
    testbed: KillTestbed, emit: Callable[[str], None], played: Script
) -> None:
    """Killed before or after any call, and done again by whoever would, the script ends in the undisturbed state."""
    assert killed_anywhere(testbed, emit, played, share=0.002) == []
