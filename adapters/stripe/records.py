"""Stripe's lists of Checkout Sessions and events, read page by page, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from adapters.stripe import requests
from adapters.stripe.api import StripeApi
from adapters.stripe.events import SUBSCRIBED
from adapters.stripe.values import JsonObject
from domain.payments.session import PaymentSession

if TYPE_CHECKING:
    from stripe import StripeClient
    from stripe.params import EventListParams
    from stripe.params.checkout import SessionListParams

_PAGE = 100


class ListPage(Protocol):
    """Fetches one page of a list: the page after the object with the id ``after``, or the first page."""

    def __call__(self, client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - the SDK's page
        """One page, as the SDK returns it."""
        ...


def sessions_created_near(stripe: StripeApi, session: PaymentSession) -> Iterator[JsonObject]:
    """Lazily lists the Checkout Sessions created in the window in which this payment session's can have been."""

    def page(client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - the SDK's page
        return client.v1.checkout.sessions.list(requests.search_params(session, after))

    return _pages(stripe, page)


def undelivered_events(stripe: StripeApi, since: datetime, at_most: int) -> list[JsonObject]:
    """Events of the subscribed types whose delivery to some endpoint is pending or failed.

    Stripe keeps events for 30 days.
    """

    def page(client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - the SDK's page
        params: EventListParams = {
            "types": sorted(SUBSCRIBED),
            "delivery_success": False,
            "created": {"gte": int(since.timestamp())},
            "limit": _PAGE,
        }
        if after:
            params["starting_after"] = after
        return client.v1.events.list(params)

    return list(islice(_pages(stripe, page), at_most))


def completed_sessions(stripe: StripeApi, since: datetime, at_most: int) -> list[JsonObject]:
    """Completed Checkout Sessions, each with its expanded PaymentIntent.

    Only the PaymentIntent tells a pending delayed payment from a failed one.
    """

    def page(client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - the SDK's page
        params: SessionListParams = {
            "status": "complete",
            "created": {"gte": int(since.timestamp())},
            "limit": _PAGE,
            "expand": ["data.payment_intent"],
        }
        if after:
            params["starting_after"] = after
        return client.v1.checkout.sessions.list(params)

    return list(islice(_pages(stripe, page), at_most))


def _pages(stripe: StripeApi, page: ListPage) -> Iterator[JsonObject]:
    after: str | None = None
    while True:
        answer = stripe.call(partial(page, after=after))
        for found in answer.data:
            yield found.to_dict()
            after = found.id
        if not answer.has_more:
            return
