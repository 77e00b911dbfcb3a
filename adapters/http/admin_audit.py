"""What the office did: who, when, what and why."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.audit_csv import lines
from adapters.http.coupons import stored_code
from adapters.http.errors import InvalidRequest
from adapters.http.office_serializers import audit_body
from adapters.http.paging import limit_and_cursor, page_of
from adapters.http.routing import Access, Call, Reply, Router
from domain.audit import AuditSubject
from domain.identifiers import is_id
from domain.ports.audit import AuditRepo
from domain.ports.clock import Clock

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_LONGEST_ACTOR = 128
_LINES = 500
_SUBJECTS = {"user": "user_id", "course": "course_id", "coupon": "coupon_code"}


@frozen(kw_only=True)
class AdminAuditViews:
    """GET /api/admin/audit, and the same as a file."""

    audit: AuditRepo
    clock: Clock

    def add_to(self, router: Router) -> None:
        """Put the view on its path."""
        router.add("GET", "/api/admin/audit", view=self.index, access=Access.OFFICE)
        router.add("GET", "/api/admin/audit/records.csv", view=self.csv, access=Access.OFFICE)

    def index(self, call: Call) -> Reply[list[bodies.AuditRecord]]:
        """A page of the records, the newest first: about one subject, or of one month."""
        limit, cursor = limit_and_cursor(call)
        subject = _subject(call)
        if subject is not None:
            page = self.audit.about(subject, limit=limit, cursor=cursor)
        else:
            page = self.audit.of_month(self._month(call), by=_actor(call), limit=limit, cursor=cursor)
        return page_of([audit_body(record) for record in page.entries], page.cursor)

    def csv(self, call: Call) -> Reply[str]:
        """The records of one month, all or those of one person, as comma-separated values, 500 at once."""
        if not call.query.keys() <= {"month", "by", "cursor"}:
            raise InvalidRequest("Give month, by and cursor, and nothing else.")
        month, cursor = self._month(call), call.query.get("cursor")
        page = self.audit.of_month(month, by=_actor(call), limit=_LINES, cursor=cursor)
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="audit-{month:%Y-%m}.csv"',
            **({"X-Next-Cursor": page.cursor} if page.cursor else {}),
        }
        return Reply(body="".join(lines(page.entries, header=cursor is None)), headers=headers)

    def _month(self, call: Call) -> date:
        text = call.query.get("month")
        if text is None:
            return self.clock.now().date()
        if not _MONTH.fullmatch(text) or text.startswith("0000"):
            raise InvalidRequest("month must be written like 2026-01.")
        return date.fromisoformat(f"{text}-01")


def _subject(call: Call) -> AuditSubject | None:
    """What the records are to be about, None where the request names nothing.

    Raises:
        InvalidRequest: it names several subjects, an invalid one, or a month or person as well.
    """
    given = [name for name in _SUBJECTS if name in call.query]
    if not given:
        return None
    if len(given) > 1 or not call.query.keys().isdisjoint({"month", "by"}):
        raise InvalidRequest("Give either month and by, or one of user, course and coupon.")
    [name] = given
    text = call.query[name]
    if name == "coupon":
        text = stored_code(text)
    elif not is_id(text):
        raise InvalidRequest(f"{name} must be an id.")
    return AuditSubject(**{_SUBJECTS[name]: text})


def _actor(call: Call) -> str | None:
    by = call.query.get("by")
    if by is not None and not 1 <= len(by) <= _LONGEST_ACTOR:
        raise InvalidRequest(f"by must have 1 to {_LONGEST_ACTOR} characters.")
    return by
