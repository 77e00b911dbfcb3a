"""A change of the office and its audit record, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddAuditRecord, Write

_LONGEST = 2_000


@frozen(kw_only=True)
class RecordChange:
    """Makes a change together with the record of who made it and why."""

    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(
        self,
        write: Write,
        action: AuditAction,
        subject: AuditSubject,
        author: Authorship,
        *,
        before: Mapping[str, object],
        after: Mapping[str, object],
    ) -> None:
        """Make the change. ``before`` and ``after`` have the changed fields; long ones are only said to have changed.

        Raises:
            DomainError: the condition of the write did not hold, as the conflict that it means; nothing is recorded.
            StorageUnavailable: the outcome may be unknown. Repeat the use case.
        """
        record = author.record(
            action,
            subject,
            audit_id=self.ids.audit_id(),
            at=self.clock.now(),
            before=_shortened(before),
            after=_shortened(after),
        )
        try:
            self.unit_of_work.commit((write, AddAuditRecord(record)))
        except TransactionConflict as conflict:
            raise conflict.first from conflict


def _shortened(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value if len(str(value)) <= _LONGEST else "(long)" for name, value in fields.items()}
