"""A student cancels: the provider is asked first, and a payment that was faster is honoured."""

from __future__ import annotations

import pytest

from domain.errors import PaymentSessionNotFound, ProviderUnavailable
from domain.payments.states import Status
from domain.use_cases.student.cancel_payment import Cancelled, Cancelling, NotCancelled
from tests.support.factories import a_coupon
from tests.support.memory.misbehaving import Interrupted, LosesAnswers, Overtaken, Refusing, StaysOpen, Unreachable
from tests.support.memory.school import KIM, School


def a_school() -> tuple[School, str]:
    """A school where one student has a checkout open, with a coupon."""
    school = School()
    school.issue(a_coupon())
    return school, school.start(coupon_code="SPRING").session.payment_session_id


def test_cancelling_closes_the_checkout_and_gives_everything_back() -> None:
    """Nobody can pay the checkout any more; lock and coupon are free."""
    school, session_id = a_school()
    outcome = school.cancel(session_id)
    assert outcome == Cancelled(school.session(session_id))
    assert school.session(session_id).status is Status.CANCELLED
    with pytest.raises(ValueError, match="expired"):
        school.provider.pay(session_id)
    assert (school.lock(), school.coupon_use(), school.uses_counted()) == (None, None, 0)


def test_cancelling_again_is_harmless() -> None:
    """What is cancelled or expired is answered as cancelled, and given back once."""
    school, session_id = a_school()
    first = school.cancel(session_id)
    assert school.cancel(session_id) == first
    assert school.uses_counted() == 0


def test_fault_71_somebody_elses_session_is_not_there() -> None:
    """Nobody cancels another student's checkout, or learns of it."""
    school, session_id = a_school()
    with pytest.raises(PaymentSessionNotFound):
        school.cancel(session_id, KIM)
    assert school.session(session_id).status is Status.OPEN


def test_a_payment_that_was_faster_is_honoured() -> None:
    """A student who cancels after paying is enrolled, and reads so."""
    school, session_id = a_school()
    school.provider.pay(session_id)
    assert school.cancel(session_id) == NotCancelled(school.session(session_id))
    assert school.session(session_id).status is Status.COMPLETED
    assert school.enrollment() is not None


def test_a_payment_on_its_way_is_not_cancelled() -> None:
    """A checkout that the student has finished cannot be closed any more, whether or not the provider can be asked."""
    school, session_id = a_school()
    school.provider.promise(session_id)
    assert school.cancel(session_id) == NotCancelled(school.session(session_id))
    assert school.session(session_id).status is Status.PROCESSING
    school.gateway = Unreachable(school.provider)
    assert school.cancel(session_id) == NotCancelled(school.session(session_id))


def test_while_the_provider_is_down_the_cancel_request_is_recorded() -> None:
    """Without the provider nothing is released; the cancel request is kept, and asking again carries it out."""
    school, session_id = a_school()
    school.gateway = Unreachable(school.provider)
    at = school.wait(minutes=1)
    outcome = school.cancel(session_id)
    assert outcome == Cancelling(school.session(session_id))
    requested = school.session(session_id)
    assert (requested.status, requested.cancel_requested_at, requested.due_at) == (Status.OPEN, at, at)
    assert requested.should_close(at)
    assert school.uses_counted() == 1
    school.wait(minutes=1)
    school.cancel(session_id)
    assert school.session(session_id).cancel_requested_at == at
    school.gateway = school.provider
    assert isinstance(school.cancel(session_id), Cancelled)


def test_fault_152_a_checkout_that_the_provider_will_not_close_now_is_being_cancelled() -> None:
    """Nobody has paid: to say that the payment came first would be false. The next run closes it."""
    school, session_id = a_school()
    school.gateway = StaysOpen(school.provider)
    assert school.cancel(session_id) == Cancelling(school.session(session_id))
    assert school.session(session_id).status is Status.OPEN
    school.gateway = school.provider
    school.wait(minutes=1)
    school.reconcile()
    assert school.session(session_id).status is Status.CANCELLED


def test_a_cancel_request_is_not_stored_on_what_is_over() -> None:
    """When the payment is settled while the cancel request is being recorded, the answer is the true state."""
    school, session_id = a_school()
    event = school.provider.pay(session_id)
    rival = School(store=school.store, clock=school.clock)
    school.gateway = Unreachable(school.provider)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.settle(event)])
    assert school.cancel(session_id) == NotCancelled(school.session(session_id))
    assert school.session(session_id).cancel_requested_at is None


def test_a_cancel_request_follows_a_session_that_changes_state() -> None:
    """When the session is attached while the cancel request is being recorded, it is recorded all the same."""
    school = School()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    rival = School(store=school.store, clock=school.clock, provider=school.provider)
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.start])
    assert isinstance(school.cancel("ps_000001"), Cancelling)
    stored = school.session("ps_000001")
    assert (stored.status, stored.provider_session_id) == (Status.OPEN, "cs_000001")
    assert stored.cancel_requested_at is not None


def test_a_checkout_never_learned_of_is_found_and_closed() -> None:
    """A reservation whose checkout's id was lost is cancelled at the provider, not only in our storage."""
    school = School()
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    assert isinstance(school.cancel("ps_000001"), Cancelled)
    with pytest.raises(ValueError, match="expired"):
        school.provider.pay("ps_000001")


def test_fault_45_a_reservation_that_the_provider_refuses_is_cancelled() -> None:
    """A checkout that the provider refuses for good to open cannot be paid: that is cancelled enough."""
    school = School()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    school.gateway = Refusing(school.provider)
    assert school.cancel("ps_000001") == Cancelled(school.session("ps_000001"))
    assert school.session("ps_000001").status is Status.FAILED
    assert school.lock() is None


def test_an_expiry_that_arrives_first_is_cancelled_as_well() -> None:
    """When the webhook reports the closing before we hear its answer, the student reads that it is cancelled."""
    school, session_id = a_school()
    event = school.provider.checkouts[session_id]
    school.gateway = Overtaken(
        school.provider,
        on="close_checkout",
        meanwhile=lambda: school.receive(school.provider.checkouts[session_id].event("checkout.expired")),
    )
    assert isinstance(school.cancel(session_id), Cancelled)
    assert school.session(session_id).status is Status.CANCELLED
    assert school.uses_counted() == 0
    assert event.opened_for.payment_session_id == session_id


def test_a_checkout_with_a_cancel_request_is_not_resumed() -> None:
    """A cancelling that the provider did not answer is finished before the student gets a new checkout."""
    school, session_id = a_school()
    school.gateway = Unreachable(school.provider)
    assert isinstance(school.cancel(session_id), Cancelling)
    school.gateway = school.provider
    assert school.start().session.payment_session_id != session_id
    assert school.session(session_id).status is Status.CANCELLED
