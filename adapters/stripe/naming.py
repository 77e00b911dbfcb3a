"""Which payment an object of Stripe's is about: a refund, a dispute or a charge, by its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from adapters.stripe import api, values
from adapters.stripe.api import Answer, StripeApi, StripeRefusedError

if TYPE_CHECKING:
    from stripe import StripeClient, StripeObject

_FINDERS: Mapping[str, Callable[[StripeClient, str], StripeObject]] = {
    "re": lambda client, name: client.v1.refunds.retrieve(name),
    "pyr": lambda client, name: client.v1.refunds.retrieve(name),
    "du": lambda client, name: client.v1.disputes.retrieve(name),
    "dp": lambda client, name: client.v1.disputes.retrieve(name),
    "ch": lambda client, name: client.v1.charges.retrieve(name),
    "py": lambda client, name: client.v1.charges.retrieve(name),
}
"""How to ask for an object, by the beginning of its id."""


def payment_named_by(stripe: StripeApi, name: str) -> str | None:
    """The id of the PaymentIntent that the object of this id is about; None if it is none of these objects, if Stripe
    does not know it, or if it has no PaymentIntent. Raises what ``StripeApi.call`` raises.
    """
    find = _FINDERS.get(name.partition("_")[0])
    if find is None or "_" not in name:
        return None
    try:
        return stripe.call(lambda client: find(client, name), _payment_in)
    except StripeRefusedError as refused:
        if refused.reason != api.MISSING:
            raise
        return None


def _payment_in(answer: Answer) -> str | None:
    values.identifier(answer.body, "id")
    return values.optional_text(answer.body, "payment_intent")
