"""Every few minutes all live sessions are looked at: nobody depends on a webhook, and no session on another."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier

import pytest
from attrs import evolve, frozen

from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from domain.errors import DomainError, ProviderUnavailable, RecordUnreadable, StorageUnavailable
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.telemetry import Gauge, Signal
from domain.services.reconcile_session import ReconcileOutcome
from domain.students import Identity
from domain.use_cases.schedule.reconcile import BATCH, Report
from tests.support.concurrency import at_once
from tests.support.factories import a_session, a_student, an_enrollment
from tests.support.memory.misbehaving import (
    Counting,
    Gathering,
    Interrupted,
    LosesAnswers,
    Overtaken,
    SilentAbout,
    Unreachable,
)
from tests.support.memory.school import SAM, School, somebody


def opened(school: School, count: int) -> list[tuple[Identity, str]]:
    """So many students with a checkout open, one begun each second; who, and the session's id."""
    buyers = []
    for number in range(count):
        who = somebody(number)
        buyers.append((who, school.start(who).session.payment_session_id))
        school.wait(seconds=1)
    return buyers


def enrolled(school: School) -> set[str]:
    """Who is in the course."""
    return {user_id for user_id, _ in school.store.enrollments}


def checked(report: Report) -> list[str]:
    """Which sessions were looked at, in order."""
    return [look.session.payment_session_id for look in report.results]


def gauge(school: School, which: Gauge) -> int:
    """The gauge as last measured."""
    return [value for measured, value in school.telemetry.measured if measured is which][-1]


# -- paid means enrolled ----------------------------------------------------------------------------------------------


def test_with_all_webhooks_off_one_run_settles_everything() -> None:
    """Paid is enrolled, expired is released, slow is waited for, unanswered is opened: by looking alone."""
    school = School()
    (_, paid), (_, expired), (_, slow), (_, waiting) = opened(school, 4)
    school.provider.pay(paid)
    school.provider.expire(expired)
    school.provider.promise(slow)
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    school.wait(minutes=4)
    report = school.reconcile()
    assert {session.payment_session_id: session.status for session in school.store.sessions.values()} == {
        paid: Status.COMPLETED,
        expired: Status.EXPIRED,
        slow: Status.PROCESSING,
        waiting: Status.OPEN,
        "ps_000005": Status.OPEN,
    }
    assert enrolled(school) == {"somebody-0"}
    counted = {outcome: count for outcome in ReconcileOutcome if (count := report.count(outcome))}
    assert counted == {ReconcileOutcome.SETTLED: 3, ReconcileOutcome.STILL_OPEN: 1, ReconcileOutcome.REOPENED: 1}
    assert report.failed == ()


def test_every_payment_is_enrolled_within_five_minutes_without_a_webhook() -> None:
    """Runs four minutes apart, a payment in every minute between them: nobody waits longer than the next run."""
    school = School()
    paid_at: dict[str, datetime] = {}
    for minute in range(20):
        who = somebody(minute)
        school.provider.pay(school.start(who).session.payment_session_id)
        paid_at[who.user_id] = school.clock.now()
        school.wait(minutes=1)
        if minute % 4 == 3:
            school.reconcile()
            assert enrolled(school) == paid_at.keys()
    waited = [place.enrolled_at - paid_at[user_id] for (user_id, _), place in school.store.enrollments.items()]
    assert max(waited) <= timedelta(minutes=4)


def test_money_that_matches_no_agreement_goes_to_review() -> None:
    """A wrong amount found by reconciling is reported as loudly as one that a webhook brings."""
    school = School()
    ((who, session_id),) = opened(school, 1)
    school.provider.pay(session_id, amount=evolve(school.session(session_id, who).total, amount=1))
    report = school.reconcile()
    assert school.session(session_id, who).review_reason is ReviewReason.AMOUNT_MISMATCH
    assert (report.in_review, enrolled(school)) == (1, set())
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["amount_mismatch"]


# -- one after the other, the longest unseen first --------------------------------------------------------------------


def test_the_longest_unseen_comes_first() -> None:
    """After a look a session that is still open goes to the back; one begun since comes after it."""
    school = School()
    (_, first), (_, second) = opened(school, 2)
    assert checked(school.reconcile()) == [first, second]
    school.wait(seconds=30)
    school.store.sessions["somebody-0", first] = evolve(
        school.store.sessions["somebody-0", first], due_at=school.clock.now()
    )
    third = school.start(somebody(9)).session.payment_session_id
    school.wait(minutes=1)
    assert checked(school.reconcile()) == [second, first, third]


def test_a_run_is_bounded_and_the_next_one_goes_on() -> None:
    """No run looks at more than its batch; what it did not reach comes first in the next one."""
    school = School()
    for number in range(BATCH + 2):
        session = a_session(
            payment_session_id=f"ps_{number:06d}", user_id=f"somebody-{number}", due_at=school.clock.now()
        )
        checkout = school.provider.open_checkout(session, a_student())
        school.store.sessions[session.user_id, session.payment_session_id] = session.opened(
            checkout.provider_session_id, school.clock.now()
        )
        school.wait(seconds=1)
    assert len(checked(school.reconcile())) == BATCH
    assert gauge(school, Gauge.SESSIONS_DUE) == BATCH
    school.wait(seconds=1)
    assert checked(school.reconcile())[:3] == [f"ps_{BATCH:06d}", f"ps_{BATCH + 1:06d}", "ps_000000"]


def test_a_run_out_of_patience_begins_no_new_look() -> None:
    """The look under way is finished; the others come first in the next run."""
    school = School()
    buyers = opened(school, 5)
    school.gateway = Overtaken(school.provider, on="look_up", times=99, meanwhile=lambda: school.wait(seconds=30))
    assert checked(school.reconcile(timedelta(seconds=60))) == [buyers[0][1], buyers[1][1]]
    assert checked(school.reconcile(timedelta(seconds=1))) == [buyers[2][1]]


def test_without_a_time_budget_nothing_is_reconciled() -> None:
    """And the run says what is due all the same."""
    school = School()
    opened(school, 2)
    assert school.reconcile(timedelta(0)).results == ()
    assert gauge(school, Gauge.SESSIONS_DUE) == 2


# -- no session stands in another's way -------------------------------------------------------------------------------


def test_one_silence_stops_nobody_else() -> None:
    """The session that nothing is heard of is reported, and found again by the next run; the others are settled."""
    school = School()
    buyers = opened(school, 3)
    for _, session_id in buyers:
        school.provider.pay(session_id)
    silent = buyers[1][1]
    school.gateway = SilentAbout(school.provider, {silent})
    report = school.reconcile()
    assert (report.failed, len(report.results)) == ((silent,), 2)
    assert enrolled(school) == {"somebody-0", "somebody-2"}
    (emitted,) = [emitted for emitted in school.telemetry.emitted if emitted.signal is Signal.RECONCILE_FAILED]
    assert (emitted.reason, emitted.provider) == ("provider_unavailable", "stripe")
    assert emitted.ids == {"user_id": "somebody-1", "payment_session_id": silent}
    assert school.signals(Signal.RECONCILED) == ["partly"]
    school.gateway = school.provider
    school.wait(minutes=1)
    assert checked(school.reconcile()) == [silent]
    assert enrolled(school) == {"somebody-0", "somebody-1", "somebody-2"}


def test_while_the_provider_is_down_nothing_is_lost() -> None:
    """Every look fails, nothing changes, and the first run after the outage settles all."""
    school = School()
    buyers = opened(school, 3)
    for _, session_id in buyers:
        school.provider.pay(session_id)
    before = {key: evolve(session, due_at=None) for key, session in school.store.sessions.items()}
    school.gateway = Unreachable(school.provider)
    assert school.reconcile().failed == tuple(session_id for _, session_id in buyers)
    assert {key: evolve(session, due_at=None) for key, session in school.store.sessions.items()} == before
    school.gateway = school.provider
    school.wait(minutes=1)
    assert school.reconcile().count(ReconcileOutcome.SETTLED) == 3
    assert len(enrolled(school)) == 3


def test_sessions_that_fail_every_time_stand_before_nobody() -> None:
    """A session that could not be settled goes behind all others, so that a full batch of such starves none."""
    school = School()
    (_, first), (_, second) = opened(school, 2)
    school.wait(minutes=1)
    school.gateway = SilentAbout(school.provider, {first})
    assert school.reconcile().failed == (first,)
    stored = {session_id: session for (_, session_id), session in school.store.sessions.items()}
    assert stored[first].due_at == stored[second].due_at == school.clock.now()
    school.wait(minutes=1)
    school.gateway = school.provider
    assert school.reconcile().failed == ()


@frozen
class Unreadable(MemoryPaymentSessionRepo):
    """One record cannot be read."""

    damaged: str

    def find(self, user_id: str, payment_session_id: str) -> PaymentSession | None:
        """The session, unless it is the one."""
        if payment_session_id == self.damaged:
            raise RecordUnreadable
        return self.store.sessions.get((user_id, payment_session_id))


def test_a_record_that_cannot_be_read_stops_nobody_else() -> None:
    """It is reported; a person must repair it."""
    school = School()
    (_, damaged), (_, sound) = opened(school, 2)
    school.provider.pay(sound)
    school.sessions = Unreadable(school.store, damaged)
    assert school.reconcile().failed == (damaged,)
    assert school.signals(Signal.RECONCILE_FAILED) == ["record_unreadable"]
    assert enrolled(school) == {"somebody-1"}


def test_a_session_of_a_provider_unplugged_stops_nobody_else() -> None:
    """Sessions of a provider that this deployment does not know fail by themselves."""
    school = School()
    (foreign, foreign_id), (_, ours) = opened(school, 2)
    school.store.sessions[foreign.user_id, foreign_id] = evolve(school.session(foreign_id, foreign), provider="other")
    school.provider.pay(ours)
    assert school.reconcile().failed == (foreign_id,)
    assert enrolled(school) == {"somebody-1"}


@frozen
class Unforeseen(MemoryPaymentSessionRepo):
    """One record makes whoever reads it fail in a way that nobody foresaw."""

    damaged: str

    def find(self, user_id: str, payment_session_id: str) -> PaymentSession | None:
        """The session, unless it is the one."""
        if payment_session_id == self.damaged:
            raise ZeroDivisionError
        return self.store.sessions.get((user_id, payment_session_id))


def test_fault_114_whatever_is_wrong_with_one_session_the_run_goes_on() -> None:
    """The first in line fails in every run: it is reported by the kind of failure, and all others are settled."""
    school = School()
    (_, damaged), (_, sound) = opened(school, 2)
    school.provider.pay(sound)
    school.sessions = Unforeseen(school.store, damaged)
    assert school.reconcile().failed == (damaged,)
    assert school.signals(Signal.RECONCILE_FAILED) == ["unforeseen_ZeroDivisionError"]
    assert enrolled(school) == {"somebody-1"}


# -- the list of what is due may lag ----------------------------------------------------------------------------------


@frozen
class Lagging(MemoryPaymentSessionRepo):
    """The index shows what was, the sessions themselves are as they are."""

    shown: tuple[PaymentSession, ...]

    def due(self, *, before: datetime, at_most: int) -> tuple[PaymentSession, ...]:
        """What was due some time ago."""
        return self.shown


def lagging(school: School) -> Lagging:
    """The sessions, listed from here on as they are now."""
    return Lagging(school.store, tuple(school.store.sessions.values()))


def test_fault_95_what_the_index_still_shows_is_read_again() -> None:
    """A session settled since it was listed is nothing to do, and the provider is not asked about it."""
    school = School()
    ((who, session_id),) = opened(school, 1)
    school.sessions = lagging(school)
    school.settle(school.provider.pay(session_id))
    before, asking = school.session(session_id, who), Counting(school.provider)
    school.gateway = asking
    report = school.reconcile()
    assert (report.count(ReconcileOutcome.NOTHING_TO_DO), asking.asked) == (1, [])
    assert school.session(session_id, who) == before


def test_fault_95_a_session_that_is_no_longer_there_is_passed_over() -> None:
    """What the index shows and the table does not have is no failure either."""
    school = School()
    opened(school, 1)
    school.sessions = lagging(school)
    school.store.sessions.clear()
    assert school.reconcile() == Report()


@frozen
class Lost(MemoryPaymentSessionRepo):
    """The index does not answer."""

    def due(self, *, before: datetime, at_most: int) -> tuple[PaymentSession, ...]:
        """Nothing."""
        raise StorageUnavailable


def test_a_run_that_cannot_even_begin_says_so() -> None:
    """Without the list of what is due there is no report: the function fails, and its alarm sounds."""
    school = School()
    school.sessions = Lost(school.store)
    with pytest.raises(StorageUnavailable):
        school.reconcile()
    assert school.signals(Signal.RECONCILED) == []


# -- two runs at once -------------------------------------------------------------------------------------------------


def test_two_runs_at_once_settle_everything_once() -> None:
    """A whole run by somebody else between our question and our write changes nothing in the end."""
    school = School()
    (_, paid), (_, expired), (_, waiting) = opened(school, 3)
    school.provider.pay(paid)
    school.provider.expire(expired)
    rival = School(store=school.store, clock=school.clock, provider=school.provider)
    school.unit_of_work = Interrupted(school.unit_of_work, [rival.reconcile])
    report = school.reconcile()
    assert report.failed == ()
    assert len(school.store.enrollments) == 1
    assert rival.signals(Signal.ENROLLED) + school.signals(Signal.ENROLLED) == ["completed"]
    assert school.session(waiting, somebody(2)).status is Status.OPEN


@pytest.mark.races
def test_many_runs_at_the_same_moment_are_harmless() -> None:
    """Eight runs, all of which have read before any of them writes: each payment enrolls once, each use is given back
    once.
    """
    school = School()
    for number, (_, session_id) in enumerate(opened(school, 6)):
        (school.provider.pay if number % 2 else school.provider.expire)(session_id)
    school.unit_of_work = Gathering(school.unit_of_work, Barrier(8))
    reports = at_once([school.reconcile] * 8)
    assert not [report for report in reports if isinstance(report, DomainError) or report.failed]
    assert enrolled(school) == {"somebody-1", "somebody-3", "somebody-5"}
    assert school.telemetry.count(Signal.ENROLLED) == 3
    assert not school.store.checkout_locks


# -- what is measured -------------------------------------------------------------------------------------------------


def test_a_quiet_school_measures_zero() -> None:
    """Nothing due, nothing in review, nobody waiting; and the run is recorded."""
    school = School()
    assert school.reconcile() == Report()
    assert dict(school.telemetry.measured) == {
        Gauge.SESSIONS_DUE: 0,
        Gauge.SESSIONS_IN_REVIEW: 0,
        Gauge.OLDEST_UNENROLLED_SECONDS: 0,
    }
    assert school.signals(Signal.RECONCILED) == ["wholly"]


def test_a_payment_in_review_is_measured_by_itself() -> None:
    """It waits for a person, so it does not count as one that the reconciliation should have settled."""
    school = School()
    session_id = school.start().session.payment_session_id
    school.store.enrollments[SAM.user_id, "course-1"] = an_enrollment()
    school.settle(school.provider.pay(session_id))
    school.wait(minutes=10)
    assert school.reconcile().in_review == 1
    assert gauge(school, Gauge.SESSIONS_IN_REVIEW) == 1
    assert gauge(school, Gauge.OLDEST_UNENROLLED_SECONDS) == 0


def test_a_session_past_its_end_that_cannot_be_settled_counts_as_waiting() -> None:
    """It may be paid: until the provider answers, its student counts as one who waits. Before its end it does not."""
    school = School()
    ((who, session_id),) = opened(school, 1)
    school.gateway = Unreachable(school.provider)
    school.reconcile()
    assert gauge(school, Gauge.OLDEST_UNENROLLED_SECONDS) == 0
    school.clock.at = school.session(session_id, who).expires_at + timedelta(seconds=90)
    school.reconcile()
    assert gauge(school, Gauge.OLDEST_UNENROLLED_SECONDS) == 90
    school.gateway = school.provider
    school.reconcile()
    assert gauge(school, Gauge.OLDEST_UNENROLLED_SECONDS) == 0
