"""Payment sessions; bookings are the same under older addresses."""

from __future__ import annotations

from attrs import frozen

from adapters.http.courses import course_id
from adapters.http.request_bodies import SessionBody
from adapters.http.request_parsing import read_body
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import Json, enrollment_shape, session_shape, session_state_shape
from adapters.http.urls import own_url
from adapters.settings import Settings
from domain.coupons import coupon_code
from domain.enrollment_requests import CheckoutOptions, Enrolled, EnrollmentResult
from domain.errors import PaymentNotCancellable, PaymentSessionNotFound
from domain.identifiers import is_id
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.student.cancel_payment import Cancelled, Cancelling, CancelPayment, NotCancelled
from domain.use_cases.student.enroll import Enroll


@frozen(kw_only=True)
class PaymentViews:
    """/api/payments/sessions, with the aliases under /api/bookings."""

    enroll: Enroll
    cancel_payment: CancelPayment
    sessions: PaymentSessionRepo
    settings: Settings

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("POST", "/api/payments/sessions", "/api/bookings/create", view=self.create)
        router.add("GET", "/api/payments/sessions", "/api/bookings/user", view=self.index)
        router.add("GET", "/api/payments/sessions/{id}", "/api/bookings/{id}", view=self.show)
        router.add("POST", "/api/payments/sessions/{id}/cancel", view=self.cancel)
        router.add("GET", "/api/payments/sessions/stripe/{stripeSessionId}", view=self.show_state, public=True)

    def create(self, call: Call) -> Reply:
        """Open a checkout, embedded or hosted; 200 where one was open on the same terms."""
        identity = call.caller.identity
        body = read_body(call.body, call.headers, SessionBody)
        origin = self.settings.web_origin
        options = CheckoutOptions(
            coupon_code=coupon_code(body.coupon_code) if body.coupon_code else None,
            must_pay=True,
            ui_mode=body.ui_mode,
            return_url=own_url(body.return_url or self.settings.return_path, origin),
            cancel_url=own_url(body.cancel_url or self.settings.cancel_path, origin),
        )
        answer = self.enroll(identity, course_id(body.course_id), options)
        return Reply(status=201 if answer.is_new else 200, body=_created(answer))

    def index(self, call: Call) -> Reply:
        """The caller's payment history, newest first."""
        return Reply(body=[session_shape(session) for session in self.sessions.of_student(call.caller.user_id)])

    def show(self, call: Call) -> Reply:
        """One of the caller's sessions."""
        session = self.sessions.find(call.caller.user_id, session_id(call.params["id"]))
        if session is None:
            raise PaymentSessionNotFound
        return Reply(body=session_shape(session))

    def cancel(self, call: Call) -> Reply:
        """Cancel one of the caller's sessions: 200 done, 202 noted, 409 with the true state when the payment was
        faster.
        """
        outcome = self.cancel_payment(call.caller.identity, session_id(call.params["id"]))
        session = session_shape(outcome.session)
        match outcome:
            case Cancelled():
                return Reply(body={"success": True, "session": session})
            case Cancelling():
                return Reply(status=202, body={"success": True, "session": session | {"status": "cancelling"}})
            case NotCancelled():
                return Reply(status=409, body=call.envelope(PaymentNotCancellable()) | {"session": session})

    def show_state(self, call: Call) -> Reply:
        """Whether a checkout was paid, for whoever knows its id; nothing about the person."""
        provider_session_id = call.params["stripeSessionId"]
        session = self.sessions.find_by_provider_session("stripe", provider_session_id)
        if session is None:
            raise PaymentSessionNotFound
        return Reply(body=session_state_shape(session))


def session_id(text: str) -> str:
    """The id, where it can be one.

    Raises:
        PaymentSessionNotFound: no session can have it.
    """
    if not is_id(text):
        raise PaymentSessionNotFound
    return text


def _created(answer: EnrollmentResult) -> Json:
    if isinstance(answer, Enrolled):
        session = {"session": session_shape(answer.session)} if answer.session else {}
        return {"success": True, "status": "active", "enrollment": enrollment_shape(answer.enrollment), **session}
    way = {"redirectUrl": answer.redirect_url} if answer.redirect_url else {"clientSecret": answer.client_secret}
    return {"success": True, "session": session_shape(answer.session), **way}
