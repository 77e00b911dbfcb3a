"""Stripe's lists, read page by page. Stripe gives the newest first and cannot do otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from attrs import frozen

from adapters.stripe import requests, values
from adapters.stripe.api import Answer, Request, StripeApi
from adapters.stripe.events import SUBSCRIBED
from adapters.stripe.values import JsonObject
from domain.errors import MalformedEvent, ProviderUnavailable
from domain.payments.session import PaymentSession

MOST_PAGES = 1_000
"""How many pages of one list are read: a hundred thousand objects."""

MOST_REVERSALS = 1_000
"""How many refunds, and how many disputes, of one payment are read."""

_SLICE = timedelta(hours=6)

Path = tuple[str, ...]
"""Where Stripe has a list."""

SESSIONS: Path = ("checkout", "sessions")
REFUNDS: Path = ("refunds",)
_DISPUTES: Path = ("disputes",)
_EVENTS: Path = ("events",)
_BALANCE_TRANSACTIONS: Path = ("balance_transactions",)


@frozen
class _Page:
    items: tuple[JsonObject, ...]
    last_id: str | None
    """Where the next page begins; None if this is the last one."""

    @classmethod
    def read(cls, answer: Answer, after: str | None) -> _Page:
        """Parses a page. One that would lead to itself, and so on for ever, cannot be read."""
        items, has_more = values.objects(answer.body, "data"), values.boolean(answer.body, "has_more")
        ids = [values.identifier(item, "id") for item in items]
        if has_more and (not ids or ids[-1] == after):
            raise MalformedEvent
        return cls(tuple(items), ids[-1] if has_more else None)


def sessions_created_near(stripe: StripeApi, session: PaymentSession) -> Iterator[JsonObject]:
    """Lazily lists the Checkout Sessions created in the window in which this payment session's can have been."""
    return _items(stripe, SESSIONS, requests.search_params(session))


def undelivered_events(stripe: StripeApi, since: datetime, at_most: int) -> list[JsonObject]:
    """Events of the subscribed types whose delivery to some endpoint is pending or failed.

    Stripe keeps events for 30 days.
    """
    params = {"types": sorted(SUBSCRIBED), "delivery_success": False, "created": {"gte": int(since.timestamp())}}
    return list(islice(_items(stripe, _EVENTS, params), at_most))


def completed_sessions(stripe: StripeApi, since: datetime, at_most: int) -> list[JsonObject]:
    """Completed Checkout Sessions, each with its expanded PaymentIntent.

    Only the PaymentIntent distinguishes a pending delayed payment from a failed one.
    """
    created = {"gte": int(since.timestamp())}
    params = {"status": "complete", "created": created, "expand": ["data.payment_intent"]}
    return list(islice(_items(stripe, SESSIONS, params), at_most))


def completed_sessions_between(stripe: StripeApi, since: datetime, until: datetime) -> Iterator[JsonObject]:
    """Lazily lists the Checkout Sessions created in this time and completed, oldest first, with payment and charge."""
    params = {"status": "complete", "expand": ["data.payment_intent.latest_charge"]}
    return _oldest_first(stripe, SESSIONS, params, since, until)


def balance_transactions(stripe: StripeApi, since: datetime, until: datetime) -> Iterator[JsonObject]:
    """Lazily lists the balance transactions of this time, oldest first, with what each is about and its payment."""
    params = {"expand": ["data.source.payment_intent"]}
    return _oldest_first(stripe, _BALANCE_TRANSACTIONS, params, since, until)


def refunds_of(stripe: StripeApi, payment_id: str) -> list[JsonObject]:
    """All refunds of a PaymentIntent.

    Raises:
        ProviderUnavailable: there are more than anybody could have made.
    """
    return _all_of_payment(stripe, REFUNDS, payment_id)


def disputes_of(stripe: StripeApi, payment_id: str) -> list[JsonObject]:
    """All disputes of a PaymentIntent.

    Raises:
        ProviderUnavailable: there are more than anybody could have made.
    """
    return _all_of_payment(stripe, _DISPUTES, payment_id)


def reversals_created(stripe: StripeApi, since: datetime, until: datetime) -> Iterator[JsonObject]:
    """Lazily lists the refunds, then the disputes, created in this time, each newest first."""
    created = {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}}
    for path in (REFUNDS, _DISPUTES):
        yield from _items(stripe, path, created)


def _all_of_payment(stripe: StripeApi, path: Path, payment_id: str) -> list[JsonObject]:
    found = list(islice(_items(stripe, path, {"payment_intent": payment_id}), MOST_REVERSALS + 1))
    if len(found) > MOST_REVERSALS:
        raise ProviderUnavailable
    return found


def _oldest_first(
    stripe: StripeApi, path: Path, params: dict[str, Any], since: datetime, until: datetime
) -> Iterator[JsonObject]:
    """The objects of one slice of time after the other, each slice read whole and turned round."""
    begin, end = int(since.timestamp()), int(until.timestamp())
    step = int(_SLICE.total_seconds())
    for start in range(begin, end, step):
        created = {"gte": start, "lt": min(start + step, end)}
        yield from reversed(list(_items(stripe, path, params | {"created": created})))


def _items(stripe: StripeApi, path: Path, params: dict[str, Any]) -> Iterator[JsonObject]:
    after: str | None = None
    for _ in range(MOST_PAGES):
        wanted = params | {"limit": requests.PAGE} | ({"starting_after": after} if after else {})
        page = stripe.call(Request("get", path, wanted), partial(_Page.read, after=after))
        yield from page.items
        after = page.last_id
        if after is None:
            return
    raise ProviderUnavailable
