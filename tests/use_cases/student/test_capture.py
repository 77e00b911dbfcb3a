"""Where the student only approves: captured once, by whoever comes first, and never after a cancellation."""

from __future__ import annotations

import pytest
from attrs import evolve

from adapters.memory.capturing_gateway import MemoryCapturingGateway
from adapters.memory.checkouts import Funding
from adapters.memory.clock import MemoryClock
from domain.enrollment_requests import Enrolled
from domain.errors import ProviderUnavailable
from domain.payments.lifetimes import MAX_CAPTURES
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.reconcile_session import ReconcileOutcome, ReconcileSession
from domain.use_cases.student.cancel_payment import Cancelled, Cancelling, NotCancelled
from tests.support.concurrency import at_once
from tests.support.factories import NOW, PROVIDER, a_coupon, an_enrollment, expired
from tests.support.memory.misbehaving import Counting, Followed, Interrupted, LosesAnswers, Overtaken, Unreachable
from tests.support.memory.school import SAM, School

SESSION, CHECKOUT = "ps_000001", "cs_000001"


def a_school(**changes: object) -> tuple[School, MemoryCapturingGateway]:
    """A school whose provider captures, where one student has a checkout open, with a coupon."""
    clock = MemoryClock(NOW)
    provider = MemoryCapturingGateway(clock, name=PROVIDER)
    school = School(clock=clock, provider=provider, **changes)  # type: ignore[arg-type]
    school.issue(a_coupon())
    school.start(coupon_code="SPRING")
    return school, provider


def received(provider: MemoryCapturingGateway) -> int:
    """How many payments the provider received."""
    return len(provider.bank.payments)


def reconcile(school: School) -> None:
    """The next run, a second later."""
    school.wait(seconds=1)
    school.reconcile()


def test_the_return_page_captures_what_was_approved() -> None:
    """The student comes back and is enrolled, without any webhook."""
    school, provider = a_school()
    provider.approve(SESSION)
    assert school.show_checkout(CHECKOUT).enrolled
    assert (school.session(SESSION).status, received(provider)) == (Status.COMPLETED, 1)
    assert school.uses_counted() == 1


def test_a_hundred_identical_webhooks_capture_once() -> None:
    """The first captures, the others change nothing."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    for _ in range(100):
        school.receive(event)
    assert received(provider) == 1
    assert school.signals(Signal.ENROLLED) == ["completed"]


def test_fifty_at_once_capture_once() -> None:
    """Webhook and return page in the same moment."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    at_once([lambda: school.rival().settle(event)] * 50)
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)
    assert school.enrollment() is not None


def test_reconciliation_captures_what_was_approved_and_forgotten() -> None:
    """The student closed the tab, and the webhook was lost."""
    school, provider = a_school()
    provider.approve(SESSION)
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)


def test_an_approval_before_the_checkout_is_attached_is_captured() -> None:
    """The webhook may be faster than the answer to our own request."""
    clock = MemoryClock(NOW)
    provider = MemoryCapturingGateway(clock, name=PROVIDER)
    school = School(clock=clock, provider=provider)
    school.gateway = Overtaken(provider, lambda: school.rival().settle(provider.approve(SESSION)))
    result = school.enroll()
    assert isinstance(result, Enrolled)
    assert school.session(SESSION).provider_session_id == CHECKOUT
    assert school.sessions.find_by_provider_session(PROVIDER, CHECKOUT) == school.session(SESSION)


def test_a_cancelled_session_is_never_captured() -> None:
    """Who saw "cancelled" and approves all the same is not charged, whoever looks."""
    school, provider = a_school()
    assert isinstance(school.cancel(SESSION), Cancelled)
    event = provider.approve(SESSION)
    school.receive(event)
    school.show_checkout(CHECKOUT)
    school.wait(minutes=5)
    reconcile(school)
    assert received(provider) == 0
    assert (school.session(SESSION).status, school.lock(), school.uses_counted()) == (Status.CANCELLED, None, 0)


def test_a_cancel_request_keeps_what_was_approved_before_from_being_captured() -> None:
    """The request is stored, the provider silent: nobody captures in between, and the student got the truth."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    school.gateway = Unreachable(provider)
    assert isinstance(school.cancel(SESSION), Cancelling)
    school.gateway = provider
    school.receive(event)
    assert received(provider) == 0
    reconcile(school)
    assert school.session(SESSION).status is Status.CANCELLED


def test_a_capture_that_was_begun_wins_over_a_cancellation() -> None:
    """The student hears that the payment was faster, and is enrolled."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: school.rival().settle(event)])
    assert isinstance(school.cancel(SESSION), NotCancelled)
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)


def test_a_cancellation_that_was_faster_keeps_the_capture_from_beginning() -> None:
    """Between reading the session and storing that a capture begins, the student cancels."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: school.rival().cancel(SESSION)])
    school.settle(event)
    assert (received(provider), school.session(SESSION).status) == (0, Status.CANCELLED)


def test_a_capture_without_an_answer_is_asked_for_again() -> None:
    """It was made or not: the same capture again tells, and charges once."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    school.gateway = LosesAnswers(provider)
    with pytest.raises(ProviderUnavailable):
        school.settle(event)
    assert school.session(SESSION).is_capturing
    school.gateway = provider
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)


def test_whoever_stops_before_asking_leaves_it_to_reconciliation() -> None:
    """The capture is stored and was never asked for: the student cannot cancel, and no answer says that they did."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    school.gateway = Unreachable(provider)
    with pytest.raises(ProviderUnavailable):
        school.settle(event)
    assert isinstance(school.cancel(SESSION), NotCancelled)
    school.gateway = provider
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)


def test_a_cancellation_that_could_not_be_stored_is_not_promised() -> None:
    """Whether the capture was made is not known yet, and meanwhile somebody heard that it was declined: ask again."""
    school, provider = a_school()
    event = provider.approve(SESSION, Funding.DECLINED)
    school.gateway = Unreachable(provider)
    with pytest.raises(ProviderUnavailable):
        school.settle(event)
    school.gateway = LosesAnswers(Overtaken(provider, lambda: school.rival().settle(event), on="look_up"))
    with pytest.raises(ProviderUnavailable):
        school.cancel(SESSION)
    school.gateway = provider
    assert isinstance(school.cancel(SESSION), Cancelled)


def test_a_declined_capture_opens_the_session_again() -> None:
    """The student may try another way, or cancel."""
    school, provider = a_school()
    school.settle(provider.approve(SESSION, Funding.DECLINED))
    session = school.session(SESSION)
    assert (session.status, session.decline_code, session.capture_attempts) == (Status.OPEN, "instrument_declined", 1)
    school.settle(provider.approve(SESSION))
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)
    assert school.session(SESSION).capture_attempts == 2


def test_a_report_of_the_end_is_settled_once_the_capture_is_known_to_have_failed() -> None:
    """It met a capture without an answer: what came of that is asked first, and the end is not forgotten over it."""
    school, provider = a_school()
    event = provider.approve(SESSION, Funding.DECLINED)
    school.gateway = Unreachable(provider)
    with pytest.raises(ProviderUnavailable):
        school.settle(event)
    school.gateway = provider
    school.settle(expired(school.session(SESSION)))
    assert (received(provider), school.session(SESSION).status) == (0, Status.EXPIRED)
    assert (school.lock(), school.uses_counted()) == (None, 0)


def test_a_declined_session_can_be_cancelled() -> None:
    """Nothing was charged, and nothing will be."""
    school, provider = a_school()
    school.settle(provider.approve(SESSION, Funding.DECLINED))
    assert isinstance(school.cancel(SESSION), Cancelled)
    school.settle(provider.approve(SESSION))
    assert received(provider) == 0


def test_an_old_decline_does_not_open_a_session_that_is_captured_anew() -> None:
    """Who heard late of the first decline must not open what is being captured: it could be cancelled then."""
    school, provider = a_school()
    event = provider.approve(SESSION, Funding.DECLINED)

    def declined_elsewhere_and_approved_again() -> None:
        school.rival().settle(event)
        rival = school.rival()
        rival.gateway = Unreachable(provider)
        with pytest.raises(ProviderUnavailable):
            rival.settle(provider.approve(SESSION))

    school.gateway = Overtaken(provider, declined_elsewhere_and_approved_again, on="capture")
    school.settle(event)
    session = school.session(SESSION)
    assert (session.is_capturing, session.capture_attempts) == (True, 2)
    school.gateway = provider
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)


def test_captures_are_tried_a_few_times_only() -> None:
    """After so many declines the approval lapses; the student begins anew."""
    school, provider = a_school()
    for _ in range(MAX_CAPTURES):
        school.settle(provider.approve(SESSION, Funding.DECLINED))
    provider.approve(SESSION)
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (0, Status.EXPIRED)


def test_money_on_its_way_waits() -> None:
    """Captured and not received: nobody is enrolled before it is."""
    school, provider = a_school()
    school.settle(provider.approve(SESSION, Funding.PENDING))
    assert school.session(SESSION).status is Status.PROCESSING
    assert isinstance(school.cancel(SESSION), NotCancelled)
    reconcile(school)
    assert school.session(SESSION).status is Status.PROCESSING
    school.receive(provider.pay(SESSION))
    assert school.session(SESSION).status is Status.COMPLETED


def test_money_that_does_not_come_ends_the_session() -> None:
    """What was held is given back."""
    school, provider = a_school()
    school.settle(provider.approve(SESSION, Funding.PENDING))
    school.receive(provider.bounce(SESSION))
    assert (school.session(SESSION).status, school.lock()) == (Status.FAILED, None)


def test_an_approval_just_before_the_end_is_captured_after_it() -> None:
    """Ten minutes are two runs of the reconciliation."""
    school, provider = a_school()
    school.wait(minutes=39)
    provider.approve(SESSION)
    school.wait(minutes=10)
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)


def test_an_approval_that_nobody_saw_lapses() -> None:
    """Later than that the student is not charged any more."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    school.wait(minutes=50)
    school.receive(event)
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (0, Status.EXPIRED)
    assert (school.lock(), school.uses_counted()) == (None, 0)


def test_a_dry_run_moves_no_money() -> None:
    """It says what would be done."""
    school, provider = a_school()
    provider.approve(SESSION)
    asked = school.gateway = Counting(provider)
    result = school.use_case(ReconcileSession).preview(school.session(SESSION))
    assert result.outcome is ReconcileOutcome.SETTLED
    assert (asked.asked, received(provider)) == (["look_up"], 0)
    assert school.session(SESSION).status is Status.OPEN


def test_another_amount_is_not_captured() -> None:
    """What would be charged is compared before it is."""
    school, provider = a_school()
    kept = provider.checkouts[SESSION]
    provider.checkouts[SESSION] = evolve(kept, amount=kept.amount.less(1))
    school.settle(provider.approve(SESSION))
    assert (received(provider), school.session(SESSION).status) == (0, Status.OPEN)
    reconcile(school)
    assert (received(provider), school.session(SESSION).status) == (0, Status.EXPIRED)


def test_who_was_let_in_by_other_means_is_not_charged() -> None:
    """An administrator enrolled the student while they were approving."""
    school, provider = a_school()
    event = provider.approve(SESSION)
    school.store.enrollments[SAM.user_id, "course-1"] = an_enrollment()
    school.settle(event)
    reconcile(school)
    assert received(provider) == 0
    assert school.enrollment() is not None


def test_buying_again_finds_what_was_approved() -> None:
    """The student did not come back, and clicks again: the same checkout is captured."""
    school, provider = a_school()
    provider.approve(SESSION)
    assert isinstance(school.enroll(coupon_code="SPRING"), Enrolled)
    assert received(provider) == 1


def test_buying_again_after_a_decline_shows_the_same_checkout() -> None:
    """It is open, and can be approved with another card."""
    school, provider = a_school()
    provider.approve(SESSION, Funding.DECLINED)
    shown = school.start(coupon_code="SPRING")
    assert (shown.session.payment_session_id, shown.session.status) == (SESSION, Status.OPEN)
    assert shown.client_secret


def test_buying_again_after_an_approval_lapsed_begins_anew() -> None:
    """The old checkout is closed, never captured."""
    school, provider = a_school()
    provider.approve(SESSION)
    school.wait(minutes=51)
    shown = school.start(coupon_code="SPRING")
    assert shown.session.payment_session_id != SESSION
    assert (school.session(SESSION).status, received(provider)) == (Status.EXPIRED, 0)


def test_a_checkout_that_cannot_be_searched_for_ends_with_its_time() -> None:
    """The request was lost, the student deleted: nobody can find the checkout, and nobody can be charged at it."""
    clock = MemoryClock(NOW)
    provider = MemoryCapturingGateway(clock, name=PROVIDER)
    school = School(clock=clock, provider=provider)
    school.gateway = Unreachable(provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    school.gateway = provider
    del school.store.students[SAM.user_id]
    school.wait(minutes=20)
    reconcile(school)
    assert school.session(SESSION).status is Status.CREATING
    school.wait(minutes=31)
    reconcile(school)
    assert school.session(SESSION).status is Status.EXPIRED


def test_a_process_that_ends_after_the_capture_loses_nothing() -> None:
    """The money moved, and its event was not stored: the next run asks again."""
    school, provider = a_school()
    event = provider.approve(SESSION)

    def stop() -> None:
        raise KeyboardInterrupt

    school.unit_of_work = Followed(school.unit_of_work, [lambda: None, stop])
    with pytest.raises(KeyboardInterrupt):
        school.settle(event)
    reconcile(school.rival())
    assert (received(provider), school.session(SESSION).status) == (1, Status.COMPLETED)
