"""The payment gateway for Stripe Checkout."""

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
from adapters.stripe.values import JsonObject
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
    """Sells through Checkout Sessions in payment mode, embedded in our page or hosted by Stripe.

    ``api_base`` is the URL of an emulator, None for Stripe's own API. ``tolerance`` is how many seconds (1 to 600) a
    webhook's timestamp may differ from our clock. ``most_searched`` is how many Checkout Sessions ``find_checkout``
    reads before it gives up.
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
        """Build the API client and the signature verifier. Sends no request."""
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
        """Raise ``ProviderUnavailable`` while the circuit breaker is open. Sends no request."""
        if self._breaker.is_open:
            raise ProviderUnavailable

    def account(self) -> ProviderAccount:
        """The account's publishable key, and its mode, which the prefix of the secret key shows. Sends no request."""
        secrets = self.secrets.secrets(self.name)
        return ProviderAccount(
            publishable_key=secrets.publishable_key, livemode=_LIVE_KEY.match(secrets.secret_key) is not None
        )

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """Create the Checkout Session, with the payment session's id as the idempotency key."""
        with translate_errors():
            try:
                return self._opened(session, buyer)
            except StripeRefusedError as refused:
                if refused.reason not in (api.KEY_REUSED, api.SAVED_FAILURE):
                    raise
                # The key was used before. Whether that request created a Checkout Session, only a search can tell.
                found = self.find_checkout(session)
                if found is None:
                    raise
                return found

    def look_up(self, session: PaymentSession) -> Checkout:
        """Retrieve the Checkout Session."""
        with translate_errors():
            return self._retrieved(session, _checkout_id(session))

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Expire the Checkout Session; if Stripe refuses because it is not open any more, retrieve it."""
        with translate_errors():
            try:
                closed = self._api.call(lambda stripe: stripe.v1.checkout.sessions.expire(_checkout_id(session)))
            except StripeRefusedError:
                return self._retrieved(session, _checkout_id(session))
            return self._checkout(session, closed, closed_by_us=True)

    def find_checkout(self, session: PaymentSession) -> Checkout | None:
        """Search the Checkout Sessions created at the time for the one of this payment session.

        Raises:
            ProviderUnavailable: there are more than ``most_searched``, so the answer is unknown.
        """
        with translate_errors():
            for number, found in enumerate(records.sessions_created_near(self._api, session)):
                if number == self.most_searched:
                    raise ProviderUnavailable
                if found.get("client_reference_id") == session.payment_session_id:
                    return self._retrieved(session, values.identifier(found, "id"))
        return None

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """The payment events among those that a webhook endpoint has not acknowledged, oldest first."""
        with translate_errors():
            events = records.undelivered_events(self._api, since, at_most)
            livemode = self.account().livemode
            readable = self._readable(
                events, lambda event: StripeEvent.from_json(event).meaning(provider=self.name, livemode=livemode)
            )
        return tuple(found for found in reversed(readable) if isinstance(found, PaymentEvent))

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """The payment event of each of our Checkout Sessions that was created since then and is completed."""
        with translate_errors():
            found = records.completed_sessions(self._api, since, at_most)
            readable = self._readable(found, lambda checkout: translation.from_completed_checkout(self.name, checkout))
        return tuple(event for event in readable if event is not None)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | IgnoredEvent:
        """Verify the signature of a webhook request, then parse its body."""
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

    def _readable(
        self, resources: Iterable[JsonObject], parse: Callable[[JsonObject], PaymentEventT]
    ) -> list[PaymentEventT]:
        """The parsed objects. One that cannot be parsed is reported to telemetry and left out."""
        readable = []
        for resource in resources:
            try:
                readable.append(parse(resource))
            except MalformedEvent:
                self.telemetry.emit(Signal.EVENT_REFUSED, provider=self.name, event_id=str(resource.get("id")))
        return readable

    def _require_signature(self, body: bytes, header: str | None) -> None:
        claimed = SignatureHeader.parse(header)
        self._verifier.require_recent(claimed, self.clock.now())
        known = self.secrets.secrets(self.name).webhook_secrets
        if self._verifier.is_signed(body, claimed, known):
            return
        # The secret may just have been rolled. However many requests fail, the store reads it at most once a minute.
        fresh = self.secrets.refreshed(self.name).webhook_secrets
        if fresh == known or not self._verifier.is_signed(body, claimed, fresh):
            raise InvalidSignature

    def _opened(self, session: PaymentSession, buyer: Student) -> Checkout:
        if session.quote.discount:
            self._create_coupon(session)
        try:
            return self._created(session, buyer, session.customer_id, key=session.payment_session_id)
        except StripeRefusedError as refused:
            if refused.reason != api.MISSING or refused.param != "customer":
                raise
        # The customer was deleted at Stripe; the student must still be able to buy. This request has a key of its own,
        # so that it is the same one whenever it is repeated.
        return self._created(session, buyer, None, key=f"{session.payment_session_id}:anew")

    def _created(self, session: PaymentSession, buyer: Student, customer_id: str | None, *, key: str) -> Checkout:
        params = requests.checkout_params(session, buyer, customer_id=customer_id)
        created = self._api.call(
            lambda stripe: stripe.v1.checkout.sessions.create(params, options={"idempotency_key": key})
        )
        if created.last_response and api.was_replayed(created.last_response.headers):
            return self._retrieved(session, created.id)
        return self._checkout(session, created)

    def _create_coupon(self, session: PaymentSession) -> None:
        key = f"{session.payment_session_id}:coupon"
        params = requests.coupon_params(session)
        try:
            self._api.call(lambda stripe: stripe.v1.coupons.create(params, options={"idempotency_key": key}))
        except StripeRefusedError as refused:
            if refused.reason == api.EXISTS:
                return
            if refused.reason != api.SAVED_FAILURE:
                raise
            # Stripe replayed a saved failure; the coupon may exist all the same.
            self._api.call(lambda stripe: stripe.v1.coupons.retrieve(session.payment_session_id))

    def _retrieved(self, session: PaymentSession, checkout_id: str) -> Checkout:
        params = requests.retrieve_params()
        return self._checkout(
            session, self._api.call(lambda stripe: stripe.v1.checkout.sessions.retrieve(checkout_id, params))
        )

    def _checkout(self, session: PaymentSession, found: Session, *, closed_by_us: bool = False) -> Checkout:
        resource = found.to_dict()
        is_open = resource.get("status") == "open"
        return Checkout(
            provider_session_id=values.identifier(resource, "id"),
            event=translation.from_lookup(self.name, session, resource, closed_by_us=closed_by_us),
            amount=values.money(resource, "amount_total"),
            expires_at=values.timestamp(resource, "expires_at"),
            client_secret=values.optional_text(resource, "client_secret") if is_open else None,
            redirect_url=values.optional_text(resource, "url") if is_open else None,
        )


def _checkout_id(session: PaymentSession) -> str:
    if session.provider_session_id is None:
        raise ValueError("The payment session has no Checkout Session id.")
    return session.provider_session_id


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise Stripe's refusals as errors of the domain. A response that cannot be parsed counts as no response."""
    try:
        yield
    except StripeRefusedError as refused:
        raise (AmountTooSmall if refused.reason == api.TOO_SMALL else ProviderRejected) from None
    except MalformedEvent:
        raise ProviderUnavailable from None
