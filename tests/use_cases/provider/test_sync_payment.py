"""Whatever comes in whatever order, and in the same moment: a payment ends where the provider has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from attrs import define, evolve, frozen

from adapters.memory.reversals import MemoryReversalRepo
from domain.enrollments import EndCause, ProgressStep
from domain.errors import DomainError, PaymentBusy
from domain.payment_sync import SyncPolicy
from domain.payments.events import CheckoutPaid
from domain.payments.reversals import DisputeStatus, PaymentState, RefundStatus, Reversal
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.reversals import ReversalRepo
from domain.ports.telemetry import Signal
from domain.services.reconcile_session import ReconcileOutcome
from domain.services.sync_payment import SyncPayment
from tests.support.concurrency import at_once
from tests.support.factories import PRICE, a_coupon, paid
from tests.support.memory.misbehaving import Gathering, Interrupted, NamesNoRefunds
from tests.support.memory.school import SAM, School
from tests.support.wiring import WiredUseCases

ONE, TWO, PAYMENT, ALL = "ps_000001", "ps_000002", "pi_000001", PRICE.amount
COURSE = (SAM.user_id, "course-1")


def a_school() -> School:
    """A student has paid and is enrolled."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    school.wait(days=1)
    return school


def in_dashboard(school: School, amount: int = ALL) -> str:
    """The office refunds at the provider; the provider's id of the refund."""
    return school.provider.bank.refund(PAYMENT, amount, school.clock.now()).provider_reversal_id


def disputed(school: School, status: DisputeStatus = DisputeStatus.OPEN) -> str:
    """The payer disputes the payment, up to this status."""
    bank, now = school.provider.bank, school.clock.now()
    dispute = bank.dispute(PAYMENT, now)
    if status is not DisputeStatus.OPEN:
        bank.decide(PAYMENT, dispute, status, now)
    return dispute


def assert_books_balance(school: School, kept: int) -> None:
    """The ledger's money is what is kept and not disputed; its seats are who is enrolled."""
    session = school.session(ONE)
    assert session.kept == kept
    assert sum(amount for _, amount, _ in school.entries()) == kept - session.reversed_sums.disputed


# -- in the same moment -----------------------------------------------------------------------------------------------


def test_fault_102_progress_saved_while_the_refund_ends_the_enrollment_is_kept() -> None:
    """The enrollment that ends is the one with that progress, and ends all the same."""
    school = a_school()
    rival = school.rival()
    in_dashboard(school)
    school.unit_of_work = Interrupted(
        school.unit_of_work, [lambda: rival.record_progress(*COURSE, ProgressStep(progress=70))]
    )
    school.sync(ONE)
    ended = school.ended()
    assert ended is not None
    assert (ended.enrollment.progress, school.enrollment()) == (70, None)
    assert_books_balance(school, 0)


@define(eq=False)
class AsksLate(NamesNoRefunds):
    """Before it answers for the first time, something happens that whoever asks has not read."""

    meanwhile: list[Callable[[], object]]

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """The payment after that."""
        if self.meanwhile:
            self.meanwhile.pop()()
        return super().payment_state(session)


def test_fault_99_a_refund_that_came_and_went_meanwhile_is_stored_once() -> None:
    """The sums are as they were read, and yet it is known by now, at a provider that cannot say whose refund it is."""
    school = a_school()
    rival, bank = school.rival(), school.provider.bank
    rival.gateway = NamesNoRefunds(school.provider)

    def comes_and_goes() -> None:
        made = rival.refund(amount=500).refund
        school.clock.advance(timedelta(seconds=1))
        bank.change_refund(PAYMENT, made.provider_reversal_id or "", RefundStatus.FAILED, school.clock.now())
        rival.sync(ONE)

    school.gateway = AsksLate(school.provider, meanwhile=[comes_and_goes])
    school.sync(ONE)
    [known] = school.reversals()
    assert (known.status, known.requested_by is not None) == (RefundStatus.FAILED, True)
    assert_books_balance(school, PRICE.amount)


def test_fault_102_revoked_while_the_refund_comes_in_the_enrollment_ends_once() -> None:
    """Nothing is left to end; the payment is reversed all the same."""
    school = a_school()
    rival = school.rival()
    in_dashboard(school)
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.revoke])
    school.sync(ONE)
    ended = school.ended()
    assert ended is not None
    assert (ended.cause, school.session(ONE).status) == (EndCause.REVOKED, Status.REVERSED)
    assert school.store.earlier_ended == {}


def test_fault_102_a_refund_of_the_old_payment_leaves_the_new_enrollment() -> None:
    """The student was revoked and bought again; then the first payment is refunded."""
    school = a_school()
    school.revoke()
    school.start()
    school.settle(school.provider.pay(TWO))
    bought = school.enrollment()
    in_dashboard(school)
    school.report()
    assert (school.session(ONE).status, school.session(TWO).status) == (Status.REVERSED, Status.COMPLETED)
    assert school.enrollment() == bought is not None


@pytest.mark.races
def test_fault_102_many_syncs_at_once_book_everything_once() -> None:
    """Webhook, queue, schedule and answer in one moment: one entry per refund, one ended enrollment."""
    school = a_school()
    in_dashboard(school, 500)
    in_dashboard(school, ALL - 500)
    school.unit_of_work = Gathering(school.unit_of_work, Barrier(8))
    outcomes = at_once([lambda: school.sync(ONE)] * 8)
    assert all(isinstance(outcome, PaymentBusy) for outcome in outcomes if isinstance(outcome, DomainError))
    school.rival().sync(ONE)
    assert (school.session(ONE).status, len(school.reversals()), len(school.entries())) == (Status.REVERSED, 2, 3)
    assert school.signals(Signal.ENROLLMENT_ENDED) == ["refunded"]
    assert_books_balance(school, 0)


@frozen
class ReadLate(MemoryReversalRepo):
    """Before the reversals of a payment are read for the first time, ``meanwhile`` happens."""

    meanwhile: list[Callable[[], object]]

    def of_session(self, user_id: str, payment_session_id: str) -> tuple[Reversal, ...]:
        """Somebody is faster; then as stored."""
        while self.meanwhile:
            self.meanwhile.pop(0)()
        return MemoryReversalRepo.of_session(self, user_id, payment_session_id)


def test_fault_102_a_payment_that_was_written_while_it_was_read_is_read_again() -> None:
    """Its sums are those of before a refund, its refunds those of after it: taken together they make no sense."""
    school = a_school()
    rival, refund_id = school.rival(), in_dashboard(school)

    def fail() -> None:
        school.provider.bank.change_refund(PAYMENT, refund_id, RefundStatus.FAILED, school.clock.now())

    reversals = ReadLate(school.store, [rival.sync, fail])
    sync = WiredUseCases(school.ports() | {ReversalRepo: reversals}).resolve(SyncPayment)
    assert sync(SAM.user_id, ONE).session.kept == ALL
    assert school.reversals()[0].status is RefundStatus.FAILED
    assert_books_balance(school, ALL)


def test_a_sync_that_changes_nothing_writes_nothing() -> None:
    """However often the provider reports."""
    school = a_school()
    in_dashboard(school, 500)
    school.report()
    before, entries = school.session(ONE), dict(school.store.ledger)
    school.wait(hours=1)
    school.report()
    assert (school.session(ONE), school.store.ledger) == (before, entries)


# -- in any order -----------------------------------------------------------------------------------------------------


def test_fault_104_the_paid_event_after_the_refund_enrolls_nobody() -> None:
    """By webhook, by the return page, by the daily comparison: money that went back gives no access."""
    school = School()
    school.start()
    event = school.provider.pay(ONE)
    school.settle(event)
    school.refund()
    school.settle(event)
    assert not school.show_checkout("cs_000001").enrolled
    assert school.catch_up() == ()
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)


def test_fault_105_late_money_that_was_refunded_already_gives_no_access() -> None:
    """Paid after the release, and refunded at the provider since: the late payment stays due, and its sync ends it."""
    school = School()
    school.start()
    school.settle(school.provider.expire(ONE))
    checkout = school.provider.checkouts[ONE]
    late = school.money_of(evolve(_paid_event(school), provider_payment_id=checkout.payment_id, event_id="evt_late"))
    in_dashboard(school)
    school.settle(late)
    assert school.session(ONE).due_at is not None
    school.wait(minutes=5)
    assert school.reconcile().count(ReconcileOutcome.SYNCED) == 1
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)
    assert school.session(ONE).due_at is None


def test_late_money_that_is_kept_stays_enrolled() -> None:
    """The sync finds nothing, and is not repeated."""
    school = School()
    school.start()
    school.settle(school.provider.expire(ONE))
    school.settle(school.money_of(_paid_event(school)))
    school.wait(minutes=5)
    school.reconcile()
    assert (school.session(ONE).status, school.session(ONE).due_at) == (Status.COMPLETED, None)
    assert school.enrollment() is not None
    school.wait(days=2)
    assert school.reconcile().results == ()


def test_fault_106_an_older_answer_of_the_provider_undoes_nothing() -> None:
    """A refund that succeeded is pending in a lagging copy: nothing is written."""
    school = a_school()
    school.provider.refund_status = RefundStatus.PENDING
    refund = in_dashboard(school, 500)
    bank = school.provider.bank
    bank.payments[PAYMENT] = evolve(
        bank.payments[PAYMENT], refunds=(evolve(bank.payments[PAYMENT].refunds[0], status=RefundStatus.PENDING),)
    )
    older = bank.payments[PAYMENT]
    bank.change_refund(PAYMENT, refund, RefundStatus.SUCCEEDED, school.clock.now())
    school.sync(ONE)
    before = (school.session(ONE), school.reversals())
    newer, bank.payments[PAYMENT] = bank.payments[PAYMENT], older
    school.sync(ONE)
    assert (school.session(ONE).reversed_sums, school.reversals()) == (before[0].reversed_sums, before[1])
    bank.payments[PAYMENT] = newer
    school.sync(ONE)
    assert school.session(ONE).due_at is None
    assert_books_balance(school, ALL - 500)


# -- disputes where they hurt -----------------------------------------------------------------------------------------


def test_fault_103_a_dispute_of_a_second_payment_leaves_the_first_alone() -> None:
    """Each payment has a session of its own."""
    school = a_school()
    school.settle(school.pay_again())
    school.provider.bank.dispute("pi_999", school.clock.now())
    school.report("pi_999")
    (second,) = school.sessions.in_review(at_most=9)
    assert second.reversed_sums.disputed == ALL
    assert (school.session(ONE).reversed_sums.disputed, school.session(ONE).status) == (0, Status.COMPLETED)
    assert school.enrollment() is not None


def test_fault_103_a_dispute_of_a_payment_in_review_keeps_the_reason() -> None:
    """The person who decides sees both; lost, there is nothing left to decide about."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE, amount=evolve(PRICE, amount=ALL + 1)))
    dispute = disputed(school)
    school.report()
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.AMOUNT_MISMATCH)
    assert (session.reversed_sums.disputed, session.awaits_decision) == (ALL + 1, True)
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.LOST, school.clock.now())
    school.report()
    session = school.session(ONE)
    assert (session.status, session.awaits_decision, school.lock()) == (Status.REVERSED, False, None)
    assert session.review_reason is ReviewReason.AMOUNT_MISMATCH


def test_fault_103_a_dispute_after_a_full_refund_is_an_alarm() -> None:
    """More went back than was received: it is on record, and somebody must look."""
    school = a_school()
    school.refund()
    disputed(school, DisputeStatus.LOST)
    school.report()
    assert (school.session(ONE).status, school.session(ONE).kept) == (Status.REVERSED, -ALL)
    assert "more_returned_than_received" in school.signals(Signal.DIFFERENCE_FOUND)
    assert_books_balance(school, -ALL)


def test_fault_101_a_dispute_won_after_the_student_bought_again_goes_to_a_person() -> None:
    """Two payments are kept for one enrollment: the new one stands, and somebody refunds the other."""
    school = a_school()
    dispute = disputed(school, DisputeStatus.LOST)
    school.report()
    school.lift_bar()
    school.start()
    school.settle(school.provider.pay(TWO))
    bought = school.enrollment()
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.WON, school.clock.now())
    school.report()
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    assert school.enrollment() == bought is not None


def test_fault_101_a_dispute_won_after_the_second_enrollment_ended_goes_to_a_person() -> None:
    """Suspended, bought again, and that was refunded: what was paid first is kept once more, and gives no access."""
    school = a_school()
    school.policy = SyncPolicy(access_during_dispute=False)
    dispute = disputed(school)
    school.report()
    school.lift_bar()
    school.start()
    school.settle(school.provider.pay(TWO))
    school.refund(TWO)
    assert school.enrollment() is None
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.WON, school.clock.now())
    school.report()
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.ALREADY_ENROLLED)
    assert school.resolve(ONE, ResolutionKind.ENROLLED).status is Status.COMPLETED
    enrollment = school.enrollment()
    assert enrollment is not None
    assert enrollment.payment_session_id == ONE


def test_fault_101_a_refund_that_fails_after_the_student_bought_again_goes_to_a_person() -> None:
    """Likewise."""
    school = a_school()
    school.refund()
    school.start()
    school.settle(school.provider.pay(TWO))
    bought = school.enrollment()
    (made,) = school.provider.bank.payments[PAYMENT].refunds
    school.provider.bank.change_refund(PAYMENT, made.provider_reversal_id, RefundStatus.FAILED, school.clock.now())
    school.report()
    assert school.session(ONE).review_reason is ReviewReason.REFUND_FAILED
    assert (school.enrollment(), school.lock()) == (bought, None)


def test_an_inquiry_moves_no_money_and_is_asked_about_each_day() -> None:
    """It may become a dispute without a movement that would show it."""
    school = a_school()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now(), inquiry=True)
    school.report()
    assert (school.session(ONE).reversed_sums.disputed, school.enrollment() is not None) == (0, True)
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.CLOSED, school.clock.now())
    school.wait(days=1, minutes=1)
    assert school.reconcile().count(ReconcileOutcome.SYNCED) == 1
    assert (school.reversals()[0].status, school.session(ONE).due_at) == (DisputeStatus.CLOSED, None)


# -- reviews ----------------------------------------------------------------------------------------------------------


def test_fault_119_a_review_that_is_refunded_gives_the_coupon_use_back() -> None:
    """The student stands as before they bought, and may use the coupon once more."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    school.settle(school.provider.pay(ONE, amount=evolve(PRICE, amount=1)))
    assert school.uses_counted() == 1
    school.resolve(ONE, ResolutionKind.REFUNDED)
    assert (school.uses_counted(), school.coupon_use(), school.lock()) == (0, None, None)
    assert school.start(coupon_code="SPRING").session.coupon is not None


def test_a_payment_that_counts_for_another_session_enrolls_nobody_twice() -> None:
    """The same payment reported for two sessions: the second is for a person, and nothing is received there."""
    school = School()
    school.start()
    first = school.settle(school.provider.pay(ONE))
    school.revoke()
    school.start()
    again = evolve(_paid_event(school, TWO), provider_payment_id=first.provider_payment_id, event_id="evt_again")
    school.settle(again)
    second = school.session(TWO)
    assert (second.status, second.review_reason, second.received) == (Status.REVIEW, ReviewReason.PAYMENT_REUSED, None)
    assert school.enrollment() is None
    assert [entry for entry, _, _ in school.entries()] == ["SALE", "SEAT#au_000001"]


def test_a_payment_that_nobody_could_read_counts_for_one_session() -> None:
    """Paid in a currency that we never sell in, and reported for two sessions: the first that is synced received it."""
    school = School()
    school.start()
    first = school.provider.pay(ONE)
    assert isinstance(first, CheckoutPaid)
    school.settle(evolve(first, amount=None))
    school.resolve(ONE, ResolutionKind.DISMISSED)
    school.store.sessions[SAM.user_id, ONE] = evolve(school.session(ONE), received=None, received_currency=None)
    school.store.ledger.clear()
    school.start()
    again = evolve(_paid_event(school, TWO), amount=None, provider_payment_id=first.provider_payment_id)
    school.settle(again)
    school.sync(ONE)
    second = school.sync(TWO).session
    assert (school.session(ONE).received, second.received) == (ALL, None)
    assert (second.review_reason, second.awaits_decision) == (ReviewReason.PAYMENT_REUSED, True)
    assert school.resolve(TWO, ResolutionKind.DISMISSED).resolution is not None


@pytest.mark.parametrize("own_first", [True, False])
def test_money_in_a_currency_never_sold_in_counts_for_one_session_at_once(own_first: bool) -> None:
    """A checkout whose metadata were changed names another session: its payment is booked once, before any sync."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    school.revoke()
    school.start()
    strange: dict[str, Any] = {"amount": None, "received": 5_000, "received_currency": "xts"}
    own = evolve(_paid_event(school, TWO), **strange, provider_payment_id="pi_strange")
    renamed = evolve(own, payment_session_id=ONE, event_id="evt_renamed")
    for event in (own, renamed) if own_first else (renamed, own):
        school.settle(event)
    found = [one for one in school.store.sessions.values() if one.provider_payment_id == "pi_strange"]
    assert {one.status for one in found} == {Status.REVIEW}
    assert sorted((one.received or 0, one.received_currency) for one in found if one.received) == [(5_000, "xts")]
    assert [one.review_reason for one in found if not one.received] == [ReviewReason.PAYMENT_REUSED]
    sale = school.store.ledger["stripe", "pi_strange", "SALE"]
    assert (sale.amount, sale.currency) == (5_000, "xts")


def _paid_event(school: School, payment_session_id: str = ONE) -> CheckoutPaid:
    return paid(school.session(payment_session_id), provider_payment_id=PAYMENT)
