"""The provider's money: payments, what goes back of them, idempotency keys of refunds, and the list of movements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from attrs import define, field, frozen

from domain.errors import ProviderUnavailable
from domain.ledger import EntryKind
from domain.payments.reversals import DisputeState, DisputeStatus, PaymentState, RefundState, RefundStatus
from domain.ports.payment_gateway import Movement, SessionReference
from tests.simulation.world import World, require

KEYS_LIVE = timedelta(hours=24)
FEE = 30
OTHER_CURRENCY, RATE = "jpy", 150

MISSING, SAVED_FAILURE = "resource_missing", "saved_failure"
DISPUTED, TOO_MUCH = "charge_disputed", "charge_already_refunded"

_HOLDING = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
WITHDRAWN = (DisputeStatus.OPEN, DisputeStatus.LOST)
TIME_TO_RESPOND = timedelta(days=7)


class RefundRefused(Exception):
    """The provider refuses a refund for good."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@define(eq=False)
class SimulatedRefund:
    """A refund. ``refund_id`` is ours, None for one made in the dashboard."""

    reversal_id: str
    amount: int
    refund_id: str | None
    status: RefundStatus


@define(eq=False)
class SimulatedDispute:
    """A dispute. ``withdrawn`` is what was taken from the school and not given back, ``respond_by`` until when the bank
    takes its answer.
    """

    reversal_id: str
    amount: int
    status: DisputeStatus
    withdrawn: int
    currency: str | None = None
    respond_by: datetime | None = None
    """The one that the payer disputes in, where it is not the payment's; ``amount`` and ``withdrawn`` are not in it."""


@define(eq=False)
class SimulatedPayment:
    """Money received. ``reference`` is what its metadata name, None where they name nothing of ours."""

    payment_id: str
    received: int
    currency: str
    livemode: bool
    reference: SessionReference | None
    account: str
    provider: str
    refunds: list[SimulatedRefund] = field(factory=list)
    disputes: list[SimulatedDispute] = field(factory=list)

    @property
    def refunded(self) -> int:
        """What refunds hold back now."""
        return sum(refund.amount for refund in self.refunds if refund.status in _HOLDING)

    @property
    def disputed(self) -> int:
        """What disputes that are undecided, or won and not paid out yet, hold back now."""
        return sum(one.withdrawn for one in self.disputes if one.status is not DisputeStatus.LOST)

    @property
    def charged_back(self) -> int:
        """What was lost by disputes."""
        return sum(one.withdrawn for one in self.disputes if one.status is DisputeStatus.LOST)

    def state(self, *, names_refunds: bool = True) -> PaymentState:
        """As the provider reports it. ``names_refunds``: it can say which refunds we asked for."""
        return PaymentState(
            provider_payment_id=self.payment_id,
            received=self.received,
            currency=self.currency,
            livemode=self.livemode,
            refunds=tuple(
                RefundState(
                    provider_reversal_id=one.reversal_id,
                    refund_id=one.refund_id if names_refunds else None,
                    amount=one.amount,
                    currency=self.currency,
                    status=one.status,
                    origin_known=names_refunds,
                )
                for one in self.refunds
            ),
            disputes=tuple(
                DisputeState(
                    provider_reversal_id=one.reversal_id,
                    amount=one.amount * (RATE if one.currency else 1),
                    currency=one.currency or self.currency,
                    status=one.status,
                    withdrawn=one.withdrawn,
                    respond_by=one.respond_by,
                )
                for one in self.disputes
            ),
        )


@frozen
class _Saved:
    at: datetime
    failed: bool


class Bank:
    """Keeps the payments. ``report`` sends a report about one reversal; ``fails`` draws a failure that a key keeps."""

    def __init__(
        self,
        world: World,
        report: Callable[[SimulatedPayment, str, str], None],
        fails: Callable[[], bool],
        *,
        names_refunds: bool,
    ) -> None:
        self.world = world
        self.report = report
        self.fails = fails
        self.names_refunds = names_refunds
        self.payments: dict[str, SimulatedPayment] = {}
        self.movements: list[tuple[str, Movement]] = []
        """Each with the account it happened in."""
        self.keys: dict[str, _Saved] = {}
        self.past: dict[str, list[tuple[StrEnum, int]]] = {}
        """Every state that a refund or dispute was in, by its id: its status, and what it held back."""
        self.numbers = 0

    def receive(self, payment: SimulatedPayment) -> None:
        """A payment arrives."""
        self.payments[payment.payment_id] = payment
        self._move(EntryKind.SALE, payment, payment.received, None)

    def refund_once(self, payment_id: str, account: str, key: str, amount: int, refund_id: str) -> None:
        """Refund at our request, once for each key as long as it is kept.

        Where nobody can say whose a refund is, one that a restore has forgotten is known again by its amount. "All that
        is left", asked for once more, is another amount if the restore has forgotten a repayment too.

        Raises:
            RefundRefused: for good.
            ProviderUnavailable: a failure that the key keeps.
        """
        now = self.world.now
        self.keys = {name: saved for name, saved in self.keys.items() if now - saved.at < KEYS_LIVE}
        if saved := self.keys.get(key):
            if saved.failed:
                raise RefundRefused(SAVED_FAILURE)
            return
        payment = self.payments.get(payment_id)
        if payment is None or payment.account != account:
            raise RefundRefused(MISSING)
        self._require_possible(payment, amount)
        ours = [one for one in payment.refunds if one.refund_id == refund_id]
        again = [one for one in ours if self.names_refunds or one.amount == amount]
        require(not again, "one refund of ours was made twice", payment_id, refund_id)
        if self.fails():
            self.keys[key] = _Saved(now, failed=True)
            if self.world.chance(0.5):
                self._refund(payment, amount, refund_id)
            raise ProviderUnavailable
        self.keys[key] = _Saved(now, failed=False)
        self._refund(payment, amount, refund_id)

    def refund_in_dashboard(self, payment: SimulatedPayment, amount: int) -> bool:
        """Refund by hand; False if it cannot be."""
        try:
            self._require_possible(payment, amount)
        except RefundRefused:
            return False
        self._refund(payment, amount, None)
        return True

    def decide_refund(self, payment: SimulatedPayment, refund: SimulatedRefund, status: RefundStatus) -> None:
        """A bank lets a refund succeed or fail; what fails comes back."""
        held, refund.status = refund.status in _HOLDING, status
        self._note(refund.reversal_id, status, refund.amount if status in _HOLDING else 0)
        if held and status is RefundStatus.FAILED:
            self._move(EntryKind.REFUND_FAILED, payment, refund.amount, refund.reversal_id)
        failed = status is RefundStatus.FAILED
        self.report(payment, refund.reversal_id, "refund.failed" if failed else "refund.updated")

    def dispute(self, payment: SimulatedPayment, amount: int, status: DisputeStatus, currency: str | None) -> None:
        """The payer disputes the payment, or asks about it."""
        one = SimulatedDispute(self._next("du"), amount, status, 0, currency, self._respond_by(status))
        payment.disputes.append(one)
        self._note(one.reversal_id, status, 0)
        self.report(payment, one.reversal_id, "charge.dispute.created")
        self.withdraw(payment, one, amount if status in WITHDRAWN else 0)

    def decide_dispute(
        self, payment: SimulatedPayment, dispute: SimulatedDispute, status: DisputeStatus, withdrawn: int
    ) -> None:
        """The dispute comes to another state, and money follows."""
        dispute.status = status
        dispute.respond_by = self._respond_by(status)
        self._note(dispute.reversal_id, status, dispute.withdrawn)
        self.report(payment, dispute.reversal_id, "charge.dispute.updated")
        self.withdraw(payment, dispute, withdrawn)

    def withdraw(self, payment: SimulatedPayment, dispute: SimulatedDispute, withdrawn: int) -> None:
        """So much is withdrawn now."""
        difference, dispute.withdrawn = dispute.withdrawn - withdrawn, withdrawn
        if difference:
            self._note(dispute.reversal_id, dispute.status, withdrawn)
            kind = EntryKind.DISPUTE_RETURNED if difference > 0 else EntryKind.DISPUTE
            self._move(kind, payment, difference, dispute.reversal_id)
            word = "reinstated" if difference > 0 else "withdrawn"
            self.report(payment, dispute.reversal_id, f"charge.dispute.funds_{word}")

    def _respond_by(self, status: DisputeStatus) -> datetime | None:
        return self.world.now + TIME_TO_RESPOND if status in (DisputeStatus.INQUIRY, DisputeStatus.OPEN) else None

    def _require_possible(self, payment: SimulatedPayment, amount: int) -> None:
        if any(dispute.withdrawn for dispute in payment.disputes):
            raise RefundRefused(DISPUTED)
        if amount > payment.received - payment.refunded:
            raise RefundRefused(TOO_MUCH)

    def _refund(self, payment: SimulatedPayment, amount: int, refund_id: str | None) -> None:
        status = RefundStatus.PENDING if self.world.chance(0.3) else RefundStatus.SUCCEEDED
        refund = SimulatedRefund(self._next("re"), amount, refund_id, status)
        payment.refunds.append(refund)
        self._note(refund.reversal_id, status, amount)
        self._move(EntryKind.REFUND, payment, -amount, refund.reversal_id)
        self.report(payment, refund.reversal_id, "refund.created")
        if self.world.chance(0.05):
            self.decide_refund(payment, refund, RefundStatus.FAILED)

    def _note(self, reversal_id: str, status: StrEnum, held: int) -> None:
        self.past.setdefault(reversal_id, []).append((status, held))

    def _next(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}_{self.numbers}"

    def _move(self, kind: EntryKind, payment: SimulatedPayment, amount: int, reversal_id: str | None) -> None:
        fee = FEE if kind is EntryKind.SALE else 0
        now = self.world.now
        movement = Movement(
            movement_id=self._next("txn"),
            kind=kind,
            provider_payment_id=payment.payment_id,
            provider_reversal_id=reversal_id,
            session=payment.reference,
            amount=amount,
            currency=payment.currency,
            fee=fee,
            net=amount - fee,
            settlement_currency=payment.currency,
            occurred_at=now,
            available_on=now.astimezone(UTC).date(),
        )
        self.movements.append((payment.account, movement))
