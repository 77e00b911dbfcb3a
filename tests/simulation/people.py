"""What students, strangers and the office do on a bad day."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from attrs import evolve

from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.courses import FREE, PAID
from domain.enrollment_requests import CheckoutOptions, Enrolled
from domain.enrollments import Enrollment, ProgressStep
from domain.money import Money
from domain.payments.reviews import ResolutionKind
from domain.payments.states import Status
from domain.students import NewName
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddEnrollment
from domain.use_cases.office.manage_coupons import CouponChanges
from domain.use_cases.student.cancel_payment import Cancelled, Cancelling, NotCancelled
from tests.simulation import provider as stripe
from tests.simulation.school import LIMITED, School
from tests.simulation.telling import PROVIDER
from tests.simulation.world import require

RETURN_URL = "https://school.example/return"


class Students:
    """The school's students."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world

    def enroll(self) -> None:
        """Somebody enrolls."""
        world, school = self.world, self.school
        who, course_id = world.pick(school.people), world.pick(school.paid_courses)
        if world.chance(0.1):
            course_id = "free"
        options = CheckoutOptions(
            coupon_code=world.pick(school.codes) if world.chance(0.4) else None,
            must_pay=world.chance(0.1),
            ui_mode="hosted" if world.chance(0.2) else "embedded",
            return_url=RETURN_URL,
        )

        def story() -> None:
            answer = school.stories.enroll(who, course_id, options)
            if isinstance(answer, Enrolled):
                there = (who.user_id, course_id) in school.store.enrollments
                require(there, "a student was told to be in a course and is not", who.user_id, course_id)
            elif answer.client_secret or answer.redirect_url:
                school.provider.show(answer.session.provider_session_id or "", answer.session.total)

        for _ in range(2 if world.chance(0.2) else 1):  # a double click, or a second tab
            world.begin(school.task("enroll", story))

    def pay(self) -> None:
        """Somebody pays a checkout that a browser shows, perhaps an old one in another tab."""
        till = self.school.a_till(stripe.OPEN)
        if till is None:
            return
        self.world.note("student pays", till.till_id)
        costs = till.amount is None or not till.amount.is_zero
        if costs and self.world.chance(0.25):
            self.school.provider.promise(till)
        else:
            self.school.provider.pay(till)

    def show(self) -> None:
        """Somebody comes back from the till."""
        school = self.school
        if school.provider.tills:
            till = self.world.pick(school.provider.tills)
            who = school.identity(till.session.user_id)

            def story() -> None:
                state = school.stories.show(who, till.till_id)
                there = (state.session.user_id, state.session.course_id) in school.store.enrollments
                require(there or not state.enrolled, "a return page told of an enrollment that is none", state.session)

            self.world.begin(school.task("show", story))

    def cancel(self) -> None:
        """Somebody cancels."""
        school, world = self.school, self.world
        live = [key for key, session in school.store.sessions.items() if session.is_live]
        keys = live if live and world.chance(0.8) else list(school.store.sessions)
        if not keys:
            return
        user_id, payment_session_id = world.pick(keys)

        def story() -> None:
            answer = school.stories.cancel(school.identity(user_id), payment_session_id)
            found = school.store.sessions[user_id, payment_session_id]
            match answer:
                case Cancelled():
                    require(not found.is_live, "a student was told of a cancellation that is none", found)
                case NotCancelled():
                    unpaid = found.status in (Status.CREATING, Status.OPEN)
                    require(not unpaid, "a student was told that a payment was faster, and none was", found)
                case Cancelling():
                    kept = found.cancel_requested_at is not None or not found.is_live
                    require(kept, "a student's wish was not noted", found)

        world.begin(school.task("cancel", story))

    def learn(self) -> None:
        """Somebody gets on in a course."""
        school = self.school
        if school.store.enrollments:
            user_id, course_id = self.world.pick(list(school.store.enrollments))
            step = ProgressStep(progress=int(self.world.random() * 101), time_spent_seconds=60)
            self.world.begin(school.task("progress", lambda: school.stories.progress(user_id, course_id, step)))

    def ask(self) -> None:
        """Somebody asks what a coupon is worth."""
        school, pick = self.school, self.world.pick
        who, course_id, code = pick(school.people), pick(school.courses), pick(school.codes)
        story = school.stories.validate
        self.world.begin(school.task("validate", lambda: story(who.user_id, "address", course_id, code)))

    def rename(self) -> None:
        """Somebody takes a new name."""
        school, who = self.school, self.world.pick(self.school.people)
        self.world.begin(school.task("rename", lambda: school.stories.rename(who, NewName(name="New"))))


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
            story = school.stories.resolve
            for by in ("ann", "ben") if self.world.chance(0.4) else ("ann",):
                self.world.begin(
                    school.task("resolve", partial(story, user_id, payment_session_id, kind=kind, by=by, note=""))
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
        world.begin(school.task("change coupon", lambda: school.stories.change_coupon(code, options)))

    def enroll_by_another_door(self) -> None:
        """Somebody enrolls a student by hand."""
        who, course_id = self.world.pick(self.school.people), self.world.pick(self.school.courses)
        self.world.note("by another door", (who.user_id, course_id))
        place = Enrollment.in_free_course(user_id=who.user_id, course_id=course_id, source="bundle", at=self.world.now)
        try:
            MemoryUnitOfWork(self.school.store).commit((AddEnrollment(place),))
        except TransactionConflict:
            return
        self.school.laws.check()

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
