"""How the payments of a stage stand: what `status` says, and what it asks somebody to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.payments.reversals import DisputeStatus
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.writes import SaveReversal
from scripts.ops.payments.standing import SILENCE, Standing
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.factories import NOW, a_session
from tests.support.reversal_factories import a_dispute, a_paid_session

LATER = NOW + timedelta(days=3)
JUST_NOW, LONG_AGO = LATER - timedelta(minutes=4), LATER - SILENCE - timedelta(seconds=1)


def standing(*due: PaymentSession, **changes: Any) -> Standing:
    """Three days after the sessions of the factories began."""
    given: dict[str, Any] = {"now": LATER, "due": due, "in_review": 0, "answer_by": ()}
    return Standing(**given | changes)


@pytest.mark.parametrize(
    ("session", "is_overdue"),
    [
        (a_session(status=Status.OPEN, due_at=JUST_NOW, expires_at=LATER), False),
        (a_session(status=Status.OPEN, due_at=LONG_AGO, expires_at=LATER), True),
        (a_session(status=Status.OPEN, due_at=JUST_NOW, expires_at=LONG_AGO), True),
        (a_session(status=Status.CREATING, due_at=JUST_NOW, expires_at=LONG_AGO), True),
        (a_session(status=Status.PROCESSING, due_at=JUST_NOW, expires_at=LONG_AGO), False),
        (a_session(status=Status.PROCESSING, due_at=LONG_AGO, expires_at=LONG_AGO), True),
        (a_paid_session(due_at=JUST_NOW, expires_at=LONG_AGO), False),
        (a_paid_session(due_at=LONG_AGO, expires_at=LONG_AGO), True),
    ],
)
def test_a_session_is_overdue_where_nobody_came_to_it(session: PaymentSession, is_overdue: bool) -> None:
    """A slow payment waits for its bank, and a disputed one is synced each day: both long after their checkout."""
    found = standing(session)
    assert (len(found.overdue), found.row()["overdue"]) == (is_overdue, is_overdue)
    assert list(found.attention()) == (["1 session is overdue: reconcile --all"] if is_overdue else [])


def test_a_disputed_payment_is_not_counted_among_the_live() -> None:
    """It is due to be synced, and that is all."""
    row = standing(a_paid_session(due_at=JUST_NOW), a_session(status=Status.OPEN, due_at=JUST_NOW)).row()
    assert (row["live"], row["oldest_live"]) == ("1", NOW)


def test_what_waits_for_a_person_is_said_with_the_command() -> None:
    """Reviews, and disputes with the first of their times."""
    waiting = standing(in_review=2, answer_by=(LATER + timedelta(days=4), LATER + timedelta(days=2)))
    reviews, disputes = waiting.attention()
    assert reviews == "2 payments wait for a decision: payments review list"
    assert (
        disputes == "2 disputes are to be answered at the provider, the first by 2026-01-20 12:00Z: payments disputes"
    )
    assert waiting.row()["answer_by"] == LATER + timedelta(days=2)
    assert list(standing().attention()) == []


def test_disputes_that_nobody_can_answer_ask_for_nothing(accounts: EmulatedAccounts) -> None:
    """Answered, decided, or too late."""
    before = Standing.of(accounts.container)
    now = before.now
    disputes = (
        a_dispute(reversal_id="du_soon", respond_by=(now + timedelta(days=1)).replace(microsecond=0)),
        a_dispute(reversal_id="du_late", respond_by=(now - timedelta(days=1)).replace(microsecond=0)),
        a_dispute(reversal_id="du_answered"),
        a_dispute(reversal_id="du_lost", status=DisputeStatus.LOST),
    )
    accounts.container.resolve(UnitOfWork).commit(tuple(SaveReversal(dispute) for dispute in disputes))
    after = Standing.of(accounts.container)
    assert len(after.answer_by) == len(before.answer_by) + 1
