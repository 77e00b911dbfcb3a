"""What administrators see and decide: payments in review, and who is in a course."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.use_cases.schedule.reconcile import MOST_REVIEWS
from tests.support.factories import PRICE, a_coupon, a_session, a_student, an_enrollment, later
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, SAM, Answer, HttpSchool
from tests.support.memory.misbehaving import Interrupted

REVIEWS = "/api/admin/payments?status=review"
EVA = claims("admin-2", groups="admin")


@pytest.fixture
def school() -> HttpSchool:
    """Sam has paid one cent for a course, with a coupon; three minutes later an administrator looks."""
    made = HttpSchool()
    made.store.coupons["SPRING"] = a_coupon()
    session_id = made.start(couponCode="SPRING")
    assert made.receive(made.provider.pay(session_id, amount=evolve(PRICE, amount=1))).status == 200
    made.clock.advance(timedelta(minutes=3))
    return made


def resolve(school: HttpSchool, resolution: str, session_id: str = "ps_000001", who: Any = ADA, **more: Any) -> Answer:
    """An administrator decides."""
    body = {"resolution": resolution, **more}
    return school.post(f"/api/admin/payments/{session_id}/resolve", body, who=who)


def in_review(number: int, **changes: Any) -> PaymentSession:
    """A session that waits for a decision since that minute."""
    given: dict[str, Any] = {
        "payment_session_id": f"ps_{number:06d}",
        "user_id": f"user-{number}",
        "status": Status.REVIEW,
        "due_at": None,
        "updated_at": later(number),
        "review_reason": ReviewReason.ALREADY_ENROLLED,
    }
    return a_session(**(given | changes))


def keep(school: HttpSchool, *sessions: PaymentSession) -> None:
    """The sessions are stored."""
    school.store.sessions |= {(session.user_id, session.payment_session_id): session for session in sessions}


# -- payments that need a person --------------------------------------------------------------------------------------


def test_a_payment_in_review_shows_all_that_a_person_needs(school: HttpSchool) -> None:
    """Whose it is, why it waits and since when, what was agreed, and where to find it at the provider."""
    assert school.get(REVIEWS, who=ADA).body == [
        {
            "id": "ps_000001",
            "courseId": "course-1",
            "courseName": "AWS Cloud Mastery",
            "userId": "user-1",
            "provider": "stripe",
            "status": "review",
            "paymentStatus": "paid",
            "amount": 14_999,
            "discountAmount": 1_500,
            "finalAmount": 13_499,
            "currency": "usd",
            "couponCode": "SPRING",
            "uiMode": "embedded",
            "providerSessionId": "cs_000001",
            "stripeSessionId": "cs_000001",
            "providerPaymentId": "pi_000001",
            "stripePaymentIntentId": "pi_000001",
            "createdAt": "2026-01-15T12:00:00.250Z",
            "updatedAt": "2026-01-15T12:00:00.250Z",
            "expiresAt": "2026-01-15T12:40:00.250Z",
            "reviewReason": "amount_mismatch",
            "reviewSince": "2026-01-15T12:00:00.250Z",
            "source": "promotion",
            "received": 1,
            "receivedCurrency": "usd",
            "kept": 1,
            "refunded": 0,
            "repaid": 0,
            "refundRequested": 0,
            "disputed": 0,
            "chargedBack": 0,
            "name": "Sam",
            "email": "user-1@example.com",
        }
    ]


def test_the_longest_waiting_comes_first_and_nothing_else_is_listed(school: HttpSchool) -> None:
    """Open, completed and decided sessions need nobody."""
    keep(school, in_review(9), in_review(5), in_review(7), a_session(payment_session_id="ps_open", user_id="user-2"))
    assert [found["id"] for found in school.get(REVIEWS, who=ADA).body] == [
        "ps_000001",
        "ps_000005",
        "ps_000007",
        "ps_000009",
    ]


def test_a_quiet_school_has_nothing_to_decide() -> None:
    """An empty array, not an error."""
    assert HttpSchool().get(REVIEWS, who=ADA).body == []


def test_the_list_is_bounded() -> None:
    """However much has gone wrong, an answer stays an answer: the oldest come first."""
    school = HttpSchool()
    keep(school, *(in_review(number) for number in range(MOST_REVIEWS + 5)))
    first = school.get(REVIEWS, who=ADA)
    assert [found["id"] for found in first.body] == [f"ps_{number:06d}" for number in range(MOST_REVIEWS)]
    rest = school.get(f"{REVIEWS}&limit=50&cursor={first.headers['x-next-cursor']}", who=ADA)
    assert [found["id"] for found in rest.body] == [f"ps_{MOST_REVIEWS + number:06d}" for number in range(5)]
    assert "x-next-cursor" not in rest.headers


def test_one_that_the_list_does_not_show_can_be_decided() -> None:
    """The list is bounded; what may be decided is not."""
    school = HttpSchool()
    keep(school, *(in_review(number) for number in range(MOST_REVIEWS + 5)))
    assert resolve(school, "dismissed", f"ps_{MOST_REVIEWS + 4:06d}").status == 200


# -- deciding ---------------------------------------------------------------------------------------------------------


def test_enrolling_is_recorded_and_done(school: HttpSchool) -> None:
    """The student is in; who decided is the caller, whatever the body may say."""
    answer = resolve(school, "enrolled", note="our mistake")
    assert answer.status == 200
    assert answer.body["status"] == "completed"
    decided = {name: answer.body[name] for name in ("resolution", "resolvedBy", "resolvedAt", "resolutionNote")}
    assert decided == {
        "resolution": "enrolled",
        "resolvedBy": "admin-1",
        "resolvedAt": "2026-01-15T12:03:00.250Z",
        "resolutionNote": "our mistake",
    }
    assert "reviewSince" not in answer.body
    assert school.get("/api/enrollments/check/course-1", who=SAM).body == {"enrolled": True}
    assert school.get(REVIEWS, who=ADA).body == []


@pytest.mark.parametrize(("resolution", "status"), [("refunded", "refunded"), ("dismissed", "closed")])
def test_refunding_and_dismissing_are_carried_out(school: HttpSchool, resolution: str, status: str) -> None:
    """Nobody is enrolled, the list no longer has it, the student reads what was decided, and may begin anew."""
    answer = resolve(school, resolution)
    assert (answer.body["resolution"], answer.body["status"]) == (resolution, status)
    assert "resolutionNote" not in answer.body
    assert school.get(REVIEWS, who=ADA).body == []
    assert school.get("/api/enrollments/check/course-1", who=SAM).body == {"enrolled": False}
    assert school.get("/api/payments/sessions/ps_000001", who=SAM).body["status"] == status
    assert school.post("/api/enrollments", {"courseId": "course-1"}).status == 201


def test_a_student_does_not_see_who_decided(school: HttpSchool) -> None:
    """Their own history shows the payment, not the record behind it."""
    resolve(school, "refunded", note="not for the student")
    for path in ("/api/payments/sessions", "/api/payments/sessions/ps_000001"):
        answer = school.get(path, who=SAM)
        assert "admin-1" not in answer.text
        assert "not for the student" not in answer.text
        assert "reviewReason" not in answer.text


def test_what_is_decided_waits_no_longer(school: HttpSchool) -> None:
    """A second decision is refused as what it is, and changes nothing."""
    resolve(school, "refunded")
    before = school.store.sessions["user-1", "ps_000001"]
    answer = resolve(school, "enrolled", who=EVA)
    assert (answer.status, answer.code) == (409, "already_resolved")
    decided = {name: answer.body["payment"][name] for name in ("resolution", "resolvedBy", "resolvedAt")}
    assert decided == {"resolution": "refunded", "resolvedBy": "admin-1", "resolvedAt": "2026-01-15T12:03:00.250Z"}
    assert school.store.sessions["user-1", "ps_000001"] == before
    assert not school.store.enrollments


def test_of_two_administrators_the_second_is_refused(school: HttpSchool) -> None:
    """Both have seen it waiting; 409 for whoever comes second."""
    slow = HttpSchool(
        store=school.store,
        clock=school.clock,
        unit_of_work=Interrupted(MemoryUnitOfWork(school.store), [lambda: resolve(school, "refunded", who=EVA)]),
    )
    answer = resolve(slow, "enrolled")
    assert (answer.status, answer.code) == (409, "already_resolved")
    resolution = school.store.sessions["user-1", "ps_000001"].resolution
    assert resolution is not None
    assert resolution.by == "admin-2"
    assert not school.store.enrollments


def test_fault_42_enrolling_somebody_twice_is_refused(school: HttpSchool) -> None:
    """409, and the payment goes on waiting for another decision."""
    school.store.enrollments["user-1", "course-1"] = an_enrollment()
    answer = resolve(school, "enrolled")
    assert (answer.status, answer.code) == (409, "already_enrolled")
    assert len(school.get(REVIEWS, who=ADA).body) == 1
    assert resolve(school, "refunded").status == 200


def test_fault_58_enrolling_nobody_is_refused(school: HttpSchool) -> None:
    """404 where the student is gone; refunding can still be recorded."""
    school.store.students.clear()
    answer = resolve(school, "enrolled")
    assert (answer.status, answer.code) == (404, "student_not_found")
    assert resolve(school, "refunded").status == 200


@pytest.mark.parametrize("session_id", ["ps_000404", "ps_000001%23", "..", "", "x" * 65])
def test_what_does_not_exist_is_not_there(school: HttpSchool, session_id: str) -> None:
    """Unknown or impossible: 404, and nothing is decided."""
    answer = resolve(school, "dismissed", session_id)
    assert (answer.status, answer.code) == (404, "payment_session_not_found")


def test_what_does_not_wait_cannot_be_decided(school: HttpSchool) -> None:
    """A checkout that is simply open is 409, as a payment that somebody has decided about."""
    keep(school, a_session(payment_session_id="ps_open", user_id="user-2"))
    answer = resolve(school, "dismissed", "ps_open")
    assert (answer.status, answer.code) == (409, "already_resolved")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "resolution is missing."),
        ({"resolution": "REFUNDED"}, "resolution must be one of: refunded, enrolled, dismissed."),
        ({"resolution": None}, "resolution is not text."),
        ({"resolution": "refunded", "note": "x" * 501}, "note must have 0 to 500 characters."),
        ({"resolution": "refunded", "by": "somebody"}, "by is not a known field."),
        ({"resolution": "refunded", "userId": "user-1"}, "userId is not a known field."),
    ],
)
def test_a_decision_that_cannot_be_is_refused(school: HttpSchool, body: dict[str, Any], sentence: str) -> None:
    """With the reason; nobody decides in another's name."""
    answer = school.post("/api/admin/payments/ps_000001/resolve", body, who=ADA)
    assert (answer.status, answer.sentence) == (400, sentence)
    assert school.store.sessions["user-1", "ps_000001"].awaits_decision


def test_students_neither_see_nor_decide(school: HttpSchool) -> None:
    """403, their own payment included."""
    for answer in (school.get(REVIEWS, who=SAM), resolve(school, "enrolled", who=SAM)):
        assert (answer.status, answer.code) == (403, "forbidden")
        assert "ps_000001" not in answer.text
    assert school.store.sessions["user-1", "ps_000001"].awaits_decision


# -- who is in a course -----------------------------------------------------------------------------------------------


def enroll(school: HttpSchool, *user_ids: str, course_id: str = "free-1") -> None:
    """The students are in the course."""
    for user_id in user_ids:
        school.store.enrollments[user_id, course_id] = an_enrollment(user_id=user_id, course_id=course_id)


def test_a_courses_students_are_shown_to_an_administrator(school: HttpSchool) -> None:
    """Each enrollment in the shape that the student sees, with who they are."""
    school.post("/api/enrollments", {"courseId": "free-1"}, who=SAM)
    enroll(school, "user-2", course_id="course-1")
    answer = school.get("/api/admin/courses/free-1/enrollments", who=ADA)
    own = school.get("/api/enrollments/free-1", who=SAM).body
    assert answer.body == [own | {"name": SAM["name"], "email": SAM["email"]}]
    assert "x-next-cursor" not in answer.headers


def test_a_courses_students_have_their_names(school: HttpSchool) -> None:
    """Name and address of each; a student without a record has neither."""
    enroll(school, "u-1", "u-2")
    school.store.students["u-1"] = a_student(user_id="u-1", name="Kim Lee", email="kim@example.com")
    one, other = school.get("/api/admin/courses/free-1/enrollments", who=ADA).body
    assert (one["name"], one["email"]) == ("Kim Lee", "kim@example.com")
    assert not other.keys() & {"name", "email"}


def test_a_courses_students_come_page_by_page(school: HttpSchool) -> None:
    """X-Next-Cursor leads on until everybody was shown once."""
    enroll(school, "u-3", "u-1", "u-5", "u-2", "u-4")
    path, seen, pages = "/api/admin/courses/free-1/enrollments?limit=2", [], 0
    cursor: str | None = ""
    while cursor is not None:
        answer = school.get(path + (f"&cursor={cursor}" if cursor else ""), who=ADA)
        seen += [enrollment["userId"] for enrollment in answer.body]
        cursor, pages = answer.headers.get("x-next-cursor"), pages + 1
    assert (seen, pages) == ([f"u-{number}" for number in range(1, 6)], 3)


def test_a_page_has_a_hundred_students_by_default(school: HttpSchool) -> None:
    """A course may have a million: no answer shows them all."""
    enroll(school, *(f"u-{number:03d}" for number in range(101)))
    answer = school.get("/api/admin/courses/free-1/enrollments", who=ADA)
    assert len(answer.body) == 100
    assert answer.headers["x-next-cursor"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=", "cursor=after:a%23b"])
def test_fault_80_a_page_of_students_that_cannot_be_is_refused(school: HttpSchool, query: str) -> None:
    """A limit is 1 to 100, a cursor is one that a page gave."""
    answer = school.get(f"/api/admin/courses/free-1/enrollments?{query}", who=ADA)
    assert answer.status == 400


def test_a_course_taken_down_still_has_its_students(school: HttpSchool) -> None:
    """Who is in it can be seen though nobody can enroll any more; where nobody ever was, the list is empty."""
    enroll(school, "u-1", course_id="gone")
    assert len(school.get("/api/admin/courses/gone/enrollments", who=ADA).body) == 1
    assert school.get("/api/admin/courses/never/enrollments", who=ADA).body == []
    answer = school.get("/api/admin/courses/a%23b/enrollments", who=ADA)
    assert (answer.status, answer.code) == (404, "course_not_found")


def test_students_do_not_see_each_other(school: HttpSchool) -> None:
    """403, whoever asks without being in the group."""
    enroll(school, "user-1", "user-2")
    answer = school.get("/api/admin/courses/free-1/enrollments", who=SAM)
    assert (answer.status, answer.code) == (403, "forbidden")
