"""PayPal's part of `webhook-endpoint`."""

from __future__ import annotations

from scripts.ops.errors import OpsError
from scripts.ops.paypal.account import NAME as PAYPAL
from scripts.ops.paypal.webhooks import Webhooks
from scripts.ops.terminal.command import Operator

__all__ = ["PAYPAL", "ensure_webhook", "show_webhook"]


def ensure_webhook(operator: Operator, url: str | None, *, dry_run: bool) -> None:
    """Register the webhook for exactly our events and store its id, or repair it.

    Raises:
        OpsError: something is wrong that only a person can change.
    """
    webhooks = Webhooks.at(operator.stage, operator.aws, url)
    found = webhooks.registered()
    wrong = list(webhooks.problems(found))
    if not wrong and found is not None:
        operator.out.say("The webhook is right; nothing was changed.")
        operator.out.details(found.row())
        return
    if dry_run:
        operator.out.table([{"would be repaired, where we can": sentence} for sentence in wrong])
        return
    if found is None:
        webhooks.create()
        operator.out.say("Registered, and its id is stored.")
    else:
        webhooks.repair(found)
    show_webhook(operator, webhooks)


def show_webhook(operator: Operator, webhooks: Webhooks) -> None:
    """Print the webhook and its problems.

    Raises:
        OpsError: it has problems.
    """
    found = webhooks.registered()
    wrong = list(webhooks.problems(found))
    operator.out.details({**(found.row() if found else {"url": webhooks.url}), "problems": wrong})
    if wrong:
        raise OpsError("; ".join(wrong))
