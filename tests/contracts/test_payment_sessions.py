"""Payment sessions, their locks and the events that changed them, in memory and in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from domain.errors import CheckoutInProgress, CheckoutReplaced
from domain.money import Money
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, Status
from domain.pricing import Quote
from domain.transactions.conflicts import AlreadyEnrolled, EntryExists, SessionConflict
from domain.transactions.payments import attach, await_payment, fulfil, release, reserve, resolve, review
from domain.transactions.writes import (
    AcquireCheckoutLock,
    AddSession,
    ChangeSession,
    RecordEvent,
    ReleaseCheckoutLock,
    ResolveSession,
)
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, a_coupon, a_session, a_session_with, a_student, expired, later, paid, pending
from tests.support.reversal_factories import an_audit_record, sums

_REFUNDED = Resolution(kind=ResolutionKind.REFUNDED, by="admin-1", at=later(60), note="paid twice")
_ENROLLED = Resolution(kind=ResolutionKind.ENROLLED, by="admin-1", at=later(60))


def _stored(storage: Backend) -> PaymentSession:
    session = storage.sessions.find("user-1", "ps_1")
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
def test_a_session_is_read_as_it_was_added(storage: Backend, session: PaymentSession) -> None:
    """Everything about a session comes back."""
    storage.commit(AddSession(session))
    assert _stored(storage) == session


@pytest.mark.parametrize(
    ("user_id", "session_id"), [("user-2", "ps_1"), ("user-1", "ps_2"), ("user-1", ""), ("user-1#", "ps_1")]
)
def test_fault_71_a_foreign_session_is_not_there(storage: Backend, user_id: str, session_id: str) -> None:
    """Somebody else's session, an unknown one and an impossible one are all the same: nothing."""
    storage.commit(AddSession(a_session()))
    assert storage.sessions.find(user_id, session_id) is None


def test_an_id_is_used_once(storage: Backend) -> None:
    """Adding again is refused with the session that is there, the same one included."""
    storage.commit(AddSession(a_session()))
    (refusal,) = storage.conflicts(AddSession(a_session(course_id="c-2")))
    assert isinstance(refusal, SessionConflict)
    assert refusal.session == a_session()


def test_sessions_are_listed_newest_first(storage: Backend) -> None:
    """A student sees their own sessions and no others."""
    for number in (2, 1, 3):
        storage.commit(AddSession(a_session(payment_session_id=f"ps_{number}", created_at=later(number))))
    storage.commit(AddSession(a_session(user_id="user-2", payment_session_id="ps_9")))
    assert [session.payment_session_id for session in storage.sessions.of_student("user-1")] == ["ps_3", "ps_2", "ps_1"]
    assert storage.sessions.of_student("nobody") == ()
    assert storage.sessions.of_student("user-1#") == ()


def test_open_checkouts_are_counted_up_to_a_bound(storage: Backend) -> None:
    """Creating and open sessions count; those that are processing or over, and other people's, do not."""
    for number, status in enumerate(Status):
        _add_with_lock(storage, payment_session_id=f"ps_{number}", course_id=f"course-{number}", status=status)
    _add_with_lock(storage, user_id="user-2")
    assert storage.sessions.count_open("user-1", at_most=10) == 2
    assert storage.sessions.count_open("user-1", at_most=1) == 1
    assert storage.sessions.count_open("nobody", at_most=2) == 0
    assert storage.sessions.count_open("user-1#", at_most=2) == 0


def test_a_session_that_lost_its_checkout_lock_is_not_counted(storage: Backend) -> None:
    """Neither one without a lock nor one whose lock is another's; a lock without a session counts for nothing."""
    storage.commit(AddSession(a_session(payment_session_id="ps_1")))
    storage.commit(AcquireCheckoutLock(a_session(payment_session_id="ps_2")))
    assert storage.sessions.count_open("user-1", at_most=10) == 0
    storage.commit(AddSession(a_session(payment_session_id="ps_2")))
    assert storage.sessions.count_open("user-1", at_most=10) == 1


def _add_with_lock(storage: Backend, **changes: Any) -> None:
    session = a_session(**changes)
    storage.commit(AddSession(session), AcquireCheckoutLock(session))


def test_an_attached_session_is_found_by_the_providers_id(storage: Backend) -> None:
    """Whoever knows the checkout's id finds the session; long ids and impossible ones make no difference."""
    checkout = "cs_test_" + "a1" * 33
    storage.commit(*reserve(a_session(), None))
    assert storage.sessions.find_by_provider_session("stripe", checkout) is None
    storage.commit(*attach(a_session().opened(checkout, later())))
    assert storage.sessions.find_by_provider_session("stripe", checkout) == _stored(storage)
    for provider, other in (("other", checkout), ("stripe", "cs_2"), ("stripe", ""), ("stripe", "cs#1"), ("#", "cs_1")):
        assert storage.sessions.find_by_provider_session(provider, other) is None


def test_attaching_twice_is_harmless(storage: Backend) -> None:
    """A repeated attach finds its own work and succeeds."""
    storage.commit(*reserve(a_session(), None))
    storage.commit(*attach(a_session().opened("cs_1", later())))
    once = storage.everything()
    storage.commit(*attach(a_session().opened("cs_1", later())))
    assert storage.everything() == once
    assert _stored(storage) == a_session(status=Status.OPEN, provider_session_id="cs_1", updated_at=later())


def test_fault_49_attaching_after_the_webhook_is_refused_with_the_true_state(storage: Backend) -> None:
    """A webhook that was faster stays; the refusal carries the completed session."""
    storage.students.add(a_student())
    storage.commit(*reserve(a_session(), None))
    storage.commit(*fulfil(a_session(), a_session().completed(paid(a_session()), later()), paid(a_session())))
    (refusal,) = storage.conflicts(*attach(a_session().opened("cs_1", later())))
    assert isinstance(refusal, SessionConflict)
    assert refusal.session == _stored(storage)
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
    storage: Backend, change: Callable[[PaymentSession], PaymentSession]
) -> None:
    """A change that differs in price, currency, course, mode, checkout or owner is refused."""
    storage.commit(AddSession(a_session(status=Status.OPEN, provider_session_id="cs_1")))
    following = change(a_session(status=Status.COMPLETED, provider_session_id="cs_1", due_at=None))
    (refusal,) = storage.conflicts(ChangeSession(LIVE, following))
    assert isinstance(refusal, SessionConflict)


@pytest.mark.parametrize(
    "change",
    [
        _other_price,
        _other_currency,
        lambda session: evolve(session, course_id="c-2"),
        lambda session: evolve(session, livemode=True),
    ],
)
def test_another_sale_is_not_this_session_before_its_checkout_is_known_either(
    storage: Backend, change: Callable[[PaymentSession], PaymentSession]
) -> None:
    """A session whose checkout never opened is released as the sale that it was."""
    storage.commit(AddSession(a_session()))
    (refusal,) = storage.conflicts(ChangeSession(LIVE, change(a_session(status=Status.EXPIRED, due_at=None))))
    assert isinstance(refusal, SessionConflict)


@pytest.mark.parametrize("status", sorted(set(Status) - LIVE))
def test_fault_33_a_final_session_does_not_change(storage: Backend, status: Status) -> None:
    """A change expected of a live session is refused once it is over, with the session as it is."""
    storage.commit(AddSession(a_session(status=status, due_at=None)))
    (refusal,) = storage.conflicts(ChangeSession(LIVE, a_session(status=Status.EXPIRED, due_at=None)))
    assert isinstance(refusal, SessionConflict)
    assert refusal.session == a_session(status=status, due_at=None)


def test_what_was_learned_stays_and_the_due_date_goes(storage: Backend) -> None:
    """A change that does not know an id leaves it; one without a next run removes the date."""
    requested = a_session(
        status=Status.OPEN, provider_session_id="cs_1", cancel_requested_at=later(), customer_id="cus_1"
    )
    storage.commit(AddSession(requested))
    over = evolve(requested, status=Status.EXPIRED, cancel_requested_at=None, customer_id=None, due_at=None)
    storage.commit(ChangeSession(LIVE, over))
    assert _stored(storage) == evolve(requested, status=Status.EXPIRED, due_at=None)


def test_fault_41_one_checkout_at_a_time(storage: Backend) -> None:
    """A second reservation of the same student and course is refused with the first one's id, and leaves nothing."""
    storage.commit(*reserve(a_session(), None))
    (refusal,) = storage.conflicts(*reserve(a_session(payment_session_id="ps_2"), None))
    assert isinstance(refusal, CheckoutInProgress)
    assert refusal.payment_session_id == "ps_1"
    storage.commit(*reserve(a_session(payment_session_id="ps_3", course_id="c-2"), None))


def test_fault_86_a_reservation_repeated_after_a_lost_answer_finds_itself(storage: Backend) -> None:
    """The refusals of a repetition name the very session that was to be made."""
    storage.commit(*reserve(a_session(), None))
    session, lock = storage.conflicts(*reserve(a_session(), None))
    assert isinstance(session, SessionConflict)
    assert session.session == a_session()
    assert isinstance(lock, CheckoutInProgress)
    assert lock.payment_session_id == "ps_1"


def test_only_its_own_checkout_lock_is_released(storage: Backend) -> None:
    """Another session's lock stays, and a missing one does no harm."""
    storage.commit(ReleaseCheckoutLock(a_session()))
    storage.commit(AcquireCheckoutLock(a_session()))
    (refusal,) = storage.conflicts(ReleaseCheckoutLock(a_session(payment_session_id="ps_2")))
    assert isinstance(refusal, CheckoutReplaced)
    storage.commit(ReleaseCheckoutLock(a_session()))
    storage.commit(AcquireCheckoutLock(a_session(payment_session_id="ps_2")))


def test_a_paid_session_ends_in_an_enrollment(storage: Backend) -> None:
    """Fulfilling completes the session, enrolls, frees the checkout lock and keeps the customer, all at once."""
    storage.students.add(a_student())
    storage.commit(*reserve(a_session(), None))
    event = paid(a_session())
    storage.commit(*fulfil(a_session(), a_session().completed(event, later()), event))
    completed = a_session().completed(event, later())
    assert _stored(storage) == completed
    context = storage.enrollments.context("user-1", "course-1")
    assert context.enrollment == completed.enrollment()
    assert context.payment_session_id is None
    assert context.student is not None
    assert context.student.customer_at("stripe") == "cus_1"


def test_fault_35_hearing_twice_equals_hearing_once(storage: Backend) -> None:
    """Repeating a fulfilment is refused by the session that is completed, first of all, and changes nothing."""
    storage.students.add(a_student())
    storage.commit(*reserve(a_session(), None))
    storage.commit(*fulfil(a_session(), a_session().completed(paid(a_session()), later()), paid(a_session())))
    session, *rest = storage.conflicts(
        *fulfil(a_session(), a_session().completed(paid(a_session()), later(2)), paid(a_session()))
    )
    assert isinstance(session, SessionConflict)
    assert session.session == _stored(storage)
    assert [type(conflict) for conflict in rest] == [AlreadyEnrolled, EntryExists]


def test_a_released_session_frees_the_course(storage: Backend) -> None:
    """After an expiry the student may begin anew."""
    storage.commit(*reserve(a_session(), None))
    storage.commit(
        *release(
            a_session(),
            a_session().released(Status.EXPIRED, later(), expired(a_session())),
            expired(a_session()),
        )
    )
    assert _stored(storage) == a_session(
        status=Status.EXPIRED, due_at=None, updated_at=later(), provider_session_id="cs_1"
    )
    storage.commit(*reserve(a_session(payment_session_id="ps_2"), None))


def test_a_slow_payment_keeps_everything_held(storage: Backend) -> None:
    """While money is on its way, the checkout lock stays."""
    storage.commit(*reserve(a_session(), None))
    storage.commit(
        *await_payment(a_session(), a_session().processing(pending(a_session()), later()), pending(a_session()))
    )
    assert _stored(storage).status is Status.PROCESSING
    assert storage.enrollments.context("user-1", "course-1").payment_session_id == "ps_1"


def test_fault_28_a_session_in_review_keeps_its_lock(storage: Backend) -> None:
    """Nobody pays twice while a person looks, and nobody is enrolled."""
    storage.commit(*reserve(a_session(), None))
    storage.commit(
        *review(
            a_session(),
            a_session().in_review(ReviewReason.AMOUNT_MISMATCH, paid(a_session()), later()),
            paid(a_session()),
        )
    )
    assert _stored(storage).review_reason is ReviewReason.AMOUNT_MISMATCH
    context = storage.enrollments.context("user-1", "course-1")
    assert (context.enrollment, context.payment_session_id) == (None, "ps_1")


def test_fault_58_a_payment_of_nobody_is_refused(storage: Backend) -> None:
    """Without the student nothing of the fulfilment happens; the refusal is the last of the writes'."""
    storage.commit(*reserve(a_session(), None))
    conflicts = storage.conflicts(
        *fulfil(a_session(), a_session().completed(paid(a_session()), later()), paid(a_session()))
    )
    assert [refusal.code for refusal in conflicts] == ["student_not_found"]


@pytest.mark.parametrize("event_id", ["evt_1", "lookup:cs_test_" + "a1" * 33 + ":complete:paid"])
def test_an_event_is_recorded_as_often_as_it_is_reported(storage: Backend, event_id: str) -> None:
    """The record is no gate: writing it again succeeds."""
    event = RecordEvent(
        provider="stripe",
        event_id=event_id,
        event_type="checkout.session.completed",
        payment_session_id="ps_1",
        outcome="completed",
        at=NOW,
    )
    storage.commit(event)
    once = storage.everything()
    storage.commit(event)
    assert storage.everything() == once


def _over(number: int, status: Status, **changes: Any) -> PaymentSession:
    session = a_session(payment_session_id=f"ps_{number}", status=status, due_at=None, updated_at=later(number))
    return evolve(session, **changes)


def test_live_sessions_are_due_the_longest_unseen_first(storage: Backend) -> None:
    """Whatever was last looked at before the moment is due; what is over, and what was just looked at, is not."""
    for number in (3, 1, 4, 2, 5):
        storage.commit(AddSession(a_session(payment_session_id=f"ps_{number}", due_at=later(number))))
    storage.commit(AddSession(_over(9, Status.EXPIRED)))
    due = storage.sessions.due(before=later(5), at_most=10)
    assert [session.payment_session_id for session in due] == ["ps_1", "ps_2", "ps_3", "ps_4"]
    assert [session.payment_session_id for session in storage.sessions.due(before=later(5), at_most=2)] == [
        "ps_1",
        "ps_2",
    ]


def test_a_session_that_was_checked_comes_after_all_others(storage: Backend) -> None:
    """Reconciling again is recorded, and no session stands in the row twice."""
    for number in (1, 2):
        storage.commit(AddSession(a_session(payment_session_id=f"ps_{number}", due_at=later(number))))
    seen = a_session(due_at=later(1)).checked(later(3))
    storage.commit(ChangeSession(frozenset({Status.CREATING}), seen))
    due = storage.sessions.due(before=later(9), at_most=10)
    assert [session.payment_session_id for session in due] == ["ps_2", "ps_1"]


def test_reviews_wait_until_they_are_decided(storage: Backend) -> None:
    """The oldest comes first, and a decided one is gone from the list."""
    for number in (2, 1, 3):
        session = a_session(payment_session_id=f"ps_{number}", course_id=f"c-{number}")
        storage.commit(AddSession(session))
        event = paid(session, provider_payment_id=f"pi_{number}")
        storage.commit(*review(session, session.in_review(ReviewReason.OTHER_MODE, event, later(number)), event))
    waiting = storage.sessions.in_review(at_most=10)
    assert [session.payment_session_id for session in waiting] == ["ps_1", "ps_2", "ps_3"]
    assert len(storage.sessions.in_review(at_most=2)) == 2
    assert storage.sessions.due(before=later(99), at_most=10) == ()
    storage.commit(*resolve(waiting[0], _REFUNDED, an_audit_record()))
    assert [session.payment_session_id for session in storage.sessions.in_review(at_most=10)] == ["ps_2", "ps_3"]
    assert storage.sessions.find("user-1", "ps_1") == waiting[0].resolved(_REFUNDED)


def _created(number: int) -> dict[str, Any]:
    """The id of a session, as the product makes them, and when it was created: the id carries the millisecond."""
    created_at = later(number)
    milliseconds = int(created_at.timestamp() * 1000)
    return {"payment_session_id": f"ps_{milliseconds:012x}{number:020x}", "created_at": created_at}


def test_a_review_is_found_by_its_id_alone_before_and_after_the_decision(storage: Backend) -> None:
    """Among many, whoever's it is; sessions that nobody had to decide about, and impossible ids, are not found."""
    waiting = [
        a_session(
            **_created(number),
            user_id=f"user-{number}",
            status=Status.REVIEW,
            due_at=None,
            review_reason=ReviewReason.OTHER_MODE,
            updated_at=later(60 + number),
        )
        for number in range(3)
    ]
    open_one, settled = a_session(**_created(5)), a_session(**_created(6), status=Status.COMPLETED, due_at=None)
    storage.commit(*(AddSession(session) for session in (*waiting, open_one, settled)))
    assert [storage.sessions.find_any(session.payment_session_id) for session in waiting] == waiting
    storage.students.add(a_student(user_id="user-1"))
    storage.commit(*resolve(waiting[0], _REFUNDED, an_audit_record()))
    storage.commit(*resolve(waiting[1], _ENROLLED, an_audit_record()))
    for session, resolution in zip(waiting, (_REFUNDED, _ENROLLED), strict=False):
        assert storage.sessions.find_any(session.payment_session_id) == session.resolved(resolution)
    assert storage.sessions.find_any(waiting[2].payment_session_id) == waiting[2]
    nobody = _created(7)["payment_session_id"]
    assert [storage.sessions.find_any(one.payment_session_id) for one in (open_one, settled)] == [open_one, settled]
    for other in (nobody, "ps_404", "", "ps_1#", "x" * 65, f"ps_{'f' * 12}{'0' * 20}"):
        assert storage.sessions.find_any(other) is None


@pytest.mark.parametrize("resolution", [None, _REFUNDED])
def test_the_session_of_a_second_payment_is_found_by_its_id_alone(
    storage: Backend, resolution: Resolution | None
) -> None:
    """Its id begins with that of the session that was paid first, whose student it has."""
    first = a_session(**_created(1), status=Status.COMPLETED, due_at=None, completed_at=later())
    second = first.second(paid(first, provider_payment_id="pi_2", provider_session_id="cs_2"), later(60 * 24 * 60))
    storage.commit(AddSession(first), AddSession(second))
    if resolution is not None:
        storage.commit(*resolve(second, resolution, an_audit_record()))
        second = second.resolved(resolution)
    assert storage.sessions.find_any(second.payment_session_id) == second
    assert storage.sessions.find_any(f"{second.payment_session_id[:-1]}x") is None


def test_a_review_whose_refund_is_under_way_is_found_by_its_id(storage: Backend) -> None:
    """It is due, and waits for no decision until the refund is known to be made or not."""
    why = {"status": Status.REVIEW, "review_reason": ReviewReason.OTHER_MODE}
    in_review = a_session(**_created(1), **why, reversed_sums=sums(refund_requested=5))
    storage.commit(AddSession(in_review))
    assert storage.sessions.find_any(in_review.payment_session_id) == in_review
    assert storage.sessions.in_review(at_most=10) == ()
    assert storage.sessions.due(before=later(), at_most=10) == (in_review,)


def test_a_review_is_decided_once(storage: Backend) -> None:
    """A second decision, and one about a session that is not in review, is refused with the session as it is."""
    waiting = _over(1, Status.REVIEW, review_reason=ReviewReason.OTHER_MODE)
    storage.commit(AddSession(waiting))
    storage.commit(ResolveSession(waiting.resolved(_REFUNDED)))
    for session in (waiting, a_session(payment_session_id="ps_2")):
        (refusal,) = storage.conflicts(ResolveSession(session.resolved(_ENROLLED)))
        assert isinstance(refusal, SessionConflict)
        assert refusal.session == storage.sessions.find("user-1", session.payment_session_id)


def test_a_person_may_enroll_the_student_of_a_review(storage: Backend) -> None:
    """The decision completes the session and enrolls, in one step, and the checkout lock goes."""
    storage.students.add(a_student())
    storage.commit(*reserve(a_session(), None))
    storage.commit(
        *review(
            a_session(),
            a_session().in_review(ReviewReason.AMOUNT_MISMATCH, paid(a_session()), later()),
            paid(a_session()),
        )
    )
    storage.commit(*resolve(_stored(storage), _ENROLLED, an_audit_record()))
    assert _stored(storage).status is Status.COMPLETED
    context = storage.enrollments.context("user-1", "course-1")
    assert context.enrollment == _stored(storage).enrollment()
    assert context.payment_session_id is None
