"""Refunds and disputes as the provider in memory keeps them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from attrs import define, evolve, field

from domain.ledger import EntryKind
from domain.payments.reversals import (
    DisputeState,
    DisputeStatus,
    PaymentState,
    RefundState,
    RefundStatus,
    ReversalReference,
)
from domain.ports.payment_gateway import Movement, SessionReference

_OPEN = frozenset({DisputeStatus.OPEN, DisputeStatus.LOST})
_ANSWERABLE = frozenset({DisputeStatus.OPEN, DisputeStatus.INQUIRY})

TIME_TO_RESPOND = timedelta(days=7)
"""How long the provider waits for the school's answer to a dispute."""

P = ParamSpec("P")
T = TypeVar("T")


def _alone(change: Callable[Concatenate[Account, P], T]) -> Callable[Concatenate[Account, P], T]:
    """The change while nobody else changes the same account."""

    @wraps(change)
    def alone(account: Account, /, *given: P.args, **named: P.kwargs) -> T:
        with account.lock:
            return change(account, *given, **named)

    return alone


@define(eq=False)
class Account:
    """The provider's records: payments by id, what went back of each, every movement of money in its order, and every
    refund and dispute with the time when it began.

    ``keys`` are idempotency keys of refunds; ``forget_keys`` makes the provider forget them, as it does after a day.
    """

    payments: dict[str, PaymentState] = field(factory=dict, init=False)
    references: dict[str, SessionReference] = field(factory=dict, init=False)
    movements: list[Movement] = field(factory=list, init=False)
    reversals: list[tuple[datetime, ReversalReference]] = field(factory=list, init=False)
    keys: dict[str, str] = field(factory=dict, init=False)
    lock: threading.RLock = field(factory=threading.RLock, init=False)
    _numbers: int = field(default=0, init=False)

    @_alone
    def receive(self, payment: PaymentState, reference: SessionReference, at: datetime) -> None:
        """A payment arrives; once."""
        if payment.provider_payment_id in self.payments:
            return
        self.payments[payment.provider_payment_id] = payment
        self.references[payment.provider_payment_id] = reference
        self._move(EntryKind.SALE, payment, payment.received, None, at)

    @_alone
    def refund(
        self,
        payment_id: str,
        amount: int,
        at: datetime,
        *,
        refund_id: str | None = None,
        status: RefundStatus = RefundStatus.SUCCEEDED,
        reason: str | None = None,
    ) -> RefundState:
        """A refund is made, at our request (``refund_id``) or in the provider's dashboard.

        Raises:
            ValueError: not so much is left, or the payment is disputed.
        """
        payment = self.payments[payment_id]
        if any(dispute.withdrawn for dispute in payment.disputes):
            raise ValueError("charge_disputed")
        if amount > payment.received - sum(refund.counted for refund in payment.refunds):
            raise ValueError("charge_already_refunded")
        refund = RefundState(
            provider_reversal_id=f"re_{self._next():06d}",
            refund_id=refund_id,
            amount=amount,
            currency=payment.currency,
            status=status,
            reason=reason,
        )
        self.payments[payment_id] = evolve(payment, refunds=(*payment.refunds, refund))
        self._begin(payment_id, refund.provider_reversal_id, at)
        self._move(EntryKind.REFUND, payment, -amount, refund.provider_reversal_id, at)
        return refund

    @_alone
    def change_refund(self, payment_id: str, provider_reversal_id: str, status: RefundStatus, at: datetime) -> None:
        """A refund succeeds or fails, perhaps days later; a failed one gives its money back to us."""
        payment = self.payments[payment_id]
        changed = tuple(
            evolve(refund, status=status) if refund.provider_reversal_id == provider_reversal_id else refund
            for refund in payment.refunds
        )
        before = next(one for one in payment.refunds if one.provider_reversal_id == provider_reversal_id)
        self.payments[payment_id] = evolve(payment, refunds=changed)
        if before.counted and status is RefundStatus.FAILED:
            self._move(EntryKind.REFUND_FAILED, payment, before.amount, provider_reversal_id, at)

    @_alone
    def dispute(self, payment_id: str, at: datetime, *, amount: int | None = None, inquiry: bool = False) -> str:
        """The payer disputes the payment; returns the provider's id of the dispute."""
        payment = self.payments[payment_id]
        disputed = payment.received if amount is None else amount
        dispute = DisputeState(
            provider_reversal_id=f"du_{self._next():06d}",
            amount=disputed,
            currency=payment.currency,
            status=DisputeStatus.INQUIRY if inquiry else DisputeStatus.OPEN,
            withdrawn=0 if inquiry else disputed,
            reason="fraudulent",
            respond_by=_respond_by(at),
        )
        self.payments[payment_id] = evolve(payment, disputes=(*payment.disputes, dispute))
        self._begin(payment_id, dispute.provider_reversal_id, at)
        if not inquiry:
            self._move(EntryKind.DISPUTE, payment, -disputed, dispute.provider_reversal_id, at)
        return dispute.provider_reversal_id

    @_alone
    def decide(self, payment_id: str, provider_reversal_id: str, status: DisputeStatus, at: datetime) -> None:
        """The dispute reaches another status; what is withdrawn follows from it."""
        payment = self.payments[payment_id]
        before = next(one for one in payment.disputes if one.provider_reversal_id == provider_reversal_id)
        withdrawn = before.amount if status in _OPEN else 0
        respond_by = _respond_by(at) if status in _ANSWERABLE else None
        after = evolve(before, status=status, withdrawn=withdrawn, respond_by=respond_by)
        self._replace(payment, before, after)
        difference = before.withdrawn - after.withdrawn
        if difference:
            kind = EntryKind.DISPUTE_RETURNED if difference > 0 else EntryKind.DISPUTE
            self._move(kind, payment, difference, provider_reversal_id, at)

    @_alone
    def respond(self, payment_id: str, provider_reversal_id: str) -> None:
        """The school answers a dispute in the provider's dashboard: the bank decides, and waits for nothing more."""
        payment = self.payments[payment_id]
        before = next(one for one in payment.disputes if one.provider_reversal_id == provider_reversal_id)
        self._replace(payment, before, evolve(before, respond_by=None))

    def forget_keys(self) -> None:
        """A day has passed: the same request would be a new one."""
        self.keys.clear()

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    def _replace(self, payment: PaymentState, before: DisputeState, after: DisputeState) -> None:
        changed = tuple(after if dispute is before else dispute for dispute in payment.disputes)
        self.payments[payment.provider_payment_id] = evolve(payment, disputes=changed)

    def _begin(self, payment_id: str, provider_reversal_id: str, at: datetime) -> None:
        reference = ReversalReference(provider_payment_id=payment_id, provider_reversal_id=provider_reversal_id)
        self.reversals.append((at, reference))

    def _move(
        self, kind: EntryKind, payment: PaymentState, amount: int, provider_reversal_id: str | None, at: datetime
    ) -> None:
        fee = (amount * 29 // 1000 + 30) if kind is EntryKind.SALE else 0
        self.movements.append(
            Movement(
                movement_id=f"txn_{self._next():06d}",
                kind=kind,
                provider_payment_id=payment.provider_payment_id,
                provider_reversal_id=provider_reversal_id,
                session=self.references[payment.provider_payment_id],
                amount=amount,
                currency=payment.currency,
                fee=fee,
                net=amount - fee,
                settlement_currency=payment.currency,
                occurred_at=at,
                available_on=at.astimezone(UTC).date(),
            )
        )


def _respond_by(at: datetime) -> datetime:
    return (at + TIME_TO_RESPOND).replace(microsecond=0)
