"""The payment gateway for Stripe Checkout."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from attrs import define, field

from adapters.circuit_breaker import CircuitBreaker
from adapters.stripe import api, records, translation
from adapters.stripe.api import StripeApi, StripeRefusedError, Timeout
from adapters.stripe.checkouts import Checkouts
from adapters.stripe.customers import delete_customer
from adapters.stripe.events import API_VERSION, StripeEvent
from adapters.stripe.limits import LIMITS
from adapters.stripe.movements import movement
from adapters.stripe.naming import payment_named_by
from adapters.stripe.payments import Payments
from adapters.stripe.rebuild import rebuildable
from adapters.stripe.reversals import reversal_reference
from adapters.stripe.signature import TOLERANCE, SignatureHeader, SignatureVerifier
from adapters.stripe.values import JsonObject
from domain.errors import AmountTooSmall, InvalidSignature, MalformedEvent, ProviderRejected, ProviderUnavailable
from domain.payments.events import IgnoredEvent, PaymentEvent, ReversalReported
from domain.payments.reversals import PaymentState, Reversal, ReversalReference
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.payment_gateway import (
    Checkout,
    Movement,
    PaymentGateway,
    ProviderAccount,
    RebuildableCheckout,
    SessionReference,
)
from domain.ports.secret_store import SecretStore
from domain.ports.telemetry import Signal, Telemetry
from domain.pricing import ProviderLimits
from domain.students import Student

if TYPE_CHECKING:
    from stripe import HTTPClient

ParsedT = TypeVar("ParsedT")

_LIVE_KEY = re.compile(r"[a-z]+_live_")
_NAME = "stripe"
_ACCOUNT_DIGITS = 12


@define(eq=False, kw_only=True)
class StripeGateway(PaymentGateway):
    """Sells through Checkout Sessions in payment mode, embedded in our page or hosted by Stripe.

    ``api_base`` is the URL of an emulator, None for Stripe's own API; ``script_url`` that of Stripe's script.
    ``tolerance`` is how many seconds (1 to 600) a webhook's timestamp may differ from our clock. ``most_searched``
    is how many Checkout Sessions ``find_checkout`` reads before it gives up. ``stage`` names this deployment in the
    metadata of what it creates; events that name another one are ignored, if ours is named.
    """

    secrets: SecretStore
    clock: Clock
    telemetry: Telemetry
    stage: str = ""
    api_base: str | None = None
    script_url: str | None = None
    tolerance: int = TOLERANCE
    most_searched: int = 3_000
    timeout: Timeout = api.TIMEOUT
    transport: Callable[[Timeout], HTTPClient] = api.sdk_transport
    name: str = field(default=_NAME, init=False)
    limits: ProviderLimits = field(default=LIMITS, init=False)
    _breaker: CircuitBreaker = field(init=False)
    _api: StripeApi = field(init=False)
    _verifier: SignatureVerifier = field(init=False)
    _checkouts: Checkouts = field(init=False)
    _payments: Payments = field(init=False)

    @classmethod
    def plugged_in(
        cls, *, secrets: SecretStore, clock: Clock, telemetry: Telemetry, stage: str, variables: Mapping[str, str]
    ) -> StripeGateway:
        """The gateway of a deployment. ``variables``: ``API_BASE``, ``JS_URL``, ``SIGNATURE_TOLERANCE``."""
        return cls(
            secrets=secrets,
            clock=clock,
            telemetry=telemetry,
            stage=stage,
            api_base=variables.get("API_BASE"),
            script_url=variables.get("JS_URL"),
            tolerance=int(variables.get("SIGNATURE_TOLERANCE", TOLERANCE)),
        )

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
        self._checkouts = Checkouts(
            stripe=self._api, stage=self.stage, most_searched=self.most_searched, account=self.account
        )
        self._payments = Payments(stripe=self._api, stage=self.stage)

    def require_ready(self) -> None:
        """Raise ``ProviderUnavailable`` while the circuit breaker is open. Sends no request."""
        if self._breaker.is_open:
            raise ProviderUnavailable

    def account(self) -> ProviderAccount:
        """The account's publishable key, and its mode, which the prefix of the secret key shows. Sends no request."""
        secrets = self.secrets.secrets(self.name)
        digest = hashlib.sha256(secrets.publishable_key.encode()).hexdigest()
        return ProviderAccount(
            publishable_key=secrets.publishable_key,
            livemode=_LIVE_KEY.match(secrets.secret_key) is not None,
            account_id=digest[:_ACCOUNT_DIGITS],
            script_url=self.script_url,
        )

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """Create the Checkout Session, with the payment session's id as the idempotency key."""
        with translate_errors():
            return self._checkouts.open(session, buyer)

    def look_up(self, session: PaymentSession) -> Checkout:
        """Retrieve the Checkout Session."""
        with translate_errors():
            return self._checkouts.retrieve(session, _checkout_id(session))

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Expire the Checkout Session; if Stripe refuses because it is not open any more, retrieve it."""
        with translate_errors():
            return self._checkouts.close(session, _checkout_id(session))

    def capture(self, session: PaymentSession) -> Checkout:
        """Retrieve the Checkout Session: Stripe captures by itself."""
        return self.look_up(session)

    def find_checkout(self, session: PaymentSession) -> Checkout | None:
        """Search the Checkout Sessions created at the time for the one of this payment session.

        Raises:
            ProviderUnavailable: there are more than ``most_searched``, so the answer is unknown.
        """
        with translate_errors():
            return self._checkouts.find(session)

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """The payment events among those that a webhook endpoint has not acknowledged, oldest first.

        Reports of refunds and disputes are left out: ``movements`` has what they are about.
        """
        with translate_errors():
            events = records.undelivered_events(self._api, since, at_most)
            livemode = self.account().livemode
        readable = self._readable(
            reversed(events),
            lambda event: StripeEvent.from_json(event).meaning(provider=self.name, livemode=livemode, stage=self.stage),
        )
        return tuple(found for found in readable if isinstance(found, PaymentEvent))

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """The payment event of each of our Checkout Sessions that was created since then and is completed."""
        with translate_errors():
            found = records.completed_sessions(self._api, since, at_most)
        readable = self._readable(
            found, lambda checkout: translation.from_completed_checkout(self.name, self.stage, checkout)
        )
        return tuple(event for event in readable if event is not None)

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """Retrieve the PaymentIntent, and list its refunds and disputes."""
        with translate_errors():
            return self._payments.state(session, _payment_id(session))

    def receipt_url(self, session: PaymentSession) -> str | None:
        """Retrieve the PaymentIntent with its charge, which has the address."""
        with translate_errors():
            return self._payments.receipt_url(_payment_id(session))

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        """Create the refund, with our ids of session and refund as the idempotency key and in its metadata."""
        with translate_errors():
            self._payments.refund(_payment_id(session), refund)

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement]:
        """The balance transactions of payments, refunds and disputes, read lazily, a few hours at a time.

        One that cannot be read is reported to telemetry and left out. Slow payments are left out until they arrived.
        """
        with translate_errors():
            found = records.balance_transactions(self._api, since, until)
            readable = self._readable(found, lambda transaction: movement(transaction, self.stage))
            yield from (one for one in readable if one is not None)

    def recent_reversals(self, *, since: datetime, until: datetime) -> Iterator[ReversalReference]:
        """The refunds and disputes created in this time, read lazily.

        One that cannot be read is reported to telemetry and left out, as is one of a charge without a PaymentIntent.
        """
        with translate_errors():
            found = records.reversals_created(self._api, since, until)
            readable = self._readable(found, reversal_reference)
            yield from (one for one in readable if one is not None)

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        """The completed Checkout Sessions of this stage, read lazily, a few hours at a time."""
        with translate_errors():
            found = records.completed_sessions_between(self._api, since, until)
            readable = self._readable(found, lambda checkout: rebuildable(self.name, self.stage, checkout))
            yield from (one for one in readable if one is not None)

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """Retrieve the PaymentIntent and read its metadata."""
        with translate_errors():
            return self._payments.session_of(report.provider_payment_id)

    def payment_named_by(self, provider_id: str) -> str | None:
        """Retrieve the refund, dispute or charge, whichever the id begins like."""
        with translate_errors():
            return payment_named_by(self._api, provider_id)

    def delete_customer(self, customer_id: str) -> None:
        """Delete the Customer. Stripe keeps its payments, as it must, and refunds and disputes of them go on."""
        with translate_errors():
            delete_customer(self._api, customer_id)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
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
        return event.meaning(provider=self.name, livemode=self.account().livemode, stage=self.stage)

    def _readable(self, resources: Iterable[JsonObject], parse: Callable[[JsonObject], ParsedT]) -> Iterator[ParsedT]:
        """The parsed objects. One that cannot be parsed is reported to telemetry and left out."""
        for resource in resources:
            try:
                parsed = parse(resource)
            except MalformedEvent:
                self.telemetry.emit(Signal.EVENT_REFUSED, provider=self.name, event_id=str(resource.get("id")))
            else:
                yield parsed

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


def _checkout_id(session: PaymentSession) -> str:
    if session.provider_session_id is None:
        raise ValueError("The payment session has no Checkout Session id.")
    return session.provider_session_id


def _payment_id(session: PaymentSession) -> str:
    if session.provider_payment_id is None:
        raise ValueError("The payment session has no PaymentIntent id.")
    return session.provider_payment_id


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise Stripe's refusals as errors of the domain. A response that cannot be parsed counts as no response."""
    try:
        yield
    except StripeRefusedError as refused:
        raise (AmountTooSmall if refused.reason == api.TOO_SMALL else ProviderRejected) from None
    except MalformedEvent:
        raise ProviderUnavailable from None
