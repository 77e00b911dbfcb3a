"""Every day the provider's records are taken in once more: what was not reported to us is settled, and reported."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attrs import define, evolve, field

from adapters.memory.checkouts import Stage
from adapters.memory.payment_gateway import MemoryPaymentGateway
from domain.errors import ProviderNotFound, ProviderUnavailable
from domain.payments.events import CheckoutCancelled, PaymentEvent
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.use_cases.schedule.catch_up import AT_MOST, COMPLETED_SINCE, UNDELIVERED_SINCE, Difference
from tests.support.factories import a_coupon, a_session, an_enrollment, paid
from tests.support.memory.misbehaving import Counting, Failing, Interrupted
from tests.support.memory.school import SAM, School, somebody

ONE = "ps_000001"


def differences(school: School) -> list[tuple[str, str]]:
    """What differed: session and what became of it."""
    return [(found.payment_session_id, found.reason) for found in school.catch_up()]


def a_payment(school: School) -> PaymentEvent:
    """A student has paid, and no webhook said so."""
    school.start()
    return school.provider.pay(ONE)


def test_where_all_is_known_nothing_differs() -> None:
    """A payment that its webhook settled is no difference, and is not settled again."""
    school = School()
    school.receive(a_payment(school))
    before = school.session(ONE)
    school.wait(hours=1)
    assert school.catch_up() == ()
    assert school.session(ONE) == before
    assert school.signals(Signal.DIFFERENCE_FOUND) == []


def test_a_completed_checkout_that_nobody_reported_enrolls() -> None:
    """It is settled, reported with what became of it, and gone the next day."""
    school = School()
    a_payment(school)
    assert school.catch_up() == (Difference(payment_session_id=ONE, reason="completed"),)
    assert school.session(ONE).status is Status.COMPLETED
    assert school.enrollment() is not None
    assert school.signals(Signal.DIFFERENCE_FOUND) == ["completed"]
    assert school.catch_up() == ()


def test_an_undelivered_event_is_settled() -> None:
    """An event that our webhook never took counts as if it had: here an expiry."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    school.provider.message(school.provider.expire(ONE))
    assert differences(school) == [(ONE, "expired")]
    assert (school.lock(), school.uses_counted()) == (None, 0)


def test_an_event_and_its_checkout_are_one_difference() -> None:
    """The same payment on both records is settled once and reported once."""
    school = School()
    school.provider.message(a_payment(school))
    assert differences(school) == [(ONE, "completed")]
    assert school.signals(Signal.ENROLLED) == ["completed"]


def test_fault_70_money_that_came_after_the_release_is_found() -> None:
    """Released here, paid there all the same: late money enrolls, with an alarm, and takes no coupon again."""
    school = School()
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    school.settle(school.provider.expire(ONE))
    school.provider.checkouts[ONE] = evolve(school.provider.checkouts[ONE], stage=Stage.PAID)
    assert differences(school) == [(ONE, "completed")]
    assert school.enrollment() is not None
    assert len(school.signals(Signal.PAYMENT_LATE)) == 1
    assert school.uses_counted() == 0


def test_fault_42_a_payment_of_somebody_enrolled_by_other_means_is_reviewed() -> None:
    """Found on record, and left to a person."""
    school = School()
    a_payment(school)
    school.store.enrollments[SAM.user_id, "course-1"] = an_enrollment()
    assert differences(school) == [(ONE, "review")]
    assert school.session(ONE).review_reason is ReviewReason.ALREADY_ENROLLED
    assert differences(school) == []


def test_a_slow_payment_on_record_is_waited_for() -> None:
    """Finished and unpaid is no payment; later, bounced, it is released."""
    school = School()
    school.start()
    school.provider.promise(ONE)
    assert differences(school) == [(ONE, "processing")]
    assert differences(school) == []
    school.provider.bounce(ONE)
    assert differences(school) == [(ONE, "failed")]
    assert school.lock() is None


def test_a_record_that_belongs_to_nobody_stops_nothing() -> None:
    """A session that is not stored here is reported and enrolls nobody; the others are settled."""
    school = School()
    school.provider.open_checkout(
        a_session(payment_session_id="ps_foreign"), somebody(0).as_student(school.clock.now())
    )
    school.provider.pay("ps_foreign")
    a_payment(school)
    assert differences(school) == [("ps_foreign", "payment_session_unknown"), (ONE, "completed")]
    assert len(school.store.enrollments) == 1
    assert sorted(school.signals(Signal.DIFFERENCE_FOUND)) == ["completed", "payment_session_unknown"]


def test_a_contradiction_stops_nothing() -> None:
    """A paid session that the provider calls cancelled is reported, with an alarm; the others are settled."""
    school = School()
    first = school.receive(a_payment(school))
    event = paid(school.session(ONE))
    emitted = {name: getattr(event, name) for name in ("provider", "event_type", "user_id", "course_id", "livemode")}
    cancelled = CheckoutCancelled(
        **emitted, event_id="evt_9", payment_session_id=ONE, provider_session_id=school.session(ONE).provider_session_id
    )
    school.provider.message(cancelled)
    other = school.start(somebody(1)).session.payment_session_id
    school.provider.pay(other)
    assert differences(school) == [(ONE, "contradictory_news"), (other, "completed")]
    assert school.session(ONE).status is Status.COMPLETED
    assert (first, school.telemetry.count(Signal.EVENT_CONTRADICTS)) == ("settled", 1)


def test_fault_114_whatever_is_wrong_with_one_event_the_others_are_settled() -> None:
    """It is a difference that names the kind of failure, found again the next day."""
    school = School()
    for number, who in enumerate((SAM, somebody(1)), 1):
        school.start(who)
        school.provider.pay(f"ps_{number:06d}")
    good = school.unit_of_work
    school.unit_of_work = Failing(good, times=1, failure=ZeroDivisionError)
    assert differences(school) == [(ONE, "unforeseen_ZeroDivisionError"), ("ps_000002", "completed")]
    school.unit_of_work = good
    assert differences(school) == [(ONE, "completed")]


def test_somebody_faster_is_no_difference() -> None:
    """A webhook that settles the session while the record is being taken in leaves nothing to report."""
    school = School()
    event = a_payment(school)
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(event)])
    assert differences(school) == []
    assert len(school.store.enrollments) == 1


@define(eq=False)
class Asked(MemoryPaymentGateway):
    """Remembers how far back it was asked to look, and for how many."""

    asked: list[tuple[datetime, int]] = field(factory=list, init=False)

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What it knows."""
        self.asked.append((since, at_most))
        return ()

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What it knows."""
        self.asked.append((since, at_most))
        return ()


def test_records_are_read_as_far_back_as_they_matter() -> None:
    """Three days of events, as long as the provider repeats them; two days of checkouts; and never without end."""
    school = School()
    provider = Asked(school.clock, name="stripe")
    school.gateway = provider
    school.catch_up()
    now = school.clock.now()
    assert provider.asked == [(now - UNDELIVERED_SINCE, AT_MOST), (now - COMPLETED_SINCE, AT_MOST)]
    assert timedelta(hours=48) == COMPLETED_SINCE <= UNDELIVERED_SINCE


@define(eq=False)
class NoRecords(MemoryPaymentGateway):
    """Its records are out of reach."""

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """Nothing."""
        raise ProviderUnavailable


def test_records_that_cannot_be_read_are_no_quiet_day() -> None:
    """The use case fails rather than report that nothing differs."""
    school = School()
    school.gateway = NoRecords(school.clock, name="stripe")
    with pytest.raises(ProviderUnavailable):
        school.catch_up()


def test_settling_records_asks_the_provider_nothing_more() -> None:
    """What is on record is enough to settle by."""
    school = School()
    a_payment(school)
    school.gateway = asking = Counting(school.provider)
    assert differences(school) == [(ONE, "completed")]
    assert asking.asked == []


def test_an_unknown_provider_is_an_error() -> None:
    """A provider that is not plugged in has no records."""
    with pytest.raises(ProviderNotFound):
        School().catch_up("other")
