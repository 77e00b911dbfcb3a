"""`payments`: show one beside what Stripe says, and decide about those in review."""

from __future__ import annotations

import click

from adapters.settings import Settings
from domain.errors import PaymentSessionNotFound
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.schedule.reconcile import MOST_REVIEWS
from scripts.ops import side_by_side
from scripts.ops.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.errors import WrongUsageError
from scripts.ops.shop import shop
from scripts.ops.stripe_account import StripeAccount
from scripts.ops.views import session_facts, session_row

_LONGEST_NAME = 128


@click.group(cls=OpsGroup)
def payments() -> None:
    """Look at payments, and decide about those in review."""


@click.command()
@click.argument("payment")
@click.option("--user", "user_id", help="The student; needed with our own id of the session.")
@click.option("--stripe/--no-stripe", "ask_stripe", default=True, help="Also ask Stripe.")
@operated
def show(operator: Operator, payment: str, user_id: str | None, *, ask_stripe: bool) -> None:
    """Show PAYMENT (our session's id, or Stripe's cs_...) with its enrollment and events, beside what Stripe says."""
    container = shop(operator.stage)
    repo = container.resolve(PaymentSessionRepo)
    session = _find(repo, container.resolve(Settings).payment_provider, payment, user_id)
    sections = side_by_side.ours(container, session)
    if ask_stripe:
        sections |= side_by_side.theirs(container, session, StripeAccount.of(operator.stage, operator.aws))
    operator.out.sections(sections)


@payments.group(cls=OpsGroup)
def review() -> None:
    """Payments that wait for a person's decision."""


@review.command("list")
@operated
def list_reviews(operator: Operator) -> None:
    """List the payments in review, the oldest first, with the reason of each."""
    found = shop(operator.stage).resolve(PaymentSessionRepo).in_review(at_most=MOST_REVIEWS)
    operator.out.table(
        [{**session_row(session), "reason": session.review_reason} for session in found], none="Nothing is in review."
    )


@review.command()
@click.argument("session_id", metavar="SESSION")
@click.option("--user", "user_id", required=True, help="The session's student.")
@click.option(
    "--as",
    "kind",
    required=True,
    type=click.Choice([kind.value for kind in ResolutionKind]),
    help="refunded: you refunded it at Stripe. enrolled: enroll the student. dismissed: nothing is owed.",
)
@click.option("--note", default="", help="Why, for whoever reads it later. No names, no addresses.")
@click.option("--by", help="Who decided; your AWS identity unless given.")
@dry_run
@yes
@operated
def resolve(
    operator: Operator, session_id: str, *, user_id: str, kind: str, note: str, by: str | None, dry_run: bool, yes: bool
) -> None:
    """Record the decision about the payment SESSION: who, when and what. It cannot be taken back."""
    container = shop(operator.stage, quiet=operator.out.as_json)
    session = container.resolve(PaymentSessionRepo).find(user_id, session_id)
    if session is None:
        raise PaymentSessionNotFound
    who = (by or operator.aws.who())[-_LONGEST_NAME:]
    if dry_run:
        operator.out.say(f"Nothing was changed. It would be recorded as {kind} by {who}:")
        operator.out.facts(session_facts(session))
        return
    operator.confirm(f"Record payment {session_id} ({session.review_reason}) as {kind}?", yes=yes)
    story = container.resolve(ResolveReview)
    operator.out.facts(session_facts(story(user_id, session_id, kind=ResolutionKind(kind), by=who, note=note)))


def _find(repo: PaymentSessionRepo, provider: str, payment: str, user_id: str | None) -> PaymentSession:
    if user_id is not None:
        session = repo.find(user_id, payment)
    elif payment.startswith("cs_"):
        session = repo.find_by_provider_session(provider, payment)
    else:
        raise WrongUsageError("Our own ids are found under their student: give --user, or Stripe's cs_... id.")
    if session is None:
        raise PaymentSessionNotFound
    return session


payments.add_command(show, "show")
