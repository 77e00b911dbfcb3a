"""Payment sessions, their guards and the events that moved them, in memory and in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from domain.errors import CheckoutInProgress, CheckoutReplaced, SessionMoved
from domain.money import Money
from domain.payments import LIVE, PaymentSession, Resolution, ResolutionKind, ReviewReason, Status
from domain.pricing import Quote
from domain.transactions import attach, await_payment, fulfil, release, reserve, resolve, review
from domain.writes import AddSession, ChangeSession, CloseGuard, OpenGuard, RecordEvent, ResolveSession
from tests.support.backends import Backend
from tests.support.things import NOW, a_coupon, a_session, a_session_with, a_student, expired, later, paid, pending

_REFUNDED = Resolution(kind=ResolutionKind.REFUNDED, by="admin-1", at=later(60), note="paid twice")
_ENROLLED = Resolution(kind=ResolutionKind.ENROLLED, by="admin-1", at=later(60))


def _stored(books: Backend) -> PaymentSession:
    session = books.sessions.find("user-1", "ps_1")
    assert session is not None
    return session


@pytest.mark.parametrize(
    "session",
    [
        a_session(),
        a_session(ui_mode="hosted", cancel_url="https://school.example/back", customer_id="cus_1", livemode=True),
        a_session_with(a_coupon(shards=4, max_uses=100), shard=3, source="promotion"),
        a_session_with(a_coupon(max_uses=None)),
        a_session(
            status=Status.REVIEW,
            due_at=None,
            completed_at=later(),
            cancel_requested_at=later(),
            review_reason=ReviewReason.OTHER_MODE,
            provider_session_id="cs_1",
            provider_payment_id="pi_1",
        ),
    ],
)
def test_a_session_is_read_as_it_was_added(books: Backend, session: PaymentSession) -> None:
    """Everything about a session comes back."""
    books.commit(AddSession(session))
    assert _stored(books) == session


@pytest.mark.parametrize(
    ("user_id", "session_id"), [("user-2", "ps_1"), ("user-1", "ps_2"), ("user-1", ""), ("user-1#", "ps_1")]
)
def test_fault_71_a_foreign_session_is_not_there(books: Backend, user_id: str, session_id: str) -> None:
    """Somebody else's session, an unknown one and an impossible one are all the same: nothing."""
    books.commit(AddSession(a_session()))
    assert books.sessions.find(user_id, session_id) is None


def test_an_id_is_used_once(books: Backend) -> None:
    """Adding again is refused with the session that is there, the same one included."""
    books.commit(AddSession(a_session()))
    (refusal,) = books.refusals(AddSession(a_session(course_id="c-2")))
    assert isinstance(refusal, SessionMoved)
    assert refusal.session == a_session()


def test_sessions_are_listed_newest_first(books: Backend) -> None:
    """A student sees their own sessions and no others."""
    for number in (2, 1, 3):
        books.commit(AddSession(a_session(payment_session_id=f"ps_{number}", created_at=later(number))))
    books.commit(AddSession(a_session(user_id="user-2", payment_session_id="ps_9")))
    assert [session.payment_session_id for session in books.sessions.of_student("user-1")] == ["ps_3", "ps_2", "ps_1"]
    assert books.sessions.of_student("nobody") == ()
    assert books.sessions.of_student("user-1#") == ()


def test_live_sessions_are_counted_up_to_a_bound(books: Backend) -> None:
    """Creating, open and processing sessions count; the others and other people's do not."""
    for number, status in enumerate(Status):
        books.commit(AddSession(a_session(payment_session_id=f"ps_{number}", status=status)))
    books.commit(AddSession(a_session(user_id="user-2")))
    assert books.sessions.count_live("user-1", at_most=10) == 3
    assert books.sessions.count_live("user-1", at_most=2) == 2
    assert books.sessions.count_live("nobody", at_most=2) == 0
    assert books.sessions.count_live("user-1#", at_most=2) == 0


def test_an_attached_session_is_found_by_the_providers_id(books: Backend) -> None:
    """Whoever knows the checkout's id finds the session; long ids and impossible ones make no difference."""
    checkout = "cs_test_" + "a1" * 33
    books.commit(*reserve(a_session(), None))
    assert books.sessions.find_by_provider_session("stripe", checkout) is None
    books.commit(*attach(a_session(), checkout, later()))
    assert books.sessions.find_by_provider_session("stripe", checkout) == _stored(books)
    for provider, other in (("other", checkout), ("stripe", "cs_2"), ("stripe", ""), ("stripe", "cs#1"), ("#", "cs_1")):
        assert books.sessions.find_by_provider_session(provider, other) is None


def test_attaching_twice_is_harmless(books: Backend) -> None:
    """A repeated attach finds its own work and succeeds."""
    books.commit(*reserve(a_session(), None))
    books.commit(*attach(a_session(), "cs_1", later()))
    once = books.everything()
    books.commit(*attach(a_session(), "cs_1", later()))
    assert books.everything() == once
    assert _stored(books) == a_session(status=Status.OPEN, provider_session_id="cs_1", updated_at=later())


def test_fault_49_attaching_after_the_webhook_is_refused_with_the_true_state(books: Backend) -> None:
    """A webhook that was faster stays; the refusal carries the completed session."""
    books.students.add(a_student())
    books.commit(*reserve(a_session(), None))
    books.commit(*fulfil(a_session(), paid(a_session()), later()))
    (refusal,) = books.refusals(*attach(a_session(), "cs_1", later()))
    assert isinstance(refusal, SessionMoved)
    assert refusal.session == _stored(books)
    assert refusal.session.status is Status.COMPLETED


def _other_price(session: PaymentSession) -> PaymentSession:
    return evolve(session, quote=Quote(list_price=Money(1, "usd")))


def _other_currency(session: PaymentSession) -> PaymentSession:
    return evolve(session, quote=Quote(list_price=Money(session.total.amount, "eur")))


@pytest.mark.parametrize(
    "change",
    [
        _other_price,
        _other_currency,
        lambda session: evolve(session, course_id="c-2"),
        lambda session: evolve(session, livemode=True),
        lambda session: evolve(session, provider_session_id="cs_2"),
        lambda session: evolve(session, provider_session_id=None),
        lambda session: evolve(session, payment_session_id="ps_2"),
        lambda session: evolve(session, user_id="user-2"),
    ],
)
def test_fault_28_another_sale_is_not_this_session(
    books: Backend, change: Callable[[PaymentSession], PaymentSession]
) -> None:
    """A change that differs in price, currency, course, mode, checkout or owner is refused."""
    books.commit(AddSession(a_session(status=Status.OPEN, provider_session_id="cs_1")))
    following = change(a_session(status=Status.COMPLETED, provider_session_id="cs_1", due_at=None))
    (refusal,) = books.refusals(ChangeSession(LIVE, following))
    assert isinstance(refusal, SessionMoved)


@pytest.mark.parametrize("status", sorted(set(Status) - LIVE))
def test_fault_33_a_final_session_does_not_move_on(books: Backend, status: Status) -> None:
    """A change expected of a live session is refused once it is over, with the session as it is."""
    books.commit(AddSession(a_session(status=status, due_at=None)))
    (refusal,) = books.refusals(ChangeSession(LIVE, a_session(status=Status.EXPIRED, due_at=None)))
    assert isinstance(refusal, SessionMoved)
    assert refusal.session == a_session(status=status, due_at=None)


def test_what_was_learned_stays_and_the_due_date_goes(books: Backend) -> None:
    """A change that does not know an id leaves it; one without a next look removes the date."""
    noted = a_session(status=Status.OPEN, provider_session_id="cs_1", cancel_requested_at=later(), customer_id="cus_1")
    books.commit(AddSession(noted))
    over = evolve(noted, status=Status.EXPIRED, cancel_requested_at=None, customer_id=None, due_at=None)
    books.commit(ChangeSession(LIVE, over))
    assert _stored(books) == evolve(noted, status=Status.EXPIRED, due_at=None)


def test_fault_41_one_checkout_at_a_time(books: Backend) -> None:
    """A second reservation of the same student and course is refused with the first one's id, and leaves nothing."""
    books.commit(*reserve(a_session(), None))
    (refusal,) = books.refusals(*reserve(a_session(payment_session_id="ps_2"), None))
    assert isinstance(refusal, CheckoutInProgress)
    assert refusal.payment_session_id == "ps_1"
    books.commit(*reserve(a_session(payment_session_id="ps_3", course_id="c-2"), None))


def test_fault_86_a_reservation_repeated_after_a_lost_answer_finds_itself(books: Backend) -> None:
    """The refusals of a repetition name the very session that was to be made."""
    books.commit(*reserve(a_session(), None))
    session, guard = books.refusals(*reserve(a_session(), None))
    assert isinstance(session, SessionMoved)
    assert session.session == a_session()
    assert isinstance(guard, CheckoutInProgress)
    assert guard.payment_session_id == "ps_1"


def test_only_its_own_guard_is_closed(books: Backend) -> None:
    """Another session's guard stays, a missing one is no matter."""
    books.commit(CloseGuard(a_session()))
    books.commit(OpenGuard(a_session()))
    (refusal,) = books.refusals(CloseGuard(a_session(payment_session_id="ps_2")))
    assert isinstance(refusal, CheckoutReplaced)
    books.commit(CloseGuard(a_session()))
    books.commit(OpenGuard(a_session(payment_session_id="ps_2")))


def test_a_paid_session_ends_in_an_enrollment(books: Backend) -> None:
    """Fulfilling completes the session, enrolls, frees the guard and keeps the customer, all at once."""
    books.students.add(a_student())
    books.commit(*reserve(a_session(), None))
    news = paid(a_session())
    books.commit(*fulfil(a_session(), news, later()))
    completed = a_session().completed(news, later())
    assert _stored(books) == completed
    context = books.enrollments.context("user-1", "course-1")
    assert context.enrollment == completed.enrollment()
    assert context.payment_session_id is None
    assert context.student is not None
    assert context.student.customer_at("stripe") == "cus_1"


def test_fault_35_hearing_twice_equals_hearing_once(books: Backend) -> None:
    """Repeating a fulfilment is refused by the session that is completed, first of all, and changes nothing."""
    books.students.add(a_student())
    books.commit(*reserve(a_session(), None))
    books.commit(*fulfil(a_session(), paid(a_session()), later()))
    session, *rest = books.refusals(*fulfil(a_session(), paid(a_session()), later(2)))
    assert isinstance(session, SessionMoved)
    assert session.session == _stored(books)
    assert len(rest) == 1


def test_a_released_session_frees_the_course(books: Backend) -> None:
    """After an expiry the student may begin anew."""
    books.commit(*reserve(a_session(), None))
    books.commit(*release(a_session(), Status.EXPIRED, later(), expired(a_session())))
    assert _stored(books) == a_session(
        status=Status.EXPIRED, due_at=None, updated_at=later(), provider_session_id="cs_1"
    )
    books.commit(*reserve(a_session(payment_session_id="ps_2"), None))


def test_a_slow_payment_keeps_everything_held(books: Backend) -> None:
    """While money is on its way, the guard stays."""
    books.commit(*reserve(a_session(), None))
    books.commit(*await_payment(a_session(), pending(a_session()), later()))
    assert _stored(books).status is Status.PROCESSING
    assert books.enrollments.context("user-1", "course-1").payment_session_id == "ps_1"


def test_fault_28_a_session_in_review_keeps_its_guard(books: Backend) -> None:
    """Nobody pays twice while a person looks, and nobody is enrolled."""
    books.commit(*reserve(a_session(), None))
    books.commit(*review(a_session(), ReviewReason.AMOUNT_MISMATCH, paid(a_session()), later()))
    assert _stored(books).review_reason is ReviewReason.AMOUNT_MISMATCH
    context = books.enrollments.context("user-1", "course-1")
    assert (context.enrollment, context.payment_session_id) == (None, "ps_1")


def test_fault_58_a_payment_of_nobody_is_refused(books: Backend) -> None:
    """Without the student nothing of the fulfilment happens; the refusal is the last of the writes'."""
    books.commit(*reserve(a_session(), None))
    refusals = books.refusals(*fulfil(a_session(), paid(a_session()), later()))
    assert [refusal.code for refusal in refusals] == ["student_not_found"]


@pytest.mark.parametrize("event_id", ["evt_1", "lookup:cs_test_" + "a1" * 33 + ":complete:paid"])
def test_an_event_is_recorded_as_often_as_it_is_told(books: Backend, event_id: str) -> None:
    """The record is no gate: writing it again succeeds."""
    event = RecordEvent(
        provider="stripe",
        event_id=event_id,
        event_type="checkout.session.completed",
        payment_session_id="ps_1",
        outcome="completed",
        at=NOW,
    )
    books.commit(event)
    once = books.everything()
    books.commit(event)
    assert books.everything() == once


def _over(number: int, status: Status, **changes: Any) -> PaymentSession:
    session = a_session(payment_session_id=f"ps_{number}", status=status, due_at=None, updated_at=later(number))
    return evolve(session, **changes)


def test_live_sessions_are_due_the_longest_unseen_first(books: Backend) -> None:
    """Whatever was last looked at before the moment is due; what is over, and what was just looked at, is not."""
    for number in (3, 1, 4, 2, 5):
        books.commit(AddSession(a_session(payment_session_id=f"ps_{number}", due_at=later(number))))
    books.commit(AddSession(_over(9, Status.EXPIRED)))
    due = books.sessions.due(before=later(5), at_most=10)
    assert [session.payment_session_id for session in due] == ["ps_1", "ps_2", "ps_3", "ps_4"]
    assert [session.payment_session_id for session in books.sessions.due(before=later(5), at_most=2)] == [
        "ps_1",
        "ps_2",
    ]


def test_a_session_that_was_looked_at_goes_to_the_end_of_the_row(books: Backend) -> None:
    """Looking again is noted, and no session stands in the row twice."""
    for number in (1, 2):
        books.commit(AddSession(a_session(payment_session_id=f"ps_{number}", due_at=later(number))))
    seen = a_session(due_at=later(1)).looked_at(later(3))
    books.commit(ChangeSession(frozenset({Status.CREATING}), seen))
    due = books.sessions.due(before=later(9), at_most=10)
    assert [session.payment_session_id for session in due] == ["ps_2", "ps_1"]


def test_reviews_wait_until_they_are_decided(books: Backend) -> None:
    """The oldest comes first, and a decided one is gone from the list."""
    for number in (2, 1, 3):
        session = a_session(payment_session_id=f"ps_{number}", course_id=f"c-{number}")
        books.commit(AddSession(session))
        books.commit(*review(session, ReviewReason.OTHER_MODE, paid(session, course_id=f"c-{number}"), later(number)))
    waiting = books.sessions.in_review(at_most=10)
    assert [session.payment_session_id for session in waiting] == ["ps_1", "ps_2", "ps_3"]
    assert len(books.sessions.in_review(at_most=2)) == 2
    assert books.sessions.due(before=later(99), at_most=10) == ()
    books.commit(*resolve(waiting[0], _REFUNDED))
    assert [session.payment_session_id for session in books.sessions.in_review(at_most=10)] == ["ps_2", "ps_3"]
    assert books.sessions.find("user-1", "ps_1") == waiting[0].resolved(_REFUNDED)


def test_a_review_is_decided_once(books: Backend) -> None:
    """A second decision, and one about a session that is not in review, is refused with the session as it is."""
    waiting = _over(1, Status.REVIEW, review_reason=ReviewReason.OTHER_MODE)
    books.commit(AddSession(waiting))
    books.commit(ResolveSession(waiting.resolved(_REFUNDED)))
    for session in (waiting, a_session(payment_session_id="ps_2")):
        (refusal,) = books.refusals(ResolveSession(session.resolved(_ENROLLED)))
        assert isinstance(refusal, SessionMoved)
        assert refusal.session == books.sessions.find("user-1", session.payment_session_id)


def test_a_person_may_enroll_the_student_of_a_review(books: Backend) -> None:
    """The decision completes the session and enrolls, in one step, and the guard goes."""
    books.students.add(a_student())
    books.commit(*reserve(a_session(), None))
    books.commit(*review(a_session(), ReviewReason.AMOUNT_MISMATCH, paid(a_session()), later()))
    books.commit(*resolve(_stored(books), _ENROLLED))
    assert _stored(books).status is Status.COMPLETED
    context = books.enrollments.context("user-1", "course-1")
    assert context.enrollment == _stored(books).enrollment()
    assert context.payment_session_id is None
