"""Refunds, disputes and repayments, and the sums of them on payment sessions, in memory and in DynamoDB."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve

from adapters.dynamodb.reversals import reversal_item
from domain.errors import InvalidValue
from domain.paging import every_page
from domain.payments.reversals import DisputeStatus, RefundStatus, Reversal, ReversalKind, ReversedSums
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.transactions.conflicts import ReversalConflict, SessionConflict
from domain.transactions.writes import (
    AddSession,
    ChangeReversedSums,
    ChangeSession,
    RequireSumsUnchanged,
    ResolveSession,
    SaveReversal,
    Write,
)
from tests.support.aws.backends import Backend, DynamoBackend
from tests.support.factories import later
from tests.support.reversal_factories import a_dispute, a_paid_session, a_refund, sums

EVERY_SUM = ("refunded", "repaid", "refund_requested", "disputed", "charged_back")
REFUNDED = Resolution(kind=ResolutionKind.REFUNDED, by="admin-1", at=later(60), note="Paid twice.")
DOUBTFUL = a_paid_session(status=Status.REVIEW, review_reason=ReviewReason.OTHER_MODE, completed_at=None)


def _stored(storage: Backend) -> PaymentSession:
    session = storage.sessions.find("user-1", "ps_1")
    assert session is not None
    return session


# -- reversals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reversal",
    [
        a_refund(),
        a_refund(
            status=RefundStatus.SUCCEEDED, counted=1000, provider_reversal_id="re_1", reason="requested", changes=3
        ),
        a_refund(kind=ReversalKind.REPAYMENT, status=RefundStatus.SUCCEEDED, counted=1000, note="By bank transfer."),
        a_dispute(),
        a_dispute(status=DisputeStatus.INQUIRY, counted=0, currency="eur"),
        a_dispute(respond_by=later(60)),
    ],
)
def test_a_reversal_is_read_as_it_was_saved(storage: Backend, reversal: Reversal) -> None:
    """Everything about it comes back, alone and among those of its payment."""
    storage.commit(SaveReversal(reversal))
    assert storage.reversals.find("user-1", "ps_1", reversal.reversal_id) == reversal
    assert storage.reversals.of_session("user-1", "ps_1") == (reversal,)


def test_the_reversals_of_a_payment_come_by_their_ids_and_alone(storage: Backend) -> None:
    """Not those of a session whose id begins alike, nor another student's."""
    mine = [a_refund(reversal_id=f"refund-{number}") for number in (2, 1, 3)]
    others = [
        a_refund(payment_session_id="ps_1-2-abc"),
        a_refund(payment_session_id="ps_10"),
        a_refund(user_id="user-2"),
    ]
    storage.commit(*(SaveReversal(reversal) for reversal in (*mine, *others)))
    found = storage.reversals.of_session("user-1", "ps_1")
    assert [reversal.reversal_id for reversal in found] == ["refund-1", "refund-2", "refund-3"]


@pytest.mark.parametrize(
    ("user_id", "session_id", "reversal_id"),
    [
        ("user-2", "ps_1", "refund-1"),
        ("user-1", "ps_2", "refund-1"),
        ("user-1", "ps_1", "refund-2"),
        ("", "ps_1", "refund-1"),
        ("user-1", "", "refund-1"),
        ("user-1", "ps_1", ""),
        ("user-1", "ps_1", "refund-1#"),
        ("user-1", "ps_1#", "refund-1"),
    ],
)
def test_unknown_and_impossible_reversals_are_not_there(
    storage: Backend, user_id: str, session_id: str, reversal_id: str
) -> None:
    """Nothing is found by an id that nobody gave."""
    storage.commit(SaveReversal(a_refund()))
    assert storage.reversals.find(user_id, session_id, reversal_id) is None
    if (user_id, session_id) != ("user-1", "ps_1"):
        assert storage.reversals.of_session(user_id, session_id) == ()


def test_an_id_is_one_reversal(storage: Backend) -> None:
    """A second one under the same id is refused with the first, the same one included."""
    storage.commit(SaveReversal(a_refund()))
    for again in (a_refund(), a_refund(amount=5)):
        (conflict,) = storage.conflicts(SaveReversal(again))
        assert isinstance(conflict, ReversalConflict)
        assert conflict.reversal == a_refund()


def test_a_reversal_changes_step_by_step(storage: Backend) -> None:
    """Whoever read what was stored last may write the next state."""
    pending = a_refund(status=RefundStatus.PENDING, counted=1000, changes=2, provider_reversal_id="re_1")
    failed = evolve(pending, status=RefundStatus.FAILED, counted=0, changes=3)
    storage.commit(SaveReversal(a_refund()))
    storage.commit(SaveReversal(pending, a_refund()))
    storage.commit(SaveReversal(failed, pending))
    assert storage.reversals.of_session("user-1", "ps_1") == (failed,)


def test_a_reversal_that_was_written_since_it_was_read_is_left_as_it_is(storage: Backend) -> None:
    """The conflict has the one that is there."""
    succeeded = a_refund(status=RefundStatus.SUCCEEDED, changes=2)
    storage.commit(SaveReversal(a_refund()))
    storage.commit(SaveReversal(succeeded, a_refund()))
    (conflict,) = storage.conflicts(SaveReversal(evolve(succeeded, status=RefundStatus.REJECTED), a_refund()))
    assert isinstance(conflict, ReversalConflict)
    assert conflict.reversal == succeeded


def test_a_reversal_that_is_gone_is_not_made_anew(storage: Backend) -> None:
    """The next state of what is not there is refused with nothing."""
    (conflict,) = storage.conflicts(SaveReversal(a_refund(changes=2), a_refund()))
    assert isinstance(conflict, ReversalConflict)
    assert conflict.reversal is None


# -- undecided disputes -----------------------------------------------------------------------------------------------


def test_undecided_disputes_come_by_when_they_are_to_be_answered(storage: Backend) -> None:
    """Everybody's; those that wait for no answer last. What is decided, and what is no dispute, is left out."""
    wanted = [
        a_dispute(reversal_id="du_3", respond_by=later(60), user_id="user-2"),
        a_dispute(reversal_id="du_1", respond_by=later(61), status=DisputeStatus.INQUIRY, counted=0),
        a_dispute(reversal_id="du_0"),
        a_dispute(reversal_id="du_2", status=DisputeStatus.WON),
    ]
    others = [
        a_dispute(reversal_id="du_4", status=DisputeStatus.WON, counted=0),
        a_dispute(reversal_id="du_5", status=DisputeStatus.LOST),
        a_dispute(reversal_id="du_6", status=DisputeStatus.CLOSED, counted=0),
        a_refund(reversal_id="re_1", status=RefundStatus.PENDING, counted=1000),
        a_refund(reversal_id="re_2"),
    ]
    storage.commit(*(SaveReversal(reversal) for reversal in (*others, *wanted[::-1])))
    assert storage.reversals.undecided_disputes(limit=10).entries == tuple(wanted)


def test_undecided_disputes_are_read_page_by_page(storage: Backend) -> None:
    """Each once, also where several are to be answered at the same time; a cursor that no page gave is refused."""
    disputes = [a_dispute(reversal_id=f"du_{number}", respond_by=later(60)) for number in range(4)]
    disputes += [a_dispute(reversal_id=f"du_{number}") for number in range(4, 7)]
    storage.commit(*(SaveReversal(dispute) for dispute in disputes))
    pages = list(every_page(lambda cursor: storage.reversals.undecided_disputes(limit=2, cursor=cursor)))
    assert [one for page in pages for one in page.entries] == disputes
    assert all(len(page.entries) <= 2 for page in pages)
    for cursor in ("", "du_1", "no-cursor", "MjAyNi0wMS0xNQ"):
        with pytest.raises(InvalidValue):
            storage.reversals.undecided_disputes(limit=2, cursor=cursor)


def test_a_dispute_moves_in_the_list_as_it_changes(storage: Backend) -> None:
    """Answered, it goes to the end; decided, it leaves; appealed, it is back."""
    other = a_dispute(reversal_id="du_2", respond_by=later(90))
    stages = [
        a_dispute(respond_by=later(60)),
        a_dispute(changes=2),
        a_dispute(changes=3, status=DisputeStatus.LOST),
        a_dispute(changes=4, respond_by=later(120)),
    ]
    storage.commit(SaveReversal(other), SaveReversal(stages[0]))
    listed = [[one.changes for one in storage.reversals.undecided_disputes(limit=9).entries]]
    for before, after in pairwise(stages):
        storage.commit(SaveReversal(after, before))
        listed.append([one.changes for one in storage.reversals.undecided_disputes(limit=9).entries])
    assert listed == [[1, 1], [1, 2], [1], [1, 4]]


def test_a_dispute_that_cannot_be_read_does_not_hide_the_others(dynamo: DynamoBackend) -> None:
    """The list goes on without it, and operations see which one it is."""
    broken = a_dispute(respond_by=later(1), user_id="user-2")
    dynamo.commit(SaveReversal(a_dispute(respond_by=later(2))))
    dynamo.put(reversal_item(broken) | {"amount": "a lot"})
    assert dynamo.reversals.undecided_disputes(limit=9).entries == (a_dispute(respond_by=later(2)),)
    (emitted,) = dynamo.telemetry.emitted
    assert (emitted.signal, emitted.ids["pk"]) == (Signal.RECORD_UNREADABLE, "USER#user-2")


# -- the sums of a session --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "session",
    [
        a_paid_session(account="0123456789ab", decline_code="card_declined", resumes=True),
        a_paid_session(received=0, received_currency="usd"),
        a_paid_session(received=None, received_currency=None),
        a_paid_session(received=15_000, received_currency="clp", reversed_sums=sums(refunded=1, repaid=2, disputed=3)),
        a_paid_session(status=Status.REVERSED, reversed_sums=sums(refund_requested=4, charged_back=14_999)),
        evolve(DOUBTFUL, resolution=REFUNDED),
    ],
)
def test_a_paid_session_is_read_as_it_was_added(storage: Backend, session: PaymentSession) -> None:
    """With what came in, what went back, and what was learned of the buyer's attempts."""
    storage.commit(AddSession(session))
    assert _stored(storage) == session


@pytest.mark.parametrize("name", EVERY_SUM)
def test_a_sum_rises_and_falls(storage: Backend, name: str) -> None:
    """Each of the five, with the state that follows; a sum that is zero again is as if it had never been."""
    before = a_paid_session()
    after = evolve(before, reversed_sums=sums(**{name: 500}), due_at=later(9), updated_at=later(8))
    storage.commit(AddSession(before))
    storage.commit(ChangeReversedSums(before, after))
    assert _stored(storage) == after
    storage.commit(ChangeReversedSums(after, before))
    assert _stored(storage) == before
    storage.commit(ChangeReversedSums(before, after))
    assert _stored(storage) == after


@pytest.mark.parametrize(
    "stored",
    [sums(**{name: 500}) for name in EVERY_SUM] + [sums(**{name: 1} | {"refunded": 2}) for name in EVERY_SUM[1:]],
)
@pytest.mark.parametrize("read", [ReversedSums(), sums(refunded=2)])
@pytest.mark.parametrize("write", [lambda read: ChangeReversedSums(read, read), RequireSumsUnchanged])
def test_a_sum_booked_meanwhile_is_not_undone(
    storage: Backend, stored: ReversedSums, read: ReversedSums, write: Any
) -> None:
    """Of five sums each is compared: whoever read another one is refused with the session as it is."""
    storage.commit(AddSession(a_paid_session(reversed_sums=stored)))
    (conflict,) = storage.conflicts(write(a_paid_session(reversed_sums=read)))
    assert isinstance(conflict, SessionConflict)
    assert conflict.session == _stored(storage)


@pytest.mark.parametrize("write", [lambda read: ChangeReversedSums(read, read), RequireSumsUnchanged])
@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (a_paid_session(status=Status.REVERSED), a_paid_session()),
        (DOUBTFUL, evolve(DOUBTFUL, status=Status.COMPLETED)),
        (evolve(DOUBTFUL, resolution=REFUNDED), DOUBTFUL),
        (DOUBTFUL, evolve(DOUBTFUL, resolution=REFUNDED)),
        (evolve(DOUBTFUL, resolution=REFUNDED), evolve(DOUBTFUL, resolution=evolve(REFUNDED, at=later(61)))),
    ],
)
def test_a_decision_made_meanwhile_is_not_undone(
    storage: Backend, write: Any, stored: PaymentSession, read: PaymentSession
) -> None:
    """Status and decision are compared as well."""
    storage.commit(AddSession(stored))
    (conflict,) = storage.conflicts(write(read))
    assert isinstance(conflict, SessionConflict)
    assert conflict.session == stored


@pytest.mark.parametrize(
    "write", [ChangeReversedSums(a_paid_session(), a_paid_session()), RequireSumsUnchanged(a_paid_session())]
)
def test_nothing_goes_back_of_what_is_not_there(storage: Backend, write: Write) -> None:
    """No session comes into being."""
    (conflict,) = storage.conflicts(write)
    assert isinstance(conflict, SessionConflict)
    assert conflict.session is None


def test_sums_that_are_as_read_let_others_write(storage: Backend) -> None:
    """Asking writes nothing."""
    session = a_paid_session(reversed_sums=sums(refunded=5, disputed=7))
    storage.commit(AddSession(session))
    before = storage.everything()
    storage.commit(RequireSumsUnchanged(session))
    assert storage.everything() == before


def test_a_refund_decides_a_review_and_its_rejection_opens_it_again(storage: Backend) -> None:
    """The decision comes with the request and goes with its rejection."""
    asked = evolve(DOUBTFUL, resolution=REFUNDED, reversed_sums=sums(refund_requested=14_999), due_at=later(60))
    storage.commit(AddSession(DOUBTFUL))
    storage.commit(ChangeReversedSums(DOUBTFUL, asked))
    assert _stored(storage) == asked
    assert storage.sessions.in_review(at_most=5) == ()
    storage.commit(ChangeReversedSums(asked, DOUBTFUL))
    assert _stored(storage) == DOUBTFUL
    assert storage.sessions.in_review(at_most=5) == (DOUBTFUL,)


def test_what_was_received_is_learned_once(storage: Backend) -> None:
    """A session from before is given its sum; whoever still does not know it takes nothing away."""
    unknown = a_paid_session(received=None, received_currency=None)
    known = evolve(unknown, received=14_999, received_currency="usd", updated_at=later(4))
    storage.commit(AddSession(unknown))
    storage.commit(ChangeReversedSums(unknown, known))
    assert _stored(storage) == known
    forgetful = evolve(known, received=None, received_currency=None, due_at=later(5), updated_at=later(5))
    storage.commit(ChangeReversedSums(known, forgetful))
    assert _stored(storage) == evolve(known, due_at=later(5), updated_at=later(5))


def test_fault_99_sums_that_went_and_came_back_are_not_as_read(storage: Backend) -> None:
    """A refund that was asked for and failed meanwhile leaves no sum, and is known all the same."""
    read = a_paid_session()
    requested = evolve(read, reversed_sums=sums(refund_requested=500), updated_at=later(4))
    storage.commit(AddSession(read))
    storage.commit(ChangeReversedSums(read, requested))
    storage.commit(ChangeReversedSums(requested, evolve(read, updated_at=later(5))))
    assert storage.conflicts(ChangeReversedSums(read, evolve(read, updated_at=later(6))))
    assert storage.conflicts(RequireSumsUnchanged(read))


def test_a_money_back_sends_a_completed_session_to_review_and_back(storage: Backend) -> None:
    """Status, reason and place in the lists follow."""
    paid = a_paid_session()
    in_review = evolve(paid, status=Status.REVIEW, review_reason=ReviewReason.REFUND_FAILED, updated_at=later(7))
    reversed_one = evolve(in_review, status=Status.REVERSED, reversed_sums=sums(refunded=14_999), updated_at=later(8))
    storage.commit(AddSession(paid))
    storage.commit(ChangeReversedSums(paid, in_review))
    assert storage.sessions.in_review(at_most=5) == (in_review,)
    storage.commit(ChangeReversedSums(in_review, reversed_one))
    assert storage.sessions.in_review(at_most=5) == ()
    assert _stored(storage) == reversed_one


def test_other_writes_leave_the_sums_alone(storage: Backend) -> None:
    """Neither the next state of a session nor a decision carries a sum."""
    stored = a_paid_session(status=Status.OPEN, reversed_sums=sums(refunded=5), due_at=later(5))
    storage.commit(AddSession(stored))
    storage.commit(ChangeSession(frozenset({Status.OPEN}), evolve(stored, reversed_sums=ReversedSums(), due_at=None)))
    assert _stored(storage) == evolve(stored, due_at=None)


@pytest.mark.parametrize("name", EVERY_SUM)
def test_a_decision_waits_for_sums_booked_meanwhile(storage: Backend, name: str) -> None:
    """Whoever decides about a review has seen what went back: a refund under way stays due."""
    stored = evolve(DOUBTFUL, reversed_sums=sums(**{name: 5}), due_at=later(5))
    storage.commit(AddSession(stored))
    (conflict,) = storage.conflicts(ResolveSession(DOUBTFUL.resolved(REFUNDED)))
    assert isinstance(conflict, SessionConflict)
    assert conflict.session == stored
    storage.commit(ResolveSession(stored.resolved(REFUNDED)))
    assert _stored(storage) == stored.resolved(REFUNDED)


@pytest.mark.parametrize(
    ("session", "is_due"),
    [
        (a_paid_session(due_at=later(5)), True),
        (a_paid_session(due_at=None), False),
        (evolve(DOUBTFUL, due_at=later(5)), False),
        (evolve(DOUBTFUL, due_at=later(5), reversed_sums=sums(refund_requested=5)), True),
        (evolve(DOUBTFUL, due_at=later(5), resolution=REFUNDED), True),
        (a_paid_session(status=Status.REVERSED, due_at=later(5)), True),
    ],
)
def test_a_settled_session_is_due_while_more_is_expected(
    storage: Backend, session: PaymentSession, is_due: bool
) -> None:
    """One that waits for a decision waits among the reviews, unless a refund is under way."""
    storage.commit(AddSession(session))
    assert storage.sessions.due(before=later(6), at_most=5) == ((session,) if is_due else ())
    assert storage.sessions.due(before=later(5), at_most=5) == ()
