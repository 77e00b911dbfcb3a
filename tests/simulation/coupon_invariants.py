"""What must hold about coupons after every commit: counters and uses say the same, and never too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from adapters.memory.store import Store
from domain.coupons import Coupon
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, RELEASED, Status
from tests.simulation.world import Violation


def check_coupons(store: Store, damaged: Collection[str], lost: Mapping[tuple[str, str], PaymentSession]) -> None:
    """Every invariant about coupons but those that somebody damaged by hand.

    ``lost``: sessions that somebody deleted, and nobody has rebuilt yet.

    Raises:
        Violation: one does not hold.
    """
    uses, held = _uses(store, damaged, lost)
    for coupon in store.coupons.values():
        if coupon.max_uses is not None and coupon.code not in damaged:
            _counters(coupon, uses, store)
    for session in store.sessions.values():
        coupon_code = session.coupon.code if session.coupon and session.coupon.code not in damaged else None
        if coupon_code and session.status in LIVE and session.payment_session_id not in held:
            raise Violation(f"a live session lost its coupon use: {session.payment_session_id}")


def _uses(
    store: Store, damaged: Collection[str], lost: Mapping[tuple[str, str], PaymentSession]
) -> tuple[Counter[tuple[str, int]], set[str]]:
    """How many uses each counter should have counted, and which sessions hold one."""
    uses, holders = Counter[tuple[str, int]](), set[str]()
    for (user_id, code), use in store.coupon_uses.items():
        uses[code, use.shard] += 1
        holders.add(use.payment_session_id)
        key = (user_id, use.payment_session_id)
        session = store.sessions.get(key, lost.get(key))
        named = session is not None and session.coupon is not None and session.coupon.code == code
        if code in damaged:
            continue
        if session is None or not named or not _fits(session.status, redeemed=use.redeemed):
            raise Violation(f"a coupon use that its session does not have: {user_id} {code} {use}")
    return uses, holders


def _fits(status: Status, *, redeemed: bool) -> bool:
    """A live session holds its use, one that got money has redeemed it, one that was released has none."""
    return status not in LIVE and status not in RELEASED if redeemed else status in LIVE


def _counters(coupon: Coupon, uses: Counter[tuple[str, int]], store: Store) -> None:
    for shard in range(coupon.shards):
        alone = coupon.shards == 1
        count = coupon.current_uses if alone else store.shard_counters.get((coupon.code, shard), 0)
        limit, found = coupon.shard_limit(shard) or 0, uses[coupon.code, shard]
        if count != found or not 0 <= count <= limit:
            raise Violation(f"a counter is wrong: {coupon.code}/{shard} says {count}, {found} uses, limit {limit}")
