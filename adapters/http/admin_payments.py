"""Payments that need a person, and the record of what the person did."""

from __future__ import annotations

from attrs import frozen

from adapters.http.errors import InvalidRequest
from adapters.http.payments import session_id
from adapters.http.request_bodies import ResolveBody
from adapters.http.request_parsing import read_body
from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import review_shape
from domain.errors import PaymentSessionNotFound
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.schedule.reconcile import MOST_REVIEWS


@frozen(kw_only=True)
class AdminPaymentViews:
    """/api/admin/payments, for administrators."""

    sessions: PaymentSessionRepo
    resolve_review: ResolveReview

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/admin/payments", view=self.index)
        router.add("POST", "/api/admin/payments/{id}/resolve", view=self.resolve)

    def index(self, call: Call) -> Reply:
        """The payments that wait for a decision, the oldest first."""
        call.caller.require_admin()
        _require_review(call.query.get("status"))
        return Reply(body=[review_shape(session) for session in self._waiting()])

    def resolve(self, call: Call) -> Reply:
        """Record the administrator's decision about one of them."""
        call.caller.require_admin()
        body = read_body(call.body, call.headers, ResolveBody)
        waiting = self._waiting_by(session_id(call.params["id"]))
        decided = self.resolve_review(
            waiting.user_id,
            waiting.payment_session_id,
            kind=ResolutionKind(body.resolution),
            by=call.caller.user_id,
            note=body.note,
        )
        return Reply(body=review_shape(decided))

    def _waiting(self) -> tuple[PaymentSession, ...]:
        return self.sessions.in_review(at_most=MOST_REVIEWS)

    def _waiting_by(self, payment_session_id: str) -> PaymentSession:
        """A session lives under its student; those that wait are few enough to be looked through."""
        for session in self._waiting():
            if session.payment_session_id == payment_session_id:
                return session
        raise PaymentSessionNotFound


def _require_review(status: str | None) -> None:
    if status != Status.REVIEW:
        raise InvalidRequest(f"status is {Status.REVIEW.value}: no other payments are listed here.")
