"""An operator gives payment sessions from before the ledger what newer ones have: a sale, and a place in the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from attrs import evolve, frozen

from domain.errors import reason_of
from domain.ledger import LedgerEntry
from domain.payment_sync import SyncPolicy
from domain.payments.reviews import RECEIVED_ELSEWHERE, ResolutionKind
from domain.payments.session import PaymentSession
from domain.payments.states import PAID, Status
from domain.ports.clock import Clock
from domain.ports.ledger import LedgerRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.services.sync_payment import SyncPayment, is_syncable
from domain.transactions import bookkeeping
from domain.transactions.conflicts import EntryExists, TransactionConflict
from domain.transactions.payments import Writes
from domain.transactions.writes import AddLedgerEntry, ChangeReversedSums, RequireSumsUnchanged


@frozen(kw_only=True)
class StoredSession:
    """A session as a scan of the store finds it. ``is_listed``: it stands in the index where a session like it does."""

    session: PaymentSession
    is_listed: bool


class BackfillOutcome(StrEnum):
    """What became of one session, or would become of it."""

    BOOKED = "booked"
    SYNCED = "synced"
    SEATED = "seated"
    LISTED = "listed"
    FAILED = "failed"


@frozen(kw_only=True)
class BackfilledSession:
    """One session that lacked something. ``reason`` says why it failed."""

    session: PaymentSession
    outcome: BackfillOutcome
    reason: str = ""


@frozen(kw_only=True)
class BackfillPayments:
    """Completed sessions are booked on the day they were completed, by what was agreed; those in review, and those that
    a person decided to enroll, are synced, since what they received only the provider knows. A decision of before the
    ledger had seats gets its seat. Safe to repeat, while the product runs too.
    """

    sync: SyncPayment
    ledger: LedgerRepo
    unit_of_work: UnitOfWork
    clock: Clock
    policy: SyncPolicy

    def __call__(self, found: Iterable[StoredSession], *, apply: bool) -> Iterator[BackfilledSession]:
        """What becomes of each session that lacks something; without ``apply`` nothing is written."""
        for stored in found:
            session, reason = stored.session, ""
            outcome: BackfillOutcome | None = BackfillOutcome.FAILED
            try:
                outcome = self._missing(stored)
                if apply and outcome is not None:
                    self._give(session, outcome)
            except Exception as error:  # noqa: BLE001 - one session must not stop the others
                outcome, reason = BackfillOutcome.FAILED, reason_of(error)
            if outcome is not None:
                yield BackfilledSession(session=session, outcome=outcome, reason=reason)

    def _give(self, session: PaymentSession, outcome: BackfillOutcome) -> None:
        if outcome is BackfillOutcome.SYNCED:
            self.sync(session.user_id, session.payment_session_id)
        elif outcome is BackfillOutcome.BOOKED:
            self._commit(self._booking(session), session)
        elif outcome is BackfillOutcome.SEATED and session.resolution is not None:
            decided, at = session.resolution, session.resolution.at
            entry = bookkeeping.seat(
                evolve(session, updated_at=at),
                self.policy.calendar,
                entry_id=session.payment_session_id,
                change=1,
                by=decided.by,
            )
            self._commit((RequireSumsUnchanged(session), AddLedgerEntry(entry)), session)
        else:
            self._commit((ChangeReversedSums(session, session),), session)

    def _booking(self, session: PaymentSession) -> Writes:
        total = session.total
        # What a person decided about without a payment of the provider was free by mistake: nothing was received.
        amount = total.amount if session.resolution is None else 0
        booked = evolve(session, received=amount, received_currency=total.currency)
        completed_at = session.completed_at or session.updated_at
        # The entry is dated as if it had been written with the payment; the session keeps its own dates.
        seat = int(not any(bookkeeping.is_decided_seat(entry, session) for entry in self._entries(session)))
        entry = bookkeeping.sale(
            evolve(booked, updated_at=completed_at), self.policy.calendar, outcome="backfilled", seat=seat
        )
        return (ChangeReversedSums(session, booked), *((AddLedgerEntry(entry),) if entry else ()))

    def _entries(self, session: PaymentSession) -> tuple[LedgerEntry, ...]:
        return self.ledger.of_payment(*bookkeeping.payment_key(session))

    def _missing(self, stored: StoredSession) -> BackfillOutcome | None:
        """What the session lacks, None if nothing."""
        session = stored.session
        is_own = session.status in PAID and session.review_reason not in RECEIVED_ELSEWHERE
        if is_own and session.received is None:
            if is_syncable(session) and (session.resolution is not None or session.status is not Status.COMPLETED):
                return BackfillOutcome.SYNCED
            if session.status is Status.COMPLETED:
                return BackfillOutcome.BOOKED
        if is_own and self._lacks_seat(session):
            return BackfillOutcome.SEATED
        return None if stored.is_listed or session.is_live else BackfillOutcome.LISTED

    def _lacks_seat(self, session: PaymentSession) -> bool:
        """Whether a person decided to enroll the student, and neither the decision nor the sale booked the seat."""
        if session.resolution is None or session.resolution.kind is not ResolutionKind.ENROLLED:
            return False
        return not any(
            entry.seat == 1 and (entry.entry_id == bookkeeping.SALE or bookkeeping.is_decided_seat(entry, session))
            for entry in self._entries(session)
        )

    def _commit(self, writes: Writes, session: PaymentSession) -> None:
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            first = conflict.first
            if not isinstance(first, EntryExists) or first.entry.payment_session_id != session.payment_session_id:
                raise first from conflict
            self.unit_of_work.commit(tuple(write for write in writes if not isinstance(write, AddLedgerEntry)))
