"""A person decides about money that the rules would not decide about."""

from __future__ import annotations

from attrs import frozen

from domain.errors import AlreadyResolved, CheckoutReplaced, PaymentSessionNotFound, StudentNotFound
from domain.payments.reviews import Resolution, ResolutionKind
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import AlreadyEnrolled, SessionConflict, TransactionConflict
from domain.transactions.payments import resolve


@frozen(kw_only=True)
class ResolveReview:
    """Keeps the record of a decision, and enrolls the student where that was it."""

    sessions: PaymentSessionRepo
    unit_of_work: UnitOfWork
    clock: Clock
    telemetry: Telemetry

    def __call__(
        self, user_id: str, payment_session_id: str, *, kind: ResolutionKind, by: str, note: str
    ) -> PaymentSession:
        """The session after the decision.

        Raises:
            PaymentSessionNotFound: there is no such session.
            AlreadyResolved: it is not in review, or somebody was faster.
            AlreadyEnrolled, StudentNotFound: the student is in the course, or gone; refund or dismiss instead.
        """
        session = self.sessions.find(user_id, payment_session_id)
        if session is None:
            raise PaymentSessionNotFound
        if session.status is not Status.REVIEW or session.resolution is not None:
            raise AlreadyResolved
        resolution = Resolution(kind=kind, by=by, at=self.clock.now(), note=note)
        self._commit(session, resolution)
        self.telemetry.emit(
            Signal.REVIEW_RESOLVED,
            reason=kind.value,
            provider=session.provider,
            user_id=user_id,
            payment_session_id=payment_session_id,
        )
        return session.resolved(resolution)

    def _commit(self, session: PaymentSession, resolution: Resolution, *, ours: bool = True) -> None:
        try:
            self.unit_of_work.commit(resolve(session, resolution, ours=ours))
        except TransactionConflict as conflict:
            match conflict.first:
                case SessionConflict():
                    raise AlreadyResolved from conflict
                case AlreadyEnrolled() | StudentNotFound() as why_not:
                    raise why_not from conflict
                case CheckoutReplaced() if ours:
                    # The student has begun anew meanwhile; that checkout keeps its guard.
                    self._commit(session, resolution, ours=False)
                case _:
                    raise
