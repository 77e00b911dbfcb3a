"""PayPal's list of transactions as movements of money of our payments.

A transaction has a code, ``T`` and four digits. Its first two digits, the group, say what it is about; among reversals
and adjustments there are many codes, so that they are classified by what they refer to.
"""

from __future__ import annotations

import re
from datetime import datetime

from attrs import define, evolve, field, frozen

from adapters.paypal import references, values
from adapters.paypal.payments import Payments, disputed_capture
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent
from domain.ledger import EntryKind
from domain.payments.reversals import ReversalReference
from domain.ports.payment_gateway import Movement, SessionReference

_CODE = re.compile(r"T([0-9]{2})[0-9]{2}")
_PAYMENT, _FEE, _REVERSALS, REFUND = "00", "01", ("11", "12"), "T1107"
_NOT_MOVED = ("D", "P")
"""Denied, and pending."""


@frozen(kw_only=True)
class Transaction:
    """The fields of a transaction. Amounts are signed, in minor units: what leaves the account is negative.

    ``about`` is the transaction that it refers to, if any.
    """

    transaction_id: str
    code: str
    group: str
    status: str
    about: str | None
    amount: int
    currency: str
    fee: int
    fee_currency: str
    custom_id: str
    at: datetime

    @classmethod
    def parse(cls, info: JsonObject) -> Transaction:
        """A transaction of the list.

        Raises:
            MalformedEvent: it lacks a documented field.
        """
        code = values.identifier(info, "transaction_event_code")
        found = _CODE.fullmatch(code)
        if found is None:
            raise MalformedEvent
        amount, currency = values.signed_minor_units(info, "transaction_amount")
        fee, fee_currency = 0, currency
        if info.get("fee_amount") is not None:
            fee, fee_currency = values.signed_minor_units(info, "fee_amount")
        refers = values.text(info, "paypal_reference_id_type") == "TXN"
        return cls(
            transaction_id=values.identifier(info, "transaction_id"),
            code=code,
            group=found[1],
            status=values.text(info, "transaction_status"),
            about=values.identifier(info, "paypal_reference_id") if refers else None,
            amount=amount,
            currency=currency,
            fee=-fee,
            fee_currency=fee_currency,
            custom_id=values.text(info, "custom_field"),
            at=values.timestamp(info, "transaction_initiation_date"),
        )

    @property
    def is_payment(self) -> bool:
        """Whether it is money that we received for something."""
        return self.group == _PAYMENT and self.amount > 0 and self.status not in _NOT_MOVED

    @property
    def is_refund(self) -> bool:
        """Whether it is a refund that we made."""
        return self.code == REFUND and self.about is not None


@frozen
class _Payment:
    """A payment that a reversal is about: its capture, whose it is, and the refund, where the reversal is about one."""

    capture_id: str
    session: SessionReference | None
    refund_id: str | None = None


@define(eq=False)
class Movements:
    """Makes movements of transactions. What it asks PayPal about a payment, it asks once."""

    payments: Payments
    stage: str
    _payments_known: dict[str, _Payment] = field(factory=dict, init=False)
    _disputes_known: dict[str, list[tuple[datetime, str]]] = field(factory=dict, init=False)

    def of(self, info: JsonObject) -> Movement | None:
        """The movement of a transaction; None for what is no money of a payment, such as a payout.

        It names no session if the payment is another product's or another stage's.

        Raises:
            MalformedEvent: it lacks a documented field.
            PayPalRefusedError, ProviderUnavailable: PayPal cannot be asked what it is about.
        """
        found = Transaction.parse(info)
        if found.is_payment:
            custom = references.parse_custom_id(found.custom_id)
            ours = custom.session if custom and custom.is_of(self.stage) else None
            return _movement(found, EntryKind.SALE, _Payment(found.transaction_id, ours), None, found.amount)
        if found.about is None or found.status in _NOT_MOVED:
            return None
        if found.group in _REVERSALS:
            return self._reversal(found, self._payment(found.about))
        if found.group == _FEE:
            return self._fee(found, self._payment(found.about))
        return None

    def _reversal(self, found: Transaction, payment: _Payment) -> Movement:
        dispute = None if found.is_refund or payment.refund_id else self._dispute(payment.capture_id, found.at)
        if found.amount > 0:
            kind = EntryKind.DISPUTE_RETURNED if dispute else EntryKind.REFUND_FAILED
        else:
            kind = EntryKind.DISPUTE if dispute else EntryKind.REFUND
        reversal_id = dispute or payment.refund_id or found.transaction_id
        return _movement(found, kind, payment, reversal_id, found.amount)

    def _fee(self, found: Transaction, payment: _Payment) -> Movement:
        """A fee of its own, such as that of a chargeback: no money of the payment, but a fee in the ledger."""
        dispute = self._dispute(payment.capture_id, found.at)
        kind = EntryKind.DISPUTE if dispute else EntryKind.SALE
        movement = _movement(found, kind, payment, dispute, 0)
        return evolve(movement, movement_id=f"{found.transaction_id}-{found.code}", fee=-found.amount, net=found.amount)

    def _payment(self, about: str) -> _Payment:
        if about not in self._payments_known:
            self._payments_known[about] = self._asked(about)
        return self._payments_known[about]

    def _asked(self, about: str) -> _Payment:
        capture, capture_id, refund_id = self.payments.find(about), about, None
        if capture is None:
            found = self.payments.refunded_by(about)
            if found is None:
                return _Payment(about, None)  # of another product, which does not sell by orders
            capture, capture_id, refund_id = self.payments.find(found), found, about
        return _Payment(capture_id, self.payments.session_in(capture) if capture else None, refund_id)

    def _dispute(self, capture_id: str, at: datetime) -> str | None:
        """The dispute that moved money of this capture then: the last that had begun. Transactions do not name it."""
        if capture_id not in self._disputes_known:
            self._disputes_known[capture_id] = self.payments.disputes_begun(capture_id)
        known = self._disputes_known[capture_id]
        begun = [dispute_id for begun_at, dispute_id in known if begun_at <= at] or [one for _, one in known[:1]]
        return begun[-1] if begun else None


def refund_in(info: JsonObject) -> ReversalReference | None:
    """The refund that a transaction is, made in whatever way; None for all others.

    Raises:
        MalformedEvent: it lacks a documented field.
    """
    found = Transaction.parse(info)
    if not found.is_refund or found.about is None:
        return None
    return ReversalReference(provider_payment_id=found.about, provider_reversal_id=found.transaction_id)


def dispute_in(dispute: JsonObject) -> ReversalReference:
    """The ids of a dispute.

    Raises:
        MalformedEvent: it lacks a documented field.
    """
    return ReversalReference(
        provider_payment_id=disputed_capture(dispute), provider_reversal_id=values.identifier(dispute, "dispute_id")
    )


def _movement(found: Transaction, kind: EntryKind, payment: _Payment, reversal_id: str | None, amount: int) -> Movement:
    return Movement(
        # One id may stand for several bookings of one dispute.
        movement_id=found.transaction_id if kind is EntryKind.SALE else f"{found.transaction_id}-{found.code}",
        kind=kind,
        provider_payment_id=payment.capture_id,
        provider_reversal_id=reversal_id,
        session=payment.session,
        amount=amount,
        currency=found.currency,
        fee=found.fee,
        net=amount - found.fee,
        settlement_currency=found.fee_currency,
        occurred_at=found.at,
        available_on=found.at.date(),
    )
