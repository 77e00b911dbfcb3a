"""Courses by invitation: only who was invited gets in, for nothing or for a price."""

from __future__ import annotations

from attrs import frozen

from domain.enrollment_requests import EnrollmentRequest, EnrollmentResult
from domain.errors import ChangedMeanwhile, NotInvited
from domain.invitations import Invitation, InvitationState, Invitee
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.invitations import InvitationRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.services.enrollment_strategies import EnrollByPayment, EnrollForFree, EnrollmentStrategy
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import SaveInvitation

ATTEMPTS = 3


@frozen(kw_only=True)
class EnrollByInvitation(EnrollmentStrategy):
    """Looks for an invitation of the student, and lets them enroll as in any other course.

    The invitation is used before that, in a write of its own: from then on it is this student's alone, however often
    they try, until they are enrolled.
    """

    for_free: EnrollForFree
    by_payment: EnrollByPayment
    invitations: InvitationRepo
    unit_of_work: UnitOfWork
    clock: Clock

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Enroll the student, or let them pay.

        Raises:
            NotInvited: they have no invitation, or it was used, has expired, or was withdrawn.
        """
        request.context.require_not_barred()
        self._use_invitation(request)
        enroll = self.by_payment if request.course.has_price else self.for_free
        return enroll(request)

    def _use_invitation(self, request: EnrollmentRequest) -> None:
        """Find an invitation that admits the student, and make it theirs."""
        for _ in attempts(ATTEMPTS):
            invitation = self.require(request)
            if invitation.used_by is not None:
                return
            used = invitation.used(request.student.user_id, self.clock.now())
            try:
                self.unit_of_work.commit((SaveInvitation(used, invitation),))
            except TransactionConflict as conflict:
                if not isinstance(conflict.first, ChangedMeanwhile):
                    raise
            else:
                return
        raise NotInvited

    def require(self, request: EnrollmentRequest) -> Invitation:
        """The invitation that admits the student; one that they have used before comes first.

        An invitation of an e-mail address counts for who has verified that the address is theirs.

        Raises:
            NotInvited: there is none.
        """
        student, ended, now = request.student, request.context.ended, self.clock.now()
        began = ended.enrollment.enrolled_at if ended else None
        invitees = Invitee.possible(student)
        found = self.invitations.find(request.course.course_id, map(self.invitations.id_of, invitees))
        good = [one for one in found if one.admits(student.user_id, now, ended_enrollment_of=began)]
        if not good:
            raise NotInvited
        return min(good, key=lambda one: one.state(now) is not InvitationState.USED)
