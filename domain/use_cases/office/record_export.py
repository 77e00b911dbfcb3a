"""Somebody takes personal data out of the school's records."""

from __future__ import annotations

from attrs import frozen

from domain.audit import AuditAction, AuditRecord, AuditSubject, Authorship
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.writes import AddAuditRecord


@frozen(kw_only=True)
class RecordExport:
    """Records that e-mail addresses are exported, before they are shown."""

    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, author: Authorship, subject: AuditSubject) -> AuditRecord:
        """The record. ``subject`` is the student whose address it is, or the school where it is those of many.

        Raises:
            StorageUnavailable: it could not be stored; nothing is to be exported then.
        """
        record = author.record(AuditAction.EMAIL_EXPORTED, subject, audit_id=self.ids.audit_id(), at=self.clock.now())
        self.unit_of_work.commit((AddAuditRecord(record),))
        return record
