"""Payments that need a person's decision, and the record of what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.errors import InvalidRequest, found_or
from adapters.http.payments import session_id
from adapters.http.request_bodies import ResolveRequest
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import review_body
from domain.errors import PaymentSessionNotFound
from domain.payments.reviews import ResolutionKind
from domain.payments.states import Status
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.schedule.reconcile import MOST_REVIEWS

if TYPE_CHECKING:
    from adapters.http.response_bodies import PaymentInReview


@frozen(kw_only=True)
class AdminPaymentViews:
    """/api/admin/payments, for administrators."""

    sessions: PaymentSessionRepo
    resolve_review: ResolveReview

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/admin/payments", view=self.index, access=Access.ADMINS)
        router.add(
            "POST", "/api/admin/payments/{id}/resolve", view=self.resolve, body=ResolveRequest, access=Access.ADMINS
        )

    def index(self, call: Call) -> Reply[list[PaymentInReview]]:
        """The payments that wait for a decision, the oldest first."""
        _require_review(call.query.get("status"))
        return Reply(body=[review_body(session) for session in self.sessions.in_review(at_most=MOST_REVIEWS)])

    def resolve(self, call: Call, body: ResolveRequest) -> Reply[PaymentInReview]:
        """Record the administrator's decision about a payment in review; 409 once somebody has decided."""
        session = found_or(PaymentSessionNotFound, self.sessions.find_review(session_id(call.params["id"])))
        decided = self.resolve_review(
            session.user_id,
            session.payment_session_id,
            kind=ResolutionKind(body.resolution),
            by=call.caller.user_id,
            note=body.note,
        )
        return Reply(body=review_body(decided))


def _require_review(status: str | None) -> None:
    if status != Status.REVIEW:
        raise InvalidRequest(f"status must be {Status.REVIEW.value}: no other payments are listed here.")
