"""A report about a refund or a dispute is a hint: what is stored comes from asking the provider."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.enrollments import EndCause
from domain.errors import ProviderUnavailable
from domain.payment_sync import SyncPolicy
from domain.payments.reversals import DisputeStatus, RefundStatus
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.ports.payment_gateway import SessionReference
from domain.ports.telemetry import Signal
from domain.use_cases.provider.receive_event import Receipt
from tests.support.factories import PRICE
from tests.support.memory.misbehaving import SilentAbout, Unreachable, WhileAsked
from tests.support.memory.school import KIM, School

ONE, PAYMENT, ALL = "ps_000001", "pi_000001", PRICE.amount


def a_school() -> School:
    """A student has paid and is enrolled."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    school.wait(days=1)
    return school


def in_dashboard(school: School, amount: int = ALL, payment_id: str = PAYMENT) -> str:
    """The office refunds at the provider; the provider's id of the refund."""
    return school.provider.bank.refund(payment_id, amount, school.clock.now()).provider_reversal_id


def test_fault_36_a_refund_from_the_dashboard_ends_the_enrollment() -> None:
    """By the webhook's report: the money is booked, the session reversed, the student out, and the event settled."""
    school = a_school()
    refund_id = in_dashboard(school)
    assert school.receive(school.provider.reported(PAYMENT)) is Receipt.SETTLED
    (reversal,) = school.reversals()
    assert (reversal.reversal_id, reversal.counted, reversal.requested_by) == (refund_id, ALL, None)
    ended = school.ended()
    assert ended is not None
    assert (school.session(ONE).status, ended.cause, school.enrollment()) == (
        Status.REVERSED,
        EndCause.REFUNDED,
        None,
    )
    assert school.entries() == [(f"REFUND#{refund_id}#1", -ALL, -1), ("SALE", ALL, 1)]
    assert school.signals(Signal.REFUND_RECORDED) == ["succeeded"]


def test_fault_36_a_part_refunded_in_the_dashboard_keeps_the_access() -> None:
    """It is on record, and lowers what can be refunded."""
    school = a_school()
    in_dashboard(school, 500)
    school.report()
    assert (school.session(ONE).status, school.session(ONE).refundable) == (Status.COMPLETED, ALL - 500)
    assert school.enrollment() is not None


def test_fault_37_a_dispute_is_on_record_and_a_lost_one_bars() -> None:
    """While it is open the student keeps access; lost, the enrollment ends and they may not buy again unasked."""
    school = a_school()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now())
    school.report()
    assert (school.session(ONE).status, school.session(ONE).reversed_sums.disputed) == (Status.COMPLETED, ALL)
    assert school.enrollment() is not None
    assert school.signals(Signal.DISPUTE_OPENED) == ["open"]
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.LOST, school.clock.now())
    school.report()
    ended = school.ended()
    assert ended is not None
    assert (ended.cause, ended.barred, school.enrollment()) == (EndCause.CHARGED_BACK, True, None)
    assert (school.session(ONE).status, school.signals(Signal.DISPUTE_CLOSED)) == (Status.REVERSED, ["lost"])


def test_an_answered_dispute_alarms_nobody_a_second_time() -> None:
    """The time to answer is gone, and that is all."""
    school = a_school()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now())
    school.report()
    assert school.reversals()[0].respond_by is not None
    school.provider.bank.respond(PAYMENT, dispute)
    school.report()
    assert school.reversals()[0].respond_by is None
    assert school.signals(Signal.DISPUTE_OPENED) == ["open"]


def test_fault_37_a_dispute_that_is_won_leaves_everything_as_it_was() -> None:
    """The money is back, the sums are those of before, and the student is in the course."""
    school = a_school()
    before, enrollment = school.session(ONE).reversed_sums, school.enrollment()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now())
    school.report()
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.WON, school.clock.now())
    school.report()
    assert (school.session(ONE).reversed_sums, school.session(ONE).due_at) == (before, None)
    assert (school.session(ONE).status, school.enrollment()) == (Status.COMPLETED, enrollment)
    assert enrollment is not None
    assert sum(amount for _, amount, _ in school.entries()) == ALL


def test_fault_37_a_school_may_suspend_access_until_a_dispute_is_decided() -> None:
    """While it is open the student is out of the course; won, they are back in it as they were."""
    school = a_school()
    school.policy = SyncPolicy(access_during_dispute=False)
    enrollment = school.enrollment()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now())
    school.report()
    assert (school.session(ONE).status, school.enrollment()) == (Status.COMPLETED, None)
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.WON, school.clock.now())
    school.report()
    assert (school.session(ONE).status, school.enrollment()) == (Status.COMPLETED, enrollment)
    assert enrollment is not None


def test_fault_98_a_report_before_the_payments_own_event_settles_that_first() -> None:
    """Paid, and refunded in part, and we heard of neither: one report brings both, and enrolls."""
    school = School()
    school.start()
    event = school.provider.pay(ONE)
    in_dashboard(school, 500)
    school.report()
    assert (school.session(ONE).status, school.session(ONE).reversed_sums.refunded) == (Status.COMPLETED, 500)
    assert school.enrollment() is not None
    before = dict(school.store.ledger)
    school.settle(event)
    assert school.store.ledger == before


def test_fault_98_reports_repeated_and_reversed_end_in_the_same_place() -> None:
    """Each asks for the present state, so their order says nothing."""
    school = a_school()
    refund_id = in_dashboard(school)
    early = school.provider.reported(PAYMENT)
    school.provider.bank.change_refund(PAYMENT, refund_id, RefundStatus.FAILED, school.clock.now())
    late = school.provider.reported(PAYMENT)
    for report in (late, early, late, early):
        school.receive(report)
    assert (school.session(ONE).status, school.session(ONE).kept) == (Status.COMPLETED, ALL)
    assert school.enrollment() is not None
    assert sum(amount for _, amount, _ in school.entries()) == ALL


def test_a_report_about_money_that_is_not_ours_is_acknowledged_and_counted() -> None:
    """Older than payment sessions, or another product's: no error, for a repetition would not help."""
    school = a_school()
    in_dashboard(school)
    school.provider.bank.references.clear()
    school.store.ledger.clear()
    assert school.receive(school.provider.reported(PAYMENT)) is Receipt.SETTLED
    assert school.signals(Signal.DIFFERENCE_FOUND) == ["unknown_payment"]
    assert school.reversals() == ()


def test_a_report_about_a_second_payment_syncs_that_one() -> None:
    """Its metadata name the first session, and the ledger knows better: the first enrollment stands."""
    school = a_school()
    school.settle(school.pay_again())
    (second,) = school.sessions.in_review(at_most=9)
    in_dashboard(school, payment_id="pi_999")
    school.report("pi_999")
    school.report("pi_999", user_id="user-1", payment_session_id=ONE)
    assert school.session(ONE).reversed_sums.given_back == 0
    assert school.enrollment() is not None
    assert school.session(second.payment_session_id).status is Status.REVERSED
    assert school.reversals() == ()


def test_a_report_about_another_checkouts_money_does_not_touch_the_session_it_names() -> None:
    """That money has no session here yet: it is counted, and found once it has."""
    school = a_school()
    school.pay_again()
    in_dashboard(school, payment_id="pi_999")
    school.report("pi_999")
    assert school.signals(Signal.DIFFERENCE_FOUND) == ["other_payment"]
    assert (school.session(ONE).reversed_sums.given_back, school.reversals()) == (0, ())


@pytest.mark.parametrize("named", [ONE, "unknown"])
def test_a_report_that_a_second_payment_overtakes_syncs_that_one(named: str) -> None:
    """It is booked while the provider is asked whose money the report is about: the report must not be lost for it."""
    school = a_school()
    again = school.pay_again()
    school.provider.bank.references["pi_999"] = SessionReference(user_id="user-1", payment_session_id=named)
    refund_id = in_dashboard(school, payment_id="pi_999")
    school.gateway = WhileAsked(school.provider, lambda: school.settle(again))
    school.report("pi_999", user_id=None, payment_session_id=None)
    (second,) = [one for one in school.store.sessions.values() if one.provider_payment_id == "pi_999"]
    (reversal,) = school.reversals(second.payment_session_id)
    assert (reversal.reversal_id, second.status) == (refund_id, Status.REVERSED)
    assert school.signals(Signal.DIFFERENCE_FOUND) == []


def test_fault_153_a_report_that_finds_the_wrong_session_of_a_payment_syncs_the_right_one() -> None:
    """One payment is reported for two sessions, and booked for one of them while the report asks whose it is."""
    school = School()
    school.start()
    school.start(who=KIM)
    own = school.provider.pay(ONE)
    renamed = evolve(own, user_id=KIM.user_id, payment_session_id="ps_000002", event_id="evt_renamed")
    school.provider.bank.references[PAYMENT] = SessionReference(user_id=KIM.user_id, payment_session_id="ps_000002")
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now(), inquiry=True)

    def settle_both() -> None:
        school.settle(own)
        school.settle(renamed)

    school.gateway = WhileAsked(school.provider, settle_both)
    school.report(user_id=None, payment_session_id=None)
    assert school.session("ps_000002", who=KIM).review_reason is ReviewReason.PAYMENT_REUSED
    assert [reversal.reversal_id for reversal in school.reversals()] == [dispute]


def test_a_report_while_the_provider_is_down_waits_in_the_queue() -> None:
    """It is acknowledged, kept, and processed once the provider answers."""
    school = a_school()
    in_dashboard(school)
    school.gateway = Unreachable(school.provider)
    assert school.receive(school.provider.reported(PAYMENT)) is Receipt.QUEUED
    assert school.enrollment() is not None
    school.gateway = school.provider
    school.report()
    assert school.enrollment() is None


def test_a_report_about_a_session_whose_payment_cannot_be_looked_up_is_tried_again() -> None:
    """Nothing is acknowledged that was not settled."""
    school = School()
    school.start()
    school.provider.pay(ONE)
    in_dashboard(school, 500)
    school.gateway = SilentAbout(school.provider, about={ONE})
    with pytest.raises(ProviderUnavailable):
        school.report()
    assert school.session(ONE).status is Status.OPEN
