"""Everything about one student, and who has an e-mail address; in memory and in DynamoDB."""

from __future__ import annotations

from attrs import evolve

from domain.coupons import UsedCoupon
from domain.enrollments import EndCause
from domain.ports.student_histories import MOST_ENTRIES, StudentHistory
from domain.transactions.writes import (
    AddAuditRecord,
    AddCoupon,
    AddEnrollment,
    AddSession,
    EndEnrollment,
    HoldCouponUse,
    SaveReversal,
)
from tests.support.aws.backends import Backend, DynamoBackend
from tests.support.factories import a_coupon, a_session, a_session_with, a_student, an_enrollment, later
from tests.support.reversal_factories import a_refund, an_audit_record, an_ended


def _history(storage: Backend, user_id: str = "user-1") -> StudentHistory:
    found = storage.histories.of_student(user_id)
    assert found is not None
    return found


def test_of_nobody_there_is_nothing(storage: Backend) -> None:
    """Neither of a stranger nor of an id that cannot be."""
    storage.students.add(a_student())
    for nobody in ("user-2", "", "user-1#", "user"):
        assert storage.histories.of_student(nobody) is None


def test_a_student_who_did_nothing_is_there(storage: Backend) -> None:
    """With empty lists."""
    storage.students.add(a_student())
    assert _history(storage) == StudentHistory(student=a_student())


def test_everything_about_a_student_is_in_one_answer(storage: Backend) -> None:
    """Enrollments, ended ones too, payments with what went back, coupons, and what the office did."""
    storage.students.add(a_student())
    coupon = a_coupon()
    storage.commit(AddCoupon(coupon))
    bought = a_session_with(coupon)
    storage.commit(AddSession(bought), HoldCouponUse(bought, coupon.hold()))
    second = a_session(payment_session_id="ps_9", created_at=later(9))
    storage.commit(AddSession(second), SaveReversal(a_refund()))
    first = an_enrollment(course_id="course-2")
    ended = an_ended(first, cause=EndCause.REVOKED)
    storage.commit(AddEnrollment(first))
    storage.commit(EndEnrollment(ended), AddAuditRecord(an_audit_record()))
    again = evolve(first, enrolled_at=later(20))
    storage.commit(AddEnrollment(again))
    last = evolve(ended, enrollment=again, ended_at=later(30))
    storage.commit(EndEnrollment(last, ended), AddAuditRecord(an_audit_record(audit_id="au_2", at=later(30))))
    storage.commit(AddEnrollment(an_enrollment()))
    history = _history(storage)
    assert history.student == a_student()
    assert [one.course_id for one in history.enrollments] == ["course-1"]
    assert history.ended == (last, ended)
    assert [one.payment_session_id for one in history.sessions] == ["ps_9", bought.payment_session_id]
    assert history.reversals_of("ps_1") == (a_refund(),)
    assert history.coupons == (
        UsedCoupon(
            code="SPRING", payment_session_id="ps_1", course_id="course-1", redeemed=False, at=bought.created_at
        ),
    )
    assert history.reversals_of("ps_9") == ()
    assert [one.audit_id for one in history.audit] == ["au_2", "au_1"]
    assert history.complete


def test_what_is_another_students_is_not_there(storage: Backend) -> None:
    """Whose id begins alike."""
    storage.students.add(a_student())
    storage.students.add(evolve(a_student(), user_id="user-10", email="other@example.com"))
    storage.commit(AddEnrollment(an_enrollment(user_id="user-10")), AddAuditRecord(an_audit_record(user_id="user-10")))
    history = _history(storage)
    assert (history.enrollments, history.audit) == ((), ())


def test_a_deleted_students_payments_remain(storage: Backend) -> None:
    """The person is gone, the bookkeeping is not."""
    storage.commit(AddSession(a_session()))
    history = _history(storage)
    assert history.student is None
    assert history.sessions == (a_session(),)


def test_an_answer_is_bounded_and_says_so(dynamo: DynamoBackend) -> None:
    """Of too much, the oldest audit records are left out, and nothing about money."""
    dynamo.commit(AddSession(a_session()))
    for number in range(MOST_ENTRIES + 5):
        dynamo.commit(AddAuditRecord(an_audit_record(audit_id=f"au_{number:05d}", at=later(number))))
    history = _history(dynamo)
    assert not history.complete
    assert len(history.sessions) == 1
    assert history.audit[0].audit_id == f"au_{MOST_ENTRIES + 4:05d}"


def test_students_are_found_by_their_address(storage: Backend) -> None:
    """As it is given or in lower case; several may have one; without one nobody is found."""
    for number, email in enumerate(("sam@example.com", "Sam@example.com", "sam@example.com", "", "kim@example.com")):
        storage.students.add(evolve(a_student(), user_id=f"user-{number}", email=email))
    found = {
        given: [student.user_id for student in storage.students.by_email(given)]
        for given in ("sam@example.com", "Sam@example.com", "SAM@EXAMPLE.COM", "kim@example.com", "", "sam")
    }
    assert found == {
        "sam@example.com": ["user-0", "user-2"],
        "Sam@example.com": ["user-0", "user-1", "user-2"],
        "SAM@EXAMPLE.COM": ["user-0", "user-2"],
        "kim@example.com": ["user-4"],
        "": [],
        "sam": [],
    }
