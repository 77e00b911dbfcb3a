"""An operator sets the counters of a coupon that drifted to the uses that there are."""

from __future__ import annotations

from attrs import frozen

from domain.audit import ActorRole, AuditAction, AuditRecord
from domain.errors import CouponNotFound, InvalidValue
from domain.ports.clock import Clock
from domain.ports.coupons import CouponCounter, CouponRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddAuditRecord, CorrectCouponCounter


@frozen(kw_only=True)
class MendCoupon:
    """Corrects the counters of a coupon at rest: inactive, and held by no live payment session.

    A coupon in use is left alone, since the count of its uses lags behind them.
    """

    coupons: CouponRepo
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, code: str, *, by: str, apply: bool) -> tuple[CouponCounter, ...]:
        """The counters that differ from their uses, and with ``apply`` no longer do. Safe to repeat.

        Raises:
            CouponNotFound: there is no such coupon.
            InvalidValue: it is active, is held by a live session, or its uses are not counted.
            ChangedMeanwhile: a counter changed meanwhile; try again.
        """
        coupon = self.coupons.find(code)
        if coupon is None:
            raise CouponNotFound
        if not coupon.is_counted:
            raise InvalidValue("This coupon has no limit, so its uses are not counted.")
        counters = self.coupons.counters(code)
        wrong = tuple(counter for counter in counters if counter.counted != counter.found)
        if not (wrong and apply):
            return wrong
        if coupon.active:
            raise InvalidValue("This coupon is active. Deactivate it first; activate it again when it is mended.")
        if held := sum(counter.held for counter in counters):
            raise InvalidValue(f"Live payment sessions hold {held} uses of this coupon. Wait until they are over.")
        self._correct(code, wrong, by)
        return wrong

    def _correct(self, code: str, wrong: tuple[CouponCounter, ...], by: str) -> None:
        record = AuditRecord(
            audit_id=self.ids.audit_id(),
            coupon_code=code,
            action=AuditAction.COUPON_RECOUNTED,
            by=by,
            role=ActorRole.OPERATOR,
            at=self.clock.now(),
            reason="Its counters differed from its uses.",
            before={f"counter-{counter.shard}": counter.counted for counter in wrong},
            after={f"counter-{counter.shard}": counter.found for counter in wrong},
        )
        corrections = tuple(
            CorrectCouponCounter(
                code=code, shard=counter.shard, sharded=counter.sharded, before=counter.counted, after=counter.found
            )
            for counter in wrong
        )
        try:
            self.unit_of_work.commit((*corrections, AddAuditRecord(record)))
        except TransactionConflict as conflict:
            raise conflict.first from conflict
