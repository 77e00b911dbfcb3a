"""Payment sync: what to store so that a payment session says what the provider says about its payment.

Pure: from what is stored and the provider's present state to the next transaction. Refunds asked for here, made in the
provider's dashboard, or failing days later, and disputes in every state, all come in this way. A report of one is only
a hint to sync, so no order of reports can be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from domain.enrollments import EndCause, EndedEnrollment, Enrollment
from domain.identifiers import is_id
from domain.ledger import SchoolCalendar
from domain.payments.reversals import (
    DisputeState,
    PaymentState,
    RefundState,
    Reversal,
    ReversalKind,
    ReversedSums,
)
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.transactions.payments import Writes
from domain.transactions.reversals import AccessChange, record_sums, sync_reversal

SYSTEM = "system"
"""Who ends an enrollment when a payment's money is gone."""

MATCHED_BY_AMOUNT = "matched_by_amount"
"""The reason of a refund that was taken for ours by its amount alone: the provider cannot say who asked for it."""

SYNC_INTERVAL = timedelta(days=1)
"""How long a pending refund or an open dispute is left alone, unless a report about it arrives."""


@frozen(kw_only=True)
class StoredPayment:
    """A payment as it is stored: its session, its reversals, and the student's access to the course.

    ``enrollment`` is the active enrollment in the course, whatever paid for it; ``ended`` the latest ended one.
    ``superseded`` is the one that this payment paid for, if another has ended after it. ``seat_is_booked``: the ledger
    has the enrollment's seat already, though not yet the sale: a person decided to enroll the student.
    ``origins_known`` is False after a sync with a provider that cannot say which refunds we asked for.
    """

    session: PaymentSession
    reversals: tuple[Reversal, ...] = ()
    enrollment: Enrollment | None = None
    ended: EndedEnrollment | None = None
    superseded: EndedEnrollment | None = None
    seat_is_booked: bool = False
    origins_known: bool = True

    @property
    def is_consistent(self) -> bool:
        """Whether the session's sums are those of the reversals: both were read between the same two writes."""
        return ReversedSums.of(self.reversals) == self.session.reversed_sums

    @property
    def has_own_enrollment(self) -> bool:
        """Whether the active enrollment is the one that this payment paid for."""
        return self.enrollment is not None and self.enrollment.payment_session_id == self.session.payment_session_id

    @property
    def own_ended(self) -> EndedEnrollment | None:
        """The latest ended enrollment, if it is one that this payment paid for."""
        is_own = self.ended is not None and self.ended.payment_session_id == self.session.payment_session_id
        return self.ended if is_own else None


@frozen(kw_only=True)
class SyncPolicy:
    """The school's settings: whether students keep access during a dispute, when its days begin, and its currency."""

    access_during_dispute: bool = True
    calendar: SchoolCalendar = field(factory=SchoolCalendar)
    currency: str = "usd"


@frozen(kw_only=True)
class SyncStep:
    """One transaction of a sync. ``reversal`` is what changed, None where only the session did; ``known`` is that
    reversal as it was stored, None where it is new.

    ``reason`` names what a person has to look at, empty where nothing does.
    """

    session: PaymentSession
    writes: Writes
    reversal: Reversal | None = None
    known: Reversal | None = None
    access: AccessChange = field(factory=AccessChange)
    reason: str = ""

    @property
    def changes_status(self) -> bool:
        """Whether the reversal comes to another status, or holds back another amount."""
        before, after = self.known, self.reversal
        if before is None or after is None:
            return after is not None
        return (before.status, before.counted) != (after.status, after.counted)


def next_step(stored: StoredPayment, state: PaymentState, policy: SyncPolicy, at: datetime) -> SyncStep | None:
    """The next transaction that brings what is stored closer to the provider's state; None when both agree.

    One reversal changes per step. After each step everything is read again.
    """
    session = stored.session
    if session.received is None:
        received = evolve(session, received=state.received, received_currency=state.currency, updated_at=at)
        writes = record_sums(session, received, policy.calendar, seat_is_booked=stored.seat_is_booked)
        return SyncStep(session=received, writes=writes)
    for known, reversal in _changed(stored, state, at):
        return _reversal_step(stored, known, reversal, policy, at)
    return access_step(stored, policy, at) or _due_step(stored, at)


def repayment_step(stored: StoredPayment, repayment: Reversal, policy: SyncPolicy, at: datetime) -> SyncStep:
    """What it means that money was given back outside the provider."""
    return _reversal_step(stored, None, repayment, policy, at)


def requested_session(session: PaymentSession, refund: Reversal, at: datetime) -> PaymentSession:
    """The session with the refund on record that the provider is to be asked for; due until it has answered."""
    return evolve(session, reversed_sums=session.reversed_sums.including(refund), due_at=at, updated_at=at)


def rejected_session(stored: StoredPayment, refund: Reversal, at: datetime) -> PaymentSession:
    """The session without a refund that the provider refused for good; a decision to refund is open again."""
    session = stored.session
    sums = session.reversed_sums.without(refund)
    rest = tuple(one for one in stored.reversals if one.reversal_id != refund.reversal_id)
    return evolve(
        session,
        reversed_sums=sums,
        resolution=None if session.status is Status.REVIEW else session.resolution,
        due_at=_due_at(rest, at),
        updated_at=at,
    )


def _changed(stored: StoredPayment, state: PaymentState, at: datetime) -> Iterator[tuple[Reversal | None, Reversal]]:
    """Each reversal that the provider has otherwise than we, as known and as it should be stored."""
    unclaimed = {known.reversal_id: known for known in stored.reversals if known.kind is not ReversalKind.REPAYMENT}
    for refund in state.refunds:
        known = _known_refund(refund, unclaimed)
        if known is not None:
            del unclaimed[known.reversal_id]
            after = _refund_after(known, refund, at)
            if after is not None:
                yield known, after
        else:
            yield None, _new_refund(stored, refund, at)
    for dispute in state.disputes:
        known = unclaimed.pop(dispute.provider_reversal_id, None)
        after = _dispute_after(known, dispute, at) if known else _new_dispute(stored.session, dispute, at)
        if after is not None:
            yield known, after


def _known_refund(refund: RefundState, known: dict[str, Reversal]) -> Reversal | None:
    """Our record of this refund: by the provider's id if it has one already, else by ours."""
    for reversal in known.values():
        if reversal.provider_reversal_id == refund.provider_reversal_id:
            return reversal
    own = known.get(refund.refund_id or "")
    if own is not None and own.provider_reversal_id is None and own.kind is ReversalKind.REFUND:
        return own
    return None if refund.origin_known else _request_alike(refund, known)


def _request_alike(refund: RefundState, known: dict[str, Reversal]) -> Reversal | None:
    """The earliest request of ours for the same sum, for a refund of which the provider cannot say who asked.

    Should somebody else have asked for it after all, the student has what we had asked for: to ask for it again could
    pay it twice.
    """
    alike = [one for one in known.values() if one.is_requested and one.amount == refund.amount]
    return min(alike, key=lambda one: (one.requested_at or one.updated_at, one.reversal_id), default=None)


def _refund_after(known: Reversal, refund: RefundState, at: datetime) -> Reversal | None:
    """The refund as the provider has it; None if nothing changed, or its answer is older than what is stored."""
    same = (known.status, known.counted, known.provider_reversal_id) == (
        refund.status,
        refund.counted,
        refund.provider_reversal_id,
    )
    if same or not refund.can_follow(known):
        return None
    return evolve(
        known,
        status=refund.status,
        counted=refund.counted,
        provider_reversal_id=refund.provider_reversal_id,
        reason=refund.reason or known.reason or (None if refund.origin_known else MATCHED_BY_AMOUNT),
        changes=known.changes + 1,
        updated_at=at,
    )


def _new_refund(stored: StoredPayment, refund: RefundState, at: datetime) -> Reversal:
    session, own_id = stored.session, refund.refund_id
    # One of ours that is not on record was lost by a restore: under its own id nobody can ask for it a second time.
    is_lost = is_id(own_id) and all(one.reversal_id != own_id for one in stored.reversals)
    return Reversal(
        user_id=session.user_id,
        payment_session_id=session.payment_session_id,
        reversal_id=own_id if own_id is not None and is_lost else refund.provider_reversal_id,
        kind=ReversalKind.REFUND,
        status=refund.status,
        amount=refund.amount,
        currency=refund.currency,
        counted=refund.counted,
        provider_reversal_id=refund.provider_reversal_id,
        reason=refund.reason,
        updated_at=at,
    )


def _dispute_after(known: Reversal, dispute: DisputeState, at: datetime) -> Reversal | None:
    after = evolve(known, status=dispute.status, counted=dispute.withdrawn, respond_by=dispute.respond_by)
    return evolve(after, changes=known.changes + 1, updated_at=at) if after != known else None


def _new_dispute(session: PaymentSession, dispute: DisputeState, at: datetime) -> Reversal | None:
    if not is_id(dispute.provider_reversal_id):
        return None
    # What is withdrawn is in the payment's currency. A dispute in another one is about all of the payment.
    currency, received = session.received_currency or dispute.currency, session.received or dispute.amount
    return Reversal(
        user_id=session.user_id,
        payment_session_id=session.payment_session_id,
        reversal_id=dispute.provider_reversal_id,
        kind=ReversalKind.DISPUTE,
        status=dispute.status,
        amount=dispute.amount if dispute.currency == currency else received,
        currency=currency,
        counted=dispute.withdrawn,
        provider_reversal_id=dispute.provider_reversal_id,
        reason=dispute.reason,
        respond_by=dispute.respond_by,
        updated_at=at,
    )


def _reversal_step(
    stored: StoredPayment, known: Reversal | None, reversal: Reversal, policy: SyncPolicy, at: datetime
) -> SyncStep:
    before = stored.session
    sums = before.reversed_sums.without(known) if known else before.reversed_sums
    rest = tuple(one for one in stored.reversals if one.reversal_id != reversal.reversal_id)
    after = evolve(
        before,
        reversed_sums=sums.including(reversal),
        due_at=_due_at((*rest, reversal), at),
        updated_at=at,
    )
    after, access, reason = _with_consequences(stored, after, policy, at)
    if _was_refunded_in_vain(after):
        after, reason = evolve(after, resolution=None), reason or ReviewReason.REFUND_FAILED.value
    writes = sync_reversal(before, after, known, reversal, access=access, calendar=policy.calendar)
    return SyncStep(session=after, writes=writes, reversal=reversal, known=known, access=access, reason=reason)


def _was_refunded_in_vain(after: PaymentSession) -> bool:
    """Whether a person decided to refund a payment in review, and money of it is kept though no refund is under way."""
    decision = after.resolution
    is_to_be_refunded = decision is not None and decision.kind is ResolutionKind.REFUNDED
    is_idle = after.reversed_sums.refund_requested == 0 and after.kept > 0
    return after.status is Status.REVIEW and is_to_be_refunded and is_idle


def access_step(stored: StoredPayment, policy: SyncPolicy, at: datetime) -> SyncStep | None:
    """Access that does not fit the money as it is stored, as after a changed setting; None if it does.

    The latest reversal is what changes it.
    """
    cause = max(stored.reversals, key=lambda one: one.updated_at, default=None)
    if cause is None:
        return None
    after, access, reason = _with_consequences(stored, evolve(stored.session, updated_at=at), policy, at)
    if access == AccessChange() and after.status is stored.session.status:
        return None
    written = evolve(cause, changes=cause.changes + 1, updated_at=at)
    writes = sync_reversal(stored.session, after, cause, written, access=access, calendar=policy.calendar)
    return SyncStep(session=after, writes=writes, reversal=written, known=cause, access=access, reason=reason)


def _due_step(stored: StoredPayment, at: datetime) -> SyncStep | None:
    """When the session is to be synced next, if that is not what is stored."""
    known, wanted = stored.session.due_at, _due_at(stored.reversals, at)
    is_right = (known is None) == (wanted is None) and (wanted is None or wanted == at or known is None or known > at)
    if is_right:
        return None
    after = evolve(stored.session, due_at=wanted, updated_at=at)
    return SyncStep(session=after, writes=record_sums(stored.session, after, SchoolCalendar()))


def _with_consequences(
    stored: StoredPayment, after: PaymentSession, policy: SyncPolicy, at: datetime
) -> tuple[PaymentSession, AccessChange, str]:
    """The session's status and the student's access, by what is kept of the payment."""
    entitled = after.entitles(access_during_dispute=policy.access_during_dispute)
    if after.received and after.kept <= 0:
        access = _ended_access(stored, after, at)
        return evolve(after, status=Status.REVERSED, review_reason=after.review_reason), access, ""
    if not entitled:
        return _kept_without_access(stored, after, at)
    return _entitled_again(stored, after)


def _kept_without_access(
    stored: StoredPayment, after: PaymentSession, at: datetime
) -> tuple[PaymentSession, AccessChange, str]:
    """Money is kept, and a dispute suspends access. Of a reversed payment, money came back before that was decided."""
    had_access = stored.has_own_enrollment or stored.own_ended is not None
    if stored.session.status is Status.REVERSED and not had_access:
        return _in_review(after, ReviewReason.ALREADY_ENROLLED)
    return _back_to_completed(after), _ended_access(stored, after, at), ""


def _ended_access(stored: StoredPayment, after: PaymentSession, at: datetime) -> AccessChange:
    cause, barred = _cause(after)
    ended = stored.own_ended
    if stored.has_own_enrollment and stored.enrollment is not None:
        end = EndedEnrollment(enrollment=stored.enrollment, ended_at=at, cause=cause, ended_by=SYSTEM, barred=barred)
        return AccessChange(end=end, previous=stored.ended)
    if ended is not None:
        # Suspended or revoked before by this payment's trouble: the cause and the bar are those of today.
        kept_cause = ended.cause if ended.cause is EndCause.REVOKED else cause
        relabelled = evolve(ended, cause=kept_cause, barred=ended.barred or barred)
        if relabelled != ended:
            return AccessChange(relabel=(ended, relabelled))
    return AccessChange()


def _cause(after: PaymentSession) -> tuple[EndCause, bool]:
    if after.reversed_sums.charged_back > 0:
        return EndCause.CHARGED_BACK, True
    if after.reversed_sums.disputed > 0 and after.kept > 0:
        return EndCause.DISPUTED, True
    return EndCause.REFUNDED, False


def _entitled_again(stored: StoredPayment, after: PaymentSession) -> tuple[PaymentSession, AccessChange, str]:
    session, own_ended = stored.session, stored.own_ended
    if stored.has_own_enrollment:
        return _back_to_completed(after), AccessChange(), ""
    if session.status is Status.REVIEW:
        return after, AccessChange(), ""  # a person decides about this money, and about the access that it gives
    if own_ended is not None and own_ended.is_by_dispute_of(session.payment_session_id) and stored.enrollment is None:
        return _back_to_completed(after), AccessChange(reinstate=own_ended), ""
    known = own_ended or stored.superseded
    if known is not None and known.is_by_dispute_of(session.payment_session_id):
        # They bought the course again meanwhile: a person decides which of the payments is to be kept.
        return _in_review(after, ReviewReason.ALREADY_ENROLLED)
    was_revoked = own_ended is not None and own_ended.cause is EndCause.REVOKED
    if session.status is not Status.REVERSED or was_revoked:
        return _back_to_completed(after), AccessChange(), ""
    refund_failed = session.reversed_sums.refunded > after.reversed_sums.refunded
    return _in_review(after, ReviewReason.REFUND_FAILED if refund_failed else ReviewReason.ALREADY_ENROLLED)


def _back_to_completed(after: PaymentSession) -> PaymentSession:
    return evolve(after, status=Status.COMPLETED) if after.status is Status.REVERSED else after


def _in_review(after: PaymentSession, reason: ReviewReason) -> tuple[PaymentSession, AccessChange, str]:
    if after.status is Status.REVIEW and after.review_reason is reason and after.resolution is None:
        return after, AccessChange(), ""
    reviewed = evolve(after, status=Status.REVIEW, review_reason=reason, resolution=None)
    return reviewed, AccessChange(), reason.value


def _due_at(reversals: tuple[Reversal, ...], at: datetime) -> datetime | None:
    """When to sync again: at once while a refund is requested, a day later while the provider may still decide
    something that no movement of money would show, else never.
    """
    if any(one.is_requested for one in reversals):
        return at
    return at + SYNC_INTERVAL if any(one.may_change for one in reversals) else None
