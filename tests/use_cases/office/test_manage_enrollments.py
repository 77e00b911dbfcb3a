"""An administrator gives an enrollment, ends one, gives it back, or lifts a bar."""

from __future__ import annotations

import pytest

from adapters.memory.enrollments import MemoryEnrollmentRepo
from domain.audit import AuditAction
from domain.enrollments import EndCause, EndedEnrollment, ProgressStep
from domain.errors import (
    CourseNotFound,
    EnrollmentBarred,
    EnrollmentBusy,
    EnrollmentNotFound,
    NotEntitled,
    PaymentInReview,
    PaymentProcessing,
    ProviderUnavailable,
    StudentNotFound,
)
from domain.money import Money
from domain.payments.reversals import DisputeStatus
from domain.payments.states import Status
from domain.ports.enrollments import EnrollmentRepo
from domain.use_cases.office.manage_enrollments import RevokeEnrollment
from tests.support.factories import a_student, an_enrollment
from tests.support.memory.misbehaving import Interrupted, Unreachable
from tests.support.memory.school import SAM, School, enrollment_order
from tests.support.wiring import WiredUseCases

ONE, PAYMENT = "ps_000001", "pi_000001"
COURSE = ("user-1", "course-1")


class EnrolledMeanwhile(MemoryEnrollmentRepo):
    """While the ended enrollment is read, another program enrolls the student."""

    def ended(self, user_id: str, course_id: str) -> EndedEnrollment | None:
        """As stored; then the student is enrolled."""
        found = super().ended(user_id, course_id)
        self.store.enrollments[user_id, course_id] = an_enrollment(user_id=user_id, course_id=course_id)
        return found


def a_school() -> School:
    """A student is known and not enrolled."""
    school = School()
    school.store.students["user-1"] = a_student()
    return school


def who_paid() -> School:
    """A student has paid, is enrolled and has come to 40 percent."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    school.record_progress(*COURSE, ProgressStep(progress=40, time_spent_seconds=60))
    school.wait(days=1)
    return school


# -- granting ---------------------------------------------------------------------------------------------------------


def test_a_granted_enrollment_says_who_gave_it_and_why() -> None:
    """The student is enrolled at no price, and the record says by whom."""
    school = a_school()
    enrollment = school.grant()
    assert enrollment == school.enrollment()
    assert (enrollment.granted_by, enrollment.grant_reason, enrollment.source) == ("admin-1", "as agreed", "grant")
    (record,) = school.store.audit
    assert (record.action, record.by, record.reason) == (AuditAction.ENROLLMENT_GRANTED, "admin-1", "as agreed")
    assert school.enrolled().is_new is False


def test_granting_twice_gives_one_enrollment() -> None:
    """Repeated, and by two administrators at the same moment: the first one stands, with one record."""
    school = a_school()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.grant])
    first = school.grant()
    school.wait(minutes=1)
    assert school.grant() == first == school.enrollment()
    assert len(school.store.audit) == 1


def test_only_known_students_are_given_known_courses() -> None:
    """No ghost is enrolled, and no course that does not exist."""
    school = a_school()
    with pytest.raises(CourseNotFound):
        school.grant(course_id="course-9")
    school.store.students.clear()
    with pytest.raises(StudentNotFound):
        school.grant()
    assert (school.store.enrollments, school.store.audit) == ({}, [])


def test_an_open_checkout_is_closed_before_the_grant() -> None:
    """Nobody pays for what is given."""
    school = School()
    school.start()
    school.grant()
    assert (school.session(ONE).status, school.lock()) == (Status.CANCELLED, None)
    with pytest.raises(ValueError, match="cannot become"):
        school.provider.pay(ONE)


def test_nothing_is_granted_while_the_checkout_cannot_be_closed() -> None:
    """The student could pay there meanwhile."""
    school = School()
    school.start()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.grant()
    assert school.enrollment() is None


def test_a_student_who_has_just_paid_is_enrolled_by_the_payment() -> None:
    """Closing the checkout finds it paid: the grant answers that enrollment."""
    school = School()
    school.start()
    school.provider.pay(ONE)
    enrollment = school.grant()
    assert (enrollment.payment_session_id, school.session(ONE).status) == (ONE, Status.COMPLETED)
    assert enrollment == school.enrollment()


def test_a_payment_on_its_way_is_waited_for() -> None:
    """A bank debit would arrive for a course that was given."""
    school = School()
    school.start()
    school.settle(school.provider.promise(ONE))
    with pytest.raises(PaymentProcessing):
        school.grant()
    assert school.enrollment() is None


def test_a_payment_in_review_is_decided_first() -> None:
    """Its money is the student's or the school's; a grant must not hide the question."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE, amount=Money(1, "usd")))
    with pytest.raises(PaymentInReview):
        school.grant()
    assert school.enrollment() is None


def test_a_grant_gives_the_progress_of_an_ended_enrollment_back() -> None:
    """A refund with access kept is a refund, and a grant."""
    school = who_paid()
    school.refund()
    enrollment = school.grant()
    assert (enrollment.progress, enrollment.total_time_spent, enrollment.payment) == (40, 60, None)


# -- revoking ---------------------------------------------------------------------------------------------------------


def test_a_revoked_enrollment_ends_whole_and_its_money_is_kept() -> None:
    """The student is out; nothing of the enrollment is lost, nothing is refunded, and who did it is on record."""
    school = who_paid()
    before = school.enrollment()
    ended = school.revoke()
    assert ended == school.ended()
    assert (ended.enrollment, ended.cause, ended.ended_by) == (before, EndCause.REVOKED, "admin-1")
    assert (ended.reason, ended.barred, school.enrollment()) == ("as agreed", False, None)
    assert school.session(ONE).status is Status.COMPLETED
    assert school.provider.bank.payments[PAYMENT].refunds == ()
    assert school.store.audit[-1].action is AuditAction.ENROLLMENT_REVOKED


def test_revoking_twice_ends_one_enrollment() -> None:
    """The second time answers what the first time ended."""
    school = who_paid()
    first = school.revoke()
    school.wait(minutes=1)
    assert school.revoke() == first
    assert len(school.store.audit) == 1


def test_somebody_who_is_not_enrolled_cannot_be_revoked() -> None:
    """Nor can one whose enrollment ended by a refund."""
    with pytest.raises(EnrollmentNotFound):
        a_school().revoke()
    school = who_paid()
    school.refund()
    with pytest.raises(EnrollmentNotFound):
        school.revoke()


def test_fault_102_progress_saved_in_the_same_moment_is_not_lost() -> None:
    """The enrollment that ends is the one with that progress."""
    school = who_paid()
    rival = school.rival()
    school.unit_of_work = Interrupted(
        school.unit_of_work, [lambda: rival.record_progress(*COURSE, ProgressStep(progress=70))]
    )
    assert school.revoke().enrollment.progress == 70
    ended = school.ended()
    assert ended is not None
    assert ended.enrollment.progress == 70


def test_fault_102_progress_after_the_revocation_is_refused() -> None:
    """It does not make an enrollment again."""
    school = who_paid()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.revoke])
    with pytest.raises(EnrollmentNotFound):
        school.record_progress(*COURSE, ProgressStep(progress=70))
    assert school.enrollment() is None


def test_an_enrollment_that_keeps_changing_is_busy() -> None:
    """After some attempts the administrator is asked to try again."""
    school = who_paid()
    rival = school.rival()
    steps = [lambda p=p: rival.record_progress(*COURSE, ProgressStep(progress=p)) for p in range(50, 60)]
    school.unit_of_work = Interrupted(school.unit_of_work, list(steps))
    with pytest.raises(EnrollmentBusy):
        school.revoke()
    assert school.enrollment() is not None


def test_revoked_already_and_enrolled_again_in_the_same_moment_the_student_is_revoked() -> None:
    """Nobody gets a mail that a student is out of a course that they are in."""
    school = who_paid()
    school.revoke()
    busy = EnrolledMeanwhile(school.store)
    revoke = WiredUseCases(school.ports() | {EnrollmentRepo: busy}).resolve(RevokeEnrollment)
    assert revoke(enrollment_order()).enrollment == an_enrollment()
    assert school.enrollment() is None


def test_every_ended_enrollment_is_kept() -> None:
    """Given and ended twice: the earlier one is kept under its own date."""
    school = a_school()
    school.grant()
    school.revoke()
    school.wait(days=1)
    second = school.grant()
    school.revoke()
    ended = school.ended()
    assert ended is not None
    assert ended.enrollment == second
    assert len(school.store.earlier_ended) == 1


# -- bars -------------------------------------------------------------------------------------------------------------


def test_a_barred_student_does_not_enroll_again_until_the_bar_is_lifted() -> None:
    """Neither by paying; who lifted it is on record, and lifting it again changes nothing more."""
    school = who_paid()
    school.revoke(bar=True)
    with pytest.raises(EnrollmentBarred):
        school.enroll()
    assert len(school.store.sessions) == 1
    assert school.lift_bar().barred is False
    first = school.ended()
    assert school.lift_bar() == first
    assert [record.action for record in school.store.audit][-1] is AuditAction.BAR_LIFTED
    assert len(school.store.audit) == 2
    assert school.start().session.payment_session_id == "ps_000002"


def test_a_bar_holds_for_free_courses_too() -> None:
    """And for nobody else's course."""
    school = School()
    school.enrolled(course_id="free-1")
    school.revoke(course_id="free-1", bar=True)
    with pytest.raises(EnrollmentBarred):
        school.enroll(course_id="free-1")
    school.start()


def test_a_bar_can_be_set_after_the_enrollment_was_revoked() -> None:
    """Who asks for a bar gets one, or is told why not; asked for again, nothing changes."""
    school = who_paid()
    school.revoke()
    ended = school.revoke(bar=True)
    assert ended.barred
    assert ended == school.ended()
    records = list(school.store.audit)
    assert school.revoke() == school.revoke(bar=True) == ended
    assert list(school.store.audit) == records
    with pytest.raises(EnrollmentBarred):
        school.enroll()
    assert school.lift_bar().barred is False


def test_who_was_let_in_again_meanwhile_is_put_out_with_the_bar() -> None:
    """Two administrators at once: a bar never stands beside an enrollment that is active."""
    school = who_paid()
    school.revoke()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.grant])
    ended = school.revoke(bar=True)
    assert (ended.barred, school.enrollment()) == (True, None)
    assert ended == school.ended()


def test_there_is_no_bar_to_lift_without_an_ended_enrollment() -> None:
    """An administrator gets a refusal that says so."""
    with pytest.raises(EnrollmentNotFound):
        a_school().lift_bar()


# -- giving back ------------------------------------------------------------------------------------------------------


def test_a_revoked_enrollment_is_given_back_as_it_was() -> None:
    """With its progress and its payment; repeating it answers the one that is there."""
    school = who_paid()
    before = school.enrollment()
    school.revoke()
    assert school.reinstate() == before == school.enrollment()
    assert school.ended() is None
    assert school.reinstate() == before
    assert [record.action for record in school.store.audit][1:] == [AuditAction.ENROLLMENT_REINSTATED]


def test_a_refunded_enrollment_is_not_given_back() -> None:
    """Its money went back: an administrator may grant one instead."""
    school = who_paid()
    school.refund()
    with pytest.raises(NotEntitled):
        school.reinstate()
    assert school.enrollment() is None


def test_an_enrollment_whose_payment_was_charged_back_is_not_given_back() -> None:
    """The dispute was lost, and the money with it."""
    school = who_paid()
    dispute = school.provider.bank.dispute(PAYMENT, school.clock.now())
    school.provider.bank.decide(PAYMENT, dispute, DisputeStatus.LOST, school.clock.now())
    school.sync(ONE)
    with pytest.raises(NotEntitled):
        school.reinstate()


def test_fault_102_reinstated_in_the_moment_of_the_refund_nobody_is_enrolled_without_money() -> None:
    """The money is read with the enrollment and compared in the transaction: the reinstatement is refused."""
    school = who_paid()
    school.revoke()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.refund])
    with pytest.raises(NotEntitled):
        school.reinstate()
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)


def test_fault_102_refunded_in_the_moment_of_the_reinstatement_nobody_is_enrolled_without_money() -> None:
    """The sync had read no enrollment; its transaction asks again, and ends the one that came."""
    school = who_paid()
    school.revoke()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: None, rival.reinstate])
    school.refund()
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)
    assert sum(seat for *_, seat in school.entries()) == 0


def test_somebody_enrolled_by_other_means_keeps_that_enrollment() -> None:
    """Nothing is put in its place."""
    school = who_paid()
    school.revoke()
    other = an_enrollment()
    school.unit_of_work = Interrupted(
        school.unit_of_work, [lambda: school.store.enrollments.__setitem__((SAM.user_id, "course-1"), other)]
    )
    assert school.reinstate() == other == school.enrollment()


def test_there_is_nothing_to_give_back_to_somebody_who_never_was_enrolled() -> None:
    """An administrator gets a refusal that says so."""
    with pytest.raises(EnrollmentNotFound):
        a_school().reinstate()
