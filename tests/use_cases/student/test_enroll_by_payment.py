"""A student enrolls in a paid course: one checkout at a locked price, carried on with, begun anew, or waited for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.clock import MemoryClock
from domain.enrollment_requests import Enrolled
from domain.errors import PaymentInReview, PaymentProcessing, RateLimited, TooManyCheckouts
from domain.money import Money
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.transactions.rate_limits import CheckoutLimits
from tests.support.factories import NOW, PRICE, a_coupon, a_course, an_enrollment
from tests.support.memory.misbehaving import Failing
from tests.support.memory.school import KIM, SAM, School


def test_a_paid_course_opens_a_checkout() -> None:
    """A paid course reserves a session at the list price and shows the provider's checkout; nobody is enrolled yet."""
    school = School()
    result = school.start(referral="partner-7")
    session = school.session(result.session.payment_session_id)
    assert result.is_new
    assert result.client_secret == "cs_000001_secret"
    assert result.redirect_url is None
    assert (session.status, session.total, session.provider_session_id) == (Status.OPEN, PRICE, "cs_000001")
    assert (session.source, session.referral, session.provider_price_id) == ("referral", "partner-7", "price_1")
    assert school.lock() == session.payment_session_id
    assert school.enrollment() is None
    assert school.signals(Signal.CHECKOUT_OPENED) == [""]


def test_a_hosted_checkout_has_an_address() -> None:
    """In hosted mode the student is sent to the provider's page instead of a form."""
    result = School().start(ui_mode="hosted", cancel_url="https://school.example/cancel")
    assert result.client_secret is None
    assert result.redirect_url == "https://pay.example/cs_000001"


def test_fault_41_enrolling_again_shows_the_same_checkout() -> None:
    """Two clicks, two tabs or two devices end at one session and one checkout."""
    school = School()
    first = school.start()
    again = school.start()
    assert again.session.payment_session_id == first.session.payment_session_id
    assert again.client_secret == first.client_secret
    assert not again.is_new
    assert len(school.store.sessions) == len(school.provider.checkouts) == 1
    assert school.telemetry.count(Signal.CHECKOUT_OPENED) == 1


def test_two_students_have_a_checkout_each() -> None:
    """One student's checkout does not stand in another's way."""
    school = School()
    assert school.start(SAM).client_secret != school.start(KIM).client_secret


def test_fault_50_a_price_is_locked_when_the_checkout_opens() -> None:
    """A course that is repriced meanwhile is sold at the price the student was shown."""
    school = School()
    session_id = school.start().session.payment_session_id
    school.offer(a_course(price=Money(99_999, "usd")))
    assert school.start().session.total == PRICE
    school.receive(school.provider.pay(session_id))
    enrollment = school.enrollment()
    assert enrollment is not None
    assert enrollment.payment is not None
    assert enrollment.payment.amount == PRICE


def test_fault_51_a_course_closed_meanwhile_is_still_delivered() -> None:
    """Whoever paid for a course that was withdrawn meanwhile is enrolled."""
    school = School()
    session_id = school.start().session.payment_session_id
    school.offer(a_course(coming_soon=True))
    school.receive(school.provider.pay(session_id))
    assert school.enrollment() is not None


def test_a_paid_course_enrolls_when_it_is_paid() -> None:
    """The payment turns the session into an enrollment, releases the lock and keeps the provider's customer."""
    school = School()
    session_id = school.start().session.payment_session_id
    school.receive(school.provider.pay(session_id))
    done = school.session(session_id)
    assert (done.status, done.due_at) == (Status.COMPLETED, None)
    assert school.enrollment() == done.enrollment()
    assert school.lock() is None
    assert school.store.students[SAM.user_id].customer_at("stripe") == "cus_000001"
    assert school.enrolled().is_new is False


def test_fault_59_a_known_customer_pays_as_such() -> None:
    """A student who has paid before is the same customer at the next checkout, and nobody else is."""
    school = School()
    school.offer(a_course(course_id="course-2"))
    school.receive(school.provider.pay(school.start().session.payment_session_id))
    assert school.start(course_id="course-2").session.customer_id == "cus_000001"
    assert school.start(KIM, course_id="course-2").session.customer_id is None


def test_fault_53_a_student_who_got_in_meanwhile_is_not_charged() -> None:
    """That a student is not enrolled is a condition of the reservation itself, not only of a read before it."""
    school = School()
    other = an_enrollment()

    class Admin(Failing):
        """Enrolls the student just before the reservation."""

        def commit(self, writes: Any) -> None:
            school.store.enrollments["user-1", "course-1"] = other
            self.good.commit(writes)

    school.unit_of_work = Admin(school.unit_of_work, times=0)
    assert school.enrolled() == Enrolled(other, is_new=False)
    assert not school.store.sessions


def test_a_checkout_that_ran_out_begins_anew() -> None:
    """A student who comes back after the checkout expired gets a new one, and the old one is released."""
    school = School()
    first = school.start()
    school.wait(minutes=41)
    second = school.start()
    assert second.is_new
    assert second.session.payment_session_id != first.session.payment_session_id
    assert school.session(first.session.payment_session_id).status is Status.EXPIRED
    assert school.lock() == second.session.payment_session_id


def test_fault_94_our_own_clock_closes_no_checkout() -> None:
    """However late it is by our clock, a checkout that the provider still holds open is carried on with."""
    school = School()
    first = school.start()
    school.provider.clock = MemoryClock(NOW)
    school.wait(hours=10)
    assert school.start().session.payment_session_id == first.session.payment_session_id


def test_fault_30_a_payment_on_its_way_is_not_paid_again() -> None:
    """While the bank has not answered, the student is asked to wait, and nothing new is opened."""
    school = School()
    session_id = school.start().session.payment_session_id
    school.receive(school.provider.promise(session_id))
    with pytest.raises(PaymentProcessing):
        school.enroll()
    assert len(school.store.sessions) == 1
    assert school.enrollment() is None


def test_fault_28_money_in_review_is_not_paid_again() -> None:
    """While a person looks at a payment, the student reads so, and nothing new is opened."""
    school = School()
    session_id = school.start().session.payment_session_id
    school.receive(school.provider.pay(session_id, Money(1, "usd")))
    with pytest.raises(PaymentInReview):
        school.enroll()
    assert len(school.store.sessions) == 1
    assert school.lock() == session_id


def test_a_payment_that_was_not_reported_is_found_at_the_checkout() -> None:
    """A student whose payment's event was lost is enrolled when they come back, not charged again."""
    school = School()
    session_id = school.start().session.payment_session_id
    school.provider.pay(session_id)
    assert school.enrolled().enrollment.payment_session_id == session_id
    assert school.session(session_id).status is Status.COMPLETED


def test_fault_128_a_student_opens_a_bounded_number_of_checkouts_in_an_hour() -> None:
    """Opening and cancelling costs nothing, and tries out stolen cards: the hour after, the student may go on.

    Carrying on with an open checkout counts for nothing, and so does another student's.
    """
    school = School()
    for _ in range(CheckoutLimits().per_student - 1):
        school.cancel(school.start().session.payment_session_id)
        school.wait(seconds=1)
    last = school.start()
    school.wait(seconds=1)
    assert not school.start().is_new
    school.cancel(last.session.payment_session_id)

    with pytest.raises(RateLimited):
        school.start()

    assert school.telemetry.count(Signal.CHECKOUT_REFUSED) == 1
    assert school.start(KIM).is_new
    school.wait(hours=1)
    assert school.start().is_new


def test_fault_64_a_student_has_at_most_five_checkouts_open() -> None:
    """A sixth checkout is refused until one of the five is over; carrying on with one of them is not."""
    school = School()
    for number in range(7):
        school.offer(a_course(course_id=f"course-{number}"))
    opened = [school.start(course_id=f"course-{number}") for number in range(5)]
    with pytest.raises(TooManyCheckouts):
        school.enroll(course_id="course-5")
    assert not school.start(course_id="course-0").is_new
    assert school.start(KIM, course_id="course-5").is_new
    school.receive(school.provider.pay(opened[0].session.payment_session_id))
    assert school.start(course_id="course-5").is_new


def test_fault_64_open_checkouts_do_not_bar_what_needs_none() -> None:
    """A student with five checkouts open still gets what a coupon makes free of charge."""
    school = School()
    school.issue(a_coupon(discount_value=Decimal(100)))
    for number in range(6):
        school.offer(a_course(course_id=f"course-{number}"))
    for number in range(5):
        school.start(course_id=f"course-{number}")
    assert school.enrolled(course_id="course-5", coupon_code="SPRING").is_new
