"""Stripe as a payment provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from attrs import define, field

from adapters.stripe import api, records, requests, translation, values
from adapters.stripe.api import StripeApi, StripeRefusedError, Timeout
from adapters.stripe.breaker import CircuitBreaker
from adapters.stripe.events import API_VERSION, StripeEvent
from adapters.stripe.limits import LIMITS
from adapters.stripe.signature import TOLERANCE, SignatureHeader, SignatureVerifier
from adapters.stripe.values import Json
from domain.errors import AmountTooSmall, InvalidSignature, MalformedEvent, ProviderRejected, ProviderUnavailable
from domain.payments.events import IgnoredEvent, PaymentEvent
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Checkout, PaymentGateway, ProviderAccount
from domain.ports.secret_store import SecretStore
from domain.ports.telemetry import Signal, Telemetry
from domain.pricing import ProviderLimits
from domain.students import Student

if TYPE_CHECKING:
    from stripe import HTTPClient
    from stripe.checkout import Session

PaymentEventT = TypeVar("PaymentEventT")

_LIVE_KEY = re.compile(r"[a-z]+_live_")
_NAME = "stripe"


@define(eq=False, kw_only=True)
class StripeGateway(PaymentGateway):
    """Checkout Sessions in payment mode, in the page (embedded) or at Stripe (hosted).

    ``api_base`` points it at an emulator. ``tolerance``: seconds that a webhook message may be off our clock, 1 to 600.
    ``most_searched``: how many checkouts a search reads before it gives up.
    """

    secrets: SecretStore
    clock: Clock
    telemetry: Telemetry
    api_base: str | None = None
    tolerance: int = TOLERANCE
    most_searched: int = 3_000
    timeout: Timeout = api.TIMEOUT
    transport: Callable[[Timeout], HTTPClient] = api.sdk_transport
    name: str = field(default=_NAME, init=False)
    limits: ProviderLimits = field(default=LIMITS, init=False)
    _breaker: CircuitBreaker = field(init=False)
    _api: StripeApi = field(init=False)
    _verifier: SignatureVerifier = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Settle what will be asked, and how strictly messages are read; nothing is asked yet."""
        self._breaker = CircuitBreaker(self.clock)
        self._verifier = SignatureVerifier(self.tolerance)
        self._api = StripeApi(
            provider=self.name,
            secrets=self.secrets,
            telemetry=self.telemetry,
            breaker=self._breaker,
            base=self.api_base,
            timeout=self.timeout,
            transport=self.transport,
        )

    def require_ready(self) -> None:
        """Refuse to begin anything while Stripe has left the last questions unanswered."""
        if self._breaker.is_open:
            raise ProviderUnavailable

    def account(self) -> ProviderAccount:
        """Our account: whether its money is real shows in the secret key."""
        secrets = self.secrets.secrets(self.name)
        return ProviderAccount(
            publishable_key=secrets.publishable_key, livemode=_LIVE_KEY.match(secrets.secret_key) is not None
        )

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """The checkout of this payment session: the session's id is the idempotency key of the one request."""
        with translate_errors():
            try:
                return self._opened(session, buyer)
            except StripeRefusedError as conflict:
                if conflict.reason not in (api.KEY_REUSED, api.SAVED_FAILURE):
                    raise
                # The key has been used: what it once made, or failed to make, can only be found by looking.
                found = self.find_checkout(session)
                if found is None:
                    raise
                return found

    def look_up(self, session: PaymentSession) -> Checkout:
        """The checkout as Stripe has it now."""
        with translate_errors():
            return self._retrieved(session, _checkout_id(session))

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Expire the checkout; if it is not open any more, how it ended."""
        with translate_errors():
            try:
                closed = self._api.ask(lambda stripe: stripe.v1.checkout.sessions.expire(_checkout_id(session)))
            except StripeRefusedError:
                return self._retrieved(session, _checkout_id(session))
            return self._checkout(session, closed, closed_by_us=True)

    def find_checkout(self, session: PaymentSession) -> Checkout | None:
        """The checkout among all that were opened at the time; if those are too many, it is not known."""
        with translate_errors():
            for number, found in enumerate(records.opened_about_then(self._api, session)):
                if number == self.most_searched:
                    raise ProviderUnavailable
                if found.get("client_reference_id") == session.payment_session_id:
                    return self._retrieved(session, values.name(found, "id"))
        return None

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """The news among the events that some webhook endpoint of ours has not taken."""
        with translate_errors():
            events = records.undelivered(self._api, since, at_most)
            livemode = self.account().livemode
            readable = self._readable(
                events, lambda event: StripeEvent.of(event).meaning(provider=self.name, livemode=livemode)
            )
        return tuple(found for found in reversed(readable) if isinstance(found, PaymentEvent))

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What every completed checkout of ours says, among those opened since then."""
        with translate_errors():
            found = records.completed(self._api, since, at_most)
            readable = self._readable(found, lambda checkout: translation.recorded(self.name, checkout))
        return tuple(one for one in readable if one is not None)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | IgnoredEvent:
        """What a webhook message says, once its signature is proven."""
        self._require_signature(body, headers.get("stripe-signature"))
        event = StripeEvent.parse(body)
        if event.api_version != API_VERSION:
            self.telemetry.emit(
                Signal.EVENT_IGNORED,
                reason="api_version",
                provider=self.name,
                event_id=event.event_id,
                event_type=event.event_type,
            )
        return event.meaning(provider=self.name, livemode=self.account().livemode)

    def _readable(self, things: Iterable[Json], read: Callable[[Json], PaymentEventT]) -> list[PaymentEventT]:
        """What the things say. One that cannot be read is told of, and does not hide the others."""
        readable = []
        for thing in things:
            try:
                readable.append(read(thing))
            except MalformedEvent:
                self.telemetry.emit(Signal.EVENT_REFUSED, provider=self.name, event_id=str(thing.get("id")))
        return readable

    def _require_signature(self, body: bytes, header: str | None) -> None:
        claimed = SignatureHeader.parse(header)
        self._verifier.require_recent(claimed, self.clock.now())
        known = self.secrets.secrets(self.name).webhook_secrets
        if self._verifier.is_signed(body, claimed, known):
            return
        # Perhaps the secret was changed a moment ago. The store reads it anew at most once a minute, whoever knocks.
        fresh = self.secrets.refreshed(self.name).webhook_secrets
        if fresh == known or not self._verifier.is_signed(body, claimed, fresh):
            raise InvalidSignature

    def _opened(self, session: PaymentSession, buyer: Student) -> Checkout:
        if session.quote.discount:
            self._make_coupon(session)
        try:
            return self._created(session, buyer, session.customer_id, key=session.payment_session_id)
        except StripeRefusedError as conflict:
            if conflict.reason != api.MISSING or conflict.param != "customer":
                raise
        # The customer was deleted at Stripe; whoever was one must still be able to buy. Always the same second request.
        return self._created(session, buyer, None, key=f"{session.payment_session_id}:anew")

    def _created(self, session: PaymentSession, buyer: Student, customer_id: str | None, *, key: str) -> Checkout:
        params = requests.checkout_params(session, buyer, customer_id=customer_id)
        created = self._api.ask(
            lambda stripe: stripe.v1.checkout.sessions.create(params, options={"idempotency_key": key})
        )
        if created.last_response and api.was_replayed(created.last_response.headers):
            return self._retrieved(session, created.id)
        return self._checkout(session, created)

    def _make_coupon(self, session: PaymentSession) -> None:
        key = f"{session.payment_session_id}:coupon"
        params = requests.coupon_params(session)
        try:
            self._api.ask(lambda stripe: stripe.v1.coupons.create(params, options={"idempotency_key": key}))
        except StripeRefusedError as conflict:
            if conflict.reason == api.EXISTS:
                return
            if conflict.reason != api.SAVED_FAILURE:
                raise
            # The failure is what the key remembers; the coupon may exist all the same.
            self._api.ask(lambda stripe: stripe.v1.coupons.retrieve(session.payment_session_id))

    def _retrieved(self, session: PaymentSession, checkout_id: str) -> Checkout:
        params = requests.whole_checkout()
        return self._checkout(
            session, self._api.ask(lambda stripe: stripe.v1.checkout.sessions.retrieve(checkout_id, params))
        )

    def _checkout(self, session: PaymentSession, found: Session, *, closed_by_us: bool = False) -> Checkout:
        thing = found.to_dict()
        is_open = thing.get("status") == "open"
        return Checkout(
            provider_session_id=values.name(thing, "id"),
            event=translation.looked_up(self.name, session, thing, closed_by_us=closed_by_us),
            amount=values.money(thing, "amount_total"),
            expires_at=values.moment(thing, "expires_at"),
            client_secret=values.text(thing, "client_secret") if is_open else None,
            redirect_url=values.text(thing, "url") if is_open else None,
        )


def _checkout_id(session: PaymentSession) -> str:
    if session.provider_session_id is None:
        raise ValueError("The payment session knows no checkout.")
    return session.provider_session_id


@contextmanager
def translate_errors() -> Iterator[None]:
    """Say Stripe's refusals in the school's words. An answer that cannot be read is no answer."""
    try:
        yield
    except StripeRefusedError as conflict:
        raise (AmountTooSmall if conflict.reason == api.TOO_SMALL else ProviderRejected) from None
    except MalformedEvent:
        raise ProviderUnavailable from None
