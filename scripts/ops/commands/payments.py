"""`payments` and `show-payment`: compare a payment with its provider, and resolve payments in review."""

from __future__ import annotations

import click

from adapters.settings import Settings
from domain.errors import PaymentSessionNotFound
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.schedule.reconcile import MOST_REVIEWS
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.payments.comparison import provider_sections, stored_sections
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import session_details, session_row

_MAX_NAME_LENGTH = 128


@click.group(cls=OpsGroup)
def payments() -> None:
    """Show payments, and resolve those in review."""


@click.command()
@click.argument("payment")
@click.option("--user", "user_id", help="The student's id; required with our own id of the session.")
@click.option("--stripe/--no-stripe", "ask_provider", default=True, help="Also ask the payment provider.")
@operated
def show(operator: Operator, payment: str, user_id: str | None, *, ask_provider: bool) -> None:
    """Show PAYMENT (our id or Stripe's cs_...) with its enrollment, its state at the provider, and the differences."""
    container = ops_container(operator.stage)
    repo = container.resolve(PaymentSessionRepo)
    session = _find(repo, container.resolve(Settings).payment_provider, payment, user_id)
    sections = stored_sections(container, session)
    if ask_provider:
        sections |= provider_sections(container, session)
    operator.out.sections(sections)


@payments.group(cls=OpsGroup)
def review() -> None:
    """List and resolve payments in review."""


@review.command("list")
@operated
def list_reviews(operator: Operator) -> None:
    """List the payments in review, oldest first, with their reasons."""
    found = ops_container(operator.stage).resolve(PaymentSessionRepo).in_review(at_most=MOST_REVIEWS)
    operator.out.table(
        [{**session_row(session), "reason": session.review_reason} for session in found],
        if_empty="No payment is in review.",
    )


@review.command()
@click.argument("session_id", metavar="SESSION")
@click.option("--user", "user_id", required=True, help="The id of the session's student.")
@click.option(
    "--as",
    "kind",
    required=True,
    type=click.Choice([kind.value for kind in ResolutionKind]),
    help="refunded: you refunded it at Stripe. enrolled: enroll the student. dismissed: nothing is owed.",
)
@click.option("--note", default="", help="The reason, for the record. No names, no e-mail addresses.")
@click.option("--by", help="Who decided; by default your AWS identity.")
@dry_run
@yes
@operated
def resolve(
    operator: Operator, session_id: str, *, user_id: str, kind: str, note: str, by: str | None, dry_run: bool, yes: bool
) -> None:
    """Record a decision about the payment SESSION: who, when and what. It cannot be undone."""
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    session = container.resolve(PaymentSessionRepo).find(user_id, session_id)
    if session is None:
        raise PaymentSessionNotFound
    decided_by = (by or operator.aws.caller())[-_MAX_NAME_LENGTH:]
    if dry_run:
        operator.out.say(f"Nothing was changed. It would be recorded as {kind} by {decided_by}:")
        operator.out.details(session_details(session))
        return
    operator.confirm(f"Record payment {session_id} ({session.review_reason}) as {kind}?", yes=yes)
    resolve_review: ResolveReview = container.resolve(ResolveReview)
    resolved = resolve_review(user_id, session_id, kind=ResolutionKind(kind), by=decided_by, note=note)
    operator.out.details(session_details(resolved))


def _find(repo: PaymentSessionRepo, provider: str, payment: str, user_id: str | None) -> PaymentSession:
    if user_id is not None:
        session = repo.find(user_id, payment)
    elif payment.startswith("cs_"):
        session = repo.find_by_provider_session(provider, payment)
    else:
        raise WrongUsageError("Give --user with our own id, or give Stripe's cs_... id.")
    if session is None:
        raise PaymentSessionNotFound
    return session


payments.add_command(show, "show")
