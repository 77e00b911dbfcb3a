"""Many at once about one payment: no money goes back twice, no access outlives its money, no progress is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest

from domain.enrollment_requests import AwaitingPayment, Enrolled
from domain.enrollments import ProgressStep
from domain.errors import (
    CheckoutBusy,
    DomainError,
    EnrollmentBusy,
    NothingToRefund,
    PaymentBusy,
    PaymentDisputed,
    RefundTooLarge,
    StorageUnavailable,
)
from domain.payments.reversals import DisputeStatus, RefundStatus
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.services.reconcile_session import ReconcileSession
from domain.services.refund_payment import RefundPayment, RefundResult
from domain.services.sync_payment import SyncPayment
from domain.transactions.conflicts import TransactionConflict
from domain.use_cases.office.manage_enrollments import ReinstateEnrollment, RevokeEnrollment
from domain.use_cases.student.record_progress import RecordProgress
from tests.support.aws.backends import Backend
from tests.support.aws.stored_school import SAM, StoredSchool, order_about, refund_of
from tests.support.concurrency import at_once
from tests.support.factories import a_course

pytestmark = pytest.mark.races

MOST_ATTEMPTS = 60
"""How often a request is repeated after the answer that the payment or the table is busy."""

ONE_BY_ONE = threading.Lock()
"""Who got that answer once waits for the others who did: with so many at once, somebody would get it for ever."""

COURSE = "course-1"
RECEIVED = 14_999

T = TypeVar("T")
BUSY = (PaymentBusy, EnrollmentBusy, CheckoutBusy, StorageUnavailable, TransactionConflict)


@pytest.fixture
def school(storage: Backend) -> StoredSchool:
    """A school that sells one course, and suspends nobody during a dispute."""
    storage.keep_course(a_course())
    return StoredSchool(storage)


def patiently(action: Callable[[], T]) -> T:
    """What the action returns, once nobody is in its way."""
    try:
        return action()
    except BUSY:
        with ONE_BY_ONE:
            return _again(action)


def _again(action: Callable[[], T]) -> T:
    for _ in range(MOST_ATTEMPTS):
        try:
            return action()
        except BUSY:
            continue
    return action()


def _refund(school: StoredSchool, session: PaymentSession, amount: int | None, refund_id: str) -> RefundResult:
    order = refund_of(session, amount, refund_id)
    return patiently(lambda: school.use_cases.resolve(RefundPayment)(order))


def agreed(school: StoredSchool, session: PaymentSession) -> PaymentSession:
    """The session after a last sync; whatever happened, it says what the provider says, and so do all other records."""
    patiently(lambda: school.use_cases.resolve(SyncPayment)(session.user_id, session.payment_session_id))
    # What a request began and could not end among all the others is due, and the next reconciliation ends it.
    patiently(lambda: school.use_cases.resolve(ReconcileSession)(session.user_id, session.payment_session_id))
    stored, provider = school.session(session), school.provider.bank.payments[session.provider_payment_id or ""]
    sums = stored.reversed_sums
    reversals = school.storage.reversals.of_session(session.user_id, session.payment_session_id)
    entries = school.storage.ledger.of_payment(session.provider, session.provider_payment_id or "")
    assert sums.refunded == sum(refund.counted for refund in provider.refunds)
    assert sums.disputed + sums.charged_back == sum(dispute.withdrawn for dispute in provider.disputes)
    assert sums.refunded == sum(one.counted for one in reversals if one.sum_name == "refunded")
    assert sums.refund_requested == 0
    assert sum(entry.amount for entry in entries) == stored.kept - sums.disputed
    assert len({refund.provider_reversal_id for refund in provider.refunds}) == len(provider.refunds)
    at_provider = [one for one in reversals if one.status is not RefundStatus.REJECTED]
    assert len(at_provider) == len(provider.refunds) + len(provider.disputes)
    return stored


def seats(school: StoredSchool, *sessions: PaymentSession) -> int:
    """How many enrollments the ledger's entries about these sessions' payments have begun, less those ended."""
    ledger = school.storage.ledger
    payments = [(session.provider, session.provider_payment_id or "") for session in sessions]
    return sum(entry.seat for payment in payments for entry in ledger.of_payment(*payment))


def test_of_a_hundred_who_ask_for_the_same_refund_one_is_made(school: StoredSchool) -> None:
    """All of them are answered with it."""
    session = school.buy(COURSE)
    results = at_once([partial(_refund, school, session, 5000, "refund-1")] * 100)
    assert {
        (result.refund.reversal_id, result.refund.amount) for result in results if isinstance(result, RefundResult)
    } == {("refund-1", 5000)}
    assert not [result for result in results if isinstance(result, DomainError)]
    (refund,) = school.provider.bank.payments[session.provider_payment_id or ""].refunds
    assert (refund.amount, refund.refund_id) == (5000, "refund-1")
    assert agreed(school, session).kept == RECEIVED - 5000
    assert len(school.storage.audit_records()) == 1


def test_of_fifty_who_ask_for_different_parts_no_more_is_made_than_was_paid(school: StoredSchool) -> None:
    """As many as fit; the others are refused as too much."""
    session = school.buy(COURSE)
    results = at_once([partial(_refund, school, session, 1000, f"refund-{number}") for number in range(50)])
    made = [result for result in results if isinstance(result, RefundResult)]
    refused = [result for result in results if isinstance(result, DomainError)]
    assert len(made) == 14
    assert {type(error) for error in refused} == {RefundTooLarge}
    stored = agreed(school, session)
    assert (stored.reversed_sums.refunded, stored.refundable) == (14_000, 999)
    assert len(school.storage.audit_records()) == 14


def test_the_dashboard_and_the_office_together_refund_no_more_than_was_paid(school: StoredSchool) -> None:
    """Whichever the provider has first counts; of ours it refuses what does not fit any more."""
    session = school.buy(COURSE)
    bank, payment_id = school.provider.bank, session.provider_payment_id or ""

    def in_the_dashboard() -> None:
        try:
            bank.refund(payment_id, 8000, school.clock.now())
        except ValueError:
            return
        patiently(lambda: school.report(session))

    ours = [partial(_refund, school, session, 8000, f"refund-{number}") for number in range(4)]
    actions: list[Callable[[], object]] = [*ours, in_the_dashboard, in_the_dashboard]
    at_once(actions)
    stored = patiently(lambda: agreed(school, session))
    assert stored.reversed_sums.refunded == 8000
    assert sum(refund.counted for refund in bank.payments[payment_id].refunds) == 8000


def test_a_full_refund_ends_its_own_enrollment_and_no_other(school: StoredSchool) -> None:
    """While it ends, the student tries to buy again: the new enrollment stands, the old one is ended."""
    first = school.buy(COURSE)

    def again() -> PaymentSession | None:
        began = patiently(lambda: school.enroll(COURSE))
        for _ in range(200):
            if not isinstance(began, Enrolled):
                break
            began = patiently(lambda: school.enroll(COURSE))
        if not isinstance(began, AwaitingPayment) or not began.is_new:
            return None
        paid = school.provider.pay(began.session.payment_session_id)
        patiently(lambda: school.receive(paid))
        return school.session(began.session)

    actions: list[Callable[[], object]] = [partial(_refund, school, first, None, "refund-1"), *[again] * 4]
    _, *bought = at_once(actions)
    assert agreed(school, first).status is Status.REVERSED
    ended = school.storage.enrollments.ended(SAM.user_id, COURSE)
    assert ended is not None
    assert ended.payment_session_id == first.payment_session_id
    active = school.storage.enrollments.find(SAM.user_id, COURSE)
    seconds = [one for one in bought if isinstance(one, PaymentSession)]
    assert [active.payment_session_id if active else None] == [one.payment_session_id for one in seconds]
    assert seats(school, first, *seconds) == 1


def test_a_dispute_and_refunds_at_once_agree_with_the_provider(school: StoredSchool) -> None:
    """Whichever the provider has first: what is disputed is not refunded, what was refunded is not disputed again."""
    session = school.buy(COURSE)
    bank, payment_id = school.provider.bank, session.provider_payment_id or ""

    def dispute() -> None:
        opened = bank.dispute(payment_id, school.clock.now())
        patiently(lambda: school.report(session))
        bank.decide(payment_id, opened, DisputeStatus.LOST, school.clock.now())
        patiently(lambda: school.report(session))

    refunds = [partial(_refund, school, session, 3000, f"refund-{number}") for number in range(6)]
    reports = [partial(patiently, partial(school.report, session))] * 4
    actions: list[Callable[[], object]] = [dispute, *refunds, *reports]
    _, *results = at_once(actions)
    refused = {type(result) for result in results if isinstance(result, DomainError)}
    assert refused <= {PaymentDisputed, NothingToRefund, RefundTooLarge}
    stored = agreed(school, session)
    assert stored.reversed_sums.charged_back > 0
    assert stored.kept <= 0
    assert stored.status is Status.REVERSED
    assert school.storage.enrollments.find(SAM.user_id, COURSE) is None
    ended = school.storage.enrollments.ended(SAM.user_id, COURSE)
    assert ended is not None
    assert ended.barred
    assert seats(school, session) == 0


def test_progress_while_an_enrollment_ends_is_kept_or_refused(school: StoredSchool) -> None:
    """Every second that a student saw as kept is in the ended enrollment."""
    school.buy(COURSE)
    learn = school.use_cases.resolve(RecordProgress)

    def learned() -> int:
        """The seconds that were kept, until the enrollment is gone."""
        kept = 0
        for _ in range(5):
            patiently(lambda: learn(SAM.user_id, COURSE, ProgressStep(time_spent_seconds=1)))
            kept += 1
        return kept

    def seconds() -> int:
        kept = 0
        for _ in range(12):
            try:
                patiently(lambda: learn(SAM.user_id, COURSE, ProgressStep(time_spent_seconds=1)))
            except DomainError:
                break
            kept += 1
        return kept

    assert learned() == 5
    revoke = partial(patiently, partial(school.use_cases.resolve(RevokeEnrollment), order_about(COURSE)))
    actions: list[Callable[[], object]] = [seconds, revoke, seconds]
    results = at_once(actions)
    ended = school.storage.enrollments.ended(SAM.user_id, COURSE)
    assert ended is not None
    assert ended.enrollment.total_time_spent == 5 + sum(kept for kept in results if isinstance(kept, int))
    assert school.storage.enrollments.find(SAM.user_id, COURSE) is None


def test_a_reinstatement_while_the_money_goes_back_leaves_no_access_without_money(school: StoredSchool) -> None:
    """One of the two comes first, and the other decides again."""
    session = school.buy(COURSE)
    order = order_about(COURSE)
    school.use_cases.resolve(RevokeEnrollment)(order)
    reinstate = partial(patiently, partial(school.use_cases.resolve(ReinstateEnrollment), order))
    actions: list[Callable[[], object]] = [partial(_refund, school, session, None, "refund-1"), reinstate, reinstate]
    at_once(actions)
    assert agreed(school, session).status is Status.REVERSED
    assert school.storage.enrollments.find(SAM.user_id, COURSE) is None
    assert school.storage.enrollments.ended(SAM.user_id, COURSE) is not None


def test_ending_and_giving_back_by_many_leaves_one_of_both(school: StoredSchool) -> None:
    """An enrollment is active or ended, never both and never neither."""
    school.buy(COURSE)
    order = order_about(COURSE)

    end = partial(school.use_cases.resolve(RevokeEnrollment), order)
    give_back = partial(school.use_cases.resolve(ReinstateEnrollment), order)
    actions: list[Callable[[], object]] = [partial(patiently, end), partial(patiently, give_back)] * 6
    at_once(actions)
    active = school.storage.enrollments.find(SAM.user_id, COURSE)
    ended = school.storage.enrollments.ended(SAM.user_id, COURSE)
    assert (active is None) != (ended is None)
    assert school.storage.earlier_ended() == []
