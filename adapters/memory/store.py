"""The storage of the memory adapters: dictionaries behind one lock."""

from __future__ import annotations

import threading
from datetime import date, datetime

from attrs import define, field, frozen

from domain.audit import AuditRecord
from domain.certificates import Certificate
from domain.coupons import Coupon
from domain.courses import Course
from domain.enrollments import EndedEnrollment, Enrollment
from domain.figures import ClosedDay
from domain.interest import Interest
from domain.invitations import Invitation
from domain.ledger import LedgerEntry
from domain.messages import Message
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.school import OPEN_SCHOOL, School
from domain.seats import SeatClaim
from domain.students import Student
from domain.transactions.writes import RecordEvent


@frozen(kw_only=True)
class CouponUse:
    """A student's one use of a coupon: held by a payment session, or redeemed by it."""

    payment_session_id: str
    shard: int
    redeemed: bool


@define(eq=False)
class Store:
    """Shared by the repos and the unit of work. Whoever reads or writes more than one entry takes the ``lock``.

    Enrollments, ended ones and checkout locks are keyed by (user id, course id), sessions by (user id, payment session
    id), coupon uses by (user id, code), shard counters by (code, shard), events by (provider, event id), rate limits by
    (subject, action, minute), reversals by (user id, payment session id, reversal id), ledger entries by (provider,
    payment id, entry id), interest by (course id, e-mail address), invitations by (course id,
    invitation id), claims of seats by (course id, user id), certificates by (user id, course id). Provider
    references lead from (provider, the provider's checkout id) to the key of a session.
    """

    lock: threading.RLock = field(factory=threading.RLock, init=False)
    courses: dict[str, Course] = field(factory=dict)
    students: dict[str, Student] = field(factory=dict)
    enrollments: dict[tuple[str, str], Enrollment] = field(factory=dict)
    sessions: dict[tuple[str, str], PaymentSession] = field(factory=dict)
    provider_references: dict[tuple[str, str], tuple[str, str]] = field(factory=dict)
    checkout_locks: dict[tuple[str, str], str] = field(factory=dict)
    coupons: dict[str, Coupon] = field(factory=dict)
    shard_counters: dict[tuple[str, int], int] = field(factory=dict)
    coupon_uses: dict[tuple[str, str], CouponUse] = field(factory=dict)
    events: dict[tuple[str, str], RecordEvent] = field(factory=dict)
    rate_limits: dict[tuple[str, str, int], frozenset[str]] = field(factory=dict)
    ended: dict[tuple[str, str], EndedEnrollment] = field(factory=dict)
    earlier_ended: dict[tuple[str, str, datetime], EndedEnrollment] = field(factory=dict)
    reversals: dict[tuple[str, str, str], Reversal] = field(factory=dict)
    ledger: dict[tuple[str, str, str], LedgerEntry] = field(factory=dict)
    interest: dict[tuple[str, str], Interest] = field(factory=dict)
    invitations: dict[tuple[str, str], Invitation] = field(factory=dict)
    claims: dict[tuple[str, str], SeatClaim] = field(factory=dict)
    certificates: dict[tuple[str, str], Certificate] = field(factory=dict)
    audit: list[AuditRecord] = field(factory=list)
    school: School = OPEN_SCHOOL
    outbox: dict[str, Message] = field(factory=dict)
    leases: dict[str, datetime] = field(factory=dict)
    undelivered: dict[str, Message] = field(factory=dict)
    closed_days: dict[date, ClosedDay] = field(factory=dict)
