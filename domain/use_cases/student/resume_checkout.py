"""A student comes back to a checkout that was opened before, and to no other."""

from __future__ import annotations

from attrs import frozen

from domain.enrollment_requests import AwaitingPayment
from domain.errors import CheckoutOver
from domain.payments.states import PAYABLE
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.checkout import CheckoutService
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import Identity


@frozen(kw_only=True)
class ResumeCheckout:
    """Shows the checkout of one payment session again. It never opens another one."""

    sessions: PaymentSessionRepo
    checkout_service: CheckoutService
    get_or_create_student: GetOrCreateStudent

    def __call__(self, identity: Identity, payment_session_id: str) -> AwaitingPayment:
        """The checkout, with what shows it to the student.

        Raises:
            CheckoutOver: nobody can pay it any more.
            ProviderUnavailable: the provider does not answer; repeat.
        """
        session = self.sessions.find(identity.user_id, payment_session_id)
        if session is None or session.status not in PAYABLE or session.cancel_requested_at is not None:
            raise CheckoutOver
        opened = self.checkout_service.reopen(session, self.get_or_create_student(identity))
        if not isinstance(opened, AwaitingPayment):
            raise CheckoutOver
        return opened
