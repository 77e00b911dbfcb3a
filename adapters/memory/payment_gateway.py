"""A payment provider in a dictionary: it remembers checkouts, and a test decides which are paid, slow or expired."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from attrs import define, evolve, field

from adapters.memory.checkouts import KeptCheckout, Stage
from adapters.memory.reversed_money import Account
from domain.errors import InvalidSignature, MalformedEvent, ProviderRejected, ProviderUnavailable, RefundRejected
from domain.ledger import EntryKind
from domain.money import Money
from domain.payments.events import IgnoredEvent, PaymentEvent, ReversalReported
from domain.payments.reversals import PaymentState, RefundStatus, Reversal, ReversalReference
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.payment_gateway import (
    Checkout,
    Movement,
    NotPossible,
    PaymentGateway,
    ProviderAccount,
    RebuildableCheckout,
    SessionReference,
)
from domain.pricing import ProviderLimits
from domain.students import Student

LIMITS = ProviderLimits(
    minimum_charge=MappingProxyType({"usd": 50, "eur": 50, "gbp": 30, "sek": 300, "jpy": 50}),
    shortest_checkout=timedelta(minutes=30),
    longest_checkout=timedelta(hours=24),
    keys_kept=timedelta(hours=24),
)

SIGNATURE = "memory-signature"
_KEY = b"whsec_memory"


@define(eq=False)
class MemoryPaymentGateway(PaymentGateway):
    """Checkouts by the id of the payment session they were opened for.

    Open checkouts expire by the ``clock``. ``surcharge`` is added to whatever a new checkout charges, in minor
    units. ``is_resting``: nothing new may be begun. ``stage`` is what the metadata name; None makes them those of
    version 1. The ids of checkouts count from ``first_number``. ``deleted_customers`` are the ids of those deleted.
    """

    clock: Clock
    name: str = "memory"
    limits: ProviderLimits = LIMITS
    livemode: bool = False
    account_id: str | None = None
    surcharge: int = 0
    is_resting: bool = False
    stage: str | None = "test"
    first_number: int = 1
    deleted_customers: set[str] = field(factory=set, init=False)
    checkouts: dict[str, KeptCheckout] = field(factory=dict, init=False)
    _events: dict[str, PaymentEvent | ReversalReported | IgnoredEvent] = field(factory=dict, init=False)
    _read: set[str] = field(factory=set, init=False)
    bank: Account = field(factory=Account, init=False)
    refund_status: RefundStatus = RefundStatus.SUCCEEDED
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def require_ready(self) -> None:
        """Refuse while ``is_resting``."""
        if self.is_resting:
            raise ProviderUnavailable

    def account(self) -> ProviderAccount:
        """An account without a name."""
        return ProviderAccount(publishable_key=f"pk_{self.name}", livemode=self.livemode, account_id=self.account_id)

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """The session's checkout; another request under the same id is refused, a changed one being no repetition."""
        if not self.account().opened(session):
            raise ProviderRejected
        with self._lock:
            kept = self.checkouts.get(session.payment_session_id) or self._keep(self._new(session, buyer))
        if not kept.is_for(session):
            raise ProviderRejected
        return self._current(kept).shown()

    def look_up(self, session: PaymentSession) -> Checkout:
        """The checkout as it stands now."""
        return self._known(session).shown()

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Close the checkout if it is open."""
        kept = self._known(session)
        if kept.stage is not Stage.OPEN:
            return kept.shown()
        self._keep(evolve(kept, stage=Stage.EXPIRED))
        # Whoever asks later hears only that it expired: the provider does not remember why.
        return evolve(kept, stage=Stage.CLOSED).shown()

    def capture(self, session: PaymentSession) -> Checkout:
        """The checkout as it stands now: the money moved when the student paid."""
        return self.look_up(session)

    def find_checkout(self, session: PaymentSession) -> Checkout | NotPossible | None:
        """The checkout that was opened for this session, if one was."""
        kept = self.checkouts.get(session.payment_session_id)
        return None if kept is None else self._current(kept).shown()

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:  # noqa: ARG002 - it keeps no dates
        """The events that ``message`` made and nobody has read."""
        waiting = [event for name, event in self._events.items() if name not in self._read]
        return tuple(event for event in waiting if isinstance(event, PaymentEvent))[:at_most]

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What completed checkouts opened since then say."""
        done = [kept for kept in self.checkouts.values() if kept.stage in (Stage.PAID, Stage.PENDING, Stage.FAILED)]
        recent = [kept for kept in done if kept.opened_for.created_at >= since]
        return tuple(kept.event("lookup") for kept in recent)[:at_most]

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """The payment as it stands now."""
        try:
            return self.bank.payments[session.provider_payment_id or ""]
        except KeyError:
            raise ProviderRejected from None

    def receipt_url(self, session: PaymentSession) -> str | None:
        """An address that differs from payment to payment."""
        return f"https://receipts.example/{session.provider_payment_id}"

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        """Make the refund once per key; raise ProviderRejected where the account refuses it for good."""
        with self._lock:
            key = f"{session.payment_session_id}:{refund.reversal_id}"
            if key in self.bank.keys:
                return
            try:
                made = self.bank.refund(
                    session.provider_payment_id or "",
                    refund.amount,
                    self.clock.now(),
                    refund_id=refund.reversal_id,
                    status=self.refund_status,
                )
            except KeyError:
                raise ProviderRejected from None
            except ValueError as refused:
                raise RefundRejected(str(refused)) from None
            self.bank.keys[key] = made.provider_reversal_id

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement]:
        """Every movement in this time."""
        return iter([one for one in self.bank.movements if since <= one.occurred_at < until])

    def recent_reversals(self, *, since: datetime, until: datetime) -> Iterator[ReversalReference]:
        """Every refund and dispute that began in this time."""
        return iter([reference for began, reference in self.bank.reversals if since <= began < until])

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """Whose payment it is, by the metadata of the payment."""
        return self.bank.references.get(report.provider_payment_id)

    def payment_named_by(self, provider_id: str) -> str | None:
        """The payment that this refund or dispute is about."""
        found = (one.provider_payment_id for _, one in self.bank.reversals if one.provider_reversal_id == provider_id)
        return next(found, None)

    def delete_customer(self, customer_id: str) -> None:
        """Remember that the customer is gone."""
        self.deleted_customers.add(customer_id)

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        """The paid checkouts opened in this time."""
        paid_at = {
            one.provider_payment_id: one.occurred_at for one in self.bank.movements if one.kind is EntryKind.SALE
        }
        for kept in list(self.checkouts.values()):
            if kept.stage is Stage.PAID and since <= kept.opened_for.created_at < until:
                yield kept.rebuildable(self.stage, paid_at.get(kept.payment_id))

    def reported(self, provider_payment_id: str, provider_reversal_id: str | None = None) -> ReversalReported:
        """The report of a change about this payment's refunds or disputes, without the ids of ours."""
        payment = self.bank.payments[provider_payment_id]
        return ReversalReported(
            provider=self.name,
            event_id=f"reversal:{provider_payment_id}:{hash(payment)}",
            event_type="reversal.changed",
            provider_payment_id=provider_payment_id,
            provider_reversal_id=provider_reversal_id,
            livemode=self.livemode,
        )

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
        """The event that ``message`` made into this body."""
        if not hmac.compare_digest(headers.get(SIGNATURE, "").encode(), _signature(body).encode()):
            raise InvalidSignature
        try:
            name = json.loads(body)["event"]
            event = self._events[name]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise MalformedEvent from None
        self._read.add(name)
        return event

    # -- what a student, a bank and time do: for whoever plays the provider ------------------------------------------

    def pay(self, payment_session_id: str, amount: Money | None = None) -> PaymentEvent:
        """The student pays: at once, or the slow payment arrives. ``amount`` is what was received, if not the price."""
        kept = self._passed(payment_session_id, Stage.PAID, after={Stage.OPEN, Stage.PENDING})
        return self._paid(kept, amount or kept.amount).event("checkout.paid")

    def promise(self, payment_session_id: str) -> PaymentEvent:
        """The student finishes with a slow method: the money is on its way."""
        kept = self._passed(payment_session_id, Stage.PENDING, after={Stage.OPEN})
        return self._keep(kept).event("checkout.pending")

    def bounce(self, payment_session_id: str) -> PaymentEvent:
        """The slow payment fails."""
        kept = self._passed(payment_session_id, Stage.FAILED, after={Stage.PENDING})
        return self._keep(kept).event("checkout.failed")

    def expire(self, payment_session_id: str) -> PaymentEvent:
        """The checkout closes unpaid."""
        kept = self._passed(payment_session_id, Stage.EXPIRED, after={Stage.OPEN})
        return self._keep(kept).event("checkout.expired")

    def message(self, event: PaymentEvent | ReversalReported | IgnoredEvent) -> tuple[bytes, dict[str, str]]:
        """The signed body and headers by which a webhook hears of this event."""
        self._events[event.event_id] = event
        body = json.dumps({"event": event.event_id}).encode()
        return body, {SIGNATURE: _signature(body)}

    def _paid(self, kept: KeptCheckout, amount: Money) -> KeptCheckout:
        customer = kept.opened_for.customer_id or f"cus_{kept.number:06d}"
        paid = self._keep(evolve(kept, stage=Stage.PAID, amount=amount, customer_id=customer))
        if not paid.amount.is_zero:
            self._receive(paid)
        return paid

    def _receive(self, paid: KeptCheckout) -> None:
        payment = PaymentState(
            provider_payment_id=paid.payment_id,
            received=paid.amount.amount,
            currency=paid.amount.currency,
            livemode=paid.livemode,
        )
        session = paid.opened_for
        reference = SessionReference(user_id=session.user_id, payment_session_id=session.payment_session_id)
        self.bank.receive(payment, reference, self.clock.now())

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _new(self, session: PaymentSession, buyer: Student) -> KeptCheckout:
        amount = Money(session.total.amount + self.surcharge, session.total.currency)
        number = len(self.checkouts) + self.first_number
        return KeptCheckout(
            number=number,
            provider=self.name,
            opened_for=session,
            amount=amount,
            livemode=self.livemode,
            email=buyer.email or None,
        )

    def _keep(self, kept: KeptCheckout) -> KeptCheckout:
        self.checkouts[kept.opened_for.payment_session_id] = kept
        return kept

    def _current(self, kept: KeptCheckout) -> KeptCheckout:
        over = kept.stage is Stage.OPEN and self.clock.now() >= kept.opened_for.expires_at
        return self._keep(evolve(kept, stage=Stage.EXPIRED)) if over else kept

    def _known(self, session: PaymentSession) -> KeptCheckout:
        kept = self.checkouts.get(session.payment_session_id)
        if kept is None or kept.provider_session_id != session.provider_session_id:
            raise ProviderRejected
        return self._current(kept)

    def _passed(self, payment_session_id: str, stage: Stage, *, after: set[Stage]) -> KeptCheckout:
        kept = self._current(self.checkouts[payment_session_id])
        if kept.stage not in after:
            raise ValueError(f"A checkout that is {kept.stage} cannot become {stage}.")
        return evolve(kept, stage=stage)


def _signature(body: bytes) -> str:
    return hmac.new(_KEY, body, hashlib.sha256).hexdigest()
