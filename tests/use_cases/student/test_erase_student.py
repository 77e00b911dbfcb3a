"""Taking out and deleting what is stored about a student; payments, refunds and figures go on as if nothing was."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from attrs import evolve

from adapters.memory.sign_ins import MemorySignIns
from domain.audit import AuditAction, Authorship
from domain.certificates import Certificate
from domain.errors import (
    MoneyUnderWay,
    ProviderUnavailable,
    RateLimited,
    SignInsUnavailable,
    StorageUnavailable,
    StudentNotFound,
)
from domain.interest import Interest
from domain.payments.events import CheckoutPaid
from domain.payments.reversals import DisputeStatus
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from domain.ports.sign_ins import SignIns
from domain.transactions.rate_limits import PER_EXPORT
from domain.use_cases.office.manage_seats import SetCapacity
from domain.use_cases.student.erase_student import Customer, DeletionPlan, EraseStudent
from domain.use_cases.student.export_student import ExportStudent, StudentExport
from domain.use_cases.student.wait_for_seat import JoinLine
from tests.support.factories import NOW, PROVIDER, a_course
from tests.support.memory.misbehaving import Interrupted, LosesAnswers, Refusing, Unreachable
from tests.support.memory.school import KIM, SAM, School

OWN = Authorship(by=SAM.user_id, reason="Deletion by the student.")
ONE = "ps_000001"


def erase(school: School, author: Authorship = OWN) -> DeletionPlan:
    """Sam is deleted."""
    return school.use_case(EraseStudent)(SAM.user_id, author)


def export(school: School, author: Authorship = OWN) -> StudentExport:
    """Everything about Sam."""
    return school.use_case(ExportStudent)(SAM.user_id, author)


def money(school: School) -> tuple[int, int, int]:
    """The month's sales, refunds and rest."""
    sums = school.figures(date(2026, 1, 1), date(2026, 1, 31)).totals["usd"]
    return sums.gross, sums.refunds, sums.net


def deleted_sign_ins(school: School) -> set[str]:
    """Whose accounts to sign in with were deleted."""
    assert isinstance(school.sign_ins, MemorySignIns)
    return school.sign_ins.deleted


def bought(school: School) -> School:
    """Sam has paid for a course, is in a free one, has a certificate, and waits for another to open."""
    school.start()
    school.receive(school.provider.pay(ONE))
    school.enrolled(course_id="free-1")
    school.store.certificates["user-1", "free-1"] = Certificate(
        number="7F3K-9M2P-QX4T-1B8C",
        user_id="user-1",
        course_id="free-1",
        student_name="Sam",
        course_name="Free",
        completed_at=NOW,
        issued_at=NOW,
    )
    school.offer(a_course(course_id="soon", coming_soon=True))
    school.store.interest["soon", SAM.email] = Interest(course_id="soon", email=SAM.email, at=NOW)
    return school


def test_a_deleted_student_leaves_neither_name_nor_address_nor_access() -> None:
    """Nothing stored has them any more; enrollments have ended, as an administrator ends them."""
    school = bought(School())
    plan = erase(school)
    assert {one.course_id for one in plan.enrollments} == {"course-1", "free-1"}
    store = school.store
    assert (store.students, store.enrollments, store.certificates, store.interest) == ({}, {}, {}, {})
    kept = f"{store.sessions}{store.ended}{store.ledger}{store.audit}{store.reversals}"
    assert SAM.email not in kept
    assert "name='Sam'" not in kept
    assert store.audit[-1].action is AuditAction.STUDENT_DELETED


def test_fault_147_nothing_is_given_to_somebody_who_is_deleted_in_that_moment() -> None:
    """Neither given nor given back: the office gets a conflict, and only the deletion is on record."""
    for give in (School.grant, School.reinstate):
        school = School()
        school.enrolled(course_id="free-1")
        school.revoke(course_id="free-1")
        records = len(school.store.audit)
        rival = school.rival()
        school.unit_of_work = Interrupted(school.unit_of_work, [partial(erase, rival)])
        with pytest.raises(StudentNotFound):
            give(school, course_id="free-1")
        assert (school.store.students, school.store.enrollments) == ({}, {})
        assert [record.action for record in school.store.audit[records:]] == [AuditAction.STUDENT_DELETED]


def test_fault_147_what_is_given_while_somebody_is_deleted_ends_with_them() -> None:
    """Just before the record goes, an administrator is faster."""
    school = School()
    school.enrolled(course_id="free-1")
    school.revoke(course_id="free-1")
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.grant(course_id="free-1")])
    erase(school)
    assert (school.store.students, school.store.enrollments) == ({}, {})
    assert school.store.audit[-1].action is AuditAction.ENROLLMENT_REVOKED


def test_ledger_and_figures_are_as_before() -> None:
    """Not an entry of money changes, and the figures say what they said."""
    school = bought(School())
    entries, before = dict(school.store.ledger), money(school)
    erase(school)
    after = school.store.ledger
    assert {key: after[key] for key in entries} == entries
    assert not any(entry.amount for key, entry in after.items() if key not in entries), "only seats were given back"
    assert money(school) == before
    school.wait(days=2)
    assert school.prove_ledger().is_proven


def test_deleting_again_changes_nothing() -> None:
    """And there is one record of it."""
    school = bought(School())
    erase(school)
    before = list(school.store.audit)
    assert erase(school).enrollments == ()
    assert school.store.audit == before


def test_nobody_cannot_be_deleted_or_exported() -> None:
    """Of whom nothing is stored."""
    for ask in (erase, export):
        with pytest.raises(StudentNotFound):
            ask(School())


def test_an_open_checkout_is_closed_first() -> None:
    """Nobody can pay for what they can no longer see."""
    school = School()
    school.start()
    erase(school)
    assert school.session(ONE).status is Status.CANCELLED
    assert not school.store.students


def test_a_checkout_that_cannot_be_closed_now_keeps_everything() -> None:
    """Nothing was deleted; the next call goes on."""
    school = School()
    school.start()
    school.enrolled(course_id="free-1")
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        erase(school)
    assert school.store.students
    assert school.enrollment(course_id="free-1") is not None


def test_a_payment_that_was_faster_is_honoured_first() -> None:
    """The student has paid and we had not heard: they are enrolled, and asked to decide again."""
    school = School()
    school.start()
    school.provider.pay(ONE)
    with pytest.raises(MoneyUnderWay):
        erase(school)
    assert school.enrollment() is not None
    assert erase(school).payments


def test_money_on_its_way_comes_first() -> None:
    """A slow payment, a refund that is not made, a dispute, a payment in review: each is settled before."""
    slow = School()
    slow.start()
    slow.receive(slow.provider.promise(ONE))
    refunding = bought(School())
    refunding.gateway = Unreachable(refunding.provider)
    refunding.refund()
    disputed = bought(School())
    disputed.provider.bank.dispute("pi_000001", disputed.clock.now())
    disputed.report()
    for school in (slow, refunding, disputed):
        with pytest.raises(MoneyUnderWay):
            erase(school)
        assert school.store.students
        assert school.use_case(EraseStudent).plan(SAM.user_id).waits_for == (ONE,)


def test_a_payment_after_the_deletion_waits_for_a_person() -> None:
    """Opened in the moment between: the webhook finds nobody to enroll, and the money can be given back."""
    school = School()
    school.start()
    rival = school.rival()
    del school.store.students[SAM.user_id]
    event = rival.provider.pay(ONE)
    assert isinstance(event, CheckoutPaid)
    school.receive(event)
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.STUDENT_DELETED)
    with pytest.raises(MoneyUnderWay):
        erase(school)
    school.refund()
    assert not school.session(ONE).awaits_decision
    assert erase(school).waits_for == ()


def test_refunds_disputes_and_webhooks_after_the_deletion_are_kept() -> None:
    """The books go on under the id: money goes back, is disputed, is reported twice; nobody is enrolled by it."""
    school = bought(School())
    paid_again = school.provider.message(school.provider.reported("pi_000001"))
    erase(school)
    assert school.refund(amount=1_000).refund.counted == 1_000
    school.receive_message(*paid_again)
    dispute = school.provider.bank.dispute("pi_000001", school.clock.now())
    school.report()
    school.provider.bank.decide("pi_000001", dispute, DisputeStatus.LOST, school.clock.now())
    school.report()
    school.reconcile()
    assert school.catch_up() == ()
    assert (school.store.students, school.store.enrollments) == ({}, {})
    assert {one.reversal_id for one in school.reversals()} >= {"refund-1"}


def test_who_comes_back_begins_anew() -> None:
    """A new record, and no bar."""
    school = bought(School())
    erase(school)
    school.enrolled(course_id="free-1")
    assert school.store.students[SAM.user_id].customers == {}


def test_what_the_provider_keeps_of_its_customer_is_deleted_too() -> None:
    """After the record, whose deletion names it; so is the account to sign in with."""
    school = bought(School())
    (customer,) = school.store.students[SAM.user_id].customers.values()
    assert erase(school).customers == (Customer(PROVIDER, customer),)
    assert school.provider.deleted_customers == {customer}
    assert deleted_sign_ins(school) == {SAM.user_id}


def test_a_silent_provider_is_asked_again() -> None:
    """The record is deleted and stays so. Who repeats the request has customer and account deleted then."""
    school = bought(School())
    school.gateway = Refusing(school.provider, ("delete_customer",), ProviderUnavailable, times=1)
    with pytest.raises(ProviderUnavailable):
        erase(school)
    assert not school.store.students
    assert deleted_sign_ins(school) == set(), "who signs in can repeat it"
    records = list(school.store.audit)
    assert len(erase(school).customers) == len(school.provider.deleted_customers) == 1
    assert deleted_sign_ins(school) == {SAM.user_id}
    assert school.store.audit == records


def test_a_lost_answer_is_as_good() -> None:
    """A customer that is gone is deleted."""
    school = bought(School())
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        erase(school)
    erase(school)
    assert deleted_sign_ins(school) == {SAM.user_id}


def test_an_account_that_cannot_be_deleted_now_is_deleted_later() -> None:
    """All the rest is."""
    school = bought(School())
    school.sign_ins, good = UnreachableSignIns(), school.sign_ins
    with pytest.raises(SignInsUnavailable):
        erase(school)
    assert not school.store.students
    assert school.provider.deleted_customers
    school.sign_ins = good
    erase(school)
    assert deleted_sign_ins(school) == {SAM.user_id}


def test_nothing_is_deleted_elsewhere_while_money_is_on_its_way() -> None:
    """Neither customer nor account."""
    school = bought(School())
    school.provider.bank.dispute("pi_000001", school.clock.now())
    school.report()
    with pytest.raises(MoneyUnderWay):
        erase(school)
    assert (school.provider.deleted_customers, deleted_sign_ins(school)) == (set(), set())


def test_a_customer_of_a_provider_that_is_not_connected_any_more_is_named() -> None:
    """A person deletes it there; whatever else there is, is deleted."""
    school = bought(School())
    known = school.store.students[SAM.user_id]
    school.store.students[SAM.user_id] = evolve(known, customers={**known.customers, "former": "C-1"})
    plan = erase(school)
    assert [one.provider for one in plan.customers] == [PROVIDER]
    assert plan.customers_left == (Customer("former", "C-1"),)
    assert not school.store.students


def test_a_place_in_line_is_given_up() -> None:
    """Nobody who is gone is offered a seat."""
    school = School()
    school.use_case(SetCapacity)("free-1", 1, OWN)
    school.enrolled(KIM, "free-1")
    school.use_case(JoinLine)(SAM, "free-1")
    erase(school)
    assert school.store.claims == {}
    assert school.store.courses["free-1"].waiting == 0


def test_others_are_left_alone() -> None:
    """Kim stays."""
    school = bought(School())
    school.enrolled(KIM, "free-1")
    erase(school)
    assert set(school.store.students) == {KIM.user_id}
    assert school.enrollment(KIM, "free-1") is not None


def test_an_address_that_nobody_confirmed_is_not_taken_for_theirs() -> None:
    """Else anybody could have a stranger's address forgotten, or find out that it asked."""
    school = School()
    school.offer(a_course(course_id="soon", coming_soon=True))
    school.store.interest["soon", SAM.email] = Interest(course_id="soon", email=SAM.email, at=NOW)
    school.enrolled(evolve(SAM, email_verified=False), "free-1")
    assert export(school).interest == ()
    erase(school)
    assert set(school.store.interest) == {("soon", SAM.email)}


def test_an_export_has_everything_and_is_recorded() -> None:
    """Ten times in an hour."""
    school = bought(School())
    found = export(school)
    assert [one.course_id for one in found.certificates] == ["free-1"]
    assert found.interest == ("soon",)
    assert len(found.history.sessions) == 1
    assert school.store.audit[-1].action is AuditAction.STUDENT_EXPORTED
    for _ in range(PER_EXPORT - 1):
        export(school)
    with pytest.raises(RateLimited, match="in an hour") as refused:
        export(school)
    assert refused.value.retry_after_seconds == 3600
    assert export(school, Authorship(by="admin-1", reason="Asked for on paper.")).user_id == SAM.user_id


def test_what_cannot_be_recorded_is_not_exported() -> None:
    """The record comes first."""
    school = bought(School())
    school.unit_of_work = Unwritable()
    with pytest.raises(StorageUnavailable):
        export(school, Authorship(by="admin-1", reason="Asked for on paper."))


class Unwritable:
    """A storage that can be read only."""

    def commit(self, writes: object) -> None:
        """Refuse."""
        raise StorageUnavailable


class UnreachableSignIns(SignIns):
    """Nobody answers."""

    def delete(self, user_id: str) -> None:
        """No answer."""
        raise SignInsUnavailable
