"""The school of the requests over DynamoDB, as the emulator plays it."""

from __future__ import annotations

from attrs import define, field

from domain.ports.audit import AuditRepo
from domain.ports.certificates import CertificateRepo
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.interest import InterestRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.outbox import Outbox
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.unit_of_work import UnitOfWork
from tests.support.aws.backends import DynamoBackend
from tests.support.http.http_school import HttpSchool


@define(kw_only=True, eq=False)
class StoredHttpSchool(HttpSchool):
    """The API over a table; courses that a test puts into ``store`` must be kept in ``storage`` too."""

    storage: DynamoBackend = field()

    def ports(self) -> dict[type, object]:
        """The ports, all storage in the table."""
        storage = self.storage
        for course in self.store.courses.values():
            storage.keep_course(course)
        return HttpSchool.ports(self) | {
            AuditRepo: storage.audit,
            CertificateRepo: storage.certificates,
            CheckoutHistory: storage.history,
            CouponRepo: storage.coupons,
            CourseRepo: storage.courses,
            EnrollmentRepo: storage.enrollments,
            FiguresRepo: storage.figures,
            InterestRepo: storage.interest,
            LedgerRepo: storage.ledger,
            Outbox: storage.outbox,
            PaymentSessionRepo: storage.sessions,
            ReversalRepo: storage.reversals,
            SchoolRepo: storage.school,
            StudentHistoryRepo: storage.histories,
            StudentRepo: storage.students,
            UnitOfWork: storage.unit_of_work,
        }
