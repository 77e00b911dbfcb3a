"""What the people who run the school do in a history: administrators, editors, support."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from attrs import evolve

from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.courses import FREE, PAID
from domain.enrollments import Enrollment
from domain.money import Money
from domain.payments.reviews import ResolutionKind
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddEnrollment
from domain.use_cases.office.manage_coupons import CouponChanges
from tests.simulation.checkout_events import PROVIDER
from tests.simulation.school import LIMITED, School


class Office:
    """The people who run the school."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world

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
        world.begin(school.task("change coupon", lambda: school.use_cases.change_coupon(code, options)))

    def enroll_by_another_door(self) -> None:
        """Somebody enrolls a student by hand."""
        who, course_id = self.world.pick(self.school.people), self.world.pick(self.school.courses)
        self.world.note("by another door", (who.user_id, course_id))
        place = Enrollment.in_free_course(user_id=who.user_id, course_id=course_id, source="bundle", at=self.world.now)
        try:
            MemoryUnitOfWork(self.school.store).commit((AddEnrollment(place),))
        except TransactionConflict:
            return
        self.school.invariants.check()

    def delete_student(self) -> None:
        """A student's record is deleted."""
        who = self.world.pick(self.school.people)
        self.world.note("student deleted", who.user_id)
        self.school.store.students.pop(who.user_id, None)

    def edit_course(self) -> None:
        """Editors change a price, here or at the provider or both; or they take a course away, or give it away."""
        world, school = self.world, self.school
        course_id = world.pick(school.paid_courses)
        price = Money(5_000 + int(world.random() * 100), "usd")
        world.note("course edited", course_id)
        course = school.store.courses.get(course_id)
        if course is None:
            school.store.courses[course_id] = school.deleted.pop(course_id)
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
        elif roll < 0.9:
            school.store.courses[course_id] = evolve(course, coming_soon=not course.coming_soon)
        else:
            other = FREE if course.pricing_model == PAID else PAID
            school.store.courses[course_id] = evolve(course, pricing_model=other)
