"""The API over a table, and a school in it about which the office has something to decide."""

from __future__ import annotations

from attrs import define, evolve

from adapters.system.identifiers import SystemIdGenerator
from domain.courses import INVITATION
from domain.interest import Interest
from domain.ports.audit import AuditRepo
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.interest import InterestRepo
from domain.ports.invitations import InvitationRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.services.seating import SeatingUnitOfWork
from domain.transactions.writes import AddCoupon
from tests.support.aws.backends import DynamoBackend
from tests.support.factories import NOW, PRICE, a_coupon, a_course, a_free_course
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool

WHY = {"reason": "As agreed."}


@define(kw_only=True, eq=False)
class StoredHttpSchool(HttpSchool):
    """The API over a table."""

    stored: DynamoBackend

    def ports(self) -> dict[type, object]:
        """Those of the table, and memory's for all else."""
        stored = self.stored
        return HttpSchool.ports(self) | {
            AuditRepo: stored.audit,
            CheckoutHistory: stored.history,
            CouponRepo: stored.coupons,
            CourseRepo: stored.courses,
            EnrollmentRepo: stored.enrollments,
            FiguresRepo: stored.figures,
            # As in production: a payment is looked for around the time that its id carries.
            IdGenerator: SystemIdGenerator(self.clock),
            InterestRepo: stored.interest,
            InvitationRepo: stored.invitations,
            LedgerRepo: stored.ledger,
            PaymentSessionRepo: stored.sessions,
            ReversalRepo: stored.reversals,
            SeatClaimRepo: stored.claims,
            SchoolRepo: stored.school,
            StudentHistoryRepo: stored.histories,
            StudentRepo: stored.students,
            UnitOfWork: SeatingUnitOfWork(
                plain=stored.unit_of_work, clock=self.clock, ids=self.ids, telemetry=self.telemetry
            ),
        }


def furnish(school: StoredHttpSchool) -> dict[str, str]:
    """Sam has paid and was granted and lost the free course; Kim's payment waits for a decision; Sam is invited.

    The ids of their payments and of the invitation, by ``sam``, ``kim`` and ``invitation``.
    """
    stored, provider = school.stored, school.provider
    for course in (a_course(), a_free_course(), a_free_course(course_id="soon-1", coming_soon=True)):
        stored.keep_course(course)
    stored.commit(AddCoupon(a_coupon()))
    for number in range(3):
        stored.interest.add(Interest(course_id="soon-1", email=f"sam-{number}@example.com", at=NOW))
    stored.keep_course(a_free_course(course_id="private", pricing_model=INVITATION))
    school.get("/api/students/me", who=SAM)
    sam = school.start()
    school.pay(sam)
    kim = school.post("/api/enrollments", {"courseId": "course-1"}, who=KIM).body["paymentSessionId"]
    school.receive(provider.pay(kim, amount=evolve(PRICE, amount=1)))
    free = "/api/admin/students/user-1/enrollments/free-1"
    school.put(free, WHY, who=ADA)
    school.post(f"{free}/revoke", WHY | {"bar": True}, who=ADA)
    invited = school.post("/api/admin/courses/private/invitations", WHY | {"userId": "user-1"}, who=ADA)
    return {"sam": sam, "kim": kim, "invitation": invited.body["invitationId"]}
