"""Audit records, in a list."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from adapters.memory.pages import page_of
from adapters.memory.store import Store
from domain.audit import AuditRecord, AuditSubject
from domain.paging import Page
from domain.ports.audit import AuditRepo


@frozen
class MemoryAuditRepo(AuditRepo):
    """Reads audit records from the store."""

    store: Store

    def of_month(
        self, month: date, *, by: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[AuditRecord]:
        """Up to ``limit`` records of a month, the newest first."""
        with self.store.lock:
            found = [one for one in self.store.audit if (one.at.year, one.at.month) == (month.year, month.month)]
        return _page([one for one in found if by is None or one.by == by], limit, cursor)

    def about(self, subject: AuditSubject, *, limit: int, cursor: str | None = None) -> Page[AuditRecord]:
        """Up to ``limit`` records about one subject, the newest first."""
        with self.store.lock:
            found = [one for one in self.store.audit if one.subject == subject]
        return _page(found, limit, cursor)


def _page(found: list[AuditRecord], limit: int, cursor: str | None) -> Page[AuditRecord]:
    ordered = sorted(found, key=lambda one: (one.at, one.audit_id), reverse=True)
    return page_of(ordered, lambda one: one.audit_id, limit, cursor)
