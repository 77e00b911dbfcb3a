"""The return page: what happened to the checkout, settled before it is shown."""

from __future__ import annotations

import pytest

from domain.errors import PaymentSessionNotFound, ProviderUnavailable
from domain.payments.states import Status
from tests.support.factories import PRICE, a_course, an_enrollment
from tests.support.memory.misbehaving import Counting, LosesAnswers, Refusing, Unreachable
from tests.support.memory.school import KIM, School


def test_the_return_page_settles_by_itself() -> None:
    """A student who paid is enrolled when they come back, though no webhook arrived."""
    school = School()
    result = school.start()
    school.provider.pay(result.session.payment_session_id)
    state = school.show_checkout("cs_000001")
    assert (state.session.status, state.enrolled) == (Status.COMPLETED, True)
    assert school.enrollment() is not None


def test_coming_back_again_asks_nobody() -> None:
    """What is settled is shown from storage, even while the provider is down."""
    school = School()
    school.receive(school.provider.pay(school.start().session.payment_session_id))
    school.gateway = counting = Counting(school.provider)
    assert school.show_checkout("cs_000001").enrolled
    assert not counting.asked
    school.gateway = Unreachable(school.provider)
    assert school.show_checkout("cs_000001").enrolled


def test_an_unpaid_checkout_is_shown_as_open() -> None:
    """Whoever comes back without paying may still pay."""
    school = School()
    school.start()
    state = school.show_checkout("cs_000001")
    assert (state.session.status, state.enrolled) == (Status.OPEN, False)


def test_an_expired_checkout_is_shown_as_over() -> None:
    """A checkout that ran out is released when its student comes back."""
    school = School()
    school.start()
    school.wait(minutes=41)
    state = school.show_checkout("cs_000001")
    assert (state.session.status, state.enrolled) == (Status.EXPIRED, False)
    assert school.lock() is None


def test_fault_30_a_slow_payment_is_shown_as_on_its_way() -> None:
    """A student who paid by bank debit reads that the bank has not answered."""
    school = School()
    school.provider.promise(school.start().session.payment_session_id)
    state = school.show_checkout("cs_000001")
    assert (state.session.status, state.enrolled) == (Status.PROCESSING, False)


def test_fault_28_money_in_review_is_shown_as_such() -> None:
    """A payment of another amount is in review, and enrolls nobody."""
    school = School()
    school.provider.pay(school.start().session.payment_session_id, PRICE.less(1))
    state = school.show_checkout("cs_000001")
    assert (state.session.status, state.enrolled) == (Status.REVIEW, False)


def test_enrolled_is_about_the_course() -> None:
    """A student who is in the course by other means reads so, whatever became of this checkout."""
    school = School()
    school.start()
    school.store.enrollments["user-1", "course-1"] = an_enrollment()
    school.wait(minutes=41)
    assert school.show_checkout("cs_000001").enrolled


def test_fault_71_somebody_elses_checkout_is_not_there() -> None:
    """A checkout is looked for among the caller's own; a foreign id is not found, and nothing is settled by asking."""
    school = School()
    result = school.start()
    school.provider.pay(result.session.payment_session_id)
    with pytest.raises(PaymentSessionNotFound):
        school.show_checkout("cs_000001", KIM)
    assert school.session(result.session.payment_session_id).status is Status.OPEN


def test_an_unknown_checkout_is_not_there() -> None:
    """An id that nobody gave is not found, and makes no student."""
    school = School()
    with pytest.raises(PaymentSessionNotFound):
        school.show_checkout("cs_999999")
    assert not school.store.students


def test_fault_48_a_checkout_whose_id_was_lost_is_attached() -> None:
    """When the provider's answer got lost and the student paid all the same, coming back attaches and settles it."""
    school = School()
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    assert school.session("ps_000001").provider_session_id is None
    assert school.show_checkout("cs_000001").session.status is Status.OPEN
    school.provider.pay("ps_000001")
    assert school.show_checkout("cs_000001").enrolled


def test_fault_48_a_lost_checkout_that_was_paid_is_settled_when_found() -> None:
    """Found again by the same request, a checkout that was paid meanwhile enrolls at once."""
    school = School()
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    school.provider.pay("ps_000001")
    assert school.show_checkout("cs_000001").enrolled


def test_a_refused_reservation_does_not_spoil_the_page() -> None:
    """That another reservation of the student is refused for good says nothing about the checkout asked for."""
    school = School()
    school.offer(a_course(course_id="course-2"))
    for course_id in ("course-2", "course-1"):
        school.gateway = LosesAnswers(school.provider)
        with pytest.raises(ProviderUnavailable):
            school.enroll(course_id=course_id)
        school.wait(seconds=1)
    school.provider.checkouts.pop("ps_000002")
    school.gateway = Refusing(school.provider, times=1)
    assert school.show_checkout("cs_000001").session.payment_session_id == "ps_000001"
    assert school.session("ps_000002").status is Status.FAILED


def test_fault_43_while_the_provider_is_down_the_page_asks_to_come_again() -> None:
    """What is not settled cannot be shown without the provider; nothing is guessed or changed."""
    school = School()
    result = school.start()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.show_checkout("cs_000001")
    assert school.session(result.session.payment_session_id).status is Status.OPEN
