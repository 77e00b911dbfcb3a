"""Audit records: who changed what, when and why."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from attrs import frozen

from domain.audit import AuditRecord, AuditSubject


@frozen
class AuditPage:
    """Some records, the newest first; ``cursor`` is where the next page starts, None on the last.

    A page may have fewer records than asked for and still have a next one.
    """

    records: tuple[AuditRecord, ...]
    cursor: str | None


class AuditRepo(Protocol):
    """Reads audit records. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
        InvalidValue: any method, when the cursor is not one that it gave.
    """

    def of_month(self, month: date, *, by: str | None = None, limit: int, cursor: str | None = None) -> AuditPage:
        """Up to ``limit`` records of the month (in UTC) that this day lies in; ``by`` selects those of one person.

        May lag behind the last write. One that cannot be read is left out and reported to operations.
        """
        ...

    def about(self, subject: AuditSubject, *, limit: int, cursor: str | None = None) -> AuditPage:
        """Up to ``limit`` records about one student, coupon or course, or about the school, seeing every write that
        came before.
        """
        ...
