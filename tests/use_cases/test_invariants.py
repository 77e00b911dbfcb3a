"""Anything may happen in any order: whatever the school has written down stays true after every step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.memory.checkouts import Stage
from domain.errors import DomainError
from domain.money import Money
from domain.payments.events import PaymentEvent
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, RELEASED, Status
from domain.students import Identity
from tests.support.factories import a_coupon, a_course
from tests.support.memory.misbehaving import Failing, LosesAnswers, Unreachable
from tests.support.memory.school import KIM, SAM, School

people = st.sampled_from((SAM, KIM))
courses = st.sampled_from(("course-1", "course-2"))
codes = st.sampled_from((None, "ONE", "WIDE", "ENDLESS", "ALL"))
modes = st.sampled_from(("embedded", "hosted"))


class AnythingMayHappen(RuleBasedStateMachine):
    """Students, bank, provider, network and time, each doing whatever it may at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.school = School()
        self.honest = self.school.unit_of_work
        self.emitted: list[PaymentEvent] = []
        self.before: dict[tuple[str, str], Status] = {}

    @initialize()
    def open_the_school(self) -> None:
        """Two courses, and a coupon of every kind."""
        self.school.offer(a_course(course_id="course-2", price=Money(9_999, "usd")))
        self.school.issue(a_coupon(code="ONE", max_uses=1))
        self.school.issue(a_coupon(code="WIDE", max_uses=3, shards=2, discount_value=Decimal(25)))
        self.school.issue(a_coupon(code="ENDLESS", max_uses=None))
        self.school.issue(a_coupon(code="ALL", max_uses=2, discount_value=Decimal(100)))

    # -- what students do --------------------------------------------------------------------------------------------

    @rule(who=people, course_id=courses, coupon_code=codes, ui_mode=modes)
    def enroll(self, who: Identity, course_id: str, coupon_code: str | None, ui_mode: str) -> None:
        """A student enrolls, or is refused."""
        self.attempt(lambda: self.school.enroll(who, course_id, coupon_code=coupon_code, ui_mode=ui_mode))

    @rule(data=st.data())
    @precondition(lambda self: self.school.store.sessions)
    def cancel(self, data: st.DataObject) -> None:
        """A student cancels some session of theirs."""
        user_id, session_id = data.draw(st.sampled_from(sorted(self.school.store.sessions)))
        self.attempt(lambda: self.school.cancel(session_id, SAM if user_id == SAM.user_id else KIM))

    @rule(data=st.data())
    @precondition(lambda self: self.school.provider.checkouts)
    def come_back(self, data: st.DataObject) -> None:
        """A student returns from some checkout, their own or not."""
        number = data.draw(st.integers(1, len(self.school.provider.checkouts)))
        self.attempt(lambda: self.school.show_checkout(f"cs_{number:06d}", data.draw(people)))

    # -- what happens at the provider --------------------------------------------------------------------------------

    @rule(data=st.data(), odd=st.sampled_from((None, None, None, Money(1, "usd"))))
    @precondition(lambda self: self.at(Stage.OPEN, Stage.PENDING))
    def pay(self, data: st.DataObject, odd: Money | None) -> None:
        """Somebody pays, mostly what was asked."""
        self.hear(data, lambda key: self.school.provider.pay(key, odd), Stage.OPEN, Stage.PENDING)

    @rule(data=st.data())
    @precondition(lambda self: self.at(Stage.OPEN))
    def promise(self, data: st.DataObject) -> None:
        """Somebody finishes with a slow method."""
        self.hear(data, self.school.provider.promise, Stage.OPEN)

    @rule(data=st.data())
    @precondition(lambda self: self.at(Stage.PENDING))
    def bounce(self, data: st.DataObject) -> None:
        """A slow payment fails."""
        self.hear(data, self.school.provider.bounce, Stage.PENDING)

    @rule(data=st.data())
    @precondition(lambda self: self.at(Stage.OPEN))
    def expire(self, data: st.DataObject) -> None:
        """A checkout closes unpaid."""
        self.hear(data, self.school.provider.expire, Stage.OPEN)

    @rule(minutes=st.sampled_from((1, 41)))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.school.wait(minutes=minutes)

    @rule(data=st.data(), as_another=st.booleans())
    @precondition(lambda self: self.emitted)
    def deliver(self, data: st.DataObject, *, as_another: bool) -> None:
        """Any event, old or new, arrives; perhaps under another event's id."""
        event = data.draw(st.sampled_from(self.emitted))
        self.attempt(
            lambda: self.school.receive(evolve(event, event_id=f"{event.event_id}-2") if as_another else event)
        )

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    @rule(after=st.booleans(), skip=st.integers(0, 2))
    def books_fail(self, *, after: bool, skip: int) -> None:
        """A commit soon will fail: made or not, nobody hears."""
        failing = Failing(self.honest, times=1, after=after)
        failing.attempts = -skip
        self.school.unit_of_work = failing

    @rule(lost=st.booleans())
    def provider_fails(self, *, lost: bool) -> None:
        """The provider goes out of reach, or its next answer gets lost."""
        good = self.school.provider
        self.school.gateway = LosesAnswers(good) if lost else Unreachable(good)

    @rule()
    def all_is_well_again(self) -> None:
        """Storage and provider respond again."""
        self.school.unit_of_work, self.school.gateway = self.honest, self.school.provider

    # -- what must stay true -----------------------------------------------------------------------------------------

    @invariant()
    def an_enrollment_is_paid_for(self) -> None:
        """A paid enrollment has a completed session of the same student, course and amount."""
        for (user_id, course_id), enrollment in self.school.store.enrollments.items():
            session = self.school.store.sessions[user_id, enrollment.payment_session_id or ""]
            assert (session.status, session.course_id) == (Status.COMPLETED, course_id)
            assert enrollment.payment is not None
            assert enrollment.payment.amount == session.total

    @invariant()
    def a_completed_session_is_its_courses_enrollment(self) -> None:
        """At most one completed session per student and course, and the enrollment is its own."""
        for session in self.sessions(Status.COMPLETED):
            enrollment = self.school.store.enrollments[session.user_id, session.course_id]
            assert enrollment.payment_session_id == session.payment_session_id

    @invariant()
    def coupons_add_up(self) -> None:
        """Counters equal held plus redeemed uses and stay within the limit."""
        for code, coupon in self.school.store.coupons.items():
            uses = sum(owned == code for _, owned in self.school.store.coupon_uses)
            counted = self.school.uses_counted(code)
            assert counted == (uses if coupon.is_counted else 0)
            assert coupon.max_uses is None or counted <= coupon.max_uses

    @invariant()
    def a_held_use_has_a_live_session(self) -> None:
        """A use is held by a live session, or redeemed by one that received money or needed none."""
        for (user_id, _), use in self.school.store.coupon_uses.items():
            status = self.school.store.sessions[user_id, use.payment_session_id].status
            assert status in ({Status.COMPLETED, Status.REVIEW} if use.redeemed else LIVE)

    @invariant()
    def a_lock_names_the_only_live_session(self) -> None:
        """Every live session holds the lock of its student and course; a lock names a live session or one in review."""
        for session in self.sessions(*LIVE):
            assert self.school.store.checkout_locks[session.user_id, session.course_id] == session.payment_session_id
        for (user_id, _), session_id in self.school.store.checkout_locks.items():
            assert self.school.store.sessions[user_id, session_id].status in LIVE | {Status.REVIEW}

    @invariant()
    def money_is_never_unpaid(self) -> None:
        """No session leaves completed or review, and none comes back to life."""
        for key, before in self.before.items():
            now = self.school.store.sessions[key].status
            assert now is before or before in LIVE or (before in RELEASED and now in {Status.COMPLETED, Status.REVIEW})
        self.before = {key: session.status for key, session in self.school.store.sessions.items()}

    @invariant()
    def nobody_can_pay_a_released_session(self) -> None:
        """A session is released only once its checkout is closed at the provider."""
        for session in self.sessions(*RELEASED):
            kept = self.school.provider.checkouts.get(session.payment_session_id)
            assert kept is None or kept.stage in {Stage.EXPIRED, Stage.FAILED}

    def teardown(self) -> None:
        """Once every event has arrived, everything paid is enrolled or in review, and nothing is held in vain."""
        self.all_is_well_again()
        self.school.wait(minutes=41)
        for key, kept in self.school.provider.checkouts.items():
            if kept.stage is Stage.PAID:
                event = kept.event("settled.at.last")
                self.school.settle(event)
                status = self.school.store.sessions[event.user_id, key].status
                assert status in {Status.COMPLETED, Status.REVIEW}
        super().teardown()

    # -- helpers -----------------------------------------------------------------------------------------------------

    def at(self, *stages: Stage) -> list[str]:
        """The sessions whose checkouts are at these stages by now."""
        provider = self.school.provider
        return [key for key, kept in list(provider.checkouts.items()) if provider._current(kept).stage in stages]

    def hear(self, data: st.DataObject, happen: Callable[[str], PaymentEvent], *stages: Stage) -> None:
        """Something happens to one of the checkouts; its event may arrive later."""
        key = data.draw(st.sampled_from(self.at(*stages)))
        self.emitted.append(happen(key))

    def attempt(self, action: Callable[[], object]) -> None:
        """Every refusal has a name."""
        with suppress(DomainError):
            action()

    def sessions(self, *statuses: Status) -> list[PaymentSession]:
        """The sessions in these states."""
        return [session for session in self.school.store.sessions.values() if session.status in statuses]


AnythingMayHappen.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnythingMayHappen = AnythingMayHappen.TestCase
