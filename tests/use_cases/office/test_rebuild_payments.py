"""After a restore, an operator stores again what the provider remembers; a webhook never does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.ledger import MemoryLedgerRepo
from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from adapters.memory.store import Store
from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.audit import AuditAction
from domain.enrollment_requests import Enrolled
from domain.errors import PaymentSessionUnknown
from domain.money import Money
from domain.payments.events import CheckoutPaid
from domain.payments.reversals import RefundStatus
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.ports.payment_gateway import RebuildableCheckout
from domain.ports.telemetry import Signal
from domain.use_cases.office.rebuild_payments import RebuildOutcome
from tests.support.factories import PRICE, a_coupon, an_enrollment
from tests.support.memory.misbehaving import Counting, Failing, Unreachable
from tests.support.memory.refunds import refunds_of
from tests.support.memory.school import KIM, SAM, School

ONE, PAYMENT, ALL = "ps_000001", "pi_000001", PRICE.amount


def restored(**chosen: Any) -> School:
    """A student bought the course; then the table was restored to a moment before they came."""
    school = School()
    school.issue(a_coupon())
    school.start(**chosen)
    school.settle(school.provider.pay(ONE))
    return without_records(school)


def without_records(school: School) -> School:
    """Courses and coupons are as issued; everything else is lost."""
    store = school.store
    survivors = Store(courses=store.courses, coupons={"SPRING": a_coupon()})
    school.store = survivors
    school.sessions = MemoryPaymentSessionRepo(survivors)
    school.ledger = MemoryLedgerRepo(survivors)
    school.unit_of_work = MemoryUnitOfWork(survivors)
    school.wait(hours=1)
    return school


def outcomes(school: School, **how: Any) -> list[tuple[RebuildOutcome, str]]:
    """What became of each checkout."""
    return [(one.outcome, one.reason) for one in school.rebuild(**how)]


def test_fault_107_a_paid_student_is_enrolled_again_and_not_sold_the_course_twice() -> None:
    """Session, enrollment, sale, student and reference are stored as they were, by whoever ran it."""
    school = restored()
    (rebuilt,) = school.rebuild()
    assert (rebuilt.payment_session_id, rebuilt.outcome, rebuilt.reason) == (ONE, RebuildOutcome.ENROLLED, "")
    session, enrollment = school.session(ONE), school.enrollment()
    assert (session.status, session.received, session.provider_payment_id) == (Status.COMPLETED, ALL, PAYMENT)
    assert enrollment is not None
    assert (enrollment.payment_session_id, school.store.students["user-1"].email) == (ONE, "sam@example.com")
    assert school.entries() == [("SALE", ALL, 1)]
    assert school.sessions.find_by_provider_session("stripe", "cs_000001") == session
    (record,) = school.store.audit
    assert (record.action, record.by) == (AuditAction.PAYMENT_REBUILT, "admin-1")
    assert school.signals(Signal.PAYMENT_REBUILT) == ["enrolled"]
    assert isinstance(school.enroll(), Enrolled)


def test_fault_25_no_webhook_and_no_schedule_enrolls_after_a_restore() -> None:
    """What they carry is a report, not our record: they say what is missing, and an operator decides."""
    school = restored()
    with pytest.raises(PaymentSessionUnknown):
        school.settle(school.provider.checkouts[ONE].event("checkout.paid"))
    assert {difference.reason for difference in school.catch_up()} == {"payment_session_unknown"}
    assert school.reconcile().results == ()
    assert (school.enrollment(), school.store.sessions) == (None, {})


def test_asking_first_writes_nothing() -> None:
    """Without ``apply`` the operator sees what would become of each checkout."""
    school = restored()
    assert outcomes(school, apply=False) == [(RebuildOutcome.ENROLLED, "")]
    assert (school.store.sessions, school.store.enrollments, school.store.students) == ({}, {}, {})
    assert school.store.audit == []


def test_fault_107_rebuilding_twice_changes_nothing_more() -> None:
    """What is there is left alone."""
    school = restored(coupon_code="SPRING")
    school.rebuild()
    before = school.session(ONE)
    assert outcomes(school) == [(RebuildOutcome.PRESENT, "")]
    assert (school.session(ONE), school.uses_counted(), len(school.store.audit)) == (before, 1, 1)


def test_what_survived_is_left_alone() -> None:
    """A restored session that is still open is settled by reconciliation, not rebuilt."""
    school = School()
    school.start()
    school.provider.pay(ONE)
    assert outcomes(school) == [(RebuildOutcome.PRESENT, "")]
    school.wait(minutes=5)
    school.reconcile()
    assert school.enrollment() is not None


def test_the_coupon_use_is_counted_again() -> None:
    """Redeemed, so that nobody has two."""
    school = restored(coupon_code="SPRING")
    school.rebuild()
    use = school.coupon_use()
    assert use is not None
    assert (use.redeemed, school.uses_counted()) == (True, 1)


def test_a_coupon_that_is_used_up_does_not_cost_the_enrollment() -> None:
    """The payment counts; the use is left out."""
    school = restored(coupon_code="SPRING")
    school.change_coupon("SPRING", max_uses=1, current_uses=1)
    assert outcomes(school) == [(RebuildOutcome.ENROLLED, "")]
    assert (school.coupon_use(), school.uses_counted()) == (None, 1)
    assert school.session(ONE).received == 13_499


def test_fault_107_refunds_and_disputes_come_back_too() -> None:
    """A payment that was refunded before the restore enrolls nobody."""
    school = restored()
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.rebuild()
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)
    assert sum(amount for _, amount, _ in school.entries()) == 0


def test_fault_107_what_went_back_of_a_payment_that_is_there_comes_back_too() -> None:
    """The restored table has the payment, and not the refund that was made since."""
    school = School()
    school.start()
    school.receive(school.provider.pay(ONE))
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.rebuild(apply=False)
    assert school.enrollment() is not None
    assert outcomes(school) == [(RebuildOutcome.PRESENT, "")]
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": Money(ALL - 1, "usd")}, "amount"),
        ({"livemode": True}, "mode"),
    ],
)
def test_fault_107_a_payment_that_is_not_as_agreed_goes_to_a_person(change: dict[str, Any], reason: str) -> None:
    """Its money is on record, and nobody is enrolled."""
    school = restored()
    school.provider.checkouts[ONE] = evolve(school.provider.checkouts[ONE], **change)
    assert outcomes(school, apply=False) == [(RebuildOutcome.IN_REVIEW, reason)]
    assert outcomes(school) == [(RebuildOutcome.IN_REVIEW, reason)]
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.REBUILT)
    assert (school.enrollment(), [seat for *_, seat in school.entries()]) == (None, [0])


class _Contradicting(Counting):
    """Checkouts whose reference names another session than their metadata do."""

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        """What the provider has, contradicting itself."""
        for checkout in self.good.rebuildable_checkouts(since=since, until=until):
            assert isinstance(checkout.event, CheckoutPaid)
            yield evolve(checkout, event=evolve(checkout.event, reference="ps_other"))


def test_fault_107_a_checkout_that_contradicts_itself_goes_to_a_person() -> None:
    """Whose payment it is cannot be said without looking."""
    school = restored()
    school.gateway = _Contradicting(school.provider)
    assert outcomes(school) == [(RebuildOutcome.IN_REVIEW, "reference")]
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVIEW, None)


def test_a_payment_for_a_course_that_is_gone_goes_to_a_person() -> None:
    """It may have been renamed or deleted for good."""
    school = restored()
    school.store.courses.clear()
    assert outcomes(school) == [(RebuildOutcome.IN_REVIEW, "course")]
    assert school.session(ONE).status is Status.REVIEW


def test_somebody_enrolled_by_other_means_is_not_enrolled_twice() -> None:
    """The money goes to a person, who refunds it."""
    school = restored()
    granted = an_enrollment()
    school.store.enrollments[SAM.user_id, "course-1"] = granted
    assert outcomes(school) == [(RebuildOutcome.IN_REVIEW, "already_enrolled")]
    assert school.session(ONE).review_reason is ReviewReason.ALREADY_ENROLLED
    assert school.enrollment() == granted


def test_fault_107_a_deleted_persons_payment_stays_deleted() -> None:
    """A sale without its session is a person who asked to be forgotten."""
    school = restored()
    sale = evolve(_sold(), user_id=SAM.user_id)
    school.store.ledger["stripe", PAYMENT, "SALE"] = sale
    assert outcomes(school) == [(RebuildOutcome.DELETED, "sale_without_session")]
    assert (school.store.sessions, school.store.students) == ({}, {})


def lost_alone(school: School) -> School:
    """Somebody deleted the payment session by hand, and nothing else."""
    del school.store.sessions[SAM.user_id, ONE]
    return school


def a_sold_course() -> School:
    """A student has paid and is enrolled."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    return school


def test_fault_149_a_session_that_is_lost_alone_is_stored_again() -> None:
    """Beside its sale, its enrollment and its reference, of which nothing is written twice; it can be refunded then."""
    school = a_sold_course()
    before, entries, enrollment = school.session(ONE), school.entries(), school.enrollment()
    lost_alone(school)
    assert outcomes(school, apply=False) == [(RebuildOutcome.RESTORED, "")]
    assert school.store.sessions == {}
    assert outcomes(school) == [(RebuildOutcome.RESTORED, "")]
    session = school.session(ONE)
    same = ("status", "received", "received_currency", "quote", "provider_payment_id", "reversed_sums", "created_at")
    assert {name: getattr(session, name) for name in same} == {name: getattr(before, name) for name in same}
    assert (school.entries(), school.enrollment()) == (entries, enrollment)
    assert school.sessions.find_by_provider_session("stripe", "cs_000001") == session
    assert school.store.audit[-1].action is AuditAction.PAYMENT_REBUILT
    assert school.signals(Signal.PAYMENT_REBUILT) == ["restored"]
    assert outcomes(school) == [(RebuildOutcome.PRESENT, "")]
    assert school.refund().session.kept == 0


def test_what_went_back_of_a_lost_session_is_not_forgotten() -> None:
    """A part, made by us; then the rest, made in the dashboard while the session was not there."""
    school = a_sold_course()
    school.refund(amount=500)
    lost_alone(school)
    school.provider.bank.refund(PAYMENT, ALL - 500, school.clock.now())
    assert outcomes(school) == [(RebuildOutcome.RESTORED, "")]
    session = school.session(ONE)
    assert (session.status, session.kept, session.reversed_sums.refunded) == (Status.REVERSED, 0, ALL)
    assert school.enrollment() is None


def test_a_lost_session_that_was_given_back_whole_stays_reversed() -> None:
    """Its student may buy again."""
    school = a_sold_course()
    school.refund()
    lost_alone(school)
    assert outcomes(school) == [(RebuildOutcome.RESTORED, "")]
    assert school.session(ONE).status is Status.REVERSED


def test_a_lost_session_of_an_enrollment_that_ended_is_completed() -> None:
    """An administrator revoked it; its money is kept."""
    school = a_sold_course()
    school.revoke()
    assert school.enrollment() is None
    assert outcomes(lost_alone(school)) == [(RebuildOutcome.RESTORED, "")]
    assert school.session(ONE).status is Status.COMPLETED


def test_a_lost_session_that_enrolled_nobody_waits_for_a_person() -> None:
    """What was decided about it is lost with it."""
    school = a_sold_course()
    school.store.enrollments.clear()
    assert outcomes(lost_alone(school)) == [(RebuildOutcome.IN_REVIEW, "no_enrollment")]
    session = school.session(ONE)
    assert (session.status, session.review_reason, session.received) == (Status.REVIEW, ReviewReason.REBUILT, ALL)


def test_fault_151_a_refund_that_was_asked_for_is_made_after_its_session_was_lost() -> None:
    """The provider was silent when it was asked for, and is silent still when the session is stored again."""
    school = a_sold_course()
    school.gateway = Unreachable(school.provider)
    assert school.refund(amount=500).refund.is_requested
    assert outcomes(lost_alone(school)) == [(RebuildOutcome.FAILED, "provider_unavailable")]
    assert school.session(ONE).reversed_sums.refund_requested == 500
    school.gateway = school.provider
    school.wait(minutes=1)
    school.reconcile()
    assert [made.amount for made in refunds_of(school)] == [500]
    assert school.session(ONE).kept == ALL - 500


def test_fault_151_money_of_a_refund_that_failed_waits_for_a_person_again() -> None:
    """The enrollment ended with the refund, the bank sent the money back, and the session was lost while in review."""
    school = a_sold_course()
    school.refund()
    (made,) = refunds_of(school)
    school.provider.bank.change_refund(PAYMENT, made.provider_reversal_id, RefundStatus.FAILED, school.clock.now())
    school.report()
    assert outcomes(lost_alone(school)) == [(RebuildOutcome.IN_REVIEW, "refund_failed")]
    session = school.session(ONE)
    assert (session.status, session.review_reason, session.kept) == (Status.REVIEW, ReviewReason.REFUND_FAILED, ALL)


def test_a_payment_that_is_sold_for_another_session_is_not_restored() -> None:
    """Its metadata were changed: the ledger knows whose it is."""
    school = a_sold_course()
    sale = school.store.ledger["stripe", PAYMENT, "SALE"]
    school.store.ledger["stripe", PAYMENT, "SALE"] = evolve(sale, payment_session_id="ps_000009")
    assert outcomes(lost_alone(school)) == [(RebuildOutcome.UNREADABLE, "sale_of_another_session")]
    assert school.store.sessions == {}


def test_fault_150_a_payment_that_was_given_up_after_a_restore_is_settled() -> None:
    """Its checkout was forgotten, and asked for with the keys of another account it was taken for never opened."""
    school = School()
    school.start()
    opened = school.session(ONE)
    forgotten = evolve(opened, status=Status.FAILED, provider_session_id=None, due_at=None)
    school.provider.pay(ONE)
    school.store.sessions[SAM.user_id, ONE] = forgotten
    assert outcomes(school, apply=False) == [(RebuildOutcome.ENROLLED, "")]
    assert (school.session(ONE), school.entries()) == (forgotten, [])
    assert outcomes(school) == [(RebuildOutcome.ENROLLED, "")]
    session, enrollment = school.session(ONE), school.enrollment()
    assert (session.status, session.received, session.provider_payment_id) == (Status.COMPLETED, ALL, PAYMENT)
    assert enrollment is not None
    assert enrollment.payment_session_id == ONE
    assert school.entries() == [("SALE", ALL, 1)]
    assert outcomes(school) == [(RebuildOutcome.PRESENT, "")]


def test_a_payment_that_is_not_as_agreed_is_present_in_review() -> None:
    """It was given up, and something else was paid than had been agreed: a person decides."""
    school = School()
    school.start()
    opened = school.session(ONE)
    school.provider.pay(ONE)
    school.store.sessions[SAM.user_id, ONE] = evolve(opened, status=Status.EXPIRED, course_id="course-2", due_at=None)
    assert outcomes(school) == [(RebuildOutcome.PRESENT, "")]
    assert school.session(ONE).status is Status.REVIEW


def test_fault_124_another_stages_checkout_is_left_alone() -> None:
    """Two stages may share one account of the provider."""
    school = restored()
    assert outcomes(school, stage="prod") == [(RebuildOutcome.FOREIGN, "other_stage")]
    assert school.store.sessions == {}


def test_checkouts_of_the_first_version_are_rebuilt_too() -> None:
    """Their metadata name neither stage nor coupon; the course's own name is taken."""
    school = restored(coupon_code="SPRING")
    school.provider.stage = None
    assert outcomes(school) == [(RebuildOutcome.ENROLLED, "")]
    session = school.session(ONE)
    assert (session.course_name, session.coupon, session.quote.discount) == ("AWS Cloud Mastery", None, 1_500)


def test_one_checkout_that_fails_does_not_stop_the_others() -> None:
    """Whatever is wrong with it, the operator reads which one and why, and the next run tries it again."""
    school = School()
    for who in (SAM, KIM):
        session = school.start(who).session
        school.settle(school.provider.pay(session.payment_session_id))
    without_records(school)
    good = school.unit_of_work
    school.unit_of_work = Failing(good, times=1, failure=lambda: ZeroDivisionError("nobody foresaw it"))
    results = outcomes(school)
    assert [outcome for outcome, _ in results] == [RebuildOutcome.FAILED, RebuildOutcome.ENROLLED]
    assert results[0][1] == "unforeseen_ZeroDivisionError"
    school.unit_of_work = good
    assert [outcome for outcome, _ in outcomes(school)] == [RebuildOutcome.ENROLLED, RebuildOutcome.PRESENT]


def _sold() -> Any:
    """The sale of a payment as another school had booked it."""
    other = School()
    other.start()
    other.settle(other.provider.pay(ONE))
    return other.store.ledger["stripe", PAYMENT, "SALE"]
