"""Every night: prove that the ledger says what the provider's own list of movements says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import field, frozen

from domain.errors import PaymentSessionNotFound, ProviderRejected, reason_of
from domain.ledger import EntryKind, LedgerEntry
from domain.payment_sync import StoredPayment
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways, Movement, SessionReference
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.services.sync_payment import SyncPayment

LOOK_BACK = timedelta(days=3)
"""How far back movements are compared: a run that was missed is caught up by the next ones."""

LATEST = timedelta(seconds=1)
"""How far beyond now movements are listed: providers count whole seconds, and an end is not part of its time."""

SETTLING = timedelta(days=1)
"""How old an entry of ours must be before it counts as missing at the provider."""

MAX_REVIEWS = 1_000

_NOT_MOVED_THERE = frozenset({EntryKind.FEE, EntryKind.SEAT, EntryKind.MANUAL_REFUND})
"""Entries that are compared with no movement: the provider's list has none for them, or not as one of its own."""

GroupKey = tuple[str, str | None]
Groups = dict[GroupKey, list[Movement]]
"""Movements by payment and reversal: None for those of the payment itself."""


@frozen(kw_only=True)
class LedgerDifference:
    """One movement or entry without its counterpart. ``reason`` says what is different."""

    provider_payment_id: str
    reason: str
    payment_session_id: str = ""


@frozen(kw_only=True)
class LedgerProof:
    """What a proof found: how many movements of ours it compared, the payments it synced, and what remains different.

    ``sums`` has the total of the movements by currency and kind of entry, in minor units. ``has_list`` is False where
    the provider gave no list of movements, so that nothing could be compared.
    """

    compared: int
    synced: tuple[str, ...] = ()
    differences: tuple[LedgerDifference, ...] = ()
    sums: Counter[tuple[str, str]] = field(factory=Counter)
    has_list: bool = True

    @property
    def is_proven(self) -> bool:
        """Whether the ledger and the provider agree."""
        return not self.differences


@frozen(kw_only=True)
class ProveLedger:
    """Matches the provider's movements with the ledger's entries, one by one, by payment and reversal.

    What is missing here is synced; what remains is a difference that a person has to look at. The provider's fee of a
    payment is booked when its movement is seen. Safe to repeat.
    """

    sessions: PaymentSessionRepo
    ledger: LedgerRepo
    gateways: Gateways
    sync: SyncPayment
    clock: Clock
    telemetry: Telemetry

    def __call__(self, provider: str, *, since: datetime | None = None) -> LedgerProof:
        """Prove the last days, and sync every review and whatever else the provider may still report about.

        ``since``: prove all that moved from then on, as after a restore to that point; the last days are never left
        out.

        Raises:
            ProviderUnavailable: the provider's list cannot be read.
            StorageUnavailable: the ledger cannot be read.
        """
        now = self.clock.now()
        since = min(since or now, now - LOOK_BACK)
        synced = self._sync_reviews()
        movements = self.gateways.named(provider).movements(since=since, until=now + LATEST)
        if movements is None:
            return LedgerProof(compared=0, synced=synced, has_list=False)
        listed = tuple(movements)
        ours = [movement for movement in listed if self._is_ours(movement, provider)]
        differences: list[LedgerDifference] = []
        unmatched = self._unmatched(_grouped(ours), provider, since)
        for key, group in unmatched.items():
            reference = self._owner(provider, group[0])
            stored = self._synced(reference) if reference else None
            if stored is None or not self._agrees(key, provider, stored):
                differences.append(self._difference(key[0], "missing_here", reference))
            else:
                synced += (stored.session.payment_session_id,)
        tried = {payment_id for payment_id, _ in unmatched}
        synced += self._sync_unknown_reversals(provider, since, now, tried)
        differences += self._missing_there(listed, provider, since, now)
        sums: Counter[tuple[str, str]] = Counter()
        for movement in ours:
            sums[movement.currency, movement.kind.value] += movement.amount
            self._book_fee(movement, provider)
        proof = LedgerProof(compared=len(ours), synced=synced, differences=tuple(differences), sums=sums)
        self.telemetry.emit(
            Signal.LEDGER_PROVEN if proof.is_proven else Signal.LEDGER_MISMATCH,
            provider=provider,
            reason="" if proof.is_proven else differences[0].reason,
        )
        return proof

    def _sync_reviews(self) -> tuple[str, ...]:
        """Sync every payment that awaits a decision: a pending refund or open dispute of it shows nowhere else."""
        waiting = self.sessions.in_review(at_most=MAX_REVIEWS)
        return tuple(one.payment_session_id for one in waiting if self._synced(_reference(one)) is not None)

    def _sync_unknown_reversals(
        self, provider: str, since: datetime, now: datetime, tried: set[str]
    ) -> tuple[str, ...]:
        """Sync every payment that has a refund or dispute which is not stored: one that moves no money, such as an
        inquiry, is on no list of movements. Payments that were ``tried`` are left out.
        """
        found = self.gateways.named(provider).recent_reversals(since=since, until=now + LATEST)
        synced = []
        for reversal in found or ():
            if reversal.provider_payment_id in tried:
                continue
            sale = self.ledger.sale(provider, reversal.provider_payment_id)
            if sale is None or self._is_stored(reversal.provider_reversal_id, sale):
                continue
            if self._synced(_reference(sale)) is not None:
                synced.append(sale.payment_session_id)
        return tuple(synced)

    def _is_stored(self, provider_reversal_id: str, sale: LedgerEntry) -> bool:
        stored = self.sync.reversals.of_session(sale.user_id, sale.payment_session_id)
        return any(one.provider_reversal_id == provider_reversal_id for one in stored)

    def _is_ours(self, movement: Movement, provider: str) -> bool:
        """Whether our metadata or our ledger name the payment: a checkout made by hand may lack the metadata."""
        return movement.session is not None or self.ledger.sale(provider, movement.provider_payment_id) is not None

    def _synced(self, reference: SessionReference) -> StoredPayment | None:
        """The payment once it is synced; None if it cannot be now, or has no session."""
        try:
            return self.sync(reference.user_id, reference.payment_session_id)
        except PaymentSessionNotFound:
            return None
        except Exception as error:  # noqa: BLE001 - one payment must not stop the proof of all others
            self._difference("", reason_of(error), reference)
            return None

    def _owner(self, provider: str, movement: Movement) -> SessionReference | None:
        """Whose money moved: the session that booked the payment, else the one that its metadata name.

        A second payment has a session of its own, while its metadata name the first.
        """
        sale = self.ledger.sale(provider, movement.provider_payment_id)
        return _reference(sale) if sale is not None else movement.session

    def _unmatched(self, groups: Groups, provider: str, since: datetime) -> Groups:
        """The groups of movements for which the ledger has others in these days."""
        return {key: group for key, group in groups.items() if not self._is_booked(key, group, provider, since)}

    def _is_booked(self, key: GroupKey, group: list[Movement], provider: str, since: datetime) -> bool:
        entries = self._entries(key, provider)
        if not entries:
            return False
        # Only the movements of these days are listed, so only the entries of these days are compared with them: one by
        # one, since money that moved before and was booked late may make up for money that moved and was not booked.
        recent = sorted((entry for entry in entries if entry.recorded_at >= since), key=lambda entry: entry.recorded_at)
        moved = sorted(group, key=lambda movement: movement.occurred_at)
        return [entry.amount for entry in recent] == [movement.amount for movement in moved]

    def _agrees(self, key: GroupKey, provider: str, stored: StoredPayment) -> bool:
        """Whether the ledger has what the synced payment says: of these movements' days alone it need not, where
        something was recorded on another day than it moved, or came and went before it was known.
        """
        payment_id, reversal_id = key
        if stored.session.provider_payment_id != payment_id:
            return False
        booked = _sum_of(self._entries(key, provider))
        if reversal_id is None:
            return booked == stored.session.received
        known = next((one for one in stored.reversals if one.provider_reversal_id == reversal_id), None)
        return known is not None and booked == -known.counted

    def _entries(self, key: GroupKey, provider: str) -> list[LedgerEntry]:
        payment_id, reversal_id = key
        return [
            entry
            for entry in self.ledger.of_payment(provider, payment_id)
            if entry.provider_reversal_id == reversal_id and entry.kind not in _NOT_MOVED_THERE
        ]

    def _missing_there(
        self, movements: Iterable[Movement], provider: str, since: datetime, now: datetime
    ) -> list[LedgerDifference]:
        """Entries of ours, older than a day, that the provider has neither on its list nor with the payment."""
        seen = {(one.provider_payment_id, one.provider_reversal_id) for one in movements}
        entries = self.ledger.booked(since=since.date(), until=now.date())
        return [
            self._difference(entry.provider_payment_id, "missing_there", _reference(entry))
            for entry in entries
            if entry.provider == provider
            and entry.amount != 0
            and entry.kind not in _NOT_MOVED_THERE
            and since + SETTLING <= entry.recorded_at <= now - SETTLING
            and (entry.provider_payment_id, entry.provider_reversal_id) not in seen
            and not self._is_known_there(entry)
        ]

    def _is_known_there(self, entry: LedgerEntry) -> bool:
        """Whether the provider knows of it all the same: it may have moved before these days and been booked late."""
        session = self.sessions.find(entry.user_id, entry.payment_session_id)
        if session is None:
            return False
        try:
            state = self.gateways.named(entry.provider).payment_state(session)
        except ProviderRejected:
            return False
        except Exception as error:  # noqa: BLE001 - one payment must not stop the proof of all others
            self._difference(entry.provider_payment_id, reason_of(error), _reference(entry))
            return False
        reversals = {one.provider_reversal_id for one in state.refunds}
        reversals |= {one.provider_reversal_id for one in state.disputes}
        return entry.provider_reversal_id is None or entry.provider_reversal_id in reversals

    def _book_fee(self, movement: Movement, provider: str) -> None:
        if movement.fee == 0:
            return
        sale = self.ledger.sale(provider, movement.provider_payment_id)
        if sale is None:
            return
        self.ledger.add(_fee(sale, movement, self.clock.now(), self.sync))

    def _difference(self, payment_id: str, reason: str, reference: SessionReference | None) -> LedgerDifference:
        session_id = reference.payment_session_id if reference else ""
        self.telemetry.emit(
            Signal.DIFFERENCE_FOUND, reason=reason, provider_payment_id=payment_id, payment_session_id=session_id
        )
        return LedgerDifference(provider_payment_id=payment_id, reason=reason, payment_session_id=session_id)


def _grouped(movements: Iterable[Movement]) -> Groups:
    groups: Groups = {}
    for movement in movements:
        groups.setdefault((movement.provider_payment_id, movement.provider_reversal_id), []).append(movement)
    return groups


def _reference(one: LedgerEntry | PaymentSession) -> SessionReference:
    return SessionReference(user_id=one.user_id, payment_session_id=one.payment_session_id)


def _sum_of(ones: Iterable[LedgerEntry | Movement]) -> int:
    return sum(one.amount for one in ones)


def _fee(sale: LedgerEntry, movement: Movement, at: datetime, sync: SyncPayment) -> LedgerEntry:
    return LedgerEntry(
        provider=sale.provider,
        provider_payment_id=sale.provider_payment_id,
        entry_id=f"FEE#{movement.movement_id}",
        kind=EntryKind.FEE,
        amount=-movement.fee,
        currency=movement.settlement_currency,
        coupon_code=sale.coupon_code,
        user_id=sale.user_id,
        course_id=sale.course_id,
        course_name=sale.course_name,
        payment_session_id=sale.payment_session_id,
        livemode=sale.livemode,
        booked_on=sync.policy.calendar.date_of(at),
        recorded_at=at,
        occurred_at=movement.occurred_at,
        fee=movement.fee,
        net=movement.net,
        settlement_currency=movement.settlement_currency,
        available_on=movement.available_on,
        provider_reversal_id=movement.provider_reversal_id,
    )
