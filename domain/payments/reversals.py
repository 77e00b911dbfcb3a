"""Reversals: money of a payment that goes back, by a refund, a dispute, or a transfer outside the provider.

A payment is never flagged as refunded. Each reversal says how much it holds back from the school now (``counted``), and
the session keeps the sums; what the school keeps is what it received less what was given back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen
from attrs.validators import ge, gt, max_len

from domain.identifiers import an_id


class ReversalKind(StrEnum):
    """How money goes back: refunded through the provider, disputed by the payer, or repaid outside the provider."""

    REFUND = "refund"
    DISPUTE = "dispute"
    REPAYMENT = "repayment"


class RefundStatus(StrEnum):
    """Where a refund is. ``REQUESTED`` is ours: the provider has not acknowledged it. A bank may let a refund fail
    days after it succeeded.
    """

    REQUESTED = "requested"
    REJECTED = "rejected"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    """Where a dispute is, in any order: an appeal may follow a decision. An inquiry moves no money."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


_REFUND_ORDER = list(RefundStatus)
_HOLDING = frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED})


@frozen(kw_only=True)
class ReversedSums:
    """What of a payment was given back, each in minor units of the currency received.

    ``refunded``: refunds that the provider has and that did not fail. ``repaid``: transfers outside the provider.
    ``refund_requested``: asked for by us, not yet acknowledged by the provider. ``disputed``: withdrawn by disputes
    that are undecided. ``charged_back``: withdrawn by disputes that were lost.
    """

    refunded: int = field(default=0, validator=ge(0))
    repaid: int = field(default=0, validator=ge(0))
    refund_requested: int = field(default=0, validator=ge(0))
    disputed: int = field(default=0, validator=ge(0))
    charged_back: int = field(default=0, validator=ge(0))

    @classmethod
    def of(cls, reversals: Iterable[Reversal]) -> ReversedSums:
        """What these reversals count and ask for."""
        sums = {"refunded": 0, "repaid": 0, "refund_requested": 0, "disputed": 0, "charged_back": 0}
        for reversal in reversals:
            sums[reversal.sum_name] += reversal.counted
            if reversal.is_requested:
                sums["refund_requested"] += reversal.amount
        return cls(**sums)

    @property
    def given_back(self) -> int:
        """What is gone: refunded, repaid or charged back. What is only disputed may come back."""
        return self.refunded + self.repaid + self.charged_back

    def without(self, reversal: Reversal) -> ReversedSums:
        """The sums without what this reversal counts and asks for."""
        return self._with(reversal, -1)

    def including(self, reversal: Reversal) -> ReversedSums:
        """The sums with what this reversal counts and asks for."""
        return self._with(reversal, 1)

    def _with(self, reversal: Reversal, sign: int) -> ReversedSums:
        name = reversal.sum_name
        changed = evolve(self, **{name: getattr(self, name) + sign * reversal.counted})
        if not reversal.is_requested:
            return changed
        return evolve(changed, refund_requested=changed.refund_requested + sign * reversal.amount)


NOTHING_REVERSED = ReversedSums()


@frozen(kw_only=True)
class Reversal:
    """One refund, dispute or repayment of one payment session.

    ``reversal_id`` is ours for what we asked for, else the provider's own. ``amount`` and ``counted`` are minor units
    of ``currency``: ``counted`` is what it holds back from the school now. ``changes`` counts how often it was written.
    ``reason`` is the provider's word or code, ``note`` the words of the person who asked, at most 500 characters.
    ``respond_by`` is until when the school can answer a dispute; None where it cannot, or need not, or has.
    """

    user_id: str = field(validator=an_id)
    payment_session_id: str = field(validator=an_id)
    reversal_id: str = field(validator=an_id)
    kind: ReversalKind
    status: RefundStatus | DisputeStatus
    amount: int = field(validator=gt(0))
    currency: str
    counted: int = field(default=0, validator=ge(0))
    changes: int = field(default=1, validator=ge(1))
    provider_reversal_id: str | None = None
    reason: str | None = None
    note: str = field(default="", validator=max_len(500))
    requested_by: str | None = None
    requested_at: datetime | None = None
    respond_by: datetime | None = None
    updated_at: datetime

    @property
    def is_requested(self) -> bool:
        """Whether we asked for it and the provider has not acknowledged it."""
        return self.status is RefundStatus.REQUESTED

    @property
    def may_change(self) -> bool:
        """Whether the provider may still decide about it without a movement of money that would show it.

        A dispute that is won but not paid out may be lost again in silence: what was withdrawn just stays away.
        """
        if self.status is DisputeStatus.WON:
            return self.counted > 0
        return self.status in {RefundStatus.REQUESTED, RefundStatus.PENDING, DisputeStatus.INQUIRY, DisputeStatus.OPEN}

    @property
    def is_undecided_dispute(self) -> bool:
        """Whether it is a dispute that the school has not lost, and of which it may still lack money."""
        return self.kind is ReversalKind.DISPUTE and self.may_change

    @property
    def sum_name(self) -> str:
        """Which of the session's sums counts it."""
        match self.kind:
            case ReversalKind.REFUND:
                return "refunded"
            case ReversalKind.REPAYMENT:
                return "repaid"
            case ReversalKind.DISPUTE:
                return "charged_back" if self.status is DisputeStatus.LOST else "disputed"

    def is_same_request(self, *, amount: int, note: str) -> bool:
        """Whether a request under this id asks for the same refund again."""
        return (self.kind, self.amount, self.note) == (ReversalKind.REFUND, amount, note)

    def rejected(self, code: str, at: datetime) -> Reversal:
        """Refused by the provider for good."""
        return evolve(
            self, status=RefundStatus.REJECTED, reason=code, counted=0, changes=self.changes + 1, updated_at=at
        )


@frozen(kw_only=True)
class RefundState:
    """A refund as the provider has it now.

    ``refund_id`` is ours, as the provider repeats it; None for a refund made elsewhere, such as in its dashboard.
    ``origin_known`` is False where the provider cannot say whether the refund is ours: it is taken for the earliest
    one of the same amount that we have asked for and not seen yet, else for one made elsewhere.
    """

    provider_reversal_id: str
    refund_id: str | None
    amount: int
    currency: str
    status: RefundStatus
    reason: str | None = None
    origin_known: bool = True

    @property
    def counted(self) -> int:
        """What it holds back: all of it while pending or succeeded, nothing once failed."""
        return self.amount if self.status in _HOLDING else 0

    def can_follow(self, known: Reversal) -> bool:
        """Whether this state can come after the known one; else it is an old answer of the provider."""
        if not isinstance(known.status, RefundStatus):
            return False
        return _REFUND_ORDER.index(self.status) >= _REFUND_ORDER.index(known.status)


@frozen(kw_only=True)
class DisputeState:
    """A dispute as the provider has it now.

    ``amount`` is in minor units of ``currency``, which may be another than the payment's. ``withdrawn`` is what was
    taken from us and not given back, in minor units of the payment's currency. ``respond_by``, in whole seconds, is
    until when the provider takes the school's answer; None where it waits for none.
    """

    provider_reversal_id: str
    amount: int
    currency: str
    status: DisputeStatus
    withdrawn: int
    reason: str | None = None
    respond_by: datetime | None = None


@frozen(kw_only=True)
class ReversalReference:
    """A refund or dispute, and the payment that it is about, by the provider's ids."""

    provider_payment_id: str
    provider_reversal_id: str


@frozen(kw_only=True)
class PaymentState:
    """A payment as the provider has it now: what was received, and everything that went back or may go back.

    ``received`` is in minor units of ``currency``, the provider's own code. ``refunds`` and ``disputes`` are complete.
    """

    provider_payment_id: str
    received: int
    currency: str
    livemode: bool
    refunds: tuple[RefundState, ...] = ()
    disputes: tuple[DisputeState, ...] = ()
