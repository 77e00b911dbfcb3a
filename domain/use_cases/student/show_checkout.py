"""A student returns from the checkout and asks what became of it."""

from __future__ import annotations

from attrs import frozen

from domain.enrollment_requests import AwaitingPayment
from domain.errors import PaymentSessionNotFound
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.checkout import CheckoutService
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.services.settle_payment import SettlePayment
from domain.students import Identity, Student


@frozen
class CheckoutState:
    """How the checkout ended, or stands. ``enrolled`` is about the course, by whatever way."""

    session: PaymentSession
    enrolled: bool


@frozen(kw_only=True)
class ShowCheckout:
    """Settles before it answers, so that a student never waits for a webhook."""

    sessions: PaymentSessionRepo
    enrollments: EnrollmentRepo
    gateways: Gateways
    settle: SettlePayment
    checkout_service: CheckoutService
    get_or_create_student: GetOrCreateStudent

    def __call__(self, identity: Identity, provider_session_id: str) -> CheckoutState:
        """The state of the caller's checkout by the provider's id.

        Raises:
            PaymentSessionNotFound: the caller has no such checkout.
            ProviderUnavailable: it is not settled yet and the provider does not answer; ask again.
        """
        session = self._find(identity, provider_session_id)
        if session.is_live:
            session = self.settle(self.gateways.named(session.provider).look_up(session).event)
        # A completed session may have lost its enrollment since: only the enrollment itself says so.
        enrollment = self.enrollments.find(session.user_id, session.course_id)
        return CheckoutState(session, enrollment is not None)

    def _find(self, identity: Identity, provider_session_id: str) -> PaymentSession:
        own = self.sessions.of_student(identity.user_id)
        for session in own:
            if session.provider_session_id == provider_session_id:
                return session
        # The checkout may have been opened and its id lost on the way: ask the provider by the same request again.
        unattached = [session for session in own if session.status is Status.CREATING]
        buyer = self.get_or_create_student(identity) if unattached else None
        for session in unattached:
            attached = self._attach(session, buyer) if buyer else session
            if attached.provider_session_id == provider_session_id:
                return attached
        raise PaymentSessionNotFound

    def _attach(self, session: PaymentSession, buyer: Student) -> PaymentSession:
        opened = self.checkout_service.reopen(session, buyer)
        return opened.session if isinstance(opened, AwaitingPayment) else opened
