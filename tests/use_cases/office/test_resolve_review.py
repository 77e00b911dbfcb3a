"""A person decides about money in review: once, on record, and never against what is true."""

from __future__ import annotations

from threading import Barrier

import pytest
from attrs import evolve

from domain.errors import (
    AlreadyResolved,
    CouponUseChanged,
    DomainError,
    PaymentSessionNotFound,
    StorageUnavailable,
    StudentNotFound,
)
from domain.payments.events import CheckoutPaid
from domain.payments.reversals import RefundStatus
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.transactions.conflicts import AlreadyEnrolled, TransactionConflict
from tests.support.concurrency import at_once
from tests.support.factories import PRICE, a_coupon, an_enrollment, paid
from tests.support.memory.misbehaving import Failing, Gathering, Interrupted
from tests.support.memory.school import KIM, SAM, School

ONE = "ps_000001"
REFUNDED, ENROLLED, DISMISSED = ResolutionKind
every_kind = pytest.mark.parametrize("kind", list(ResolutionKind))


def a_school() -> School:
    """A student has paid another amount than agreed, with a coupon; later a person looks at it."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    school.settle(school.provider.pay(ONE, amount=PRICE))
    assert school.session(ONE).review_reason is ReviewReason.AMOUNT_MISMATCH
    school.wait(hours=3)
    return school


def a_school_with_another_checkout() -> School:
    """Wrong money came for a checkout long expired, while the student has another one open."""
    school = School()
    first = school.start().session
    late = school.money_of(paid(school.session(ONE), amount=evolve(PRICE, amount=1)))
    school.settle(school.provider.expire(first.payment_session_id))
    school.start()
    school.settle(late)
    assert (school.session(ONE).status, school.lock()) == (Status.REVIEW, "ps_000002")
    return school


def test_enrolling_is_all_one() -> None:
    """The session is completed and the student in the course, the checkout lock gone, the coupon's use spent."""
    school = a_school()
    session = school.resolve(ONE, ENROLLED, note="the difference is a gift")
    assert session == school.session(ONE)
    assert (session.status, session.completed_at) == (Status.COMPLETED, school.clock.now())
    enrollment = school.enrollment()
    assert enrollment is not None
    assert (enrollment.payment_session_id, enrollment.enrolled_at) == (ONE, school.clock.now())
    assert (school.lock(), school.uses_counted()) == (None, 1)
    assert school.enrolled().is_new is False


def test_enrolled_for_money_that_nobody_had_read_the_seat_is_booked_once() -> None:
    """Paid in a currency that we never sell in: what came is asked for first, or its sale would book a second seat."""
    school = School()
    school.start()
    event = school.provider.pay(ONE)
    assert isinstance(event, CheckoutPaid)
    school.settle(evolve(event, amount=None))
    assert (school.session(ONE).received, school.entries()) == (None, [])
    school.resolve(ONE, ENROLLED)
    school.sync(ONE)
    assert school.session(ONE).received == PRICE.amount
    assert sorted((amount, seat) for _, amount, seat in school.entries()) == [(0, 1), (PRICE.amount, 0)]


@pytest.mark.parametrize(("kind", "status"), [(REFUNDED, Status.REVERSED), (DISMISSED, Status.REVIEW)])
def test_without_enrolling_the_student_may_begin_anew(kind: ResolutionKind, status: Status) -> None:
    """Nobody is enrolled, the session has the decision on record, and no longer bars the way."""
    school = a_school()
    session = school.resolve(ONE, kind)
    assert session == school.session(ONE)
    assert (session.status, school.enrollment(), school.lock()) == (status, None, None)
    assert not session.awaits_decision
    assert school.start().session.payment_session_id == "ps_000002"


@every_kind
def test_the_decision_is_on_record(kind: ResolutionKind) -> None:
    """Who, what, when and why; it is recorded, and the session waits no longer."""
    school = a_school()
    school.resolve(ONE, kind, by="admin-7", note="as agreed by phone")
    record = Resolution(kind=kind, by="admin-7", at=school.clock.now(), note="as agreed by phone")
    assert school.session(ONE).resolution == record
    assert school.session(ONE).review_reason is ReviewReason.AMOUNT_MISMATCH
    assert school.signals(Signal.REVIEW_RESOLVED) == [kind.value]
    assert school.sessions.in_review(at_most=9) == ()


@every_kind
@pytest.mark.parametrize("again", list(ResolutionKind))
def test_what_is_decided_is_decided(kind: ResolutionKind, again: ResolutionKind) -> None:
    """A second decision, the same or another, is refused and changes nothing."""
    school = a_school()
    first = school.resolve(ONE, kind)
    school.wait(minutes=1)
    with pytest.raises(AlreadyResolved):
        school.resolve(ONE, again, by="admin-2")
    assert school.session(ONE) == first
    assert school.signals(Signal.REVIEW_RESOLVED) == [kind.value]


def test_of_two_people_the_first_decides() -> None:
    """Both have read the session; the second learns that somebody was faster."""
    school = a_school()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.resolve(ONE, REFUNDED, by="admin-2")])
    with pytest.raises(AlreadyResolved):
        school.resolve(ONE, ENROLLED)
    assert school.enrollment() is None
    resolution = school.session(ONE).resolution
    assert resolution is not None
    assert (resolution.kind, resolution.by) == (REFUNDED, "admin-2")


@every_kind
def test_fault_121_of_two_people_of_whom_the_second_would_refund_the_first_decides(kind: ResolutionKind) -> None:
    """Both have read the session; what the first decided stands, and no refund is made against it."""
    school = a_school()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.resolve(ONE, kind, by="admin-2")])
    with pytest.raises(AlreadyResolved):
        school.resolve(ONE, REFUNDED)
    resolution = school.session(ONE).resolution
    assert resolution is not None
    assert (resolution.kind, resolution.by) == (kind, "admin-2")
    assert (school.enrollment() is not None) == (kind is ENROLLED)
    (payment,) = school.provider.bank.payments.values()
    assert len(payment.refunds) == (1 if kind is REFUNDED else 0)
    assert school.signals(Signal.REVIEW_RESOLVED) == []


@pytest.mark.races
def test_of_many_people_at_the_same_moment_one_decides() -> None:
    """All have read before any of them writes: one decision, one record, and the others are refused."""
    school = a_school()
    school.unit_of_work = Gathering(school.unit_of_work, Barrier(9))
    decisions = [lambda kind=kind: school.resolve(ONE, kind) for kind in list(ResolutionKind) * 3]
    outcomes = at_once(decisions)
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, PaymentSession)]
    assert winner == school.session(ONE)
    assert sum(isinstance(outcome, AlreadyResolved) for outcome in outcomes if isinstance(outcome, DomainError)) == 8
    assert (school.enrollment() is not None) == (winner.status is Status.COMPLETED)


def test_a_decision_whose_answer_was_lost_was_made() -> None:
    """Asked again, it is already resolved."""
    school = a_school()
    school.unit_of_work = Failing(school.unit_of_work, after=True)
    with pytest.raises(StorageUnavailable):
        school.resolve(ONE, ENROLLED)
    with pytest.raises(AlreadyResolved):
        school.resolve(ONE, ENROLLED)
    assert school.session(ONE).status is Status.COMPLETED


def test_events_after_the_decision_change_nothing() -> None:
    """When the same payment is reported once more, the school stays with what the person decided."""
    school = a_school()
    done = school.resolve(ONE, REFUNDED)
    school.settle(school.provider.checkouts[ONE].event("checkout.paid"))
    assert school.session(ONE) == done
    assert school.enrollment() is None


# -- what cannot be decided -------------------------------------------------------------------------------------------


def test_only_the_students_own_session_is_found() -> None:
    """An id nobody has, or somebody else's, is not there."""
    school = a_school()
    with pytest.raises(PaymentSessionNotFound):
        school.resolve("ps_000404", DISMISSED)
    with pytest.raises(PaymentSessionNotFound):
        school.resolve(ONE, DISMISSED, KIM)


@every_kind
def test_a_session_that_is_not_in_review_is_not_for_a_person(kind: ResolutionKind) -> None:
    """The rules decide about an open checkout; nobody enrolls a student without a checkout."""
    school = School()
    school.start()
    before = school.session(ONE)
    with pytest.raises(AlreadyResolved):
        school.resolve(ONE, kind)
    assert school.session(ONE) == before
    assert school.enrollment() is None


def test_fault_42_nobody_is_enrolled_twice() -> None:
    """A student who is in the course already cannot be enrolled by the money; refunding it can be recorded."""
    school = a_school()
    by_admin = an_enrollment()
    school.store.enrollments[SAM.user_id, "course-1"] = by_admin
    with pytest.raises(AlreadyEnrolled) as refused:
        school.resolve(ONE, ENROLLED)
    assert refused.value.enrollment == by_admin
    assert school.session(ONE).awaits_decision
    school.resolve(ONE, REFUNDED)
    assert school.enrollment() == by_admin


def test_fault_58_nobody_enrolls_a_student_who_is_gone() -> None:
    """No ghost is made; refunding the money can be recorded."""
    school = a_school()
    school.store.students.clear()
    with pytest.raises(StudentNotFound):
        school.resolve(ONE, ENROLLED)
    assert school.session(ONE).awaits_decision
    school.resolve(ONE, REFUNDED)
    assert not school.store.enrollments
    assert not school.store.students


def test_fault_42_a_second_payment_is_decided_by_itself() -> None:
    """It cannot enroll again; recorded as refunded, the first payment and its enrollment stay as they are."""
    school = School()
    school.start()
    first = school.settle(school.provider.pay(ONE))
    school.settle(school.pay_again())
    (second,) = school.sessions.in_review(at_most=9)
    with pytest.raises(AlreadyEnrolled):
        school.resolve(second.payment_session_id, ENROLLED)
    school.resolve(second.payment_session_id, REFUNDED)
    assert school.session(ONE) == first
    assert school.sessions.in_review(at_most=9) == ()


def test_a_refusal_of_another_kind_is_not_hidden() -> None:
    """What nobody foresaw is raised as it is."""
    school = a_school()
    school.unit_of_work = Failing(school.unit_of_work, failure=lambda: TransactionConflict((CouponUseChanged(),)))
    with pytest.raises(TransactionConflict):
        school.resolve(ONE, DISMISSED)
    assert school.session(ONE).awaits_decision


# -- while the student has begun anew ---------------------------------------------------------------------------------


@every_kind
def test_another_live_checkout_keeps_its_lock(kind: ResolutionKind) -> None:
    """The decision is about the old money; the new checkout stays the only live one."""
    school = a_school_with_another_checkout()
    school.resolve(ONE, kind)
    assert school.session(ONE).resolution is not None
    assert school.lock() == "ps_000002"
    assert (school.enrollment() is not None) == (kind is ENROLLED)


def test_fault_42_the_other_checkout_of_somebody_enrolled_goes_to_review() -> None:
    """Paid after a person enrolled the student by the old money, it is the next to be refunded."""
    school = a_school_with_another_checkout()
    school.resolve(ONE, ENROLLED)
    school.settle(school.provider.pay("ps_000002"))
    assert school.session("ps_000002").review_reason is ReviewReason.ALREADY_ENROLLED


def test_of_two_people_beside_another_checkout_the_first_decides() -> None:
    """Even in the moment between finding the checkout lock taken and writing without it."""
    school = a_school_with_another_checkout()
    rival = school.rival()
    school.unit_of_work = Interrupted(
        school.unit_of_work, [lambda: None, lambda: rival.resolve(ONE, REFUNDED, by="admin-2")]
    )
    with pytest.raises(AlreadyResolved):
        school.resolve(ONE, ENROLLED)
    assert school.enrollment() is None


def test_a_student_enrolled_beside_another_checkout_is_not_enrolled_again() -> None:
    """The other checkout is paid in that same moment: that payment enrolls, and the decision is refused."""
    school = a_school_with_another_checkout()
    rival = school.rival()
    school.unit_of_work = Interrupted(
        school.unit_of_work, [lambda: None, lambda: rival.settle(school.provider.pay("ps_000002"))]
    )
    with pytest.raises(AlreadyEnrolled):
        school.resolve(ONE, ENROLLED)
    enrollment = school.enrollment()
    assert enrollment is not None
    assert enrollment.payment_session_id == "ps_000002"


# -- while money goes back --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ENROLLED, DISMISSED])
def test_fault_121_a_part_refunded_in_the_same_moment_is_kept_in_the_sums(kind: ResolutionKind) -> None:
    """The decision is stored beside the refund that the provider's dashboard made, and neither undoes the other."""
    school = a_school()
    rival = school.rival()

    def refund_a_part() -> None:
        school.provider.bank.refund("pi_000001", 500, school.clock.now())
        rival.sync(ONE)

    school.unit_of_work = Interrupted(school.unit_of_work, [refund_a_part])
    assert school.resolve(ONE, kind) == school.session(ONE)
    session = school.session(ONE)
    assert session.resolution is not None
    assert (session.resolution.kind, session.reversed_sums.refunded) == (kind, 500)


def test_fault_121_a_decision_is_not_undone_by_a_sync_that_had_read_before_it() -> None:
    """A refund found at the provider in the same moment is stored on top of the decision."""
    school = a_school()
    rival = school.rival()
    school.provider.bank.refund("pi_000001", 500, school.clock.now())
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.resolve(ONE, DISMISSED)])
    school.sync(ONE)
    session = school.session(ONE)
    assert session.resolution is not None
    assert (session.resolution.kind, session.reversed_sums.refunded) == (DISMISSED, 500)


def test_money_that_is_gone_is_not_decided_about() -> None:
    """The office refunded everything at the provider in that moment: there is nothing left to enroll for."""
    school = a_school()
    rival = school.rival()

    def refund_all() -> None:
        school.provider.bank.refund("pi_000001", PRICE.amount, school.clock.now())
        rival.sync(ONE)

    school.unit_of_work = Interrupted(school.unit_of_work, [refund_all])
    with pytest.raises(AlreadyResolved):
        school.resolve(ONE, ENROLLED)
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)


def test_a_refund_that_failed_at_once_leaves_the_decision_open() -> None:
    """Nothing went back: somebody has to find another way, and until then the student pays no second time."""
    school = a_school()
    school.provider.refund_status = RefundStatus.FAILED
    school.resolve(ONE, REFUNDED)
    session = school.session(ONE)
    assert (session.status, session.kept, session.awaits_decision) == (Status.REVIEW, PRICE.amount, True)
    assert school.lock() == ONE


def test_a_refund_decided_after_the_dashboards_is_made_no_second_time() -> None:
    """What the office refunded at the provider before counts: the session is refunded once, and decided."""
    school = a_school()
    school.provider.bank.refund("pi_000001", PRICE.amount, school.clock.now())
    session = school.resolve(ONE, REFUNDED)
    assert session == school.session(ONE)
    assert (session.status, session.kept, session.refundable) == (Status.REVERSED, 0, 0)
    assert session.resolution is not None
    assert len(school.provider.bank.payments["pi_000001"].refunds) == 1
