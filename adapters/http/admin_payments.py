"""Payments as the office sees them: what needs a decision, what was decided, and giving money back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.errors import InvalidRequest, found_or
from adapters.http.office_serializers import (
    listed_payment_body,
    payment_body,
    payment_history_body,
    refund_result_body,
)
from adapters.http.paging import limit_and_cursor, page_limit, page_of
from adapters.http.payment_search import payment_query, sought_id
from adapters.http.payments import session_id
from adapters.http.request_bodies.payments import RefundRequest, ResolveRequest
from adapters.http.routing import Access, Call, Reply, Router
from domain.errors import AlreadyResolved, PaymentSessionNotFound
from domain.identifiers import is_id
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.services.refund_payment import RefundOrder, RefundPayment
from domain.use_cases.office.find_payments import FindPayments
from domain.use_cases.office.record_repayment import RecordRepayment
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.office.show_payment import ShowPayment
from domain.use_cases.schedule.reconcile import MOST_REVIEWS

if TYPE_CHECKING:
    from adapters.http.response_bodies import AlreadyDecided, ListedPayment, Payment, PaymentHistory, RefundResult


@frozen(kw_only=True)
class AdminPaymentViews:
    """/api/admin/payments."""

    sessions: PaymentSessionRepo
    students: StudentRepo
    clock: Clock
    find_payments: FindPayments
    show_payment: ShowPayment
    resolve_review: ResolveReview
    refund_payment: RefundPayment
    record_repayment: RecordRepayment

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        one = "/api/admin/payments/{id}"
        router.add("GET", "/api/admin/payments", view=self.index, access=Access.OFFICE)
        router.add("GET", one, view=self.show, access=Access.OFFICE)
        router.add("GET", f"{one}/history", view=self.history, access=Access.OFFICE)
        router.add("POST", f"{one}/resolve", view=self.resolve, body=ResolveRequest, access=Access.OFFICE)
        router.add("PUT", f"{one}/refunds/{{refundId}}", view=self.refund, body=RefundRequest, access=Access.OFFICE)
        router.add("PUT", f"{one}/repayments/{{refundId}}", view=self.repay, body=RefundRequest, access=Access.OFFICE)

    def index(self, call: Call) -> Reply[list[ListedPayment]]:
        """A page of payments: those in review, the oldest first; else those that match, the newest first."""
        if call.query.keys() <= {"status", "limit", "cursor"} and call.query.get("status") == Status.REVIEW:
            limit = page_limit(call.query["limit"]) if "limit" in call.query else MOST_REVIEWS
            page = self.sessions.reviews(limit=limit, cursor=call.query.get("cursor"))
            return page_of(self._listed(page.entries), page.cursor)
        if "find" in call.query:
            return Reply(body=self._listed(self.find_payments(sought_id(call))))
        limit, cursor = limit_and_cursor(call)
        status, query = payment_query(call, self.clock.now(), self.students)
        page = self.sessions.search(query, limit=limit, cursor=cursor)
        found = self._listed(page.entries)
        return page_of([body for body in found if status in (None, body["status"])], page.cursor)

    def show(self, call: Call) -> Reply[Payment]:
        """One payment, with what really came in and what went back."""
        return Reply(body=payment_body(self._find(call)))

    def history(self, call: Call) -> Reply[PaymentHistory]:
        """Everything about one payment, beside what its provider says now."""
        return Reply(body=payment_history_body(self.show_payment(session_id(call.params["id"]))))

    def resolve(self, call: Call, body: ResolveRequest) -> Reply[Payment | AlreadyDecided]:
        """Carry out the administrator's decision about a payment in review; 409 once somebody has decided."""
        session = self._find(call)
        try:
            decided = self.resolve_review(
                session.user_id,
                session.payment_session_id,
                kind=ResolutionKind(body.resolution),
                by=call.caller.user_id,
                role=call.role,
                note=body.note,
            )
        except AlreadyResolved as error:
            return Reply(status=409, body={**call.envelope(error), "payment": payment_body(self._find(call))})
        return Reply(body=payment_body(decided))

    def refund(self, call: Call, body: RefundRequest) -> Reply[RefundResult]:
        """Refund a payment through its provider: 202 while the provider has not acknowledged it."""
        result = self.refund_payment(self._order(call, body))
        return Reply(status=202 if result.refund.is_requested else 200, body=refund_result_body(result))

    def repay(self, call: Call, body: RefundRequest) -> Reply[RefundResult]:
        """Record money that was given back outside the provider."""
        return Reply(body=refund_result_body(self.record_repayment(self._order(call, body))))

    def _listed(self, sessions: Sequence[PaymentSession]) -> list[ListedPayment]:
        known = self.students.find_many([session.user_id for session in sessions])
        return [listed_payment_body(session, known.get(session.user_id)) for session in sessions]

    def _find(self, call: Call) -> PaymentSession:
        return found_or(PaymentSessionNotFound, self.sessions.find_any(session_id(call.params["id"])))

    def _order(self, call: Call, body: RefundRequest) -> RefundOrder:
        session, refund_id = self._find(call), call.params["refundId"]
        if not is_id(refund_id):
            raise InvalidRequest("refundId must have 1 to 64 letters, digits, dashes and underscores.")
        return RefundOrder(
            user_id=session.user_id,
            payment_session_id=session.payment_session_id,
            refund_id=refund_id,
            amount=body.amount,
            note=body.reason,
            by=call.caller.user_id,
            role=call.role,
        )
