"""Students whose enrollment ended, is barred, or never was one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.enrollment_requests import AwaitingPayment
from domain.enrollments import PENDING, ProgressStep
from domain.errors import EnrollmentBarred, EnrollmentNotFound
from domain.payments.reversals import DisputeStatus
from domain.payments.states import Status
from tests.support.factories import a_coupon, an_enrollment
from tests.support.memory.school import SAM, School

ONE, TWO = "ps_000001", "ps_000002"
COURSE = (SAM.user_id, "course-1")


def who_paid() -> School:
    """A student has paid, and has come to the end of the course."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    school.record_progress(*COURSE, ProgressStep(progress=100, current_lecture_id="last", time_spent_seconds=600))
    school.wait(days=1)
    return school


def charged_back() -> School:
    """Their bank took the money back."""
    school = who_paid()
    dispute = school.provider.bank.dispute("pi_000001", school.clock.now())
    school.provider.bank.decide("pi_000001", dispute, DisputeStatus.LOST, school.clock.now())
    school.sync(ONE)
    return school


# -- barred -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("worth", [None, Decimal(10), Decimal(100)])
def test_fault_122_a_student_who_took_the_money_back_does_not_enroll_again(worth: Decimal | None) -> None:
    """Neither by paying, nor with a coupon, not even one that leaves nothing to pay; nothing is reserved."""
    school = charged_back()
    if worth:
        school.issue(a_coupon(discount_value=worth))
    with pytest.raises(EnrollmentBarred):
        school.enroll(coupon_code="SPRING" if worth else None)
    assert (len(school.store.sessions), school.enrollment(), school.lock()) == (1, None, None)


def test_fault_122_once_the_bar_is_lifted_the_student_may_buy() -> None:
    """An administrator decides so."""
    school = charged_back()
    school.lift_bar()
    school.start()
    school.settle(school.provider.pay(TWO))
    assert school.enrollment() is not None


def test_fault_104_the_payment_of_a_barred_student_reported_once_more_changes_nothing() -> None:
    """Events of a payment that is settled lead no way back into the course."""
    school = charged_back()
    school.settle(school.provider.checkouts[ONE].event("checkout.paid"))
    school.catch_up()
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)


def test_a_dispute_that_is_won_after_all_lets_the_student_in_again() -> None:
    """An appeal may follow a decision: the enrollment is given back as it was, without a bar."""
    school = charged_back()
    (dispute,) = school.reversals()
    school.provider.bank.decide("pi_000001", dispute.reversal_id, DisputeStatus.WON, school.clock.now())
    school.sync(ONE)
    enrollment = school.enrollment()
    assert enrollment is not None
    assert (enrollment.progress, enrollment.payment_session_id, school.ended()) == (100, ONE, None)
    assert school.session(ONE).status is Status.COMPLETED


# -- progress ---------------------------------------------------------------------------------------------------------


def test_progress_is_given_back_with_a_new_payment() -> None:
    """All of it, and the enrollment begins anew otherwise."""
    school = who_paid()
    before = school.enrollment()
    school.refund()
    school.start()
    assert school.session(TWO).resumes
    school.settle(school.provider.pay(TWO))
    after = school.enrollment()
    assert before is not None
    assert after is not None
    assert (after.progress, after.completed, after.completed_at) == (100, True, before.completed_at)
    assert (after.current_lecture_id, after.total_time_spent) == ("last", 600)
    assert (after.payment_session_id, after.enrolled_at) == (TWO, school.clock.now())


def test_progress_is_given_back_with_a_coupon_that_leaves_nothing_to_pay() -> None:
    """Likewise."""
    school = who_paid()
    school.refund()
    school.issue(a_coupon(discount_value=Decimal(100)))
    assert school.enrolled(coupon_code="SPRING").is_new
    enrollment = school.enrollment()
    assert enrollment is not None
    assert (enrollment.progress, enrollment.payment_session_id) == (100, TWO)


def test_progress_is_given_back_with_a_free_course() -> None:
    """And with the enrollment that a person gives for money in review."""
    school = School()
    school.enrolled(course_id="free-1")
    school.record_progress(SAM.user_id, "free-1", ProgressStep(progress=30))
    school.revoke(course_id="free-1")
    assert school.enrolled(course_id="free-1").enrollment.progress == 30


# -- never enrolled ---------------------------------------------------------------------------------------------------


def with_pending_enrollment() -> School:
    """Another back end wrote an enrollment before the payment that never came."""
    school = School()
    school.store.enrollments[COURSE] = an_enrollment(enrollment_type="paid", payment_status=PENDING)
    return school


def test_fault_123_a_pending_enrollment_is_none() -> None:
    """The student has to pay, is not shown as enrolled, and makes no progress."""
    school = with_pending_enrollment()
    assert isinstance(school.enroll(), AwaitingPayment)
    state = school.show_checkout("cs_000001")
    assert not state.enrolled
    with pytest.raises(EnrollmentNotFound):
        school.record_progress(*COURSE, ProgressStep(progress=10))


def test_fault_123_paying_replaces_a_pending_enrollment() -> None:
    """Paid means enrolled, whatever lay there."""
    school = with_pending_enrollment()
    school.start()
    assert school.settle(school.provider.pay(ONE)).status is Status.COMPLETED
    enrollment = school.enrollment()
    assert enrollment is not None
    assert (enrollment.payment_status, enrollment.payment_session_id) == ("completed", ONE)


def test_fault_123_a_pending_enrollment_is_replaced_by_a_coupon_or_a_grant() -> None:
    """Likewise."""
    school = with_pending_enrollment()
    school.issue(a_coupon(discount_value=Decimal(100)))
    assert school.enrolled(coupon_code="SPRING").is_new
    school.store.enrollments[COURSE] = an_enrollment(enrollment_type="paid", payment_status=PENDING)
    assert school.grant().granted_by == "admin-1"
