"""The payment gateway for PayPal orders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from attrs import define, field

from adapters.circuit_breaker import CircuitBreaker
from adapters.paypal import orders, records, values
from adapters.paypal.api import HOSTS, TIMEOUT, Connect, PayPalApi, PayPalRefusedError
from adapters.paypal.checkouts import Checkouts
from adapters.paypal.events import PayPalEvent
from adapters.paypal.limits import LIMITS
from adapters.paypal.movements import Movements, dispute_in, refund_in
from adapters.paypal.naming import capture_named_by
from adapters.paypal.payments import Payments, payment_of
from adapters.paypal.rebuild import captured_orders, rebuildable
from adapters.paypal.signature import HOSTS as CERTIFICATE_HOSTS
from adapters.paypal.signature import NAMES, AskingVerifier, CertificateVerifier, Signatures
from adapters.settings import SettingsError
from domain.errors import MalformedEvent, ProviderRejected, ProviderUnavailable
from domain.payments.events import IgnoredEvent, IgnoreReason, PaymentEvent, ReversalReported
from domain.payments.reversals import PaymentState, Reversal, ReversalReference
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.payment_gateway import (
    Checkout,
    Movement,
    NotPossible,
    PaymentGateway,
    ProviderAccount,
    RebuildableCheckout,
    Search,
    SessionReference,
)
from domain.ports.secret_store import SecretStore
from domain.ports.telemetry import Telemetry
from domain.pricing import ProviderLimits
from domain.students import Student

PAGES = {
    "live": "https://www.paypal.com/checkoutnow?token=",
    "sandbox": "https://www.sandbox.paypal.com/checkoutnow?token=",
}
VERIFY = ("certificate", "call")
_NAME = "paypal"
_ACCOUNT_DIGITS = 12


@define(eq=False, kw_only=True)
class PayPalGateway(PaymentGateway):
    """Sells through orders, which the buyer approves on PayPal's page.

    ``mode`` is ``live`` or ``sandbox``; ``api_base`` is the URL of an emulator, None for PayPal's own API. Of the
    secrets, the publishable key is the client id, and the webhook secret the id of our webhook. ``by_call``: PayPal
    verifies signatures itself; ``roots`` is the file of the roots that its certificates must chain to otherwise.
    ``timeout`` are the seconds to connect, and to wait for an answer; ``connect`` makes what sends requests, None for
    connections of the product's own.
    """

    secrets: SecretStore
    clock: Clock
    telemetry: Telemetry
    stage: str = ""
    mode: str = "sandbox"
    api_base: str | None = None
    by_call: bool = False
    roots: str | None = None
    timeout: tuple[float, float] = TIMEOUT
    connect: Connect | None = None
    name: str = field(default=_NAME, init=False)
    limits: ProviderLimits = field(default=LIMITS, init=False)
    has_form: bool = field(default=False, init=False)
    _breaker: CircuitBreaker = field(init=False)
    _checkouts: Checkouts = field(init=False)
    _payments: Payments = field(init=False)
    _signatures: Signatures = field(init=False)
    _api: PayPalApi = field(init=False)

    @classmethod
    def plugged_in(
        cls, *, secrets: SecretStore, clock: Clock, telemetry: Telemetry, stage: str, variables: Mapping[str, str]
    ) -> PayPalGateway:
        """The gateway of a deployment. ``variables``: ``MODE``, ``API_BASE``, ``VERIFY`` (``certificate`` or ``call``),
        ``CERTIFICATE_ROOTS``.

        Raises:
            SettingsError: a variable is none of these words.
        """
        mode, verify = variables.get("MODE", "sandbox"), variables.get("VERIFY", "certificate")
        if mode not in HOSTS or verify not in VERIFY:
            raise SettingsError("PAYPAL_MODE is live or sandbox, PAYPAL_VERIFY is certificate or call.")
        return cls(
            secrets=secrets,
            clock=clock,
            telemetry=telemetry,
            stage=stage,
            mode=mode,
            api_base=variables.get("API_BASE"),
            by_call=verify == "call",
            roots=variables.get("CERTIFICATE_ROOTS"),
        )

    def __attrs_post_init__(self) -> None:
        """Build the API client and the verifier. Sends no request."""
        self._breaker = CircuitBreaker(self.clock)
        self._api = PayPalApi(
            provider=self.name,
            base=self.api_base or HOSTS[self.mode],
            secrets=self.secrets,
            clock=self.clock,
            telemetry=self.telemetry,
            breaker=self._breaker,
            timeout=self.timeout,
            connect=self.connect,
        )
        page = f"{self.api_base}/checkoutnow?token=" if self.api_base else PAGES[self.mode]
        self._checkouts = Checkouts(
            api=self._api, clock=self.clock, stage=self.stage, livemode=self._livemode, page=page
        )
        self._payments = Payments(api=self._api, livemode=self._livemode, stage=self.stage)
        hosts = (self.api_base,) if self.api_base else CERTIFICATE_HOSTS
        self._signatures = Signatures(
            provider=self.name,
            secrets=self.secrets,
            verifier=AskingVerifier(api=self._api)
            if self.by_call
            else CertificateVerifier(clock=self.clock, names=NAMES[self.mode], hosts=hosts, roots=self.roots),
        )

    @property
    def _livemode(self) -> bool:
        return self.mode == "live" and self.api_base is None

    def require_ready(self) -> None:
        """Raise ``ProviderUnavailable`` while the circuit breaker is open. Sends no request."""
        if self._breaker.is_open:
            raise ProviderUnavailable

    def account(self) -> ProviderAccount:
        """The client id, and the mode that is configured. Sends no request."""
        client_id = self.secrets.secrets(self.name).publishable_key
        digest = hashlib.sha256(f"{self.mode}:{client_id}".encode()).hexdigest()
        return ProviderAccount(publishable_key=client_id, livemode=self._livemode, account_id=digest[:_ACCOUNT_DIGITS])

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:  # noqa: ARG002 - PayPal knows its buyers
        """Create the order, with the payment session's id as the request id."""
        with self._translated_errors():
            return self._checkouts.open(session)

    def look_up(self, session: PaymentSession) -> Checkout:
        """Retrieve the order."""
        with self._translated_errors():
            return self._checkouts.retrieve(session)

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Report the order as closed if nothing was captured: orders cannot be closed, and need not be."""
        with self._translated_errors():
            return self._checkouts.leave(session)

    def capture(self, session: PaymentSession) -> Checkout:
        """Capture the order, with the payment session's id and the number of the attempt as the request id."""
        with self._translated_errors():
            return self._checkouts.capture(session)

    def find_checkout(self, session: PaymentSession) -> Checkout | NotPossible | None:  # noqa: ARG002 - there is no search
        """PayPal finds orders by their own id only."""
        return Search.NOT_POSSIBLE

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What the orders that PayPal's events since then are about say now, whoever has heard of them."""
        with self._translated_errors():
            names = records.orders_named(self._api, since, self.clock.now(), at_most)
            found = (self._read_again(order_id, event) for order_id, event in names.items())
            return tuple(event for event in found if isinstance(event, PaymentEvent))

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What captured orders say now that were created since then and that PayPal sent events about."""
        with self._translated_errors():
            found = []
            for order_id in records.orders_named(self._api, since, self.clock.now(), at_most):
                order = self._checkouts.order(order_id)
                owner = orders.owner_of(order)
                is_ours = owner is not None and owner.stage == self.stage
                if owner and is_ours and orders.capture_of(order) and orders.created_at(order) >= since:
                    found.append(self._checkouts.event_of(order, owner, "", "lookup"))
            return tuple(found[:at_most])

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """Retrieve the capture, its refunds and its disputes."""
        with self._translated_errors():
            return self._payments.state(payment_of(session))

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        """Refund the capture, with our ids of session and refund as the request id."""
        with self._translated_errors():
            self._payments.refund(payment_of(session), refund)

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement] | None:
        """The transactions of payments, refunds and disputes, read lazily; None where our keys may not list them.

        PayPal lists them hours late. One that cannot be read is reported to telemetry and left out.
        """
        return self._movements(since, until) if self._may_list(since) else None

    def _movements(self, since: datetime, until: datetime) -> Iterator[Movement]:
        known = Movements(self._payments, self.stage)
        with self._translated_errors():
            found = records.readable(self._api, records.transactions(self._api, since, until), known.of)
            yield from (one for one in found if one is not None)

    def recent_reversals(self, *, since: datetime, until: datetime) -> Iterator[ReversalReference] | None:
        """The refunds, then the disputes, that began in this time, read lazily; None where our keys may not list them.

        One that cannot be read is reported to telemetry and left out.
        """
        return self._reversals(since, until) if self._may_list(since) else None

    def _may_list(self, since: datetime) -> bool:
        with self._translated_errors():
            return records.may_list_transactions(self._api, since)

    def _reversals(self, since: datetime, until: datetime) -> Iterator[ReversalReference]:
        with self._translated_errors():
            transactions = records.transactions(self._api, since, until, without_money=True)
            refunds = records.readable(self._api, transactions, refund_in)
            yield from (one for one in refunds if one is not None)
            disputes = records.disputes_created(self._api, since, until, self.clock.now())
            yield from records.readable(self._api, disputes, dispute_in)

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        """The orders of this stage that were captured in this time, as far as PayPal lists what leads to them."""
        with self._translated_errors():
            captured = captured_orders(self._api, self._payments, since, until)
            found = records.readable(self._api, captured, lambda order: rebuildable(self._checkouts, order))
            yield from (one for one in found if one is not None)

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """Retrieve the capture and read its custom id."""
        with self._translated_errors():
            return self._payments.session_of(report.provider_payment_id)

    def payment_named_by(self, provider_id: str) -> str | None:
        """Retrieve the refund or dispute, whichever the id looks like."""
        with self._translated_errors():
            return capture_named_by(self._api, provider_id)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
        """Verify the signature of a webhook request, then ask PayPal about what it names."""
        self._signatures.require(body, headers)
        event = PayPalEvent.of(values.parsed(body))
        if event.order_id is not None:
            with self._translated_errors():
                return self._read_again(event.order_id, event)
        if event.capture_id is None:
            return self._ignored(event, IgnoreReason.UNSUBSCRIBED)
        return ReversalReported(
            provider=self.name,
            event_id=event.event_id,
            event_type=event.event_type,
            provider_payment_id=event.capture_id,
            provider_reversal_id=event.reversal_id,
            livemode=self._livemode,
        )

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Raise PayPal's refusals as errors of the domain. An answer that cannot be understood counts as no answer."""
        try:
            yield
        except PayPalRefusedError:
            raise ProviderRejected from None
        except MalformedEvent:
            self._api.could_not_read()
            raise ProviderUnavailable from None

    def _read_again(self, order_id: str, event: PayPalEvent) -> PaymentEvent | IgnoredEvent:
        try:
            order = self._checkouts.order(order_id)
        except PayPalRefusedError as refused:
            if not refused.is_unknown:
                raise
            return self._ignored(event, IgnoreReason.OTHER_ACCOUNT)
        owner = orders.owner_of(order)
        if owner is None:
            return self._ignored(event, IgnoreReason.FOREIGN)
        if owner.stage != self.stage:
            return self._ignored(event, IgnoreReason.OTHER_STAGE)
        return self._checkouts.event_of(order, owner, event.event_id, event.event_type)

    def _ignored(self, event: PayPalEvent, reason: IgnoreReason) -> IgnoredEvent:
        return IgnoredEvent(provider=self.name, event_id=event.event_id, event_type=event.event_type, reason=reason)
