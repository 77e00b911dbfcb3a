"""Customers: what Stripe keeps about a student besides payments."""

from __future__ import annotations

from adapters.stripe import api
from adapters.stripe.api import Answer, Request, StripeApi, StripeRefusedError
from domain.errors import MalformedEvent


def delete_customer(stripe: StripeApi, customer_id: str) -> None:
    """Delete the Customer; one that is not there is deleted. Raises what ``StripeApi.call`` raises."""
    try:
        stripe.call(Request("delete", ("customers", customer_id)), _require_deleted)
    except StripeRefusedError as refused:
        if refused.reason != api.MISSING:
            raise


def _require_deleted(answer: Answer) -> None:
    if answer.body.get("deleted") is not True:
        raise MalformedEvent
