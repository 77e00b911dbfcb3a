"""Somebody takes out everything that is stored about one student."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.certificates import Certificate
from domain.errors import StudentNotFound
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.student_histories import StudentHistory, StudentHistoryRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.services.personal_data import PersonalData
from domain.services.rate_limiter import RateLimiter
from domain.transactions import rate_limits
from domain.transactions.writes import AddAuditRecord


@frozen(kw_only=True)
class StudentExport:
    """Everything that is stored about one student. ``interest`` are ids of announced courses they asked about."""

    user_id: str
    at: datetime
    history: StudentHistory
    certificates: tuple[Certificate, ...]
    interest: tuple[str, ...]


@frozen(kw_only=True)
class ExportStudent:
    """Records that personal data is taken out, and gives it. A student may do so ten times in an hour."""

    histories: StudentHistoryRepo
    personal_data: PersonalData
    rate_limiter: RateLimiter
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator

    def __call__(self, user_id: str, author: Authorship) -> StudentExport:
        """Everything about the student.

        Raises:
            StudentNotFound: nothing is stored about anybody of this id.
            RateLimited: the student has asked too often.
            StorageUnavailable: the export could not be recorded, so nothing is given; or what is stored cannot be read.
        """
        now, audit_id = self.clock.now(), self.ids.audit_id()
        history = self.histories.of_student(user_id)
        if history is None:
            raise StudentNotFound
        if author.by == user_id:
            self.rate_limiter(rate_limits.exports_by_student(user_id, audit_id, now))
        subject = AuditSubject(user_id=user_id)
        record = author.record(AuditAction.STUDENT_EXPORTED, subject, audit_id=audit_id, at=now)
        self.unit_of_work.commit((AddAuditRecord(record),))
        return StudentExport(
            user_id=user_id,
            at=now,
            history=history,
            certificates=self.personal_data.certificates_of(history, user_id),
            interest=self.personal_data.interest_of(history.student),
        )
