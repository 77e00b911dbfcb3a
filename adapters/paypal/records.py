"""PayPal's own records: the events that it sent, the transactions of the account, and its disputes, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from adapters.paypal import values
from adapters.paypal.api import PayPalApi, PayPalRefusedError, path_of
from adapters.paypal.events import PayPalEvent
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent, ProviderUnavailable
from domain.ports.telemetry import Signal

ParsedT = TypeVar("ParsedT")

EVENTS = "/v1/notifications/webhooks-events"
TRANSACTIONS = "/v1/reporting/transactions"
DISPUTES = "/v1/customer/disputes"

LONGEST_WINDOW = timedelta(days=31)
"""How much time PayPal lists the transactions of in one request."""

SHORTEST_WINDOW = timedelta(seconds=1)

OLDEST_DISPUTE = timedelta(days=179)
"""PayPal lists the disputes of the last 180 days."""

MOST_PAGES = 100
"""How many pages of one list are read. PayPal ends a list of transactions after ten thousand, which are 20 pages."""

_EVENTS_PAGE, _TRANSACTIONS_PAGE, _DISPUTES_PAGE = 300, 500, 50
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TOO_MANY, _NOT_YET = "RESULTSET_TOO_LARGE", "not available"


def orders_named(api: PayPalApi, since: datetime, until: datetime, at_most: int) -> dict[str, PayPalEvent]:
    """The orders that events of this time are about, the first event of each, at most so many.

    Raises: what ``PayPalApi.get`` raises.
    """
    found: dict[str, PayPalEvent] = {}
    query = {
        "page_size": str(_EVENTS_PAGE),
        "start_time": since.strftime(_FORMAT),
        "end_time": until.strftime(_FORMAT),
    }
    for page in _linked_pages(api, EVENTS, query):
        for one in values.listed(page, "events"):
            try:
                event = PayPalEvent.of(one)
            except MalformedEvent:
                continue  # it was refused when it was delivered, and counted then
            if event.order_id is not None and len(found) < at_most:
                found.setdefault(event.order_id, event)
        if len(found) >= at_most:
            break
    return found


def readable(
    api: PayPalApi, resources: Iterable[JsonObject], parse: Callable[[JsonObject], ParsedT]
) -> Iterator[ParsedT]:
    """The parsed objects. One that cannot be parsed is reported to telemetry and left out."""
    for resource in resources:
        try:
            parsed = parse(resource)
        except MalformedEvent:
            named = resource.get("transaction_id") or resource.get("id")
            api.telemetry.emit(Signal.EVENT_REFUSED, provider=api.provider, event_id=str(named))
        else:
            yield parsed


def may_list_transactions(api: PayPalApi, since: datetime) -> bool:
    """Whether PayPal lets these keys list transactions, which is a permission of its own. A small request."""
    try:
        _page_of_transactions(api, since, since + SHORTEST_WINDOW, page=1, size=1)
    except PayPalRefusedError as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            return False
        if not _is_too_early(refused):
            raise
    return True


def transactions(
    api: PayPalApi, since: datetime, until: datetime, *, without_money: bool = False
) -> Iterator[JsonObject]:
    """Lazily lists what happened on the account in this time, oldest first, as far as PayPal has it by now: some hours
    are missing. ``without_money``: also what moved none, such as a refund that is pending.

    Raises:
        ProviderUnavailable: the list has no end.
        PayPalRefusedError, SecretsUnavailable: as of ``PayPalApi.get``.
    """
    begin, over = since.replace(microsecond=0), until.replace(microsecond=0)  # PayPal counts whole seconds
    while begin < over:
        end = min(begin + LONGEST_WINDOW, over)
        yield from _between(api, begin, end, without_money=without_money)
        begin = end


def disputes_of(api: PayPalApi, capture_id: str) -> list[JsonObject]:
    """The disputes about a capture, oldest first."""
    query = {"disputed_transaction_id": capture_id, "page_size": str(_DISPUTES_PAGE)}
    return list(reversed(list(_disputes(api, query))))


def disputes_created(api: PayPalApi, since: datetime, until: datetime, now: datetime) -> Iterator[JsonObject]:
    """Lazily lists the disputes created in this time, newest first, as far back as PayPal has them."""
    begin, over = max(since, now - OLDEST_DISPUTE).replace(microsecond=0), until.replace(microsecond=0)
    for dispute in _disputes(api, {"start_time": begin.strftime(_FORMAT), "page_size": str(_DISPUTES_PAGE)}):
        if begin <= values.timestamp(dispute, "create_time") < over:
            yield dispute


def _disputes(api: PayPalApi, query: dict[str, str]) -> Iterator[JsonObject]:
    """Each dispute in full: the list has them in short."""
    for page in _linked_pages(api, DISPUTES, query):
        for named in values.listed(page, "items"):
            yield api.get(f"{DISPUTES}{path_of(values.identifier(named, 'dispute_id'))}")


def _linked_pages(api: PayPalApi, path: str, query: dict[str, str]) -> Iterator[JsonObject]:
    """The pages of a list whose pages name the next one."""
    for _ in range(MOST_PAGES):
        page = api.get(path, **query)
        yield page
        # The next page is asked for at our own host, whatever name of it the link has.
        try:
            following = urlsplit(values.link(page, "next") or "")
        except ValueError:
            raise MalformedEvent from None
        if following.path != path:
            return
        query = dict(parse_qsl(following.query))
    raise ProviderUnavailable


def _between(api: PayPalApi, begin: datetime, end: datetime, *, without_money: bool) -> Iterator[JsonObject]:
    """The transactions of this time; where PayPal finds them too many, of one half and then of the other."""
    try:
        found = _window(api, begin, end, without_money=without_money)
    except PayPalRefusedError as refused:
        if refused.issue != _TOO_MANY or end - begin <= SHORTEST_WINDOW:
            raise
        middle = (begin + (end - begin) / 2).replace(microsecond=0)
        yield from _between(api, begin, middle, without_money=without_money)
        yield from _between(api, middle, end, without_money=without_money)
        return
    timed = sorted(((_begun(info, begin), info) for info in found), key=lambda one: one[0])
    # The end of PayPal's window belongs to it, that of ours does not.
    yield from (info for at, info in timed if begin <= at < end)


def _window(api: PayPalApi, begin: datetime, end: datetime, *, without_money: bool) -> list[JsonObject]:
    found: list[JsonObject] = []
    for number in range(1, MOST_PAGES + 1):
        try:
            page = _page_of_transactions(api, begin, end, page=number, without_money=without_money)
        except PayPalRefusedError as refused:
            if _is_too_early(refused):
                return []
            raise
        found += [values.nested(detail, "transaction_info") for detail in values.listed(page, "transaction_details")]
        if number >= values.integer(page, "total_pages"):
            return found
    raise ProviderUnavailable


def _is_too_early(refused: PayPalRefusedError) -> bool:
    """Whether PayPal has nothing of this time yet."""
    return refused.status == HTTPStatus.BAD_REQUEST and _NOT_YET in refused.issue.lower()


def _begun(info: JsonObject, otherwise: datetime) -> datetime:
    """When it happened; one that does not say so is left for the reader to report."""
    try:
        return values.timestamp(info, "transaction_initiation_date")
    except MalformedEvent:
        return otherwise


def _page_of_transactions(
    api: PayPalApi,
    begin: datetime,
    end: datetime,
    *,
    page: int,
    size: int = _TRANSACTIONS_PAGE,
    without_money: bool = False,
) -> JsonObject:
    return api.get(
        TRANSACTIONS,
        start_date=begin.strftime(_FORMAT),
        end_date=end.strftime(_FORMAT),
        fields="transaction_info",
        balance_affecting_records_only="N" if without_money else "Y",
        page_size=str(size),
        page=str(page),
    )
