"""What befalls the store besides: restores to an earlier point, and what people change in it by hand."""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta

from attrs import evolve, fields

from adapters.memory.store import CouponUse, Store
from domain.enrollments import PENDING, Enrollment, Payment
from domain.payments.reviews import RECEIVED_ELSEWHERE
from domain.payments.states import PAID
from domain.use_cases.office.rebuild_payments import RebuildOutcome
from tests.simulation.background_work import SCHEDULED
from tests.simulation.checkout_events import PROVIDER
from tests.simulation.provider import FIRST_ACCOUNT, OTHER_ACCOUNT
from tests.simulation.school import LIMITED, School
from tests.simulation.world import Task

_BEFORE = timedelta(hours=2)
"""How long before the restore point the operator lets payments be rebuilt: longer than a checkout is open."""


class StoreIncidents:
    """Restores, damage by hand, what older back ends left behind, and other keys of the provider."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world
        self.saved: tuple[datetime, dict[str, object]] | None = None
        self.restored_to: datetime | None = None

    def save(self) -> None:
        """Remember the store as it is: a point that it can be restored to."""
        self.saved = (self.world.now, _contents(self.school.store))

    def restore(self) -> None:
        """Everything written since the point is lost; whoever was at work ends."""
        if self.saved is None:
            return
        at, contents = self.saved
        self.world.note("restored", str(at))
        for task in self.world.tasks:
            self.world.kill(task)
        self.world.tasks.clear()
        self.world.arrive_all()
        for name, content in contents.items():
            setattr(self.school.store, name, copy(content))
        self.school.invariants.reset()
        self.restored_to = min(at, self.restored_to or at)
        self.world.begin(self.rebuild())

    def rebuild(self) -> Task:
        """The operator rebuilds what was lost from the provider's records."""
        since = (self.restored_to or self.world.now) - _BEFORE

        def action() -> None:
            until = self.world.now + _BEFORE
            for name in self.school.provider.names:
                for outcome in self.school.use_cases.rebuild(name, since=since, until=until, by="ann", apply=True):
                    self.school.rebuilt[outcome.outcome.value] += 1
                    if outcome.outcome is RebuildOutcome.DELETED:
                        self.school.left_deleted.add((outcome.user_id, outcome.payment_session_id))

        return self.school.task("rebuild", action, SCHEDULED)

    def lose_session(self) -> None:
        """Somebody deletes a payment session, and nothing else; what its metadata say is enough to store it again."""
        store, world = self.school.store, self.world
        account = self.school.provider.account
        paid = [
            one
            for one in store.sessions.values()
            if one.status in PAID
            and one.provider_payment_id is not None
            and one.account in (None, account)
            and one.review_reason not in RECEIVED_ELSEWHERE
        ]
        if not paid:
            return
        session = world.pick(paid)
        world.note("session lost", session.payment_session_id)
        for task in world.tasks:
            world.kill(task)
        world.tasks.clear()
        world.arrive_all()
        del store.sessions[session.user_id, session.payment_session_id]
        self.school.invariants.lose(session)
        self.school.invariants.damaged_locks.add((session.user_id, session.course_id))
        self.restored_to = min(session.created_at, self.restored_to or session.created_at)
        world.begin(self.rebuild())

    def damage_coupon(self) -> None:
        """Somebody corrects a counter that was right, or deletes a use, or gives it to nobody."""
        store, world = self.school.store, self.world
        code = world.pick(LIMITED)
        coupon = store.coupons[code]
        self.school.invariants.damaged_codes.add(code)
        self.world.note("coupon damaged", code)
        uses = [key for key in store.coupon_uses if key[1] == code]
        if uses and world.chance(0.5):
            key = world.pick(uses)
            if world.chance(0.5):
                del store.coupon_uses[key]
            else:
                store.coupon_uses[key] = CouponUse(payment_session_id="another", shard=0, redeemed=True)
        elif coupon.shards > 1:
            for shard in [key for key in store.shard_counters if key[0] == code]:
                del store.shard_counters[shard]
        else:
            store.coupons[code] = evolve(coupon, current_uses=0)

    def damage_lock(self) -> None:
        """Somebody deletes a checkout lock, or one is left behind of a session that is over or missing."""
        store, world = self.school.store, self.world
        place = (world.pick(self.school.people).user_id, world.pick(self.school.paid_courses))
        self.world.note("lock damaged", place)
        if place in store.checkout_locks:
            session = store.sessions.get((place[0], store.checkout_locks[place]))
            if session is not None and not session.is_live:
                return  # money in review: who removes its lock lets the student pay twice
            del store.checkout_locks[place]
        else:
            over = [
                one.payment_session_id
                for one in store.sessions.values()
                if (one.user_id, one.course_id) == place and not one.is_live
            ]
            store.checkout_locks[place] = world.pick([*over, "missing"])
        self.school.invariants.damaged_locks.add(place)

    def leave_pending(self) -> None:
        """An older back end wrote an enrollment before its payment, which never came."""
        store, world = self.school.store, self.world
        who, course_id = world.pick(self.school.people), world.pick(self.school.paid_courses)
        if (who.user_id, course_id) in store.enrollments:
            return
        payment = Payment(
            provider=PROVIDER,
            payment_session_id=None,
            provider_session_id="cs_old",
            provider_payment_id=None,
            amount=None,
        )
        bought = Enrollment.bought(
            user_id=who.user_id, course_id=course_id, payment=payment, source="direct", at=world.now
        )
        store.enrollments[who.user_id, course_id] = evolve(bought, payment_status=PENDING)
        self.school.invariants.check()

    def change_account(self) -> None:
        """Somebody sets the keys of another account of the provider; later, those of the first again."""
        provider = self.school.provider
        provider.account = OTHER_ACCOUNT if provider.account == FIRST_ACCOUNT else FIRST_ACCOUNT
        self.world.note("account changed", provider.account)


def _contents(store: Store) -> dict[str, object]:
    names = [field.name for field in fields(Store) if field.name != "lock"]
    return {name: copy(getattr(store, name)) for name in names}
