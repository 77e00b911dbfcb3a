"""What a provider's event means for a session: payments that match, payments that do not, and ignored events."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from attrs import fields as attrs_fields

from domain.identifiers import is_id
from domain.money import Money
from domain.payment_decisions import Decision, decide, decide_review
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutPaid,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.states import RELEASED, Status, Transition
from domain.pricing import Quote
from domain.transactions.payments import fulfil, fulfil_late, release, review
from domain.transactions.writes import AddLedgerEntry, AddSession
from tests.support.factories import PRICE, a_session, expired, later, paid, pending

OPEN = a_session(status=Status.OPEN, provider_session_id="cs_1")
CREATING = a_session()
SECOND = paid(OPEN, provider_session_id="cs_2", provider_payment_id="pi_2")
FREE = evolve(OPEN, quote=Quote(list_price=PRICE, discount=PRICE.amount))


def a_free_checkout(**changes: Any) -> CheckoutFree:
    """The event of a checkout that completed with nothing to pay."""
    emitted: dict[str, Any] = {
        "provider": "stripe",
        "event_id": "evt_1",
        "event_type": "checkout.session.completed",
        "user_id": "user-1",
        "course_id": "course-1",
        "payment_session_id": "ps_1",
        "provider_session_id": "cs_1",
        "livemode": False,
    }
    return CheckoutFree(**(emitted | changes))


def settled(event: PaymentEvent, session: Any = OPEN) -> Decision:
    """The decision a minute later."""
    return decide(session, event, later())


@pytest.mark.parametrize("session", [CREATING, OPEN, evolve(OPEN, status=Status.PROCESSING)])
def test_a_payment_as_agreed_completes_the_session(session: Any) -> None:
    """The agreed amount, for the agreed course, in the agreed checkout, enrolls."""
    event = paid(session)
    decision = settled(event, session)
    assert decision.transition is Transition.COMPLETE
    assert decision.writes == fulfil(session, session.completed(event, later()), event)
    assert decision.session.provider_payment_id == "pi_1"
    assert decision.session.completed_at == later()


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"amount": Money(PRICE.amount - 1, "usd")}, ReviewReason.AMOUNT_MISMATCH),
        ({"amount": Money(PRICE.amount + 1, "usd")}, ReviewReason.AMOUNT_MISMATCH),
        ({"amount": Money(PRICE.amount, "eur")}, ReviewReason.AMOUNT_MISMATCH),
        ({"amount": Money(0, "usd")}, ReviewReason.AMOUNT_MISMATCH),
        ({"amount": None}, ReviewReason.AMOUNT_MISMATCH),
        ({"livemode": True}, ReviewReason.OTHER_MODE),
        ({"course_id": "course-2"}, ReviewReason.METADATA_MISMATCH),
        ({"course_id": ""}, ReviewReason.METADATA_MISMATCH),
        ({"reference": "ps_2"}, ReviewReason.METADATA_MISMATCH),
        ({"reference": ""}, ReviewReason.METADATA_MISMATCH),
        ({"provider_session_id": "cs_2"}, ReviewReason.OTHER_CHECKOUT),
    ],
)
def test_fault_26_27_28_a_payment_that_differs_goes_to_review(odd: dict[str, Any], reason: ReviewReason) -> None:
    """Another amount, currency, mode, course, reference or checkout enrolls nobody: a person looks at the money."""
    event = paid(OPEN, **odd)
    decision = settled(event)
    assert decision.transition is Transition.REVIEW
    assert decision.session.status is Status.REVIEW
    assert decision.session.review_reason is reason
    assert decision.session.provider_payment_id == "pi_1"
    assert decision.writes == review(OPEN, OPEN.in_review(reason, event, later()), event)


def test_a_payment_without_a_reference_is_judged_by_the_rest() -> None:
    """A payment reported alone repeats no reference; it still enrolls when all else is as agreed."""
    event = paid(OPEN, reference=None, provider_session_id=None)
    assert settled(event).transition is Transition.COMPLETE
    assert settled(event).session.provider_session_id == "cs_1"


def test_fault_34_a_free_checkout_enrolls_only_where_nothing_was_to_pay() -> None:
    """The provider's word that nothing was to pay is believed for a total of zero alone."""
    assert settled(a_free_checkout(), FREE).transition is Transition.COMPLETE
    assert settled(a_free_checkout()).session.review_reason is ReviewReason.UNEXPECTED_FREE
    assert settled(a_free_checkout(course_id="course-2"), FREE).session.review_reason is ReviewReason.METADATA_MISMATCH


def test_fault_49_a_payment_reported_alone_waits_for_its_checkout() -> None:
    """Before the checkout is attached, a payment that names none is passed over: the checkout's own event follows."""
    alone = paid(CREATING, provider_session_id=None, event_type="payment_intent.succeeded")
    assert settled(alone, CREATING) == Decision(transition=Transition.STAY, session=CREATING, reason="unattached")
    assert settled(paid(CREATING), CREATING).transition is Transition.COMPLETE


@pytest.mark.parametrize("status", sorted(RELEASED))
def test_fault_70_late_money_enrolls(status: Status) -> None:
    """Money for a session that was released enrolls all the same, is recorded as late, and is synced soon."""
    session = evolve(OPEN, status=status, due_at=None)
    event = paid(session)
    decision = settled(event, session)
    assert decision.transition is Transition.LATE
    late = evolve(session.completed(event, later()), due_at=later())
    assert decision.writes == fulfil_late(session, late, event)
    assert (decision.session.status, decision.session.due_at) == (Status.COMPLETED, later())


def test_late_money_that_differs_goes_to_review() -> None:
    """A late payment of another amount enrolls nobody."""
    session = evolve(OPEN, status=Status.EXPIRED)
    event = paid(session, amount=Money(1, "usd"))
    assert settled(event, session).writes == review(
        session, session.in_review(ReviewReason.AMOUNT_MISMATCH, event, later()), event
    )


def test_fault_35_the_same_payment_in_another_event_changes_nothing() -> None:
    """The session's state decides, not the event's id."""
    done = settled(paid(OPEN)).session
    again = settled(paid(OPEN, event_id="evt_2"), done)
    assert (again.transition, again.writes, again.reason) == (Transition.STAY, (), "")


def test_fault_42_a_second_payment_in_another_checkout_gets_a_review_of_its_own() -> None:
    """A completed session stays completed when another checkout is paid for it; that money waits in its own session."""
    done = settled(paid(OPEN)).session
    again = settled(SECOND, done)
    assert (again.transition, again.session, again.reason) == (Transition.REVIEW, done, "second_payment")
    added, booked = again.writes
    assert isinstance(added, AddSession)
    assert isinstance(booked, AddLedgerEntry)
    assert (booked.entry.provider_payment_id, booked.entry.seat) == ("pi_2", 0)
    kept = added.session
    assert (kept.status, kept.review_reason) == (Status.REVIEW, ReviewReason.SECOND_PAYMENT)
    assert (kept.provider_session_id, kept.coupon, kept.completed_at) == ("cs_2", None, None)
    assert kept.payment_session_id.startswith(done.payment_session_id)
    assert is_id(kept.payment_session_id)


def test_fault_42_the_same_second_payment_is_kept_under_the_same_name() -> None:
    """However often it is reported, and in whichever event, a second payment is one session; a third is another."""
    done = settled(paid(OPEN)).session
    names = [
        done.second(
            paid(OPEN, provider_session_id=checkout, provider_payment_id=payment, event_id=event), later()
        ).payment_session_id
        for checkout, payment, event in (
            ("cs_2", "pi_2", "evt_1"),
            ("cs_2", "pi_2", "evt_2"),
            (None, "pi_2", "evt_3"),
            ("cs_3", "pi_3", "evt_4"),
        )
    ]
    assert names[0] == names[1] == names[2] != names[3]


def test_fault_42_a_second_payment_waits_for_a_decision_of_its_own() -> None:
    """What a person decided about the first payment says nothing about the second."""
    in_review = decide_review(OPEN, ReviewReason.ALREADY_ENROLLED, paid(OPEN), later()).session
    decided = in_review.resolved(Resolution(kind=ResolutionKind.ENROLLED, by="admin", at=later(5)))
    assert decided.status is Status.COMPLETED
    assert decided.second(SECOND, later(9)).awaits_decision


def test_fault_42_a_second_payment_of_a_session_in_review_is_not_dropped() -> None:
    """A session in review stands for one payment; another checkout's money gets a review of its own."""
    in_review = decide_review(OPEN, ReviewReason.ALREADY_ENROLLED, paid(OPEN), later()).session
    again = settled(SECOND, in_review)
    assert (again.transition, again.session, again.reason) == (Transition.REVIEW, in_review, "second_payment")
    assert settled(paid(OPEN, event_id="evt_2"), in_review).writes == ()


def test_fault_42_the_other_checkout_s_money_in_review_is_reported_twice_and_kept_once() -> None:
    """A session in review for another checkout's money stands for that money, however often it is reported."""
    in_review = settled(SECOND).session
    assert in_review.review_reason is ReviewReason.OTHER_CHECKOUT
    assert settled(evolve(SECOND, event_id="evt_2"), in_review).writes == ()


@pytest.mark.parametrize("decided", [False, True])
@pytest.mark.parametrize(
    "event",
    [
        paid(OPEN),
        paid(OPEN, provider_session_id=None),
        paid(OPEN, provider_session_id="cs_3", provider_payment_id="pi_3"),
    ],
    ids=["own", "own payment alone", "a third"],
)
def test_fault_42_any_other_money_beside_another_checkout_s_gets_a_review_of_its_own(
    event: CheckoutPaid, decided: bool
) -> None:
    """The session in review, or decided on, stands for the other checkout's money. Its own checkout, still open at the
    provider, may be paid as well: that is a second payment, and so is that of a third.
    """
    in_review = settled(SECOND).session
    if decided:
        in_review = in_review.resolved(Resolution(kind=ResolutionKind.ENROLLED, by="admin", at=later(5)))
    again = settled(event, in_review)
    assert (again.transition, again.session, again.reason) == (Transition.REVIEW, in_review, "second_payment")
    kept = in_review.second(event, later())
    assert (kept.provider_payment_id, kept.awaits_decision) == (event.provider_payment_id, True)
    assert settled(evolve(event, event_id="evt_2"), kept).writes == ()


def test_a_free_checkout_beside_another_checkout_s_money_is_no_payment() -> None:
    """Where nothing was paid, nothing waits for a person."""
    in_review = settled(SECOND).session
    assert settled(a_free_checkout(), in_review).writes == ()


def test_the_same_payment_reported_for_another_checkout_is_no_second_one() -> None:
    """The payment's own id decides: money heard of first by itself, then by the checkout it came from, came once."""
    done = settled(paid(OPEN, provider_session_id=None)).session
    assert settled(paid(OPEN, provider_session_id="cs_2"), done).writes == ()


def test_fault_33_an_expiry_reported_after_the_payment_changes_nothing() -> None:
    """Completed is final."""
    done = settled(paid(OPEN)).session
    assert settled(expired(OPEN), done) == Decision(transition=Transition.STAY, session=done)


@pytest.mark.parametrize(
    "event",
    [
        expired(OPEN, provider_session_id="cs_2"),
        pending(OPEN, provider_session_id="cs_2"),
    ],
)
def test_events_of_another_checkout_do_not_change_the_session(event: PaymentEvent) -> None:
    """That some other checkout closed says nothing about this one."""
    assert settled(event) == Decision(transition=Transition.STAY, session=OPEN, reason="other_checkout")


@pytest.mark.parametrize("kind", [CheckoutExpired, CheckoutCancelled, PaymentFailed, PaymentPending])
def test_a_checkout_naming_another_session_changes_none_whose_own_is_unknown(kind: type[PaymentEvent]) -> None:
    """Its metadata were changed by hand; its reference cannot be. The session's own checkout may be open."""
    event = expired(CREATING, provider_session_id="cs_2", reference="ps_2")
    named = {name: getattr(event, name) for name in ("provider", "user_id", "course_id", "payment_session_id")}
    other = kind(
        **named, event_id="evt_1", event_type="e", provider_session_id="cs_2", reference="ps_2", livemode=event.livemode
    )
    assert settled(other, CREATING) == Decision(transition=Transition.STAY, session=CREATING, reason="other_checkout")
    assert settled(evolve(other, reference=None), CREATING).transition is not Transition.STAY


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (CheckoutExpired, Status.EXPIRED),
        (CheckoutCancelled, Status.EXPIRED),
        (PaymentFailed, Status.FAILED),
    ],
)
def test_fault_31_the_end_without_a_payment_releases(kind: type[PaymentEvent], status: Status) -> None:
    """Run out, closed at our word or failed after delay: what the session held is given back."""
    emitted = expired(OPEN)
    event = kind(
        provider=emitted.provider,
        event_id=emitted.event_id,
        event_type=emitted.event_type,
        user_id=emitted.user_id,
        course_id=emitted.course_id,
        payment_session_id=emitted.payment_session_id,
        provider_session_id=emitted.provider_session_id,
        livemode=False,
    )
    assert settled(event).writes == release(OPEN, OPEN.released(status, later(), event), event)
    assert settled(event).session.status is status


def test_a_review_for_another_reason_is_the_same_review() -> None:
    """Whatever the reason, the money is kept with its payment's id and the session is over."""
    decision = decide_review(OPEN, ReviewReason.ALREADY_ENROLLED, paid(OPEN), later())
    assert decision.session.review_reason is ReviewReason.ALREADY_ENROLLED
    assert decision.session.due_at is None
    assert decision.reason == "already_enrolled"


def test_the_events_that_mean_paid_are_two() -> None:
    """Only a paid and a free checkout carry the fact that enrolls."""
    assert CheckoutPaid.kind is CheckoutFree.kind


@pytest.mark.parametrize("status", [Status.CREATING, Status.OPEN, Status.PROCESSING, Status.EXPIRED, Status.COMPLETED])
def test_money_of_another_provider_gets_a_review_of_its_own_there(status: Status) -> None:
    """A checkout whose metadata were changed names a session sold elsewhere: neither is taken for the other."""
    session = evolve(OPEN, status=status, account="acct_1", customer_id="cus_1", provider_price_id="price_1")
    elsewhere = paid(session, provider="paypal", provider_session_id="5O1", provider_payment_id="2GG")
    decision = settled(elsewhere, session)
    assert (decision.transition, decision.session, decision.reason) == (Transition.REVIEW, session, "second_payment")
    (added,) = [write.session for write in decision.writes if isinstance(write, AddSession)]
    (booked,) = [write.entry for write in decision.writes if isinstance(write, AddLedgerEntry)]
    assert (added.provider, added.provider_session_id, added.provider_payment_id) == ("paypal", "5O1", "2GG")
    assert (added.account, added.customer_id, added.provider_price_id) == (None, None, None)
    assert (booked.provider, booked.provider_payment_id, booked.seat) == ("paypal", "2GG", 0)


@pytest.mark.parametrize("session", [CREATING, OPEN])
@pytest.mark.parametrize("kind", [CheckoutExpired, CheckoutCancelled, PaymentFailed, PaymentPending])
def test_another_provider_does_not_change_the_session(kind: type[PaymentEvent], session: Any) -> None:
    """Whatever its metadata name; a free checkout there is no payment either."""
    fields = {field.name: getattr(expired(session), field.name) for field in attrs_fields(CheckoutExpired)}
    event = kind(**(fields | {"provider": "paypal"}))
    assert (settled(event, session).transition, settled(event, session).writes) == (Transition.STAY, ())
    free = settled(a_free_checkout(provider="paypal"), session)
    assert (free.transition, free.writes) == (Transition.STAY, ())
