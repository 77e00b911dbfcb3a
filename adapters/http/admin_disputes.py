"""Disputes as the office sees them: which are undecided, and until when each is to be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.office_serializers import disputed_payment_body
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.routing import Access, Call, Reply, Router
from domain.ports.students import StudentRepo
from domain.use_cases.office.list_disputes import ListDisputes

if TYPE_CHECKING:
    from adapters.http.response_bodies import DisputedPayment


@frozen(kw_only=True)
class AdminDisputeViews:
    """/api/admin/disputes."""

    list_disputes: ListDisputes
    students: StudentRepo

    def add_to(self, router: Router) -> None:
        """Put the view on its path."""
        router.add("GET", "/api/admin/disputes", view=self.index, access=Access.OFFICE)

    def index(self, call: Call) -> Reply[list[DisputedPayment]]:
        """A page of the undecided disputes, each with its payment: those to be answered soonest first."""
        limit, cursor = limit_and_cursor(call)
        page = self.list_disputes(limit=limit, cursor=cursor)
        known = self.students.find_many([one.session.user_id for one in page.entries])
        return page_of(
            [disputed_payment_body(one, known.get(one.session.user_id)) for one in page.entries], page.cursor
        )
