"""What each use case costs, counted in calls: one that grows dearer fails here."""

from __future__ import annotations

from collections import Counter

import pytest

from adapters.aws import READ_TIMEOUT
from scripts.aws_emulator.faults import Fault
from tests.support.stack.running_stack import FREE, LiveSchool

pytestmark = pytest.mark.journey

CREATE, COUPON = "POST /v1/checkout/sessions", "POST /v1/coupons"


def test_a_free_enrollment_is_one_read_and_one_write(school: LiveSchool) -> None:
    """One batch read of everything a decision needs, one transaction; Stripe is not asked."""
    student = school.regular()
    with school.counting() as spent:
        assert student.enroll(FREE).status == 201
    assert spent.dynamodb == Counter(BatchGetItem=1, TransactWriteItems=1)
    assert spent.stripe == []


def test_the_first_sight_of_a_student_is_one_write_more(school: LiveSchool) -> None:
    """The student's record, made once, unless the address is barred."""
    student = school.student()
    with school.counting() as spent:
        student.enroll(FREE)
    assert spent.dynamodb == Counter(BatchGetItem=1, GetItem=1, PutItem=1, TransactWriteItems=1)


def test_a_paid_start_is_two_reads_two_writes_and_one_call_of_stripe(school: LiveSchool) -> None:
    """Read, reserve, ask Stripe once, attach."""
    student = school.regular()
    with school.counting() as spent:
        assert student.enroll().status == 201
    assert spent.reads <= 2
    assert spent.writes == 2
    assert spent.stripe == [CREATE]


def test_a_coupon_costs_one_call_of_stripe_more(school: LiveSchool) -> None:
    """The discount is a coupon at Stripe too; DynamoDB is asked no more often than without."""
    student, code = school.regular(), school.coupon(maxUses=5)
    with school.counting() as spent:
        assert student.enroll(couponCode=code).status == 201
    assert spent.reads <= 2
    assert spent.writes == 2
    assert spent.stripe == [COUPON, CREATE]


def test_a_free_enrollment_by_coupon_needs_no_stripe(school: LiveSchool) -> None:
    """A coupon that leaves nothing to pay: two reads at most, one transaction."""
    student, code = school.regular(), school.coupon(maxUses=5, discountValue=100)
    with school.counting() as spent:
        assert student.enroll(couponCode=code).body["status"] == "active"
    assert spent.reads <= 2
    assert spent.dynamodb["TransactWriteItems"] == spent.writes == 1
    assert spent.stripe == []


@pytest.mark.parametrize("with_coupon", [False, True], ids=["plain", "with a coupon"])
def test_a_webhook_is_one_read_and_one_transaction(school: LiveSchool, with_coupon: bool) -> None:
    """Settling needs the session and one transaction, coupon or not, and never asks Stripe."""
    student = school.regular()
    more = {"couponCode": school.coupon(maxUses=5)} if with_coupon else {}
    _, checkout_id = student.checkout(**more)
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    event = school.event("checkout.session.completed", checkout_id)
    with school.counting() as first:
        school.deliver(event)
    with school.counting() as again:
        school.deliver(event)
    assert student.is_enrolled()
    assert first.dynamodb == Counter(GetItem=1, TransactWriteItems=1)
    assert again.dynamodb == Counter(GetItem=1)
    assert first.stripe == again.stripe == []


def test_coming_back_is_one_question_to_stripe_and_then_none(school: LiveSchool) -> None:
    """The return page asks Stripe while the session is open, and storage alone once it is settled."""
    student = school.regular()
    _, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    with school.counting() as first:
        student.comes_back(checkout_id)
    with school.counting() as again:
        student.comes_back(checkout_id)
    assert first.stripe == [f"GET /v1/checkout/sessions/{checkout_id}"]
    assert first.dynamodb["TransactWriteItems"] == first.writes == 1
    assert (again.stripe, again.writes) == ([], 0)
    assert again.reads <= 2


def test_the_counter_counts(school: LiveSchool) -> None:
    """The control: a call more is seen, of DynamoDB and of Stripe, and so would a scan be."""
    student = school.regular()
    with school.counting() as spent:
        student.enroll()
        student.enroll()
        student.get("/api/students/me")
    assert spent.writes == 2
    assert spent.reads > 2
    assert spent.stripe[0] == CREATE
    assert len(spent.stripe) == 2


def test_a_late_answer_is_not_asked_for_again(school: LiveSchool) -> None:
    """The control of what is counted: where the emulator takes longer than AWS may, its delay adds no call."""
    student = school.regular()
    school.stack.aws.faults.add(Fault(operation="dynamodb:TransactWriteItems", delay=READ_TIMEOUT + 0.2))
    with school.counting() as spent:
        assert student.enroll(FREE).status == 201
    assert spent.dynamodb == Counter(BatchGetItem=1, TransactWriteItems=1)
