"""Rate limits: an attempt is counted before its answer is given."""

from __future__ import annotations

from attrs import frozen

from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions import rate_limits
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import IncrementRateLimit


@frozen(kw_only=True)
class RateLimiter:
    """Lets a bounded number of attempts through in each window of time."""

    unit_of_work: UnitOfWork
    telemetry: Telemetry

    def __call__(self, attempt: IncrementRateLimit) -> None:
        """Count one attempt.

        Raises:
            RateLimited: the attempts of this window are used up; nothing is counted.
            StorageUnavailable: the database does not answer.
        """
        try:
            self.unit_of_work.commit((attempt,))
        except TransactionConflict as conflict:
            # Not by whom: the subject may be a network address.
            signal = Signal.COUPON_REFUSED if attempt.action == rate_limits.COUPON else Signal.CHECKOUT_REFUSED
            self.telemetry.emit(signal, reason=conflict.first.code)
            raise conflict.first from None
