"""What other back ends store beside us: read, moved whole, and given back as it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from adapters.dynamodb.codec import Item, decode, encode
from domain.enrollments import EndedEnrollment, Enrollment, ProgressStep
from domain.errors import CouponExists, RecordUnreadable
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.students import Identity
from domain.transactions.conflicts import EnrollmentConflict
from domain.transactions.writes import (
    AddCoupon,
    AddEnrollment,
    AddSession,
    AdvanceEnrollment,
    ChangeEnded,
    ChangeReversedSums,
    EndEnrollment,
    ReinstateEnrollment,
    SaveReversal,
)
from tests.support.aws.backends import DynamoBackend
from tests.support.factories import a_coupon, a_session, a_student, an_enrollment, later
from tests.support.reversal_factories import a_refund, an_ended, an_entry

ENROLLMENT: Item = {
    "PK": "USER#user-1",
    "SK": "COURSE#aws",
    "GSI1PK": "COURSE#aws",
    "GSI1SK": "USER#user-1",
    "userId": "user-1",
    "courseId": "aws",
    "enrollmentType": "free",
    "enrolledAt": "2025-10-15T12:34:56.789Z",
    "paymentStatus": "free",
    "progress": 0,
    "completed": False,
}
BESIDE: Item = {
    "entityType": "ENROLLMENT",
    "notes": [{"text": "a", "at": Decimal("1.5")}, None],
    "badges": frozenset({"first", "fast"}),
    "scores": frozenset({1, Decimal("2.5")}),
    "avatar": b"\x00\x01",
    "settings": {"theme": "dark", "sound": True},
}
OTHERWISE: list[Item] = [
    {},
    BESIDE,
    {"progress": Decimal("33.33")},
    {"progress": 50, "totalTimeSpent": Decimal("61.25"), "lastAccessedAt": "2025-10-16T08:00:00Z"},
    {"enrolledAt": "2025-10-15T12:34:56Z"},
    {"enrolledAt": "2025-10-15T14:34:56.789+02:00", "lastAccessedAt": "2025-10-16T08:00:00.123456"},
    {"enrollmentType": "paid", "paymentStatus": "completed", "stripeSessionId": "cs_old", "amount": 4999},
]


def _read(dynamo: DynamoBackend) -> Enrollment:
    found = dynamo.enrollments.find("user-1", "aws")
    assert found is not None
    return found


def _without_keys(item: Item | None) -> Item:
    assert item is not None
    return {name: value for name, value in item.items() if name not in {"PK", "SK", "GSI1PK", "GSI1SK"}}


# -- enrollments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_an_enrollment_ends_and_comes_back_as_others_stored_it(dynamo: DynamoBackend, otherwise: Item) -> None:
    """Nothing of it is lost on the way, whatever we have no name for, or would write in another form."""
    stored = ENROLLMENT | otherwise
    dynamo.put(stored)
    enrollment = _read(dynamo)
    dynamo.commit(EndEnrollment(an_ended(enrollment)))
    ended = dynamo.enrollments.ended("user-1", "aws")
    assert ended == an_ended(enrollment)
    moved = _without_keys(dynamo.item("USER#user-1", "ENDED#aws"))
    assert {name: moved[name] for name in stored if name in moved} == _without_keys(stored)
    dynamo.commit(ReinstateEnrollment(ended))
    back = dynamo.item("USER#user-1", "COURSE#aws")
    assert back is not None
    assert {name: back[name] for name in stored} == stored
    assert _read(dynamo) == enrollment
    assert not back.keys() & {"endedAt", "cause", "endedBy", "barred"}


def test_an_earlier_ended_enrollment_is_kept_as_others_stored_it(dynamo: DynamoBackend) -> None:
    """Under its own date, however that was written."""
    dynamo.put(ENROLLMENT | BESIDE | {"enrolledAt": "2025-10-15T12:34:56Z"})
    dynamo.commit(EndEnrollment(an_ended(_read(dynamo))))
    dynamo.commit(AddEnrollment(an_enrollment(course_id="aws")))
    dynamo.commit(EndEnrollment(an_ended(_read(dynamo)), dynamo.enrollments.ended("user-1", "aws")))
    kept = dynamo.item("USER#user-1", "ENDED#aws#2025-10-15T12:34:56.000Z")
    assert kept is not None
    assert {name: kept[name] for name in BESIDE} == BESIDE
    assert (kept["enrolledAt"], kept["cause"], "GSI1PK" in kept) == ("2025-10-15T12:34:56Z", "revoked", False)


@pytest.mark.parametrize("by_hand", ["2026-11-20T12:00:00Z", "2026-11-20T13:00:00.123456+01:00"])
def test_a_time_that_was_set_by_hand_keeps_no_refund_from_being_stored(dynamo: DynamoBackend, by_hand: str) -> None:
    """Somebody touched a payment; what is stored next is written as always."""
    paid = a_session(status=Status.COMPLETED, provider_session_id="cs_1", received=14_999, received_currency="usd")
    dynamo.commit(AddSession(paid))
    key = f"USER#{paid.user_id}", f"PAYMENT#{paid.payment_session_id}"
    stored = dynamo.item(*key)
    assert stored is not None
    dynamo.put(stored | {"updatedAt": by_hand})
    read = dynamo.sessions.find(paid.user_id, paid.payment_session_id)
    assert read is not None
    after = evolve(read, reversed_sums=evolve(read.reversed_sums, refund_requested=500), updated_at=later(9))
    dynamo.commit(ChangeReversedSums(read, after))
    assert dynamo.sessions.find(paid.user_id, paid.payment_session_id) == after


def test_fault_135_a_fraction_of_a_percent_is_read_in_whole_percents(dynamo: DynamoBackend) -> None:
    """Rounded down: nobody completes a course by rounding."""
    dynamo.put(ENROLLMENT | {"progress": Decimal("99.99"), "totalTimeSpent": Decimal("61.75")})
    found = _read(dynamo)
    assert (found.progress, found.total_time_spent, found.completed) == (99, 61, False)
    assert dynamo.enrollments.of_student("user-1") == (found,)


@pytest.mark.parametrize(
    ("step", "stored"),
    [
        (ProgressStep(progress=50), 50),
        (ProgressStep(progress=33), Decimal("33.33")),
        (ProgressStep(progress=10, time_spent_seconds=5), Decimal("33.33")),
    ],
)
def test_fault_135_a_fraction_of_a_percent_advances_and_never_falls(
    dynamo: DynamoBackend, step: ProgressStep, stored: Any
) -> None:
    """Whole percents overtake it; a step that is no further leaves it."""
    dynamo.put(ENROLLMENT | {"progress": Decimal("33.33"), "lastAccessedAt": "2025-10-16T08:00:00Z"})
    read = _read(dynamo)
    dynamo.commit(AdvanceEnrollment(read, read.advanced(step, later())))
    item = dynamo.item("USER#user-1", "COURSE#aws")
    assert item is not None
    assert item["progress"] == stored
    assert _read(dynamo) == read.advanced(step, later())


def test_fault_135_a_fraction_of_a_percent_that_grew_is_not_overwritten(dynamo: DynamoBackend) -> None:
    """What is compared is what is stored, not what it is rounded to."""
    dynamo.put(ENROLLMENT | {"progress": Decimal("33.33")})
    read = _read(dynamo)
    dynamo.put(ENROLLMENT | {"progress": Decimal("33.66")})
    for write in (AdvanceEnrollment(read, read.advanced(ProgressStep(), later())), EndEnrollment(an_ended(read))):
        (conflict,) = dynamo.conflicts(write)
        assert isinstance(conflict, EnrollmentConflict)
    read = _read(dynamo)
    dynamo.commit(AdvanceEnrollment(read, read.advanced(ProgressStep(progress=60), later())))
    assert _read(dynamo).progress == 60


def test_step_after_step_from_what_others_stored(dynamo: DynamoBackend) -> None:
    """A copy that was advanced and not read again is as good as one that was."""
    dynamo.put(ENROLLMENT | {"progress": Decimal("33.33"), "totalTimeSpent": Decimal("1.5")})
    first = _read(dynamo)
    second = first.advanced(ProgressStep(progress=50, time_spent_seconds=10), later(1))
    third = second.advanced(ProgressStep(progress=60, time_spent_seconds=10), later(2))
    dynamo.commit(AdvanceEnrollment(first, second))
    dynamo.commit(AdvanceEnrollment(second, third))
    assert _read(dynamo) == third
    dynamo.commit(EndEnrollment(an_ended(third)))
    assert dynamo.enrollments.ended("user-1", "aws") == an_ended(third)


@pytest.mark.parametrize("missing", ["progress", "completed"])
def test_an_enrollment_without_figures_ends(dynamo: DynamoBackend, missing: str) -> None:
    """What was never stored is as good as nothing."""
    dynamo.put({name: value for name, value in ENROLLMENT.items() if name != missing})
    dynamo.commit(EndEnrollment(an_ended(_read(dynamo))))
    assert dynamo.enrollments.find("user-1", "aws") is None


@pytest.mark.parametrize("name", ["progress", "completed", "totalTimeSpent", "lastAccessedAt", "paymentSessionId"])
def test_null_is_as_good_as_nothing(dynamo: DynamoBackend, name: str) -> None:
    """Some back ends store it where others leave the attribute out."""
    item = encode(ENROLLMENT) | {name: {"NULL": True}}
    dynamo.client.put_item(TableName=dynamo.name, Item=item)
    dynamo.commit(_advanced(_read(dynamo)))
    assert _read(dynamo).progress == 5
    dynamo.client.put_item(TableName=dynamo.name, Item=item)
    dynamo.commit(_ended(_read(dynamo)))
    assert dynamo.enrollments.find("user-1", "aws") is None


def _advanced(read: Enrollment) -> AdvanceEnrollment:
    return AdvanceEnrollment(read, read.advanced(ProgressStep(progress=5), later()))


def _ended(read: Enrollment) -> EndEnrollment:
    return EndEnrollment(an_ended(read))


def test_a_pending_enrollment_that_cannot_be_read_hides_nothing(dynamo: DynamoBackend) -> None:
    """It is none, so that nobody has to be able to read it."""
    broken = ENROLLMENT | {"paymentStatus": "pending", "enrolledAt": "soon", "enrollmentType": 7}
    dynamo.put(broken)
    dynamo.put(ENROLLMENT | {"SK": "COURSE#b", "courseId": "b"})
    assert dynamo.enrollments.find("user-1", "aws") is None
    assert [one.course_id for one in dynamo.enrollments.of_student("user-1")] == ["b"]
    assert dynamo.enrollments.of_course("aws", limit=5, cursor=None).entries[1:] == ()
    assert dynamo.telemetry.emitted == []


def test_an_ended_enrollment_stands_in_the_index_by_when_it_ended(dynamo: DynamoBackend) -> None:
    """Among those of its course; with the cause, and the bar whether it is set or not."""
    dynamo.put(ENROLLMENT)
    ended = an_ended(_read(dynamo), reason="Shared the password.")
    dynamo.commit(EndEnrollment(ended))
    item = dynamo.item("USER#user-1", "ENDED#aws")
    assert item is not None
    assert (item["GSI1PK"], item["GSI1SK"]) == ("ENDED#aws", "2026-01-15T12:10:00.250Z#user-1")
    assert (item["cause"], item["endedBy"], item["endReason"]) == ("revoked", "admin-1", "Shared the password.")
    assert item["barred"] is False
    dynamo.commit(ChangeEnded(ended, evolve(ended, barred=True, reason="")))
    changed = dynamo.item("USER#user-1", "ENDED#aws")
    assert changed is not None
    assert (changed["barred"], "endReason" in changed) == (True, False)


# -- students ---------------------------------------------------------------------------------------------------------

UPSERTED: Item = {
    "PK": "USER#user-1",
    "SK": "METADATA",
    "interestedInPremium": True,
    "updatedAt": "2025-10-15T12:34:56Z",
}


def test_a_part_of_a_student_is_read(dynamo: DynamoBackend) -> None:
    """An update of an existing back end for somebody it had not met: nothing but the key says who it is."""
    dynamo.put(UPSERTED)
    found = dynamo.students.find("user-1")
    assert found is not None
    assert (found.user_id, found.email, found.name, found.email_verified) == ("user-1", "", "", False)
    assert dynamo.enrollments.context("user-1", "aws").student == found


def test_a_part_of_a_student_is_completed_from_the_sign_in(dynamo: DynamoBackend) -> None:
    """As if they had been added, but for what is there; both indexes have them."""
    dynamo.put(UPSERTED)
    found = dynamo.students.find("user-1")
    assert found is not None
    sign_in = Identity(user_id="user-1", email="sam@example.com", name="Sam", email_verified=True)
    completed = dynamo.students.complete(found.completed_by(sign_in, later()))
    assert (completed.email, completed.name, completed.email_verified) == ("sam@example.com", "Sam", True)
    assert dynamo.students.find("user-1") == completed
    item = dynamo.item("USER#user-1")
    assert item is not None
    assert (item["userId"], item["interestedInPremium"]) == ("user-1", True)
    assert (item["GSI1PK"], item["GSI1SK"]) == ("USER#user-1", "METADATA")
    assert completed.completed_by(sign_in, later(2)) is completed


def test_completing_takes_nothing_away(dynamo: DynamoBackend) -> None:
    """Names and customers stay, even those that came between reading and completing."""
    dynamo.put(UPSERTED | {"stripeCustomerId": "cus_1", "name": "Samira", "createdAt": "2025-10-15T12:00:00Z"})
    stale = a_student(name="Sam", created_at=later(), updated_at=later())
    completed = dynamo.students.complete(stale)
    assert (completed.name, dict(completed.customers)) == ("Samira", {"stripe": "cus_1"})
    assert completed.email == "sam@example.com"
    item = dynamo.item("USER#user-1")
    assert item is not None
    assert item["createdAt"] == "2025-10-15T12:00:00Z"


# -- money ------------------------------------------------------------------------------------------------------------


def test_a_reversal_that_cannot_be_read_is_an_error(dynamo: DynamoBackend) -> None:
    """What is kept of the payment cannot be known, so nothing may be decided."""
    dynamo.commit(SaveReversal(a_refund()), SaveReversal(a_refund(reversal_id="refund-2")))
    item = dynamo.item("USER#user-1", "REVERSAL#ps_1#refund-1")
    assert item is not None
    dynamo.put(item | {"counted": Decimal("1.5")})
    with pytest.raises(RecordUnreadable, match="REVERSAL#ps_1#refund-1"):
        dynamo.reversals.of_session("user-1", "ps_1")
    with pytest.raises(RecordUnreadable):
        dynamo.reversals.find("user-1", "ps_1", "refund-1")


def test_an_entry_that_cannot_be_read_does_not_hide_the_others(dynamo: DynamoBackend) -> None:
    """It is left out of its days and reported; of its payment it is an error."""
    for number in (1, 2, 3):
        assert dynamo.ledger.add(an_entry(provider_payment_id=f"pi_{number}"))
    item = dynamo.item("MONEY#stripe#pi_2", "SALE")
    assert item is not None
    dynamo.put(item | {"kind": "gift"})
    day = an_entry().booked_on
    booked = [entry.provider_payment_id for entry in dynamo.ledger.booked(since=day, until=day)]
    assert booked == ["pi_1", "pi_3"]
    (emitted,) = dynamo.telemetry.emitted
    assert (emitted.signal, emitted.ids["pk"]) == (Signal.RECORD_UNREADABLE, "MONEY#stripe#pi_2")
    with pytest.raises(RecordUnreadable):
        dynamo.ledger.of_payment("stripe", "pi_2")


def test_an_entry_is_small(dynamo: DynamoBackend) -> None:
    """What is nothing is not stored: no seat, no fee, no coupon."""
    dynamo.ledger.add(an_entry(seat=0))
    item = dynamo.item("MONEY#stripe#pi_1", "SALE")
    assert item is not None
    assert not item.keys() & {"seat", "fee", "net", "couponCode", "by", "eventId", "occurredAt", "providerReversalId"}
    assert (item["GSI1PK"], item["bookedOn"]) == ("LEDGER#2026-01", "2026-01-15")
    assert item["GSI1SK"] == "2026-01-15#2026-01-15T12:00:00.250Z#pi_1#SALE"


@pytest.mark.parametrize("mixed", [frozenset(), frozenset({1, "a"}), frozenset({True}), frozenset({None})])
def test_a_set_of_what_no_set_may_hold_never_enters_the_table(mixed: frozenset[object]) -> None:
    """Texts, numbers or bytes, not mixed, and at least one."""
    with pytest.raises(TypeError):
        encode({"badges": mixed})


def test_sets_come_back_as_they_were() -> None:
    """Of texts, of numbers, of bytes."""
    sets: Item = {"a": frozenset({"x", "y"}), "b": frozenset({1, Decimal("2.5")}), "c": frozenset({b"z"})}
    assert decode(encode(sets)) == sets


def test_ended_enrollments_are_values(dynamo: DynamoBackend) -> None:
    """What others stored beside is no part of comparing two of them."""
    dynamo.put(ENROLLMENT | BESIDE)
    read = _read(dynamo)
    assert dict(read.unknown) == BESIDE
    assert an_ended(read) == EndedEnrollment(
        enrollment=evolve(read, unknown={}), ended_at=later(10), cause=an_ended().cause, ended_by="admin-1"
    )


def test_a_counter_that_a_deleted_coupon_left_is_not_reset(dynamo: DynamoBackend) -> None:
    """Who deletes a coupon by hand and issues it anew gets a conflict, before held uses are counted from zero."""
    dynamo.put({"PK": "COUPONSHARD#SPRING#01", "SK": "METADATA", "currentUses": 3, "maxUses": 5})
    (conflict,) = dynamo.conflicts(AddCoupon(a_coupon(max_uses=10, shards=2)))
    assert isinstance(conflict, CouponExists)
    assert dynamo.coupons.find("SPRING") is None
