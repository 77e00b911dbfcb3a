"""The items themselves: what older software wrote is read, and what it wrote beside survives."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from adapters.dynamodb import keys
from adapters.dynamodb.codec import decode, encode
from adapters.dynamodb.courses import course_item
from adapters.dynamodb.enrollment_items import enrollment_item
from adapters.dynamodb.students import student_item
from adapters.timestamps import iso
from domain.courses import ProviderPrice
from domain.enrollments import Enrollment, ProgressStep
from domain.errors import CouponExists, CourseNotFound, InvalidValue, RecordUnreadable
from domain.money import Money
from domain.paging import every_entry
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.transactions.payments import fulfil, release, reserve
from domain.transactions.writes import (
    AddCoupon,
    AddEnrollment,
    AdvanceEnrollment,
    IncrementRateLimit,
    RecordEvent,
    SaveCustomerId,
)
from tests.support.aws.backends import DynamoBackend
from tests.support.factories import (
    NOW,
    a_coupon,
    a_course,
    a_session,
    a_session_with,
    a_student,
    an_enrollment,
    later,
    paid,
)

COURSE = {
    "PK": "COURSE#aws",
    "SK": "METADATA",
    "GSI1PK": "COURSE",
    "GSI1SK": "COURSE#aws",
    "courseId": "aws",
    "name": "AWS Cloud Mastery",
    "description": "Clouds",
    "instructor": "Ada",
    "pricingModel": "paid",
    "price": Decimal("149.99"),
    "stripeProductId": "prod_TF8hQvt5PazLWQ",
    "stripePriceId": "price_1SIeQEQ0A0bb7l8VrpD9MOwT",
    "imageUrl": "https://img.example/1.png",
    "learningObjectives": ["One", "Two"],
    "curriculum": [{"title": "Start", "minutes": 5, "rating": Decimal("4.5")}],
}
STUDENT = {
    "PK": "USER#user-1",
    "SK": "METADATA",
    "GSI1PK": "USER#user-1",
    "GSI1SK": "METADATA",
    "userId": "user-1",
    "email": "sam@example.com",
    "name": "Sam",
    "emailVerified": True,
    "signUpMethod": "email",
    "createdAt": "2025-10-15T12:34:56.789Z",
    "updatedAt": "2025-10-15T12:34:56.789Z",
}
ENROLLMENT = {
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


def test_fault_56_a_stored_decimal_price_is_exact(dynamo: DynamoBackend) -> None:
    """19.99 is 1999 cents, and the provider's names come with it."""
    dynamo.put(COURSE | {"price": Decimal("19.99")})
    course = dynamo.courses.get("aws")
    assert course.price == Money(1999, "usd")
    assert course.price_at("stripe") == ProviderPrice(
        product_id="prod_TF8hQvt5PazLWQ", price_id="price_1SIeQEQ0A0bb7l8VrpD9MOwT"
    )
    assert course.curriculum == ({"title": "Start", "minutes": 5, "rating": Decimal("4.5")},)


BROKEN: list[dict[str, Any]] = [
    {"price": Decimal("19.999")},
    {"price": True},
    {"price": Decimal(-1)},
    {"price": "NaN"},
    {"price": "19.99"},
    {"price": Decimal("1e30")},
    {"currency": "xyz"},
    {"courseId": "a#b"},
    {"name": 7},
    {"pricingModel": None},
    {"learningObjectives": "One"},
    {"learningObjectives": [1]},
    {"comingSoon": "no"},
    {"stripePriceId": 5},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_fault_56_a_broken_course_is_named_and_does_not_hide_the_others(
    dynamo: DynamoBackend, broken: dict[str, Any]
) -> None:
    """It is an error to get it; the list goes on without it and operations see which one it is."""
    dynamo.put({**COURSE, **broken})
    dynamo.keep_course(a_course())
    with pytest.raises(RecordUnreadable, match="COURSE#aws"):
        dynamo.courses.get("aws")
    assert dynamo.courses.page(limit=10, cursor=None).entries == (a_course(),)
    (emitted,) = dynamo.telemetry.emitted
    assert (emitted.signal, emitted.ids["pk"]) == (Signal.RECORD_UNREADABLE, "COURSE#aws")


def test_a_page_never_ends_on_a_course_without_a_valid_id(dynamo: DynamoBackend) -> None:
    """A cursor could not name it, so the page goes on to the next."""
    for course_id in ("a-1", "a b", "c-1", "d-1"):
        item = course_item(a_course()) | {"PK": f"COURSE#{course_id}", "GSI1SK": f"COURSE#{course_id}"}
        dynamo.put(item | {"courseId": course_id})
    seen = every_entry(lambda cursor: dynamo.courses.page(limit=1, cursor=cursor))
    assert [course.course_id for course in seen] == ["a-1", "c-1", "d-1"]


def test_older_students_are_read(dynamo: DynamoBackend) -> None:
    """Neither dates nor a name are needed to know somebody."""
    dynamo.put(STUDENT)
    dynamo.put({"PK": "USER#user-2", "SK": "METADATA", "userId": "user-2", "email": "x@example.com"})
    student, bare = dynamo.students.find("user-1"), dynamo.students.find("user-2")
    assert student is not None
    assert student.created_at.isoformat() == "2025-10-15T12:34:56.789000+00:00"
    assert bare is not None
    assert (bare.name, bare.email_verified, dict(bare.customers)) == ("", False, {})


def test_older_enrollments_are_read(dynamo: DynamoBackend) -> None:
    """A paid one from before payment sessions is a paid one without a payment session."""
    dynamo.put(ENROLLMENT)
    dynamo.put(
        ENROLLMENT
        | {"SK": "COURSE#old", "courseId": "old", "enrollmentType": "paid", "paymentStatus": "completed"}
        | {"stripeSessionId": "cs_9", "stripePaymentIntentId": "pi_9", "completedAt": None}
    )
    kinds = {enrollment.course_id: enrollment.enrollment_type for enrollment in dynamo.enrollments.of_student("user-1")}
    assert kinds == {"aws": "free", "old": "paid"}
    old = dynamo.enrollments.find("user-1", "old")
    assert old is not None
    assert old.payment is not None
    assert (old.payment.provider, old.payment.provider_session_id) == ("stripe", "cs_9")
    assert old.payment_session_id is None
    assert old.payment.amount is None


def test_an_enrollment_that_cannot_be_read_does_not_hide_the_others(dynamo: DynamoBackend) -> None:
    """A course's list goes on without it, and operations see which one it is."""
    for user_id in ("user-1", "user-2", "user-3"):
        dynamo.commit(AddEnrollment(an_enrollment(user_id=user_id)))
    dynamo.put(enrollment_item(an_enrollment(user_id="user-2")) | {"enrolledAt": "yesterday"})
    page = dynamo.enrollments.of_course("course-1", limit=10, cursor=None)
    assert [enrollment.user_id for enrollment in page.entries] == ["user-1", "user-3"]
    (emitted,) = dynamo.telemetry.emitted
    assert (emitted.signal, emitted.ids["pk"]) == (Signal.RECORD_UNREADABLE, "USER#user-2")


def test_a_page_never_ends_on_a_student_without_a_valid_id(dynamo: DynamoBackend) -> None:
    """A cursor could not name them, so the page goes on to the next."""
    for user_id in ("a-1", "a b", "c-1", "d-1"):
        keys_of = {"PK": f"USER#{user_id}", "GSI1SK": f"USER#{user_id}", "userId": user_id}
        dynamo.put(enrollment_item(an_enrollment()) | keys_of)
    seen = every_entry(lambda cursor: dynamo.enrollments.of_course("course-1", limit=1, cursor=cursor))
    assert [enrollment.user_id for enrollment in seen] == ["a-1", "c-1", "d-1"]


def test_older_enrollments_are_among_their_courses_students(dynamo: DynamoBackend) -> None:
    """They have stood in the index from the beginning."""
    dynamo.put(ENROLLMENT)
    (enrollment,) = dynamo.enrollments.of_course("aws", limit=10, cursor=None).entries
    assert enrollment.user_id == "user-1"


@pytest.mark.parametrize("missing", ["progress", "completed"])
def test_older_enrollments_advance(dynamo: DynamoBackend, missing: str) -> None:
    """A record without the figures starts from nothing."""
    dynamo.put({name: value for name, value in ENROLLMENT.items() if name != missing})
    first = dynamo.enrollments.find("user-1", "aws")
    assert first is not None
    second = first.advanced(ProgressStep(progress=10, time_spent_seconds=5), later())
    dynamo.commit(AdvanceEnrollment(first, second))
    assert dynamo.enrollments.find("user-1", "aws") == second


def test_unknown_attributes_survive_every_update(dynamo: DynamoBackend) -> None:
    """What other software keeps beside ours is still there after we wrote."""
    beside = {"theme": "dark", "favourites": ["a", {"b": Decimal("1.5")}], "nothing": None}
    dynamo.put(STUDENT | beside)
    dynamo.put(ENROLLMENT | beside)
    student, first = dynamo.students.find("user-1"), dynamo.enrollments.find("user-1", "aws")
    assert student is not None
    assert first is not None
    dynamo.students.rename(evolve(student, name="Samira"))
    dynamo.students.add(student)
    dynamo.commit(SaveCustomerId("user-1", "stripe", "cus_1"))
    dynamo.commit(AdvanceEnrollment(first, first.advanced(ProgressStep(progress=10), later())))
    for pk, sk in (("USER#user-1", "METADATA"), ("USER#user-1", "COURSE#aws")):
        stored = dynamo.item(pk, sk)
        assert stored is not None
        assert (stored["theme"], stored["favourites"]) == ("dark", ["a", {"b": Decimal("1.5")}])
    stored = dynamo.item("USER#user-1")
    assert stored is not None
    assert (stored["name"], stored["stripeCustomerId"]) == ("Samira", "cus_1")


def test_new_items_look_as_the_older_software_wrote_them() -> None:
    """Keys, names and forms of the items that existed before are kept to the letter."""
    course = a_course(course_id="aws", price=Money(14_999, "usd"))
    wanted = {**COURSE, "stripeProductId": "prod_1", "stripePriceId": "price_1"}
    written = decode(encode(course_item(course)))
    assert {
        name: written[name] for name in wanted if name not in {"description", "curriculum", "learningObjectives"}
    } == {
        name: value for name, value in wanted.items() if name not in {"description", "curriculum", "learningObjectives"}
    }
    student = decode(encode(student_item(a_student(created_at=later(), updated_at=later()))))
    assert student == STUDENT | {"createdAt": "2026-01-15T12:01:00.250Z", "updatedAt": "2026-01-15T12:01:00.250Z"}
    enrollment = decode(encode(enrollment_item(an_enrollment(course_id="aws"))))
    assert enrollment == ENROLLMENT | {"enrolledAt": "2026-01-15T12:00:00.250Z", "source": "direct"}


def test_a_paid_enrollment_keeps_the_providers_names() -> None:
    """What front ends and ops scripts read is where they look for it."""
    session = a_session_with(a_coupon())
    enrollment: Enrollment = session.completed(paid(session), later()).enrollment()
    item = enrollment_item(enrollment)
    assert (item["stripeSessionId"], item["stripePaymentIntentId"]) == ("cs_1", "pi_1")
    assert (item["amount"], item["currency"], item["discountAmount"]) == (13_499, "usd", 1_500)
    assert (item["paymentSessionId"], item["couponCode"], item["provider"]) == ("ps_1", "SPRING", "stripe")


def test_a_settled_session_stands_in_the_index_by_the_month_of_its_creation(dynamo: DynamoBackend) -> None:
    """While live it is found by when to reconcile it; once settled, among the payments of its month."""
    dynamo.students.add(a_student())
    dynamo.commit(*reserve(a_session(), None))
    live = dynamo.item("USER#user-1", "PAYMENT#ps_1")
    assert live is not None
    assert str(live["GSI1PK"]).startswith("DUE#")
    assert live["GSI1SK"] == f"{iso(NOW)}#ps_1"
    dynamo.commit(*fulfil(a_session(), a_session().completed(paid(a_session()), later()), paid(a_session())))
    final = dynamo.item("USER#user-1", "PAYMENT#ps_1")
    assert final is not None
    assert (final["GSI1PK"], final["GSI1SK"]) == ("SESSIONS#2026-01", f"{iso(NOW)}#ps_1")
    assert "dueAt" not in final
    assert final["status"] == "completed"


def test_held_uses_and_checkout_locks_are_stored_under_the_student(dynamo: DynamoBackend) -> None:
    """The keys are those that ops scripts and reconciliation look under."""
    coupon = a_coupon(max_uses=32, shards=16)
    dynamo.commit(AddCoupon(coupon))
    dynamo.commit(*reserve(a_session_with(coupon, shard=7), coupon))
    use = dynamo.item("USER#user-1", "COUPONUSE#SPRING")
    assert use is not None
    assert (use["GSI1PK"], use["GSI1SK"], use["status"]) == ("COUPONUSE#SPRING#07", "USER#user-1", "held")
    shard = dynamo.item("COUPONSHARD#SPRING#07")
    assert shard is not None
    assert (shard["currentUses"], shard["maxUses"]) == (1, 2)
    assert dynamo.item("USER#user-1", "CHECKOUT#course-1") is not None
    dynamo.commit(
        *release(a_session_with(coupon, shard=7), a_session_with(coupon, shard=7).released(Status.EXPIRED, later()))
    )
    assert dynamo.item("USER#user-1", "COUPONUSE#SPRING") is None
    assert dynamo.item("USER#user-1", "CHECKOUT#course-1") is None


def test_a_settled_event_is_kept_for_35_days(dynamo: DynamoBackend) -> None:
    """Its ttl is in seconds, 35 days on."""
    dynamo.commit(
        RecordEvent(
            provider="stripe", event_id="evt_1", event_type="t", payment_session_id="ps_1", outcome="completed", at=NOW
        )
    )
    event = dynamo.item("EVENT#stripe#evt_1")
    assert event is not None
    assert event["ttl"] == int(NOW.timestamp()) + 35 * 24 * 3600


def test_a_limit_counter_deletes_itself_later(dynamo: DynamoBackend) -> None:
    """Counters of past minutes do not pile up."""
    minute = int(NOW.timestamp()) // 60
    dynamo.commit(IncrementRateLimit("user-1", "coupon", 1, NOW, "SPRING"))
    counter = dynamo.item("RATE#user-1#coupon", f"W#{minute}")
    assert counter is not None
    assert counter["ttl"] == (minute + 1) * 60 + 3600


def test_counters_that_outlived_their_coupon_are_not_begun_anew(dynamo: DynamoBackend) -> None:
    """A coupon that was deleted by hand leaves its counters behind: the uses that they count are still held."""
    coupon = a_coupon(max_uses=5, shards=2)
    dynamo.commit(AddCoupon(coupon))
    dynamo.client.delete_item(TableName=dynamo.name, Key=encode(keys.coupon(coupon.code).attributes))
    (conflict,) = dynamo.conflicts(AddCoupon(coupon))
    assert isinstance(conflict, CouponExists)


@pytest.mark.parametrize("subject", ["user#1", "user-1#coupon", "", "a\n", "x" * 256, "é"])
def test_fault_81_a_subject_that_could_forge_a_key_is_refused(dynamo: DynamoBackend, subject: str) -> None:
    """RATE#u1#coupon#x would be ambiguous."""
    with pytest.raises(InvalidValue):
        dynamo.commit(IncrementRateLimit(subject, "coupon", 1, NOW, "SPRING"))


KEYS: list[Callable[[str], object]] = [
    keys.student,
    keys.students_partition,
    keys.course,
    keys.course_index,
    keys.coupon,
    lambda text: keys.enrollment("user-1", text),
    lambda text: keys.enrollment_index(text, "course-1"),
    lambda text: keys.payment_session("user-1", text),
    lambda text: keys.due_index(text, NOW),
    lambda text: keys.review_index(text, NOW),
    lambda text: keys.checkout_lock("user-1", text),
    lambda text: keys.coupon_shard(text, 0),
    lambda text: keys.coupon_use("user-1", text),
    lambda text: keys.coupon_use_index("user-1", text, 0),
    lambda text: keys.event(text, "evt_1"),
    lambda text: keys.event("stripe", text),
    lambda text: keys.provider_reference("stripe", text),
    lambda text: keys.attempts("user-1", text, 1),
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("text", ["", "a#b", "a\n", "\u202ea", "a/b", "x" * 2048])
def test_fault_81_no_key_is_made_of_what_could_forge_one(key: Callable[[str], object], text: str) -> None:
    """Every part of every key is checked where the key is made."""
    with pytest.raises(InvalidValue):
        key(text)


def test_a_float_never_enters_the_table() -> None:
    """Money and counts are exact; a float is a mistake."""
    with pytest.raises(TypeError):
        encode({"price": 19.99})


def test_a_missing_course_and_a_broken_one_are_different(dynamo: DynamoBackend) -> None:
    """Not there is not found."""
    with pytest.raises(CourseNotFound):
        dynamo.courses.get("aws")
