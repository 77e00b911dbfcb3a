"""What Stripe has on record: events nobody took, checkouts that were completed. Read page by page, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from adapters.stripe import requests
from adapters.stripe.api import StripeApi
from adapters.stripe.events import SUBSCRIBED
from adapters.stripe.values import Json
from domain.payments.session import PaymentSession

if TYPE_CHECKING:
    from stripe import StripeClient
    from stripe.params import EventListParams
    from stripe.params.checkout import SessionListParams

_PAGE = 100


class ListPage(Protocol):
    """Asks for the page after the thing of this id, or for the first."""

    def __call__(self, client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - the SDK's page
        """The page."""
        ...


def opened_about_then(stripe: StripeApi, session: PaymentSession) -> Iterator[Json]:
    """The checkouts opened when this session's can have been, for as long as somebody asks for one more."""

    def page(client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - the SDK's page of whatever is listed
        return client.v1.checkout.sessions.list(requests.search_params(session, after))

    return _pages(stripe, page)


def undelivered(stripe: StripeApi, since: datetime, at_most: int) -> list[Json]:
    """Events of the subscribed types that are pending or failed at some endpoint. Stripe keeps 30 days of them."""

    def page(client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - the SDK's page of whatever is listed
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


def completed(stripe: StripeApi, since: datetime, at_most: int) -> list[Json]:
    """Completed checkouts, each with its payment, which alone tells a slow one from a failed one."""

    def page(client: StripeClient, after: str | None) -> Any:  # noqa: ANN401 - as above
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


def _pages(stripe: StripeApi, page: ListPage) -> Iterator[Json]:
    after: str | None = None
    while True:
        answer = stripe.ask(partial(page, after=after))
        for found in answer.data:
            yield found.to_dict()
            after = found.id
        if not answer.has_more:
            return
