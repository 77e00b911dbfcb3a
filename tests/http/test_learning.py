"""Lessons, certificates and interest in courses, over HTTP. Answers are held to the OpenAPI document on the way."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.enrollments import EndCause
from domain.use_cases.student.register_interest import PER_ADDRESS
from tests.support.factories import a_course, a_free_course
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, KIM, SAM, HttpSchool

CONTENT = "/api/courses/free-1/lessons/L1/content"
CERTIFICATE = "/api/enrollments/free-1/certificate"
SECTION = {"title": "Start", "lessons": [{"title": "First", "lessonId": "L1"}, {"title": "Second"}]}
INTEREST = "/api/courses/soon-1/interest"


@pytest.fixture
def taught(school: HttpSchool) -> HttpSchool:
    """A free course with two lessons, in which Sam is."""
    school.store.courses["free-1"] = a_free_course(curriculum=(SECTION,))
    assert school.post("/api/enrollments", {"courseId": "free-1"}).status == 201
    return school


@pytest.fixture
def announced(school: HttpSchool) -> HttpSchool:
    """A course that is coming soon."""
    school.store.courses["soon-1"] = evolve(a_course(), course_id="soon-1", coming_soon=True)
    return school


def test_who_is_enrolled_sees_a_lesson(taught: HttpSchool) -> None:
    """An address that ends after some hours; lessons without an id of their own go by their place."""
    answer = taught.get(CONTENT)
    assert answer.status == 200
    assert answer.body == {"url": "https://lessons.example/free-1/L1.mp4", "expiresAt": "2026-01-15T16:00:00.250Z"}
    assert answer.headers["cache-control"] == "no-store"
    assert taught.get(CONTENT.replace("L1", "1-2")).status == 200


def test_nobody_else_sees_a_lesson(taught: HttpSchool) -> None:
    """Not other students, nobody who is not signed in, and nobody whose enrollment has ended."""
    refused = taught.get(CONTENT, who=KIM)
    assert (refused.status, refused.code) == (404, "enrollment_not_found")
    assert taught.get(CONTENT, who=None).status == 401
    revoked = "/api/admin/students/user-1/enrollments/free-1/revoke"
    assert taught.post(revoked, {"reason": "Shared it."}, who=ADA).status == 200
    assert taught.store.ended["user-1", "free-1"].cause is EndCause.REVOKED
    assert taught.get(CONTENT).status == 404


@pytest.mark.parametrize("lesson", ["L2", "1-1", "..", "L1 "])
def test_only_lessons_of_the_course_are_opened(taught: HttpSchool, lesson: str) -> None:
    """Nothing that a caller writes becomes an address unless the curriculum has it."""
    answer = taught.get(CONTENT.replace("L1", lesson))
    assert (answer.status, answer.code) == (404, "lesson_not_found")


def test_a_lesson_without_content_says_so(taught: HttpSchool) -> None:
    """As where a school keeps its lessons elsewhere."""
    taught.lessons.missing.add("L1")  # type: ignore[attr-defined]
    assert taught.get(CONTENT).code == "lesson_not_found"


def test_a_completed_course_is_certified_once(taught: HttpSchool) -> None:
    """Not before it is completed; then always under the same number and names, whatever changes later."""
    early = taught.post(CERTIFICATE)
    assert (early.status, early.code) == (409, "course_not_completed")
    taught.patch("/api/students/me", {"name": "Sam Student"})
    taught.patch("/api/enrollments/free-1", {"progress": 100})
    issued = taught.post(CERTIFICATE).body
    assert issued["studentName"] == "Sam Student"
    assert issued["courseName"] == a_free_course().name
    taught.patch("/api/students/me", {"name": "Somebody Else"})
    assert taught.post(CERTIFICATE).body == issued
    assert taught.post(CERTIFICATE, who=KIM).status == 404


def test_a_certificate_is_not_issued_to_nobody(taught: HttpSchool) -> None:
    """What is issued stays as it is, so a student whom nobody has named yet is asked for a name first."""
    taught.patch("/api/enrollments/free-1", {"progress": 100})
    student = taught.store.students["user-1"]
    taught.store.students["user-1"] = evolve(student, name="")
    nameless = {name: said for name, said in SAM.items() if name != "name"}
    refused = taught.post(CERTIFICATE, who=nameless)
    assert (refused.status, refused.code) == (409, "name_missing")
    taught.patch("/api/students/me", {"name": "Sam Student"}, who=nameless)
    assert taught.post(CERTIFICATE, who=nameless).body["studentName"] == "Sam Student"


def test_anybody_can_verify_a_certificate(taught: HttpSchool) -> None:
    """By its number, in any case; until the enrollment ends. It does not tell whose account it is."""
    taught.patch("/api/enrollments/free-1", {"progress": 100})
    number = taught.post(CERTIFICATE).body["number"]
    shown = taught.get(f"/api/certificates/{number.lower()}", who=None)
    assert shown.status == 200
    assert shown.body["number"] == number
    assert "userId" not in shown.body
    taught.post("/api/admin/students/user-1/enrollments/free-1/revoke", {"reason": "Shared it."}, who=ADA)
    assert taught.get(f"/api/certificates/{number}", who=None).code == "certificate_not_found"


@pytest.mark.parametrize("number", ["0000-0000-0000-0000", "x", "CERT-0000-0000-000U", "a#b"])
def test_no_other_number_is_a_certificate(school: HttpSchool, number: str) -> None:
    """Unknown and impossible numbers are the same to the caller."""
    assert school.get(f"/api/certificates/{number}", who=None).code == "certificate_not_found"


def test_interest_in_an_announced_course_is_kept(announced: HttpSchool) -> None:
    """Once per address, whoever asks; the office reads the list and can forget an address."""
    for text in (" Sam@Example.com ", "sam@example.com", "kim@example.com"):
        assert announced.post(INTEREST, {"email": text}, who=None).body == {"kept": True}
    office = "/api/admin/courses/soon-1/interest"
    listed = announced.get(office, who=ADA).body
    assert sorted(each["email"] for each in listed) == ["kim@example.com", "sam@example.com"]
    assert announced.get(office).status == 403
    first = announced.get(f"{office}?limit=1", who=ADA)
    rest = announced.get(f"{office}?limit=1&cursor={first.headers['x-next-cursor']}", who=ADA)
    assert [*first.body, *rest.body] == listed
    assert "x-next-cursor" not in rest.headers
    for query in ("limit=0", "limit=101", "cursor=x"):
        assert announced.get(f"{office}?{query}", who=ADA).status == 400
    assert announced.post(f"{office}/forget", {"email": "KIM@example.com"}, who=ADA).body == {"kept": False}
    assert [each["email"] for each in announced.get(office, who=ADA).body] == ["sam@example.com"]


def test_who_reads_addresses_is_on_record(announced: HttpSchool) -> None:
    """Who, in which role and of which course; a page without any exports nothing."""
    office = "/api/admin/courses/soon-1/interest"
    announced.get(office, who=ADA)
    assert not announced.store.audit
    announced.post(INTEREST, {"email": "sam@example.com"}, who=None)
    announced.get(office, who=claims("support-1", groups="support"))
    [record] = announced.store.audit
    assert (record.action, record.by, record.role, record.course_id) == (
        "email_exported",
        "support-1",
        "support",
        "soon-1",
    )
    assert "sam" not in f"{record.before}{record.after}{record.reason}"


@pytest.mark.parametrize(
    "email", ["", "sam", "sam@", "@example.com", "a b@example.com", "a@b@c.de", "x" * 250 + "@a.de"]
)
def test_only_addresses_are_kept(announced: HttpSchool, email: str) -> None:
    """The sentence names the field and does not repeat what was sent."""
    answer = announced.post(INTEREST, {"email": email}, who=None)
    assert (answer.status, answer.sentence) == (400, "email must be an e-mail address.")
    assert not announced.store.interest


def test_who_wants_a_course_that_is_open_reads_so(announced: HttpSchool) -> None:
    """There is nothing to wait for; and nothing to ask about a course that does not exist."""
    answer = announced.post("/api/courses/course-1/interest", {"email": "sam@example.com"}, who=None)
    assert (answer.status, answer.code) == (409, "course_open")
    assert announced.post("/api/courses/none/interest", {"email": "sam@example.com"}, who=None).status == 404
    assert not announced.store.interest


def test_nobody_fills_the_list_with_addresses(announced: HttpSchool) -> None:
    """So many in a minute from one network address; the same one again does not count."""
    for number in range(PER_ADDRESS):
        assert announced.post(INTEREST, {"email": f"s{number}@example.com"}, who=None).status == 202
    assert announced.post(INTEREST, {"email": "s0@example.com"}, who=None).status == 202
    refused = announced.post(INTEREST, {"email": "more@example.com"}, who=None)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert len(announced.store.interest) == PER_ADDRESS
