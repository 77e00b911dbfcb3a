"""Courses by invitation: who gets in, with which invitation, and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from attrs import evolve

from domain.audit import AuditAction, Authorship
from domain.courses import INVITATION
from domain.enrollment_requests import AwaitingPayment, Enrolled
from domain.errors import (
    ChangedMeanwhile,
    DomainError,
    InvalidValue,
    InvitationNotFound,
    NotByInvitation,
    NotInvited,
    StudentNotFound,
)
from domain.invitations import Invitation, InvitationState, Invitee
from domain.use_cases.office.manage_enrollments import RevokeEnrollment
from domain.use_cases.office.manage_invitations import InviteToCourse, WithdrawInvitation
from domain.use_cases.student.cancel_payment import CancelPayment
from tests.support.factories import a_course, a_student
from tests.support.memory.misbehaving import Interrupted
from tests.support.memory.school import KIM, SAM, School, enrollment_order, somebody

SAMS = Invitee.owner_of(SAM.email)
AUTHOR = Authorship(by="admin-1", reason="speaker")
DAY = timedelta(days=1)


def a_school(*, free: bool = True) -> School:
    """One course by invitation, ``private``; Sam is a student."""
    school = School()
    course = a_course(course_id="private", pricing_model=INVITATION)
    school.store.courses["private"] = evolve(course, price=None) if free else course
    school.store.students[SAM.user_id] = a_student()
    return school


def invite(school: School, invitee: Invitee = SAMS, days: int | None = None) -> Invitation:
    """The office invites somebody."""
    expires_at = None if days is None else school.clock.now() + days * DAY
    return school.use_case(InviteToCourse)("private", invitee, AUTHOR, expires_at=expires_at).invitation


def withdraw(school: School, invitation: Invitation) -> Invitation:
    """The office withdraws an invitation."""
    return school.use_case(WithdrawInvitation)("private", invitation.invitation_id, AUTHOR)


def state(school: School) -> InvitationState:
    """What became of the only invitation."""
    [invitation] = school.store.invitations.values()
    return invitation.state(school.clock.now())


@pytest.mark.parametrize("invitee", [SAMS, Invitee(user_id=SAM.user_id), Invitee.owner_of(" Sam@Example.COM ")])
def test_who_is_invited_gets_in(invitee: Invitee) -> None:
    """By address, however it is written, or as a student; the invitation is used."""
    school = a_school()
    invite(school, invitee)
    assert school.enrolled(course_id="private").is_new
    assert state(school) is InvitationState.USED


@pytest.mark.parametrize("free", [True, False])
def test_who_is_not_invited_stays_outside(free: bool) -> None:
    """Nothing is reserved and nobody asked for money."""
    school = a_school(free=free)
    invite(school, Invitee.owner_of(KIM.email))
    with pytest.raises(NotInvited):
        school.enroll(course_id="private")
    assert not school.store.sessions
    assert state(school) is InvitationState.OPEN


def test_with_a_price_the_student_pays() -> None:
    """As in any other course; the invitation stays theirs while they try."""
    school = a_school(free=False)
    invite(school)
    first = school.start(course_id="private")
    again = school.start(course_id="private")
    assert first.session.payment_session_id == again.session.payment_session_id
    school.use_case(CancelPayment)(SAM, first.session.payment_session_id)
    third = school.start(course_id="private")
    school.receive(school.provider.pay(third.session.payment_session_id))
    assert school.enrollment(course_id="private")


def test_fault_139_of_many_one_has_the_invitation() -> None:
    """Accounts that share a verified address race for it: one of them gets in."""
    school = a_school()
    invite(school, Invitee.owner_of("shared@example.com"))
    sharing = [evolve(somebody(number), email="shared@example.com", email_verified=True) for number in range(20)]

    def enroll(number: int) -> object:
        try:
            return school.rival().enroll(sharing[number], "private")
        except DomainError as error:
            return type(error)

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(enroll, range(20)))
    assert sum(isinstance(one, Enrolled) for one in found) == 1
    assert found.count(NotInvited) == 19
    assert len(school.store.enrollments) == 1


def test_fault_139_who_was_faster_has_it() -> None:
    """Between reading the invitation and using it, another one used it."""
    school = a_school()
    invitation = invite(school, Invitee.owner_of("shared@example.com"))
    mine, other = (evolve(who, email="shared@example.com", email_verified=True) for who in (SAM, KIM))
    school.store.students[SAM.user_id] = a_student(email="shared@example.com", email_verified=True)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: school.rival().enroll(other, "private")])
    with pytest.raises(NotInvited):
        school.enroll(mine, "private")
    assert school.store.invitations["private", invitation.invitation_id].used_by == KIM.user_id


def test_fault_140_an_address_that_is_not_verified_counts_for_nothing() -> None:
    """Anybody can claim an address."""
    school = a_school()
    del school.store.students[SAM.user_id]
    invite(school)
    with pytest.raises(NotInvited):
        school.enroll(evolve(KIM, email=SAM.email, email_verified=False), "private")
    assert state(school) is InvitationState.OPEN


def test_fault_141_an_expired_or_withdrawn_invitation_opens_nothing() -> None:
    """Neither does one that is withdrawn after it was used; the checkout that is open can still be paid."""
    school = a_school(free=False)
    invite(school, days=1)
    school.clock.advance(DAY)
    with pytest.raises(NotInvited):
        school.enroll(course_id="private")

    invitation = invite(school)
    started = school.start(course_id="private")
    withdrawn = withdraw(school, invitation)
    assert withdraw(school, invitation) == withdrawn
    with pytest.raises(NotInvited):
        school.enroll(course_id="private")
    school.receive(school.provider.pay(started.session.payment_session_id))
    assert school.enrollment(course_id="private")


def test_fault_141_an_invitation_is_good_for_one_enrollment() -> None:
    """After an enrollment that ended a new one is needed."""
    school = a_school()
    invite(school)
    school.enrolled(course_id="private")
    school.clock.advance(DAY)
    school.use_case(RevokeEnrollment)(enrollment_order(course_id="private"))
    with pytest.raises(NotInvited):
        school.enroll(course_id="private")
    invite(school)
    assert school.enrolled(course_id="private").is_new


def test_who_was_enrolled_before_the_invitation_may_come_back() -> None:
    """The invitation is newer than the enrollment that ended; repeating the checkout does not use it up."""
    school = a_school(free=False)
    invite(school)
    first = school.start(course_id="private")
    school.receive(school.provider.pay(first.session.payment_session_id))
    school.clock.advance(DAY)
    school.use_case(RevokeEnrollment)(enrollment_order(course_id="private"))
    invite(school)
    assert isinstance(school.enroll(course_id="private"), AwaitingPayment)
    assert isinstance(school.enroll(course_id="private"), AwaitingPayment)


def test_inviting_again_changes_nothing_while_it_is_open() -> None:
    """On other terms, or once it is used up, it is a new invitation."""
    school = a_school()
    use_case = school.use_case(InviteToCourse)
    first = use_case("private", SAMS, AUTHOR)
    assert first.is_new
    assert not use_case("private", SAMS, AUTHOR).is_new
    assert use_case("private", SAMS, AUTHOR, expires_at=school.clock.now() + DAY).is_new
    assert [record.action for record in school.store.audit] == [AuditAction.STUDENT_INVITED] * 2


def test_invitations_are_audited_without_addresses() -> None:
    """Who invited and who withdrew; no address in the record, nor in the invitation."""
    school = a_school()
    invitation = invite(school, days=3)
    withdraw(school, invitation)
    assert [record.action for record in school.store.audit] == [
        AuditAction.STUDENT_INVITED,
        AuditAction.INVITATION_WITHDRAWN,
    ]
    assert invitation.hint == "s...@example.com"
    assert "sam@example.com" not in repr([*school.store.audit, *school.store.invitations.values()])


def test_what_cannot_be_invited() -> None:
    """A course for everybody, an unknown student, a day in the past, both or none."""
    school = a_school()
    use_case = school.use_case(InviteToCourse)
    with pytest.raises(NotByInvitation):
        use_case("course-1", SAMS, AUTHOR)
    with pytest.raises(StudentNotFound):
        use_case("private", Invitee(user_id="nobody"), AUTHOR)
    with pytest.raises(InvalidValue):
        use_case("private", SAMS, AUTHOR, expires_at=school.clock.now())
    with pytest.raises(InvitationNotFound):
        school.use_case(WithdrawInvitation)("private", "unknown", AUTHOR)
    for wrong in ({}, {"user_id": "user-1", "email": "sam@example.com"}, {"email": "nobody"}):
        with pytest.raises(InvalidValue):
            Invitee(**wrong)


def test_two_administrators_at_once() -> None:
    """The second is asked to look again."""
    school = a_school()
    invitation = invite(school)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: school.rival().enroll(SAM, "private")])
    with pytest.raises(ChangedMeanwhile):
        withdraw(school, invitation)
