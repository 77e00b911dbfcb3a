"""Somebody does what the school's records would not show: takes personal data out, changes how a colleague signs in."""

from __future__ import annotations

from attrs import frozen

from domain.audit import AuditAction, AuditRecord, AuditSubject, Authorship
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.writes import AddAuditRecord


@frozen(kw_only=True)
class RecordAction:
    """Records what somebody is about to do, before it is done."""

    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, author: Authorship, action: AuditAction, subject: AuditSubject) -> AuditRecord:
        """The record. ``subject`` is the person whom it concerns, a course, or the school where it concerns many.

        Raises:
            StorageUnavailable: it could not be stored; nothing is to be done then.
        """
        record = author.record(action, subject, audit_id=self.ids.audit_id(), at=self.clock.now())
        self.unit_of_work.commit((AddAuditRecord(record),))
        return record
