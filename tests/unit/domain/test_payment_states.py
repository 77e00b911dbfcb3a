"""The payment session's states: the table of moves, and its two laws."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ContradictoryEvent
from domain.payment_decisions import decide
from domain.payments.events import (
    EVENT_TYPES,
    CheckoutApproved,
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    EventKind,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, RELEASED, TRANSITIONS, Status, Transition
from domain.transactions.writes import AddSession
from tests.support.factories import PRICE, a_session, later

CONTRADICTIONS = {
    (Status.PROCESSING, EventKind.EXPIRED),  # a finished checkout can no longer run out
    (Status.PROCESSING, EventKind.CANCELLED),  # nor be closed at our word
    (Status.COMPLETED, EventKind.CANCELLED),  # and a paid one least of all
}
PAID = frozenset({Status.COMPLETED, Status.REVIEW, Status.REVERSED})
"""Where money was received."""

KINDS: tuple[type[PaymentEvent], ...] = (
    CheckoutOpened,
    CheckoutApproved,
    CheckoutPaid,
    CheckoutFree,
    PaymentPending,
    PaymentFailed,
    CheckoutExpired,
    CheckoutCancelled,
    PaymentDeclined,
)


def emitted(kind: type[PaymentEvent], **changes: Any) -> PaymentEvent:
    """An event of this kind about ``a_session()``."""
    given_: dict[str, Any] = {
        "provider": "stripe",
        "event_id": "evt_1",
        "event_type": "any",
        "user_id": "user-1",
        "course_id": "course-1",
        "payment_session_id": "ps_1",
        "provider_session_id": "cs_1",
        "reference": "ps_1",
        "livemode": False,
    }
    if kind is CheckoutPaid:
        given_ |= {"amount": PRICE, "provider_payment_id": "pi_1"}
    if kind is CheckoutApproved:
        given_ |= {"amount": PRICE}
    if kind is PaymentDeclined:
        given_ |= {"decline_code": "insufficient_funds"}
    return kind(**(given_ | changes))


def heard(session: PaymentSession, *event: PaymentEvent) -> list[PaymentSession]:
    """The session after each event; what contradicts is passed over, as nothing is written then."""
    states = [session]
    for piece in event:
        try:
            states.append(decide(states[-1], piece, later()).session)
        except ContradictoryEvent:
            states.append(states[-1])
    return states


@st.composite
def any_event(draw: st.DrawFn, kinds: Sequence[type[PaymentEvent]] = KINDS) -> PaymentEvent:
    """A true or odd event of one of these kinds: another amount, course, mode, reference or checkout, or none."""
    kind = draw(st.sampled_from(kinds))
    odd: dict[str, Any] = {
        "event_id": draw(st.sampled_from(("evt_1", "evt_2"))),
        "provider_session_id": draw(st.sampled_from(("cs_1", "cs_1", "cs_1", "cs_2", None))),
        "course_id": draw(st.sampled_from(("course-1", "course-1", "course-1", "course-2"))),
        "livemode": draw(st.sampled_from((False, False, False, True))),
    }
    if kind is CheckoutPaid:
        odd["amount"] = draw(st.sampled_from((PRICE, PRICE, PRICE.less(1), None)))
    return emitted(kind, **odd)


@st.composite
def any_session(draw: st.DrawFn, statuses: Collection[Status] = tuple(Status)) -> PaymentSession:
    """A session in any of these states, attached to its checkout or not yet."""
    status = draw(st.sampled_from(sorted(statuses)))
    attached = "cs_1" if status is Status.OPEN else draw(st.sampled_from(("cs_1", None)))
    return a_session(status=status, provider_session_id=attached)


@pytest.mark.parametrize(("status", "kind"), list(product(Status, EventKind)))
def test_every_pair_has_a_transition_or_is_a_contradiction(status: Status, kind: EventKind) -> None:
    """The table holds every pair of state and fact, but for three that cannot follow on each other."""
    assert ((status, kind) in TRANSITIONS) is ((status, kind) not in CONTRADICTIONS)


@pytest.mark.parametrize(("status", "kind"), sorted(CONTRADICTIONS))
def test_a_contradiction_is_raised(status: Status, kind: EventKind) -> None:
    """An event that cannot follow on what was reported before is refused, not guessed at."""
    session = a_session(status=status, provider_session_id="cs_1")
    event = next(emitted(event_type) for event_type in KINDS if event_type.kind is kind)
    with pytest.raises(ContradictoryEvent):
        decide(session, event, later())


def test_every_kind_of_event_is_known_by_name() -> None:
    """Whoever writes events down finds every kind again."""
    assert set(EVENT_TYPES.values()) == set(KINDS) == set(PaymentEvent.__subclasses__())
    assert {kind.kind for kind in KINDS} == set(EventKind)


def test_live_and_released_states_exclude_each_other() -> None:
    """A session is live, released, or has received money."""
    assert set(Status) == LIVE | RELEASED | PAID
    assert not LIVE & RELEASED
    assert not (LIVE | RELEASED) & PAID


@given(session=any_session(), event=st.lists(any_event(), max_size=8))
def test_no_order_of_events_unpays_a_paid_session(session: PaymentSession, event: list[PaymentEvent]) -> None:
    """Once money was received, no further event takes the session out of completed or review."""
    states = [state.status for state in heard(session, *event)]
    first = next((index for index, status in enumerate(states) if status in PAID), len(states))
    assert len(set(states[first:])) <= 1


@given(session=any_session(), event=st.lists(any_event(), max_size=6))
def test_no_order_of_events_revives_a_released_session(session: PaymentSession, event: list[PaymentEvent]) -> None:
    """A released session never becomes live again; only money can still change it."""
    states = [state.status for state in heard(session, *event)]
    for before, after in pairwise(states):
        assert not (before in RELEASED and after in LIVE)
        assert not (before in RELEASED and after in RELEASED and before is not after)


@given(session=any_session(), before=st.lists(any_event(), max_size=4), event=any_event())
def test_hearing_twice_equals_hearing_once(
    session: PaymentSession, before: list[PaymentEvent], event: PaymentEvent
) -> None:
    """The same event again leaves the session as it is, and writes nothing but what is there already."""
    once = heard(session, *before, event)[-1]
    try:
        again = decide(once, event, later(2))
    except ContradictoryEvent:
        return
    assert again.session == once
    if again.reason == ReviewReason.SECOND_PAYMENT:
        # Reported again, it is refused by the session that was added for it the first time.
        assert isinstance(again.writes[0], AddSession)
        return
    # An approval heard again asks for the outcome of the capture that it began.
    assert again.transition in {Transition.STAY, Transition.CAPTURE}
    assert again.writes == ()


@given(event=st.permutations([CheckoutPaid, PaymentPending, CheckoutOpened]))
def test_fault_32_a_payment_completes_in_whatever_order_it_is_reported(event: list[type[PaymentEvent]]) -> None:
    """Opened, finished and paid may arrive in any order: the session ends completed."""
    assert heard(a_session(), *(emitted(kind) for kind in event))[-1].status is Status.COMPLETED


@given(session=any_session(LIVE | RELEASED), event=any_event((CheckoutPaid,)))
def test_money_ends_as_an_enrollment_or_in_review(session: PaymentSession, event: PaymentEvent) -> None:
    """Money for a session that has none completes it or goes to review; without a checkout's id it waits."""
    decision = decide(session, event, later())
    if session.provider_session_id is None and event.provider_session_id is None:
        assert decision.reason == "unattached"
    else:
        assert decision.session.status in PAID
        assert decision.writes


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (PaymentPending, Status.PROCESSING),
        (CheckoutPaid, Status.COMPLETED),
        (PaymentFailed, Status.FAILED),
        (CheckoutExpired, Status.EXPIRED),
        (CheckoutCancelled, Status.EXPIRED),
    ],
)
@pytest.mark.parametrize("session", [a_session(), a_session().opened("cs_1", later())], ids=["creating", "open"])
def test_events_change_the_status_of_a_session(
    session: PaymentSession, kind: type[PaymentEvent], status: Status
) -> None:
    """A session that is being created or open goes where the provider says, and learns its checkout's id."""
    after = decide(session, emitted(kind), later(5)).session
    assert after.status is status
    assert after.provider_session_id == "cs_1"
    assert after.updated_at == later(5)


def test_only_live_sessions_are_reconciled_again() -> None:
    """A session on its way keeps the date of its next look; whatever is over has none."""

    def next_look(kind: type[PaymentEvent]) -> object:
        return decide(a_session(), emitted(kind), later()).session.due_at

    assert next_look(PaymentPending) is not None
    assert [next_look(kind) for kind in (CheckoutPaid, PaymentFailed, CheckoutExpired, CheckoutCancelled)] == [None] * 4
