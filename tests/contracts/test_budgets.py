"""What each path may ask of DynamoDB. A call more is a cost for every student, so growth fails here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.idempotency import KeptAnswer, Repeatable
from domain.coupons import Coupon
from domain.payments.states import Status
from domain.transactions.payments import attach, enroll_for_free, fulfil, release, reserve
from domain.transactions.writes import AddCoupon
from tests.support.aws.backends import DynamoBackend, a_client
from tests.support.aws.call_counter import Calls
from tests.support.factories import (
    a_coupon,
    a_course,
    a_session,
    a_session_with,
    a_student,
    an_enrollment,
    an_entry,
    later,
    paid,
)


@pytest.fixture(scope="module")
def counted_client(dynamodb_url: str) -> Iterator[tuple[Any, Calls]]:
    """A client that is listened to."""
    client = a_client(dynamodb_url)
    yield client, Calls().listen_to(client)
    client.close()


@pytest.fixture
def school(counted_client: tuple[Any, Calls]) -> Iterator[DynamoBackend]:
    """A course, a student and a coupon."""
    backend = DynamoBackend(counted_client[0])
    backend.keep_course(a_course())
    backend.students.add(a_student())
    backend.commit(AddCoupon(a_coupon()))
    yield backend
    backend.drop()


@pytest.fixture
def calls(school: DynamoBackend, counted_client: tuple[Any, Calls]) -> Calls:
    """The calls made from here on."""
    counted_client[1].forget()
    return counted_client[1]


def _actions(calls: Calls) -> list[str]:
    return [next(iter(item)) for item in calls.requests[-1]["TransactItems"]]


def test_a_free_enrollment_is_one_transaction(school: DynamoBackend, calls: Calls) -> None:
    """T0: the enrollment and its seat in the ledger."""
    school.commit(*enroll_for_free(an_enrollment(), an_entry()))
    assert calls.counted == {"TransactWriteItems": 1}


@pytest.mark.parametrize(("coupon", "items"), [(None, 3), (a_coupon(), 6)])
def test_a_reservation_is_one_transaction(
    school: DynamoBackend, calls: Calls, coupon: Coupon | None, items: int
) -> None:
    """T1: three items, six with a coupon; the course is not among them."""
    session = a_session_with(coupon) if coupon else a_session()
    school.commit(*reserve(session, coupon))
    assert calls.counted == {"TransactWriteItems": 1}
    assert len(_actions(calls)) == items


def test_attaching_is_one_transaction_of_two(school: DynamoBackend, calls: Calls) -> None:
    """T2: the session, and the pointer by which others find it."""
    school.commit(*reserve(a_session(), None))
    calls.forget()
    school.commit(*attach(a_session().opened("cs_1", later())))
    assert calls.counted == {"TransactWriteItems": 1}
    assert _actions(calls) == ["Update", "Put"]


@pytest.mark.parametrize(
    ("coupon", "actions"),
    [
        (None, ["Update", "Put", "Delete", "Put", "Update"]),
        (a_coupon(), ["Update", "Put", "Delete", "Put", "Update", "Update"]),
    ],
)
def test_a_fulfilment_is_one_transaction(
    school: DynamoBackend, calls: Calls, coupon: Coupon | None, actions: list[str]
) -> None:
    """T3: session, enrollment, lock, event, the student's customer id, and the coupon's use; never its counter."""
    session = a_session_with(coupon) if coupon else a_session()
    school.commit(*reserve(session, coupon))
    school.commit(*attach(session.opened("cs_1", later())))
    calls.forget()
    attached = session.opened("cs_1", later())
    school.commit(*fulfil(attached, attached.completed(paid(attached), later()), paid(attached)))
    assert calls.counted == {"TransactWriteItems": 1}
    assert _actions(calls) == actions


def test_a_release_is_one_transaction(school: DynamoBackend, calls: Calls) -> None:
    """T4: one transaction, whatever was held."""
    session = a_session_with(a_coupon())
    school.commit(*reserve(session, a_coupon()))
    calls.forget()
    school.commit(*release(session, session.released(Status.EXPIRED, later())))
    assert calls.counted == {"TransactWriteItems": 1}


def test_a_refusal_costs_no_second_read(school: DynamoBackend, calls: Calls) -> None:
    """What stood in the way comes with the refusal."""
    school.commit(*reserve(a_session(), None))
    calls.forget()
    school.conflicts(*reserve(a_session(), None))
    calls.made[:] = [name for name in calls.made if name != "Scan"]
    assert calls.counted == {"TransactWriteItems": 1}


def test_a_decision_reads_once(school: DynamoBackend, calls: Calls) -> None:
    """Course, student, school, enrollment, lock, coupon and its use are one consistent BatchGetItem."""
    school.enrollments.context("user-1", "course-1", "SPRING")
    assert calls.counted == {"BatchGetItem": 1}
    (request,) = calls.requests[0]["RequestItems"].values()
    assert request["ConsistentRead"] is True
    assert len(request["Keys"]) == 8


def test_a_session_is_one_consistent_read(school: DynamoBackend, calls: Calls) -> None:
    """A webhook begins with one GetItem that sees every earlier write."""
    school.sessions.find("user-1", "ps_1")
    assert calls.counted == {"GetItem": 1}
    assert calls.requests[0]["ConsistentRead"] is True


def test_lists_are_one_query_each(school: DynamoBackend, calls: Calls) -> None:
    """Catalogue, enrollments, payments, live sessions and coupons: a query, and never a scan."""
    school.courses.page(limit=50, cursor=None)
    school.enrollments.of_student("user-1")
    school.sessions.of_student("user-1")
    school.sessions.count_open("user-1", at_most=5)
    school.coupons.page(limit=50, listed_only=True)
    assert calls.counted == {"Query": 5}


def test_meeting_a_student_again_is_one_call(school: DynamoBackend, calls: Calls) -> None:
    """Adding whoever is there already needs no second read."""
    school.students.add(a_student())
    assert calls.counted == {"PutItem": 1}


def test_a_request_with_an_idempotency_key_costs_two_writes(school: DynamoBackend, calls: Calls) -> None:
    """One claims it, one keeps its answer; a repetition is one write that fails and hands the answer back."""
    request = Repeatable(name="a" * 64, fingerprint="f" * 64, owner="request-1")
    school.repeated.claim(request, later())
    school.repeated.keep(request, KeptAnswer(status=201, body="{}", at=later()))
    assert calls.counted == {"PutItem": 1, "UpdateItem": 1}
    calls.forget()
    school.repeated.claim(request, later())
    assert calls.counted == {"PutItem": 1}
