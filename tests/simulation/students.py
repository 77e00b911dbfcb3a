"""What students do in a history."""

from __future__ import annotations

from domain.enrollment_requests import CheckoutOptions, Enrolled
from domain.enrollments import ProgressStep
from domain.payments.states import Status
from domain.students import NewName
from domain.use_cases.student.cancel_payment import Cancelled, Cancelling, NotCancelled
from tests.simulation import provider as stripe
from tests.simulation.school import School
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
        names = school.provider.names
        options = CheckoutOptions(
            coupon_code=world.pick(school.codes) if world.chance(0.4) else None,
            must_pay=world.chance(0.1),
            ui_mode="hosted" if world.chance(0.2) else "embedded",
            return_url=RETURN_URL,
            provider=world.pick((None, *names)) if len(names) > 1 else None,
        )

        def action() -> None:
            place, asked_at = (who.user_id, course_id), world.calls
            result = school.use_cases.enroll(who, course_id, options)
            if isinstance(result, Enrolled):
                # It may have ended in between, while the checkout of another tab was closed.
                there = place in school.store.enrollments or school.invariants.ended_at.get(place, -1) > asked_at
                require(there, "a student was shown as enrolled and is not", who.user_id, course_id)
                return
            chosen = options.provider in (None, result.session.provider)
            require(chosen, "a checkout at another provider than the chosen one", result.session, options.provider)
            if result.client_secret or result.redirect_url:
                school.provider.show(result.session.provider_session_id or "", result.session.total)

        for _ in range(2 if world.chance(0.2) else 1):  # a double click, or a second tab
            world.begin(school.task("enroll", action))

    def pay(self) -> None:
        """Somebody pays a checkout that a browser shows, perhaps an old one in another tab."""
        capturing = self.school.provider.capturing
        checkout = self.school.pick_checkout(stripe.OPEN, *((stripe.APPROVED,) if capturing else ()))
        if checkout is None:
            return
        self.world.note("student pays", checkout.checkout_id)
        if checkout.session.provider in capturing:
            self.school.provider.approve(checkout, self.world.pick(stripe.FUNDINGS))
            return
        costs = checkout.amount is None or not checkout.amount.is_zero
        if costs and self.world.chance(0.25):
            self.school.provider.promise(checkout)
        else:
            self.school.provider.pay(checkout)

    def show(self) -> None:
        """Somebody comes back from the checkout."""
        school = self.school
        if school.provider.checkouts:
            checkout = self.world.pick(school.provider.checkouts)
            who = school.identity(checkout.session.user_id)

            def action() -> None:
                state = school.use_cases.show(who, checkout.checkout_id)
                there = (state.session.user_id, state.session.course_id) in school.store.enrollments
                require(there or not state.enrolled, "a return page showed an enrollment that is none", state.session)

            self.world.begin(school.task("show", action))

    def cancel(self) -> None:
        """Somebody cancels."""
        school, world = self.school, self.world
        live = [key for key, session in school.store.sessions.items() if session.is_live]
        keys = live if live and world.chance(0.8) else list(school.store.sessions)
        if not keys:
            return
        user_id, payment_session_id = world.pick(keys)

        def action() -> None:
            result = school.use_cases.cancel(school.identity(user_id), payment_session_id)
            found = school.store.sessions.get((user_id, payment_session_id))
            if found is None:
                return  # somebody deleted it just now
            match result:
                case Cancelled():
                    require(not found.is_live, "a cancellation was confirmed that is none", found)
                case NotCancelled():
                    unpaid = found.status in (Status.CREATING, Status.OPEN)
                    require(not unpaid, "a cancellation was refused for a payment, and there was none", found)
                case Cancelling():
                    kept = found.cancel_requested_at is not None or not found.is_live
                    require(kept, "a student's cancel request was not recorded", found)

        world.begin(school.task("cancel", action))

    def change_mind(self) -> None:
        """Somebody approves, comes back, and cancels in another tab in the same moment."""
        school, world = self.school, self.world
        checkout = school.pick_checkout(stripe.OPEN, stripe.APPROVED)
        if checkout is None or checkout.session.provider not in school.provider.capturing:
            return
        world.note("student approves and cancels", checkout.checkout_id)
        school.provider.approve(checkout, world.pick(stripe.FUNDINGS))
        who, session_id = school.identity(checkout.session.user_id), checkout.session.payment_session_id
        world.begin(school.task("show", lambda: school.use_cases.show(who, checkout.checkout_id)))
        world.begin(school.task("cancel", lambda: school.use_cases.cancel(who, session_id)))

    def learn(self) -> None:
        """Somebody gets on in a course."""
        school = self.school
        if school.store.enrollments:
            user_id, course_id = self.world.pick(list(school.store.enrollments))
            step = ProgressStep(progress=int(self.world.random() * 101), time_spent_seconds=60)
            self.world.begin(school.task("progress", lambda: school.use_cases.progress(user_id, course_id, step)))

    def ask(self) -> None:
        """Somebody asks what a coupon is worth."""
        school, pick = self.school, self.world.pick
        who, course_id, code = pick(school.people), pick(school.courses), pick(school.codes)
        action = school.use_cases.validate
        self.world.begin(school.task("validate", lambda: action(who.user_id, "address", course_id, code)))

    def rename(self) -> None:
        """Somebody takes a new name."""
        school, who = self.school, self.world.pick(self.school.people)
        self.world.begin(school.task("rename", lambda: school.use_cases.rename(who, NewName(name="New"))))
