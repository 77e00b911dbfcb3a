"""The payment gateway for PayPal orders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from attrs import define, field

from adapters.circuit_breaker import CircuitBreaker
from adapters.paypal import orders, records, values
from adapters.paypal.api import HOSTS, PayPalApi, PayPalRefusedError
from adapters.paypal.checkouts import Checkouts
from adapters.paypal.events import PayPalEvent
from adapters.paypal.limits import LIMITS
from adapters.paypal.naming import capture_named_by
from adapters.paypal.payments import Payments
from adapters.paypal.signature import HOSTS as CERTIFICATE_HOSTS
from adapters.paypal.signature import NAMES, AskingVerifier, CertificateVerifier, Verifier
from adapters.settings import SettingsError
from domain.errors import InvalidSignature, MalformedEvent, ProviderRejected, ProviderUnavailable
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
    """

    secrets: SecretStore
    clock: Clock
    telemetry: Telemetry
    stage: str = ""
    mode: str = "sandbox"
    api_base: str | None = None
    by_call: bool = False
    roots: str | None = None
    name: str = field(default=_NAME, init=False)
    limits: ProviderLimits = field(default=LIMITS, init=False)
    _breaker: CircuitBreaker = field(init=False)
    _checkouts: Checkouts = field(init=False)
    _payments: Payments = field(init=False)
    _verifier: Verifier = field(init=False)
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
        )
        page = f"{self.api_base}/checkoutnow?token=" if self.api_base else PAGES[self.mode]
        self._checkouts = Checkouts(
            api=self._api, clock=self.clock, stage=self.stage, livemode=self._livemode, page=page
        )
        self._payments = Payments(api=self._api, livemode=self._livemode)
        hosts = (self.api_base,) if self.api_base else CERTIFICATE_HOSTS
        self._verifier = (
            AskingVerifier(api=self._api)
            if self.by_call
            else CertificateVerifier(clock=self.clock, names=NAMES[self.mode], hosts=hosts, roots=self.roots)
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
        with translate_errors():
            return self._checkouts.open(session)

    def look_up(self, session: PaymentSession) -> Checkout:
        """Retrieve the order."""
        with translate_errors():
            return self._checkouts.retrieve(session)

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Report the order as closed if nothing was captured: orders cannot be closed, and need not be."""
        with translate_errors():
            return self._checkouts.leave(session)

    def capture(self, session: PaymentSession) -> Checkout:
        """Capture the order, with the payment session's id and the number of the attempt as the request id."""
        with translate_errors():
            return self._checkouts.capture(session)

    def find_checkout(self, session: PaymentSession) -> Checkout | NotPossible | None:  # noqa: ARG002 - there is no search
        """PayPal finds orders by their own id only."""
        return Search.NOT_POSSIBLE

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What the orders that PayPal's events since then are about say now, whoever has heard of them."""
        with translate_errors():
            names = records.orders_named(self._api, since, self.clock.now(), at_most)
            found = (self._read_again(order_id, event) for order_id, event in names.items())
            return tuple(event for event in found if isinstance(event, PaymentEvent))

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What captured orders say now that were created since then and that PayPal sent events about."""
        with translate_errors():
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
        with translate_errors():
            return self._payments.state(_payment_id(session))

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        """Refund the capture, with our ids of session and refund as the request id."""
        with translate_errors():
            self._payments.refund(_payment_id(session), refund)

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement] | None:  # noqa: ARG002 - there are none
        """PayPal's list of transactions is hours late and needs a permission of its own: None."""
        return None

    def recent_reversals(self, *, since: datetime, until: datetime) -> Iterator[ReversalReference] | None:  # noqa: ARG002 - none
        """PayPal lists disputes, and no refunds: None."""
        return None

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:  # noqa: ARG002 - none
        """PayPal lists no orders."""
        return iter(())

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """Retrieve the capture and read its custom id."""
        with translate_errors():
            return self._payments.session_of(report.provider_payment_id)

    def payment_named_by(self, provider_id: str) -> str | None:
        """Retrieve the refund or dispute, whichever the id looks like."""
        with translate_errors():
            return capture_named_by(self._api, provider_id)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
        """Verify the signature of a webhook request, then ask PayPal about what it names."""
        self._require_signature(body, headers)
        event = PayPalEvent.of(values.parsed(body))
        if event.order_id is not None:
            with translate_errors():
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

    def _require_signature(self, body: bytes, headers: Mapping[str, str]) -> None:
        known = self.secrets.secrets(self.name).webhook_secrets
        for webhook_id in known:
            if self._is_genuine(body, headers, webhook_id):
                return
        # The webhook may just have been registered anew.
        for webhook_id in self.secrets.refreshed(self.name).webhook_secrets:
            if webhook_id not in known and self._is_genuine(body, headers, webhook_id):
                return
        raise InvalidSignature

    def _is_genuine(self, body: bytes, headers: Mapping[str, str], webhook_id: str) -> bool:
        try:
            self._verifier.require_genuine(body, headers, webhook_id)
        except InvalidSignature:
            return False
        return True


def _payment_id(session: PaymentSession) -> str:
    if session.provider_payment_id is None:
        raise ValueError("The payment session has no capture id.")
    return session.provider_payment_id


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise PayPal's refusals as errors of the domain. A response that cannot be parsed counts as no response."""
    try:
        yield
    except PayPalRefusedError:
        raise ProviderRejected from None
    except MalformedEvent:
        raise ProviderUnavailable from None
