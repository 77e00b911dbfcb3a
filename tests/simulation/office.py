"""What the people who run the school do in a history: administrators, editors, support."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from attrs import evolve

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.memory.writes_enrollments import active_enrollment
from domain.audit import Authorship
from domain.courses import FREE, PAID
from domain.enrollments import Enrollment, ProgressStep
from domain.money import Money
from domain.payments import states
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.services.refund_payment import RefundOrder
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddEnrollment
from domain.use_cases.office.manage_coupons import CouponChanges
from domain.use_cases.office.manage_enrollments import EnrollmentOrder
from tests.simulation.checkout_events import PROVIDER
from tests.simulation.money_invariants import FOREIGN
from tests.simulation.school import LIMITED, School
from tests.simulation.world import require
from tests.support.factories import AUTHOR


class Office:
    """The people who run the school."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world
        self.refunds: list[RefundOrder] = []
        """Every refund that somebody asked for."""

    def resolve(self) -> None:
        """Somebody decides about money in review."""
        school = self.school
        waiting = [key for key, session in school.store.sessions.items() if session.awaits_decision]
        if waiting:
            user_id, payment_session_id = self.world.pick(waiting)
            kind = self.world.pick(tuple(ResolutionKind))
            action = school.use_cases.resolve
            for by in ("ann", "ben") if self.world.chance(0.4) else ("ann",):
                self.world.begin(
                    school.task("resolve", partial(action, user_id, payment_session_id, kind=kind, by=by, note=""))
                )

    def refund(self) -> None:
        """Somebody refunds a payment, whole or in part; or asks for the same again; or two do at once."""
        world = self.world
        if self.refunds and world.chance(0.35):
            self._ask_for_refund(world.pick(self.refunds))
            return
        paid = [session for session in self.school.store.sessions.values() if session.status in states.PAID]
        if not paid:
            return
        session = world.pick(paid)
        for by in ("ann", "ben") if world.chance(0.3) else ("ann",):
            order = self._refund(session, amount=None if world.chance(0.4) else 1 + int(world.random() * 6_000), by=by)
            if world.chance(0.2):
                self._ask_for_refund(order)

    def _refund(self, session: PaymentSession, *, amount: int | None, by: str = "ann") -> RefundOrder:
        order = RefundOrder(
            user_id=session.user_id,
            payment_session_id=session.payment_session_id,
            refund_id=f"r{len(self.refunds) + 1}",
            amount=amount,
            note="as asked",
            by=by,
        )
        self.refunds.append(order)
        self._ask_for_refund(order)
        return order

    def _ask_for_refund(self, order: RefundOrder) -> None:
        school = self.school

        def action() -> None:
            result = school.use_cases.refund(order)
            key = (order.user_id, order.payment_session_id, order.refund_id)
            stored = school.store.reversals.get(key)
            known = stored is not None and stored.amount == result.refund.amount
            require(known, "a refund was promised that nobody has on record", order, stored)

        self.world.begin(school.task("refund", action))

    def repay(self) -> None:
        """Somebody gave money back by bank transfer, and says so, perhaps twice."""
        world, school = self.world, self.school
        paid = [
            session for session in school.store.sessions.values() if session.status in states.PAID and session.received
        ]
        if not paid:
            return
        self._repay(world.pick(paid))

    def _repay(self, session: PaymentSession) -> None:
        world, school = self.world, self.school
        order = RefundOrder(
            user_id=session.user_id,
            payment_session_id=session.payment_session_id,
            refund_id=f"b{1 + int(world.random() * 3)}",
            amount=None if world.chance(0.4) else 1 + int(world.random() * 6_000),
            note="by transfer",
            by="ann",
        )
        for _ in range(2 if world.chance(0.3) else 1):
            world.begin(school.task("repay", partial(school.use_cases.repay, order)))

    def change_enrollment(self) -> None:
        """Somebody gives an enrollment, ends one, gives one back, or lifts a bar."""
        world, school = self.world, self.school
        order = EnrollmentOrder(
            user_id=world.pick(school.people).user_id, course_id=world.pick(school.courses), by="ann", reason="asked"
        )
        name = world.pick(("grant", "revoke", "revoke", "reinstate", "reinstate", "unbar"))
        for _ in range(2 if world.chance(0.2) else 1):
            self._change_enrollment(name, order)

    def disagree(self) -> None:
        """One administrator changes an enrollment while another gives its money back, or the student learns."""
        world, school = self.world, self.school
        sessions = [session for session in school.store.sessions.values() if session.status is states.Status.COMPLETED]
        if not sessions:
            return
        session = world.pick(sessions)
        order = EnrollmentOrder(user_id=session.user_id, course_id=session.course_id, by="ben", reason="asked")
        active = (session.user_id, session.course_id) in school.store.enrollments
        both = [
            lambda: self._change_enrollment("revoke" if active else "reinstate", order),
            world.pick(
                (lambda: self._refund(session, amount=None), lambda: self._repay(session), self._learn(session))
            ),
        ]
        for one in both if world.chance(0.5) else reversed(both):
            one()

    def _learn(self, session: PaymentSession) -> Callable[[], None]:
        def begin() -> None:
            step = ProgressStep(progress=int(self.world.random() * 101), time_spent_seconds=60)
            action = partial(self.school.use_cases.progress, session.user_id, session.course_id, step)
            self.world.begin(self.school.task("progress", action))

        return begin

    def _change_enrollment(self, name: str, order: EnrollmentOrder) -> None:
        world, school = self.world, self.school
        place, store, cases = (order.user_id, order.course_id), school.store, school.use_cases

        def grant() -> None:
            cases.grant(order)
            require(active_enrollment(store, *place), "granted, and not enrolled", place)

        def revoke() -> None:
            cases.revoke(order, bar=world.chance(0.3))
            require(active_enrollment(store, *place) is None, "revoked, and still enrolled", place)

        def reinstate() -> None:
            cases.reinstate(order)
            require(active_enrollment(store, *place), "reinstated, and not enrolled", place)

        actions = {"grant": grant, "revoke": revoke, "reinstate": reinstate, "unbar": lambda: cases.unbar(order)}
        world.begin(school.task(name, actions[name]))

    def change_setting(self) -> None:
        """Somebody decides anew whether students keep their access while a payment is disputed."""
        policy = self.school.use_cases.policy
        policy.access_during_dispute = not policy.access_during_dispute
        self.world.note("access during dispute", str(policy.access_during_dispute))

    def change_coupon(self) -> None:
        """Somebody changes a coupon's terms."""
        world, school = self.world, self.school
        code = world.pick(LIMITED if world.chance(0.7) else school.codes)
        options = world.pick(
            (
                CouponChanges(active=False),
                CouponChanges(active=True),
                CouponChanges(valid_until=world.now + timedelta(minutes=5)),
                CouponChanges(valid_until=world.now + timedelta(days=9)),
                CouponChanges(max_uses=1 + int(world.random() * 6)),
                *[CouponChanges(max_uses=1 + int(world.random() * 3))] * 3,
            )
        )
        for _ in range(2 if world.chance(0.3) else 1):
            world.begin(school.task("change coupon", partial(school.use_cases.change_coupon, code, options, AUTHOR)))
            options = CouponChanges(name=f"name {int(world.random() * 9)}")

    def enroll_by_another_door(self) -> None:
        """Somebody enrolls a student by hand."""
        who, course_id = self.world.pick(self.school.people), self.world.pick(self.school.courses)
        self.world.note("by another door", (who.user_id, course_id))
        place = Enrollment.in_free_course(user_id=who.user_id, course_id=course_id, source=FOREIGN, at=self.world.now)
        try:
            MemoryUnitOfWork(self.school.store).commit((AddEnrollment(place),))
        except TransactionConflict:
            return
        self.school.invariants.check()

    def delete_student(self) -> None:
        """A student is deleted as they ask, perhaps twice at once; or their record goes by another door."""
        who, world, store = self.world.pick(self.school.people), self.world, self.school.store
        if world.chance(0.4):
            world.note("student deleted", who.user_id)
            store.students.pop(who.user_id, None)
            return
        for by in (who.user_id, "ann") if world.chance(0.3) else (who.user_id,):
            author = Authorship(by=by, reason="asked")
            world.begin(self.school.task("erase", partial(self.school.use_cases.erase, who.user_id, author)))

    def edit_course(self) -> None:
        """Editors change a price, here or at the provider or both; or they take a course away, or give it away."""
        world, school = self.world, self.school
        course_id = world.pick(school.paid_courses)
        price = Money(5_000 + int(world.random() * 100), "usd")
        world.note("course edited", course_id)
        course = school.store.courses.get(course_id)
        if course is None:
            school.store.courses[course_id] = school.deleted[course_id]
            return
        roll = world.random()
        if roll < 0.35:
            school.link(course_id, price)
        elif roll < 0.6:
            school.store.courses[course_id] = evolve(course, price=price)
        elif roll < 0.75:
            if price_id := course.price_at(PROVIDER).price_id:
                school.provider.prices[price_id] = (price.amount, price.currency, world.chance(0.5))
        elif roll < 0.8:
            school.deleted[course_id] = school.store.courses.pop(course_id)
            school.invariants.taken_away.add(course_id)
        elif roll < 0.9:
            school.store.courses[course_id] = evolve(course, coming_soon=not course.coming_soon)
        else:
            other = FREE if course.pricing_model == PAID else PAID
            school.store.courses[course_id] = evolve(course, pricing_model=other)
