"""`payments` and `show-payment`: compare a payment with its provider, collect evidence, resolve payments in review."""

from __future__ import annotations

import click

from adapters.timestamps import iso
from domain.audit import ActorRole, AuditAction, AuditSubject
from domain.money import written
from domain.paging import every_entry
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.refund_payment import MAX_NOTE
from domain.use_cases.office.record_action import RecordAction
from domain.use_cases.office.resolve_review import ResolveReview
from scripts.ops.commands.disputes import list_disputes
from scripts.ops.commands.ledger import prove, rebuild
from scripts.ops.commands.payment_lists import list_payments
from scripts.ops.commands.refunds import refund, repay
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.payments.comparison import provider_sections, stored_sections
from scripts.ops.payments.evidence import evidence
from scripts.ops.payments.finding import find_session
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import review_row, session_details, session_row

_PAGE = 100


@click.group(cls=OpsGroup)
def payments() -> None:
    """Show payments, give money back, resolve those in review, prove and rebuild the ledger."""


@click.command()
@click.argument("payment")
@click.option("--user", "user_id", help="The id of the session's student, if no index has the session.")
@click.option("--stripe/--no-stripe", "ask_provider", default=True, help="Also ask the payment provider.")
@operated
def show(operator: Operator, payment: str, user_id: str | None, *, ask_provider: bool) -> None:
    """Show PAYMENT (our id, cs_... or pi_...): its money, ledger and enrollment, and what the provider says of it."""
    container = ops_container(operator.stage)
    session = find_session(container, payment, user_id)
    sections = stored_sections(container, session)
    if ask_provider:
        sections |= provider_sections(container, session)
    operator.out.sections(sections)


@click.command("evidence")
@click.argument("payment", metavar="SESSION")
@click.option("--user", "user_id", help="The id of the session's student, if no index has the session.")
@click.option("--with-email", is_flag=True, help="Include the student's e-mail address and name.")
@operated
def show_evidence(operator: Operator, payment: str, user_id: str | None, *, with_email: bool) -> None:
    """Collect what a bank asks about the payment SESSION: purchase, enrollment, progress, times of access, refunds."""
    container = ops_container(operator.stage)
    session = find_session(container, payment, user_id)
    if with_email:
        record: RecordAction = container.resolve(RecordAction)
        author = operator.author(f"Evidence about payment {session.payment_session_id}, with the address.")
        record(author, AuditAction.EMAIL_EXPORTED, AuditSubject(user_id=session.user_id))
    operator.out.sections(evidence(container, session, with_email=with_email))


@payments.group(cls=OpsGroup)
def review() -> None:
    """List and resolve payments in review."""


@review.command("list")
@operated
def list_reviews(operator: Operator) -> None:
    """List all payments in review, the longest waiting first: what was agreed, what was received, and why."""
    repo: PaymentSessionRepo = ops_container(operator.stage).resolve(PaymentSessionRepo)
    rows = [
        {**session_row(session), **review_row(session), "reason": session.review_reason}
        if operator.out.as_json
        else review_row(session)
        for session in every_entry(lambda cursor: repo.reviews(limit=_PAGE, cursor=cursor))
    ]
    operator.out.table(rows, if_empty="No payment is in review.")


@review.command()
@click.argument("session_id", metavar="SESSION")
@click.option("--user", "user_id", help="The id of the session's student, if no index has the session.")
@click.option(
    "--as",
    "kind",
    required=True,
    type=click.Choice([kind.value for kind in ResolutionKind]),
    help="refunded: refund all that is kept, now. enrolled: enroll the student. dismissed: nothing is owed.",
)
@click.option("--note", default="", help="The reason, for the record. No names, no e-mail addresses.")
@click.option("--by", help="Who decided, if not you; goes into the note. That you recorded it stays on record.")
@dry_run
@yes
@operated
def resolve(
    operator: Operator,
    session_id: str,
    *,
    user_id: str | None,
    kind: str,
    note: str,
    by: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Carry out a decision about the payment SESSION, and record who, when and what. It cannot be undone."""
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    session = find_session(container, session_id, user_id)
    recorded_by = operator.identity()
    if by:
        note = f"Decided by {by}. {note}".strip()
    if len(note) > MAX_NOTE:
        raise WrongUsageError(f"--note, with who decided, has at most {MAX_NOTE} characters.")
    if (done := session.resolution) is not None:
        raise OpsError(f"Decided already, on {iso(done.at)}: {done.kind.value} by {done.by}. {done.note}".strip())
    done_as = _what_it_does(session, ResolutionKind(kind))
    if dry_run:
        operator.out.say(f"Nothing was changed. It would {done_as}, and be recorded as {kind} by {recorded_by}:")
        operator.out.details(session_details(session))
        return
    operator.confirm(
        f"Payment {session.payment_session_id} ({session.review_reason}), {kind}: {done_as}? It cannot be undone.",
        yes=yes,
    )
    resolve_review: ResolveReview = container.resolve(ResolveReview)
    resolved = resolve_review(
        session.user_id,
        session.payment_session_id,
        kind=ResolutionKind(kind),
        by=recorded_by,
        role=ActorRole.OPERATOR,
        note=note,
    )
    operator.out.details(session_details(resolved))


def _what_it_does(session: PaymentSession, kind: ResolutionKind) -> str:
    """What a decision does beside being recorded, the amount and where it goes from among it."""
    match kind:
        case ResolutionKind.REFUNDED if session.received is None:
            return f"ask {session.provider} what was received, and refund all of it there"
        case ResolutionKind.REFUNDED:
            return f"refund {written(session.refundable, session.paid_currency)} at {session.provider}"
        case ResolutionKind.ENROLLED:
            kept = f"keep {written(session.kept, session.paid_currency)}" if session.received else "keep what was paid"
            return f"enroll the student in {session.course_id} and {kept}"
        case ResolutionKind.DISMISSED:
            return "close the review: nobody is enrolled, and no money moves"


for command in (list_payments, list_disputes, refund, repay, rebuild, prove, show_evidence):
    payments.add_command(command)
payments.add_command(show, "show")
