"""Audit records: who changed what, when and why."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from domain.audit import AuditRecord, AuditSubject
from domain.paging import Page


class AuditRepo(Protocol):
    """Reads audit records. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
        InvalidValue: any method, when the cursor is not one that it gave.
    """

    def of_month(
        self, month: date, *, by: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[AuditRecord]:
        """Up to ``limit`` records of the month (in UTC) that this day lies in, the newest first; ``by`` selects
        those of one person.

        May lag behind the last write. One that cannot be read is left out and reported to operations.
        """
        ...

    def about(self, subject: AuditSubject, *, limit: int, cursor: str | None = None) -> Page[AuditRecord]:
        """Up to ``limit`` records about one student, coupon or course, or about the school, the newest first,
        seeing every write that came before.
        """
        ...
