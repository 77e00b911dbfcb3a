"""What must hold about money that came in and went back, after every commit and at rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container
from datetime import datetime
from enum import StrEnum

from adapters.memory.store import Store
from domain.enrollments import PENDING
from domain.ledger import NO_PROVIDER, EntryKind, LedgerEntry
from domain.payments.reversals import NOTHING_REVERSED, Reversal, ReversalKind, ReversedSums
from domain.payments.session import PaymentSession
from domain.payments.states import PAID, Status
from domain.transactions.bookkeeping import SALE, payment_key
from tests.simulation.bank import Bank, SimulatedPayment
from tests.simulation.world import require

FOREIGN = "bundle"
"""The source of enrollments that somebody stores by another door, for which the ledger has no seat."""


class MoneyInvariants:
    """Holds sessions, reversals and the ledger to each other, and at rest to the provider."""

    def __init__(self, store: Store, bank: Bank, *, names_refunds: bool = True) -> None:
        self.store = store
        self.bank = bank
        self.names_refunds = names_refunds
        self.lost: Container[tuple[str, str]] = frozenset()
        """Sessions that somebody deleted, and nothing else of them."""
        self.reset()

    def reset(self) -> None:
        """The store was restored: count anew."""
        self.booked: dict[tuple[str, str, str], LedgerEntry] = {}
        self.known: dict[tuple[str, str, str], Reversal] = dict(self.store.reversals)
        self.sums: Counter[tuple[str, str]] = Counter()
        self.seats: Counter[str] = Counter()
        self.seats_of_course: Counter[str] = Counter()

    def count_entries(self, written: Collection[tuple[str, str, str]]) -> None:
        """Take in what was written since. What is booked stays as it is."""
        there = self.store.ledger
        for key in written:
            entry = there.get(key)
            if (known := self.booked.get(key)) is not None or entry is None:
                require(entry == known, "an entry of the ledger was overwritten", known, entry)
                continue
            self.booked[key] = entry
            if entry.kind is not EntryKind.FEE:
                self.sums[key[:2]] += entry.amount
                self.seats[entry.payment_session_id] += entry.seat
                self.seats_of_course[entry.course_id] += entry.seat
            if entry.entry_id == SALE and entry.provider != NO_PROVIDER:
                self._sale(entry)
            self._currency(key, entry)

    def check_seats(self) -> None:
        """The seats of a course in the ledger are its active enrollments, but for those that others stored."""
        store, missing = self.store, dict(self.seats_of_course)
        for one in store.enrollments.values():
            here = (one.payment_status != PENDING) - (one.source == FOREIGN)
            missing[one.course_id] = missing.get(one.course_id, 0) - here
        for ended in (*store.ended.values(), *store.earlier_ended.values()):
            if ended.enrollment.source == FOREIGN:
                missing[ended.enrollment.course_id] = missing.get(ended.enrollment.course_id, 0) + 1
        require(not any(missing.values()), "the ledger has other seats than there are enrollments", missing)

    def _currency(self, key: tuple[str, str, str], entry: LedgerEntry) -> None:
        sale = self.store.ledger.get((*key[:2], SALE))
        same = entry.kind in (EntryKind.FEE, EntryKind.SEAT) or sale is None or sale.currency == entry.currency
        require(same, "an entry in another currency than its sale", entry)

    def check_reversals(self, written: Collection[tuple[str, str, str]]) -> None:
        """Each change of a reversal was made to what the change before it had left."""
        for key in written:
            before, one = self.known.get(key), self.store.reversals[key]
            if before is not one:
                changes = before.changes if before else 0
                require(one.changes == changes + 1, "a change of a reversal was overwritten", before, one)
                self.known[key] = one

    def _sale(self, entry: LedgerEntry) -> None:
        key = (entry.user_id, entry.payment_session_id)
        session = self.store.sessions.get(key)
        has_session = key in self.lost if session is None else session.received is not None
        require(has_session, "a sale without its session", entry)

    def reversals(self, session: PaymentSession) -> list[Reversal]:
        """The session's reversals."""
        own = (session.user_id, session.payment_session_id)
        return [one for key, one in self.store.reversals.items() if key[:2] == own]

    def changed(self, before: PaymentSession | None, session: PaymentSession) -> None:
        """What holds for a session as it was written just now."""
        if session.received is None:
            require(session.reversed_sums == NOTHING_REVERSED, "money went back that never came", session)
            return
        if session.status not in PAID:
            require(session.received == 0, "money of a session that is not paid", session)
            return
        self._sums(session)
        self._status(session)
        sale = self.store.ledger.get((*payment_key(session), SALE))
        require(sale is not None and sale.payment_session_id == session.payment_session_id, "no sale", session, sale)
        booked, sums = self.sums[payment_key(session)], session.reversed_sums
        require(booked == session.kept - sums.disputed, "the ledger has another sum", session, booked)
        known = before.reversed_sums if before else NOTHING_REVERSED
        if sums.refund_requested > known.refund_requested or sums.repaid > known.repaid:
            # What a bank has withdrawn goes to the payer if the bank decides so: it is not there to be given back.
            gone = sums.refunded + sums.repaid + sums.charged_back + sums.refund_requested + sums.disputed
            require(gone <= session.received, "more is given back than is left", session)

    def _sums(self, session: PaymentSession) -> None:
        reversals = self.reversals(session)
        counted = ReversedSums.of(reversals)
        require(counted == session.reversed_sums, "the sums are not those of the reversals", session, counted)
        known = [one.provider_reversal_id for one in reversals if one.provider_reversal_id is not None]
        require(len(known) == len(set(known)), "one reversal of the provider is here twice", session, known)
        require(session.reversed_sums.refunded <= (session.received or 0), "more was refunded than came", session)

    def _status(self, session: PaymentSession) -> None:
        gone = bool(session.received) and session.kept <= 0
        require(gone == (session.status is Status.REVERSED), "the status does not fit what is kept", session)

    def at_rest(self, account: str) -> None:
        """Ours is the provider's, as far as our keys can ask, and nothing is left to do."""
        paying = [one for one in self.store.sessions.values() if one.provider_payment_id and one.received is not None]
        ids = Counter(session.provider_payment_id for session in paying)
        require(all(count == 1 for count in ids.values()), "a payment received by two sessions", ids)
        for session in paying:
            payment = self.bank.payments[session.provider_payment_id or ""]
            if payment.account == account:
                self._agrees(session, payment)

    def _agrees(self, session: PaymentSession, payment: SimulatedPayment) -> None:
        sums = session.reversed_sums
        ours = (session.received, session.received_currency, sums.refunded, sums.disputed, sums.charged_back)
        theirs = (payment.received, payment.currency, payment.refunded, payment.disputed, payment.charged_back)
        require(ours == theirs, "the provider has other sums", session, ours, theirs)
        require(sums.refund_requested == 0, "a refund was asked for and never made or refused", session)
        here = {
            one.provider_reversal_id: (one.status, one.respond_by)
            for one in self.reversals(session)
            if one.kind is not ReversalKind.REPAYMENT and one.provider_reversal_id is not None
        }
        names = {one.provider_reversal_id: one.reversal_id for one in self.reversals(session)}
        for refund in payment.refunds if self.names_refunds else ():
            is_named = refund.refund_id is None or names.get(refund.reversal_id) in (None, refund.refund_id)
            require(is_named, "a refund of ours has another name here", session, refund.refund_id, names)
        there: dict[str, tuple[StrEnum, datetime | None]] = {
            one.reversal_id: (one.status, None) for one in payment.refunds
        }
        there |= {one.reversal_id: (one.status, one.respond_by) for one in payment.disputes}
        for unknown in there.keys() - here.keys():
            # What never moved money shows on no list: without its report nobody can know of it.
            moved = any(movement.provider_reversal_id == unknown for _, movement in self.bank.movements)
            require(not moved, "a reversal of the provider is not known here", session, unknown)
            del there[unknown]
        require(here == there, "the provider has other reversals", session, here, there)
