"""Payment sessions; bookings are the same under older addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.errors import found_or
from adapters.http.request_bodies.enrolling import SessionRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import (
    STRIPE,
    cancelling_body,
    checkout_body,
    nothing_to_pay_body,
    secrets_of,
    session_body,
    session_state_body,
)
from adapters.http.urls import own_url
from adapters.settings import Settings
from domain.coupons import coupon_code
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, Enrolled
from domain.errors import PaymentNotCancellable, PaymentSessionNotFound
from domain.identifiers import is_id
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.student.cancel_payment import Cancelled, Cancelling, CancelPayment, NotCancelled
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.resume_checkout import ResumeCheckout
from domain.use_cases.student.show_receipt import ShowReceipt

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies
    from adapters.http.response_bodies import (
        EmbeddedCheckout,
        HostedCheckout,
        NotCancellable,
        NothingToPay,
        SessionCancelled,
        SessionState,
    )


@frozen(kw_only=True)
class PaymentViews:
    """/api/payments/sessions, with the aliases under /api/bookings."""

    enroll: Enroll
    resume_checkout: ResumeCheckout
    cancel_payment: CancelPayment
    show_receipt: ShowReceipt
    sessions: PaymentSessionRepo
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        both = ("/api/payments/sessions", "/api/bookings/create")
        router.add("POST", *both, view=self.create, body=SessionRequest, renew=self.renew)
        router.add("GET", "/api/payments/sessions", "/api/bookings/user", view=self.index)
        router.add("GET", "/api/payments/sessions/{id}", "/api/bookings/{id}", view=self.show)
        router.add("POST", "/api/payments/sessions/{id}/cancel", view=self.cancel)
        router.add("GET", "/api/payments/sessions/{id}/receipt", view=self.receipt)
        # API Gateway takes one name per variable part of a path: the provider's name stands where an id does elsewhere.
        router.add("GET", "/api/payments/sessions/{id}/{checkoutId}", view=self.show_state, access=Access.PUBLIC)
        router.add("GET", "/api/payments/sessions/stripe/{stripeSessionId}", view=self.show_state, access=Access.PUBLIC)

    def create(self, call: Call, body: SessionRequest) -> Reply[EmbeddedCheckout | HostedCheckout | NothingToPay]:
        """Open a checkout, embedded or hosted: 201. One that is open on the same terms, or nothing to pay: 200."""
        origin = self.settings.web_origin
        options = CheckoutOptions(
            coupon_code=coupon_code(body.coupon_code) if body.coupon_code else None,
            must_pay=True,
            referral=body.referral,
            provider=body.provider,
            ui_mode=body.ui_mode or ("hosted" if body.cancel_url else "embedded"),
            return_url=own_url(body.return_url or self.settings.return_path, origin),
            cancel_url=own_url(body.cancel_url or self.settings.cancel_path, origin),
        )
        result = self.enroll(call.caller.identity, course_id(body.course_id), options)
        status = 201 if result.is_new else 200
        match result:
            case Enrolled():
                return Reply(status=status, body=nothing_to_pay_body(result))
            case AwaitingPayment():
                return Reply(status=status, body=checkout_body(result))

    def renew(self, call: Call, kept: Mapping[str, Any]) -> Mapping[str, Any]:
        """What shows the checkout of a kept answer to the caller."""
        return secrets_of(self.resume_checkout(call.caller.identity, kept["session"]["id"]))

    def index(self, call: Call) -> Reply[list[bodies.PaymentSession]]:
        """The caller's payment history, newest first."""
        return Reply(body=[session_body(session) for session in self.sessions.of_student(call.caller.user_id)])

    def show(self, call: Call) -> Reply[bodies.PaymentSession]:
        """One of the caller's sessions."""
        session = self.sessions.find(call.caller.user_id, session_id(call.params["id"]))
        return Reply(body=session_body(found_or(PaymentSessionNotFound, session)))

    def receipt(self, call: Call) -> Reply[bodies.ReceiptLink]:
        """Where the provider shows the receipt of one of the caller's payments."""
        address = self.show_receipt(call.caller.user_id, session_id(call.params["id"]))
        return Reply(body={"receiptUrl": address})

    def cancel(self, call: Call) -> Reply[SessionCancelled | NotCancellable]:
        """Cancel one of the caller's sessions.

        200: cancelled. 202: requested, as the provider does not answer or does not close the checkout now. 409: paid
        before it could be cancelled.
        """
        outcome = self.cancel_payment(call.caller.identity, session_id(call.params["id"]))
        match outcome:
            case Cancelled():
                return Reply(body={"success": True, "session": session_body(outcome.session)})
            case Cancelling():
                return Reply(status=202, body={"success": True, "session": cancelling_body(outcome.session)})
            case NotCancelled():
                error = call.envelope(PaymentNotCancellable())
                return Reply(status=409, body={**error, "session": session_body(outcome.session)})

    def show_state(self, call: Call) -> Reply[SessionState]:
        """Whether a checkout was paid, for whoever knows the provider and its id; nothing about the person."""
        provider = call.params.get("id", STRIPE)
        checkout_id = call.params.get("checkoutId") or call.params["stripeSessionId"]
        session = self.sessions.find_by_provider_session(provider, checkout_id)
        return Reply(body=session_state_body(found_or(PaymentSessionNotFound, session)))


def session_id(text: str) -> str:
    """The text, which is a valid id.

    Raises:
        PaymentSessionNotFound: it is not, so that no session can have it.
    """
    if not is_id(text):
        raise PaymentSessionNotFound
    return text
