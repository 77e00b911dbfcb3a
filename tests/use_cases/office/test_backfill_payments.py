"""Payment sessions from before the ledger get a sale, and a place in the index."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from domain.errors import StorageUnavailable
from domain.payments.events import CheckoutPaid
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.use_cases.office.backfill_payments import BackfillOutcome, BackfillPayments, StoredSession
from tests.support.factories import PRICE
from tests.support.memory.school import SAM, School

ONE, PAYMENT = "ps_000001", "pi_000001"


def a_school_from_before() -> School:
    """A student paid before the ledger, two days ago."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    del school.store.ledger["stripe", PAYMENT, "SALE"]
    change(school, received=None, received_currency=None)
    school.wait(days=2)
    return school


def session_of(school: School) -> PaymentSession:
    """The only session."""
    return school.store.sessions[SAM.user_id, ONE]


def change(school: School, **fields: Any) -> None:
    """Put the session into another state."""
    school.store.sessions[SAM.user_id, ONE] = evolve(session_of(school), **fields)


def backfill(school: School, *, is_listed: bool = False, apply: bool = True) -> list[tuple[BackfillOutcome, str]]:
    """What becomes of the session, and why it fails."""
    found = [StoredSession(session=session_of(school), is_listed=is_listed)]
    return [(one.outcome, one.reason) for one in school.use_case(BackfillPayments)(found, apply=apply)]


def test_a_completed_session_is_booked_on_its_own_day() -> None:
    """By what was agreed; a dry run books nothing, a repetition nothing more."""
    school = a_school_from_before()
    before = session_of(school)
    assert backfill(school, apply=False) == [(BackfillOutcome.BOOKED, "")]
    assert session_of(school) == before
    assert backfill(school) == [(BackfillOutcome.BOOKED, "")]
    assert backfill(school, is_listed=True) == []
    sale = school.store.ledger["stripe", PAYMENT, "SALE"]
    assert before.completed_at is not None
    assert (sale.booked_on, sale.recorded_at) == (before.completed_at.date(), before.completed_at)
    assert (sale.amount, sale.seat, session_of(school).received) == (before.total.amount, 1, before.total.amount)
    assert session_of(school).updated_at == before.updated_at


def test_a_run_that_was_interrupted_is_completed() -> None:
    """The sale is there and the session is not: the sale stays as it is."""
    school = a_school_from_before()
    before = session_of(school)
    backfill(school)
    sale = school.store.ledger["stripe", PAYMENT, "SALE"]
    school.store.sessions[SAM.user_id, ONE] = before
    assert backfill(school) == [(BackfillOutcome.BOOKED, "")]
    assert session_of(school).received == before.total.amount
    assert school.store.ledger["stripe", PAYMENT, "SALE"] is sale


def test_a_sale_of_another_session_is_not_taken_for_its_own() -> None:
    """Two sessions of one payment: the second one fails, with the reason, and receives nothing."""
    school = a_school_from_before()
    backfill(school)
    sale = school.store.ledger["stripe", PAYMENT, "SALE"]
    school.store.ledger["stripe", PAYMENT, "SALE"] = evolve(sale, payment_session_id="ps_other")
    change(school, received=None, received_currency=None)
    assert backfill(school) == [(BackfillOutcome.FAILED, "ledger_entry_exists")]
    assert session_of(school).received is None


def test_money_in_review_is_booked_as_the_provider_has_it() -> None:
    """What was received differs from what was agreed: only the provider knows."""
    school = a_school_from_before()
    change(school, status=Status.REVIEW, review_reason=ReviewReason.AMOUNT_MISMATCH)
    assert backfill(school) == [(BackfillOutcome.SYNCED, "")]
    assert session_of(school).received == school.store.ledger["stripe", PAYMENT, "SALE"].amount


def test_a_payment_that_counts_for_another_session_is_only_listed() -> None:
    """It was not received here."""
    school = a_school_from_before()
    change(school, status=Status.REVIEW, review_reason=ReviewReason.PAYMENT_REUSED)
    assert backfill(school) == [(BackfillOutcome.LISTED, "")]
    assert backfill(school, is_listed=True) == []
    assert session_of(school).received is None


def test_a_live_session_is_left_alone() -> None:
    """It is listed as due, and gets everything when it is settled."""
    school = a_school_from_before()
    change(school, status=Status.OPEN)
    assert backfill(school) == []


def test_one_that_fails_stops_no_other() -> None:
    """Storage that does not answer fails the session, with the reason."""
    school = a_school_from_before()

    class Down:
        def commit(self, _writes: object) -> None:
            raise StorageUnavailable

    school.unit_of_work = Down()
    assert backfill(school) == [(BackfillOutcome.FAILED, "storage_unavailable")]


# -- decided before the ledger had seats ------------------------------------------------------------------------------


def a_school_that_decided_before() -> School:
    """A person let a student in whose payment had another amount, in a release that booked no seats."""
    school = School()
    school.start()
    event = school.provider.pay(ONE, evolve(PRICE, amount=5_000))
    school.settle(event)
    school.resolve(ONE, ResolutionKind.ENROLLED)
    school.store.ledger.clear()
    change(school, received=None, received_currency=None)
    return school


def seats_and_money(school: School) -> list[tuple[int, int]]:
    """Each entry's amount and seat, but for fees."""
    return sorted((amount, seat) for entry, amount, seat in school.entries() if not entry.startswith("FEE"))


def test_a_decision_of_before_gets_its_seat_with_the_sale() -> None:
    """What was received is the provider's word, and not what was agreed."""
    school = a_school_that_decided_before()
    assert backfill(school) == [(BackfillOutcome.SYNCED, "")]
    assert seats_and_money(school) == [(5_000, 1)]
    assert backfill(school, is_listed=True) == []


def test_the_nightly_proof_gives_a_decision_of_before_its_seat() -> None:
    """Without an operator's word."""
    school = a_school_that_decided_before()
    school.prove_ledger()
    school.prove_ledger()
    assert seats_and_money(school) == [(5_000, 1)]
    assert session_of(school).received == 5_000


def test_a_decision_whose_sale_has_no_seat_gets_one() -> None:
    """The sale is never changed: the seat is an entry of its own, on the day of the decision, once."""
    school = a_school_that_decided_before()
    school.sync(ONE)
    key = ("stripe", PAYMENT, "SALE")
    school.store.ledger[key] = evolve(school.store.ledger[key], seat=0)
    assert backfill(school, is_listed=True, apply=False) == [(BackfillOutcome.SEATED, "")]
    assert seats_and_money(school) == [(5_000, 0)]
    assert backfill(school, is_listed=True) == [(BackfillOutcome.SEATED, "")]
    assert backfill(school, is_listed=True) == []
    decided = session_of(school).resolution
    assert decided is not None
    seat = school.store.ledger["stripe", PAYMENT, f"SEAT#{ONE}"]
    assert (seat.recorded_at, seat.by, seat.seat) == (decided.at, decided.by, 1)
    assert seats_and_money(school) == [(0, 1), (5_000, 0)]


def test_a_seat_that_was_given_back_is_not_taken_for_the_decision_s() -> None:
    """An enrollment that a person ended and gave back again lacks its first seat all the same."""
    school = a_school_that_decided_before()
    school.sync(ONE)
    key = ("stripe", PAYMENT, "SALE")
    school.store.ledger[key] = evolve(school.store.ledger[key], seat=0)
    school.wait(minutes=1)
    school.revoke()
    school.reinstate()
    assert sum(entry.seat for entry in school.store.ledger.values()) == 0
    assert backfill(school, is_listed=True) == [(BackfillOutcome.SEATED, "")]
    assert sum(entry.seat for entry in school.store.ledger.values()) == 1


def test_a_decision_that_booked_its_seat_gets_no_second_one() -> None:
    """Whether or not what was received is known by now."""
    school = School()
    school.start()
    event = school.provider.pay(ONE)
    assert isinstance(event, CheckoutPaid)
    school.settle(evolve(event, amount=None))
    change(school, received=None, received_currency=None)
    school.resolve(ONE, ResolutionKind.ENROLLED)
    sale = school.store.ledger.pop(("stripe", PAYMENT, "SALE"), None)
    change(school, received=None, received_currency=None)
    assert backfill(school) == [(BackfillOutcome.SYNCED, "")]
    assert sale is None or sale.seat == 0
    assert seats_and_money(school) == [(0, 1), (PRICE.amount, 0)]
    assert backfill(school, is_listed=True) == []
