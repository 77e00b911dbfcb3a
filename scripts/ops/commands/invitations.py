"""`courses invite, invitations, withdraw`: who may enroll in a course that is by invitation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from domain.errors import InvitationNotFound
from domain.invitations import Invitation, Invitee
from domain.paging import every_entry
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.invitations import InvitationRepo
from domain.use_cases.office.manage_invitations import InviteToCourse, WithdrawInvitation
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.terminal.command import REASON, Operator, dry_run, operated
from scripts.ops.terminal.option_types import Timestamp
from scripts.ops.terminal.rows import Row

_PAGE = 100

_course = click.argument("course_id", metavar="COURSE")
_reason = click.option("--reason", required=True, help=REASON)


@click.command()
@_course
@click.option("--email", help="Whoever owns this address. It is not kept: write to them yourself.")
@click.option("--user", help="The id of a student.")
@click.option("--until", type=Timestamp(), help="When the invitation expires; without it, it stays open.")
@_reason
@dry_run
@operated
def invite(
    operator: Operator,
    course_id: str,
    *,
    email: str | None,
    user: str | None,
    until: datetime | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Invite somebody to COURSE, which is by invitation: one e-mail address or one student."""
    if (email is None) == (user is None):
        raise WrongUsageError("Name either --email or --user.")
    container = ops_container(operator.stage)
    use_case: InviteToCourse = container.resolve(InviteToCourse)
    invitee = Invitee.owner_of(email) if email is not None else Invitee(user_id=user)
    author = operator.author(reason)
    if dry_run:
        operator.out.say("Nothing was changed. This would be the invitation:")
        invited, _ = use_case.plan(course_id, invitee, author.by, expires_at=until)
    else:
        invited = use_case(course_id, invitee, author, expires_at=until)
    operator.out.details(_row(invited.invitation, container.resolve(Clock).now()))


@click.command()
@_course
@operated
def invitations(operator: Operator, course_id: str) -> None:
    """List who is invited to COURSE, the newest first, and what became of it."""
    container = ops_container(operator.stage)
    course = container.resolve(CourseRepo).get(course_id)
    now = container.resolve(Clock).now()
    found = sorted(_all(container.resolve(InvitationRepo), course.course_id), key=_newest, reverse=True)
    operator.out.table([_row(one, now) for one in found], if_empty="Nobody is invited to this course.")


@click.command()
@_course
@click.argument("invitation_id", metavar="INVITATION")
@_reason
@dry_run
@operated
def withdraw(operator: Operator, course_id: str, invitation_id: str, *, reason: str, dry_run: bool) -> None:
    """Withdraw INVITATION to COURSE. Who is enrolled stays so, and a checkout that is open can still be paid."""
    container = ops_container(operator.stage)
    if dry_run:
        found = container.resolve(InvitationRepo).find(course_id, [invitation_id])
        if not found:
            raise InvitationNotFound
        operator.out.say("Nothing was changed. This invitation would be withdrawn:")
        invitation = found[0]
    else:
        use_case: WithdrawInvitation = container.resolve(WithdrawInvitation)
        invitation = use_case(course_id, invitation_id, operator.author(reason))
    operator.out.details(_row(invitation, container.resolve(Clock).now()))


def _all(repo: InvitationRepo, course_id: str) -> Iterator[Invitation]:
    return every_entry(lambda cursor: repo.of_course(course_id, limit=_PAGE, cursor=cursor))


def _newest(invitation: Invitation) -> tuple[datetime, str]:
    return invitation.invited_at, invitation.invitation_id


def _row(invitation: Invitation, at: datetime) -> Row:
    return {
        "invitation": invitation.invitation_id,
        "invitee": invitation.hint,
        "state": invitation.state(at),
        "invited": invitation.invited_at,
        "expires": invitation.expires_at,
        "used_by": invitation.used_by,
    }
