"""A student is deleted: their name, addresses and access go, what bookkeeping needs stays under their id alone."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from domain.audit import AuditAction, AuditSubject, Authorship
from domain.certificates import Certificate
from domain.enrollments import EndCause, EndedEnrollment, Enrollment
from domain.errors import EnrollmentBusy, MoneyUnderWay, StudentNotFound
from domain.payments.session import PaymentSession
from domain.payments.states import RELEASED, Status
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.sign_ins import SignIns
from domain.ports.student_histories import StudentHistory, StudentHistoryRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.checkout import CheckoutService
from domain.services.hold_seat import HoldSeats
from domain.services.personal_data import PersonalData
from domain.services.seats import SeatEntries
from domain.students import Identity, Student
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict, SessionConflict, TransactionConflict
from domain.transactions.reversals import revoke
from domain.transactions.writes import AddAuditRecord, DeleteStudent

ATTEMPTS = 4


@frozen(order=True)
class Customer:
    """A student at a payment provider that keeps records of its customers."""

    provider: str
    customer_id: str


@frozen(kw_only=True)
class DeletionPlan:
    """What deleting a student does.

    ``enrollments`` end, ``checkouts`` are closed, ``certificates`` and the address in ``interest`` are removed,
    ``payments`` are kept. ``waits_for`` are the ids of payments whose money is on its way: with any, nobody is deleted.
    ``customers`` are deleted at their providers, ``customers_left`` are those at providers that the school is no longer
    connected to. Both hold those of earlier deletions too, one of which may not have come to its end. ``student`` is
    None for somebody who was deleted before.
    """

    user_id: str
    student: Student | None
    enrollments: tuple[Enrollment, ...]
    checkouts: tuple[PaymentSession, ...]
    payments: tuple[PaymentSession, ...]
    certificates: tuple[Certificate, ...]
    interest: tuple[str, ...]
    waits_for: tuple[str, ...]
    customers: tuple[Customer, ...]
    customers_left: tuple[Customer, ...]


@frozen(kw_only=True)
class EraseStudent:
    """Deletes a student, in steps of which each is safe to repeat: killed half-way, the next call goes on.

    The record itself goes after all that it leads to. What others keep goes last: the provider's customers, whose ids
    the deletion's audit record keeps, then the account that the student signs in with, so that they can repeat the
    request until then. A payment that arrives later all the same finds no student and waits for a person.
    """

    histories: StudentHistoryRepo
    enrollments: EnrollmentRepo
    sessions: PaymentSessionRepo
    checkout_service: CheckoutService
    personal_data: PersonalData
    hold_seats: HoldSeats
    seats: SeatEntries
    gateways: Gateways
    sign_ins: SignIns
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry

    def plan(self, user_id: str) -> DeletionPlan:
        """What deleting the student would do now. Changes nothing.

        Raises:
            StudentNotFound: nothing is stored about anybody of this id.
            StorageUnavailable: the database does not answer.
        """
        history = self.histories.of_student(user_id)
        if history is None:
            raise StudentNotFound
        sessions = self.sessions.of_student(user_id)
        customers = _customers(history)
        return DeletionPlan(
            user_id=user_id,
            student=history.student,
            enrollments=self.enrollments.of_student(user_id),
            checkouts=tuple(one for one in sessions if one.is_live and one.status is not Status.PROCESSING),
            payments=tuple(one for one in sessions if one.received),
            certificates=self.personal_data.certificates_of(history, user_id),
            interest=self.personal_data.interest_of(history.student),
            waits_for=_waits_for(sessions, history),
            customers=tuple(one for one in customers if one.provider in self.gateways.names),
            customers_left=tuple(one for one in customers if one.provider not in self.gateways.names),
        )

    def __call__(self, user_id: str, author: Authorship) -> DeletionPlan:
        """Delete the student; returns what was done. Repeating it finds nothing more to do.

        Raises:
            StudentNotFound: nothing is stored about anybody of this id.
            MoneyUnderWay: a payment, refund or dispute is undecided; nothing but open checkouts was touched.
            ProviderUnavailable: an open checkout cannot be closed, or a customer not be deleted now; try again.
            ProviderRejected: likewise, and the provider refuses for good.
            SignInsUnavailable: everything is deleted but the account that the student signs in with; try again.
            EnrollmentBusy: an enrollment kept changing; try again.
            StorageUnavailable: the database does not answer; try again.
        """
        plan = self.plan(user_id)
        _require_settled(plan)
        for session in plan.checkouts:
            closed = self.checkout_service.close(session, plan.student or self._nobody(user_id))
            if closed.status not in RELEASED:  # the payment was faster, and is honoured first
                raise MoneyUnderWay
        for claim in self.personal_data.claims_of(user_id):
            self.hold_seats.drop(claim)
        self._end_all(user_id, author)
        self.personal_data.remove(plan.certificates, plan.student)
        if plan.student is not None:
            self._delete(plan.student, author)
            # What the office gave the student meanwhile. From now on it gives nothing: there is nobody to give it to.
            self._end_all(user_id, author)
        for customer in plan.customers:
            self.gateways.named(customer.provider).delete_customer(customer.customer_id)
        self.sign_ins.delete(user_id)
        return plan

    def _nobody(self, user_id: str) -> Student:
        return Identity(user_id=user_id).as_student(self.clock.now())

    def _end_all(self, user_id: str, author: Authorship) -> None:
        for enrollment in self.enrollments.of_student(user_id):
            self._end(enrollment.user_id, enrollment.course_id, author)

    def _end(self, user_id: str, course_id: str, author: Authorship) -> None:
        """End one enrollment, as an administrator does who revokes it."""
        for _ in attempts(ATTEMPTS):
            previous = self.enrollments.ended(user_id, course_id)
            found = self.enrollments.find(user_id, course_id)
            if found is None:
                return
            now = self.clock.now()
            record = author.record(
                AuditAction.ENROLLMENT_REVOKED,
                AuditSubject(user_id=user_id),
                audit_id=self.ids.audit_id(),
                at=now,
                after={"courseId": course_id},
            )
            ended = EndedEnrollment(
                enrollment=found, ended_at=now, cause=EndCause.REVOKED, ended_by=author.by, reason=author.reason
            )
            try:
                self.unit_of_work.commit(revoke(ended, previous, record, self.seats(found, record, change=-1)))
            except TransactionConflict as conflict:
                if not isinstance(conflict.first, EnrollmentConflict | AlreadyEnrolled | SessionConflict):
                    raise
            else:
                self.telemetry.emit(Signal.ENROLLMENT_ENDED, reason="deleted", user_id=user_id, course_id=course_id)
                return
        raise EnrollmentBusy

    def _delete(self, student: Student, author: Authorship) -> None:
        record = author.record(
            AuditAction.STUDENT_DELETED,
            AuditSubject(user_id=student.user_id),
            audit_id=self.ids.audit_id(),
            at=self.clock.now(),
            before={"customers": dict(student.customers)} if student.customers else None,
        )
        try:
            self.unit_of_work.commit((DeleteStudent(student.user_id), AddAuditRecord(record)))
        except TransactionConflict as conflict:
            if not isinstance(conflict.first, StudentNotFound):
                raise


def _customers(history: StudentHistory) -> tuple[Customer, ...]:
    """The student's, and those that the records of earlier deletions name."""
    recorded = [one.before.get("customers") for one in history.audit if one.action is AuditAction.STUDENT_DELETED]
    known = [history.student.customers] if history.student else []
    maps = [*known, *(one for one in recorded if isinstance(one, Mapping))]
    return tuple(sorted({Customer(str(name), str(customer)) for found in maps for name, customer in found.items()}))


def _waits_for(sessions: tuple[PaymentSession, ...], history: StudentHistory) -> tuple[str, ...]:
    paying = {one.payment_session_id for one in sessions if one.status is Status.PROCESSING or one.awaits_decision}
    undecided = {one.payment_session_id for one in history.reversals if one.may_change}
    return tuple(sorted(paying | undecided))


def _require_settled(plan: DeletionPlan) -> None:
    if plan.waits_for:
        raise MoneyUnderWay
