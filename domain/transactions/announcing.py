"""Which messages follow from a transaction's writes. Pure: every path that enrolls, refunds or ends sends the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve

from domain.enrollments import EndedEnrollment, Enrollment
from domain.errors import InvalidValue
from domain.messages import Message, MessageKind
from domain.money import Money
from domain.payments.reversals import DisputeStatus, RefundStatus, Reversal, ReversalKind
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.seats import OFFERED_FOR, SeatClaim
from domain.transactions.payments import Writes
from domain.transactions.writes import (
    AddEnrollment,
    AddLedgerEntry,
    AddSession,
    ChangeReversedSums,
    ChangeSession,
    EndEnrollment,
    HoldSeat,
    SaveReversal,
    Write,
)


def messages_of(writes: Writes) -> tuple[Message, ...]:
    """The messages to send once these writes are committed."""
    changes = _Changes(writes)
    found = [message for write in writes for message in changes.messages(write)]
    return tuple({message.message_id: message for message in found}.values())


class _Changes:
    """What the writes of one transaction know of each other."""

    def __init__(self, writes: Iterable[Write]) -> None:
        self.session: PaymentSession | None = None
        self.course_name = ""
        self.ends = self.refunds = False
        for write in writes:
            match write:
                case AddSession(session=session) | ChangeSession(session=session):
                    self.session = session
                case ChangeReversedSums(after=session):
                    self.session = session
                case AddLedgerEntry(entry=entry):
                    self.course_name = entry.course_name
                case EndEnrollment():
                    self.ends = True
                case SaveReversal(reversal=reversal, before=known):
                    self.refunds = self.refunds or _is_made(reversal, known)
                case _:
                    pass
        if self.session is not None:
            self.course_name = self.session.course_name

    def messages(self, write: Write) -> Iterable[Message]:
        """Those of one write."""
        match write:
            case AddEnrollment(enrollment=enrollment):
                yield self._enrolled(enrollment)
            case EndEnrollment(ended=ended) if not self.refunds:
                yield self._ended(ended)
            case SaveReversal(reversal=reversal, before=known):
                yield from self._reversed(reversal, known)
            case AddSession(session=session) | ChangeSession(session=session):
                yield from self._settled(session)
            case HoldSeat(claim=claim, before=before, ahead=False) if before is not None:
                yield _offered(claim, write.course_name)
            case ChangeReversedSums(before=before, after=after):
                is_known = before.awaits_decision and before.review_reason == after.review_reason
                if after.awaits_decision and not is_known:
                    yield self._review(after)
            case _:
                pass

    def _enrolled(self, enrollment: Enrollment) -> Message:
        session, payment = self.session, enrollment.payment
        late = session is not None and session.completed_at is not None and session.completed_at > session.expires_at
        return Message(
            message_id=f"{_name_of(enrollment)}.enrolled",
            kind=MessageKind.ENROLLED,
            created_at=enrollment.enrolled_at,
            due_at=enrollment.enrolled_at,
            user_id=enrollment.user_id,
            course_id=enrollment.course_id,
            course_name=self.course_name or enrollment.course_id,
            payment_session_id=enrollment.payment_session_id or "",
            amount=payment.amount if payment else None,
            discount=payment.discount if payment else 0,
            enrollment_type=enrollment.enrollment_type,
            enrolled_at=enrollment.enrolled_at,
            delayed=late,
        )

    def _ended(self, ended: EndedEnrollment) -> Message:
        enrollment = ended.enrollment
        return Message(
            message_id=f"{_name_of(enrollment)}.{_milliseconds(ended.ended_at)}.ended",
            kind=MessageKind.ACCESS_ENDED,
            created_at=ended.ended_at,
            due_at=ended.ended_at,
            user_id=enrollment.user_id,
            course_id=enrollment.course_id,
            course_name=self.course_name or enrollment.course_id,
            payment_session_id=enrollment.payment_session_id or "",
            reason=ended.cause.value,
        )

    def _settled(self, session: PaymentSession) -> Iterable[Message]:
        if session.awaits_decision:
            yield self._review(session)
        elif session.status is Status.FAILED:
            yield _about(session, MessageKind.PAYMENT_FAILED, "failed", amount=session.total)

    def _review(self, session: PaymentSession) -> Message:
        return _about(
            session,
            MessageKind.REVIEW_OPENED,
            f"{_milliseconds(session.updated_at)}.review",
            amount=_received(session),
            reason=session.review_reason.value if session.review_reason else "",
        )

    def _reversed(self, reversal: Reversal, known: Reversal | None) -> Iterable[Message]:
        session = self.session
        if session is None:
            return
        amount, name = _money(reversal.amount, reversal.currency), reversal.reversal_id
        if _is_made(reversal, known):
            yield _about(session, MessageKind.REFUND_MADE, f"{name}.made", amount=amount, access_ended=self.ends)
        elif reversal.status in {RefundStatus.FAILED, RefundStatus.REJECTED}:
            if known is None or known.status is not reversal.status:
                yield _about(
                    session,
                    MessageKind.REFUND_FAILED,
                    f"{name}.{reversal.changes}.failed",
                    amount=amount,
                    reason=reversal.reason or reversal.status.value,
                )
        elif reversal.kind is ReversalKind.DISPUTE and (known is None or _is_escalated(reversal, known)):
            opened = _about(
                session,
                MessageKind.DISPUTE_OPENED,
                f"{name}.disputed" if known is None else f"{name}.{reversal.changes}.escalated",
                amount=amount,
                reason=reversal.reason or "",
            )
            yield evolve(opened, respond_by=reversal.respond_by)


def _about(
    session: PaymentSession,
    kind: MessageKind,
    fact: str,
    *,
    amount: Money | None,
    reason: str = "",
    access_ended: bool = False,
) -> Message:
    return Message(
        message_id=f"{session.payment_session_id}.{fact}",
        kind=kind,
        created_at=session.updated_at,
        due_at=session.updated_at,
        user_id=session.user_id,
        course_id=session.course_id,
        course_name=session.course_name,
        payment_session_id=session.payment_session_id,
        amount=amount,
        reason=reason,
        access_ended=access_ended,
    )


def _offered(claim: SeatClaim, course_name: str) -> Message:
    """A seat is held for somebody who waited for it."""
    at = (claim.held_until or claim.joined_at) - OFFERED_FOR
    return Message(
        message_id=f"{claim.user_id}.{claim.course_id}.{_milliseconds(at)}.seat",
        kind=MessageKind.WAITLIST_SEAT,
        created_at=at,
        due_at=at,
        user_id=claim.user_id,
        course_id=claim.course_id,
        course_name=course_name or claim.course_id,
        held_until=claim.held_until,
    )


def _is_made(reversal: Reversal, known: Reversal | None) -> bool:
    """Whether money begins to go back to the student; what was pending is sent once."""
    before = known.counted if known else 0
    return reversal.kind is not ReversalKind.DISPUTE and before == 0 < reversal.counted


def _is_escalated(dispute: Reversal, known: Reversal) -> bool:
    """Whether an inquiry became a dispute: money is withdrawn, and the answer to the inquiry does not count."""
    return known.status is DisputeStatus.INQUIRY and dispute.status is DisputeStatus.OPEN


def _name_of(enrollment: Enrollment) -> str:
    began = _milliseconds(enrollment.enrolled_at)
    return enrollment.payment_session_id or f"{enrollment.user_id}.{enrollment.course_id}.{began}"


def _received(session: PaymentSession) -> Money | None:
    if session.received is None or session.received_currency is None:
        return None
    return _money(session.received, session.received_currency)


def _money(amount: int, currency: str) -> Money | None:
    """The amount, if it is in a currency that we know how to write."""
    try:
        return Money(amount, currency)
    except InvalidValue:
        return None


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
