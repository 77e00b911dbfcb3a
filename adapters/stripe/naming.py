"""Which payment an object of Stripe's is about: a refund, a dispute or a charge, by its id."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.stripe import api, values
from adapters.stripe.api import Answer, Request, StripeApi, StripeRefusedError

_PLACES: Mapping[str, str] = {
    "re": "refunds",
    "pyr": "refunds",
    "du": "disputes",
    "dp": "disputes",
    "ch": "charges",
    "py": "charges",
}
"""Where an object is found, by the beginning of its id."""


def payment_named_by(stripe: StripeApi, name: str) -> str | None:
    """The id of the PaymentIntent that the object of this id is about; None if it is none of these objects, if Stripe
    does not know it, or if it has no PaymentIntent. Raises what ``StripeApi.call`` raises.
    """
    place = _PLACES.get(name.partition("_")[0])
    if place is None or "_" not in name:
        return None
    try:
        return stripe.call(Request("get", (place, name)), _payment_in)
    except StripeRefusedError as refused:
        if refused.reason != api.MISSING:
            raise
        return None


def _payment_in(answer: Answer) -> str | None:
    values.identifier(answer.body, "id")
    return values.optional_text(answer.body, "payment_intent")
