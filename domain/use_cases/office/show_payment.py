"""The office looks at one payment: all that is stored about it, beside what its provider says now."""

from __future__ import annotations

from attrs import frozen

from domain.enrollments import EndedEnrollment, Enrollment
from domain.errors import (
    DomainError,
    PaymentSessionNotFound,
    ProviderNotFound,
    ProviderRejected,
    Unavailable,
)
from domain.ledger import LedgerEntry
from domain.payments.reversals import PaymentState, Reversal
from domain.payments.session import PaymentSession
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Checkout, Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.transactions.bookkeeping import payment_key


@frozen(kw_only=True)
class PaymentHistory:
    """One payment. ``enrollment`` and ``ended`` are those that it paid for.

    ``state`` is the provider's present state of the payment, ``checkout`` that of a checkout that is not paid;
    ``problem`` says why the provider gave no answer, as an error.
    """

    session: PaymentSession
    reversals: tuple[Reversal, ...]
    entries: tuple[LedgerEntry, ...]
    enrollment: Enrollment | None = None
    ended: EndedEnrollment | None = None
    state: PaymentState | None = None
    checkout: Checkout | None = None
    problem: DomainError | None = None


@frozen(kw_only=True)
class ShowPayment:
    """Shows one payment. Changes nothing; safe to repeat."""

    sessions: PaymentSessionRepo
    reversals: ReversalRepo
    ledger: LedgerRepo
    enrollments: EnrollmentRepo
    gateways: Gateways

    def __call__(self, payment_session_id: str) -> PaymentHistory:
        """The payment with everything about it. A provider that does not answer is a part of the answer.

        Raises:
            PaymentSessionNotFound: there is no such session.
        """
        session = self.sessions.find_any(payment_session_id)
        if session is None:
            raise PaymentSessionNotFound
        place = session.user_id, session.course_id
        enrollment, ended = self.enrollments.find(*place), self.enrollments.ended(*place)
        state, checkout, problem = self._ask(session)
        return PaymentHistory(
            session=session,
            reversals=self.reversals.of_session(session.user_id, session.payment_session_id),
            entries=self._entries(session),
            enrollment=enrollment if enrollment and enrollment.payment_session_id == payment_session_id else None,
            ended=ended if ended and ended.payment_session_id == payment_session_id else None,
            state=state,
            checkout=checkout,
            problem=problem,
        )

    def _entries(self, session: PaymentSession) -> tuple[LedgerEntry, ...]:
        """In the order of booking."""
        booked = self.ledger.of_payment(*payment_key(session))
        return tuple(sorted(booked, key=lambda entry: (entry.recorded_at, entry.entry_id)))

    def _ask(self, session: PaymentSession) -> tuple[PaymentState | None, Checkout | None, DomainError | None]:
        try:
            if session.provider_payment_id is not None:
                return self.gateways.named(session.provider).payment_state(session), None, None
            if session.provider_session_id is not None:
                return None, self.gateways.named(session.provider).look_up(session), None
        except (Unavailable, ProviderRejected, ProviderNotFound) as problem:
            return None, None, problem
        return None, None, None
