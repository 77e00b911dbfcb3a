"""Admission: an attempt is counted before its answer is given."""

from __future__ import annotations

from attrs import frozen

from domain.errors import TransactionRefused
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.writes import CountAttempt


@frozen(kw_only=True)
class Admit:
    """Lets a bounded number of attempts through in each minute."""

    unit_of_work: UnitOfWork
    telemetry: Telemetry

    def __call__(self, attempt: CountAttempt) -> None:
        """Count one attempt.

        Raises:
            RateLimited: the attempts of this minute are used up; nothing is counted.
            StorageUnavailable: the database does not answer.
        """
        try:
            self.unit_of_work.commit((attempt,))
        except TransactionRefused as refused:
            # Not by whom: the subject may be a network address.
            self.telemetry.tell(Signal.COUPON_REFUSED, reason=refused.first.code)
            raise refused.first from None
