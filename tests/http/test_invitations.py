"""Courses by invitation over HTTP."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.courses import INVITATION
from tests.support.factories import a_course
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, SAM, HttpSchool

MANY = "/api/admin/courses/private/invitations"


@pytest.fixture
def private(school: HttpSchool) -> HttpSchool:
    """A free course by invitation; Sam has an account."""
    school.store.courses["private"] = evolve(a_course(course_id="private", pricing_model=INVITATION), price=None)
    school.get("/api/students/me")
    return school


def test_the_office_invites_and_the_student_enrolls(private: HttpSchool) -> None:
    """Before it: 403 with a sentence. The catalogue says how one gets in."""
    assert private.get("/api/courses/private", who=None).body["pricingModel"] == "invitation"
    refused = private.post("/api/enrollments", {"courseId": "private"})
    assert (refused.status, refused.code) == (403, "not_invited")
    assert "by invitation" in refused.sentence

    email = SAM["email"].upper()
    first = private.post(MANY, {"email": email, "reason": "Speaker."}, who=ADA)
    again = private.post(MANY, {"email": email, "reason": "Speaker."}, who=ADA)
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    assert first.body["state"] == "open"
    assert email.lower() not in first.text.lower()

    assert private.post("/api/enrollments", {"courseId": "private"}).body["status"] == "active"
    [listed] = private.get(MANY, who=ADA).body
    assert (listed["state"], listed["usedBy"]) == ("used", "user-1")


def test_the_office_reads_invitations_page_by_page(private: HttpSchool) -> None:
    """As many as asked for; the header leads on, the last page has none."""
    for number in range(3):
        private.post(MANY, {"email": f"guest-{number}@example.com", "reason": "Speaker."}, who=ADA)
    first = private.get(f"{MANY}?limit=2", who=ADA)
    second = private.get(f"{MANY}?limit=2&cursor={first.headers['x-next-cursor']}", who=ADA)
    assert (len(first.body), len(second.body)) == (2, 1)
    assert len({one["invitationId"] for one in first.body + second.body}) == 3
    assert "x-next-cursor" not in second.headers


def test_an_invitation_is_withdrawn(private: HttpSchool) -> None:
    """Twice is the same; an unknown one is 404."""
    made = private.post(MANY, {"userId": "user-1", "expiresAt": "2027-01-01T00:00:00Z"}, who=ADA).body
    assert made["expiresAt"] == "2027-01-01T00:00:00.000Z"
    path = f"{MANY}/{made['invitationId']}"
    for _ in range(2):
        gone = private.call("DELETE", f"{path}?reason=Full", who=ADA)
        assert (gone.status, gone.body["state"]) == (200, "withdrawn")
    assert private.store.audit[-1].reason == "Full"
    assert private.call("DELETE", f"{MANY}/nobody", who=ADA).code == "invitation_not_found"
    assert private.call("DELETE", f"{MANY}/no.id", who=ADA).code == "invitation_not_found"
    assert private.post("/api/enrollments", {"courseId": "private"}).code == "not_invited"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_value"),
        ({"email": "a@b.example", "userId": "user-1"}, "invalid_request"),
        ({"email": "nobody"}, "invalid_value"),
        ({"userId": "user-1", "expiresAt": "tomorrow"}, "invalid_request"),
        ({"userId": "user-1", "expiresAt": "2020-01-01T00:00:00Z"}, "invalid_value"),
        ({"userId": "user-9"}, "student_not_found"),
    ],
)
def test_what_is_no_invitation_is_refused(private: HttpSchool, body: dict[str, object], code: str) -> None:
    """And nothing is kept."""
    assert private.post(MANY, body, who=ADA).code == code
    assert not private.store.invitations


def test_only_the_office_invites_and_only_where_it_is_needed(private: HttpSchool) -> None:
    """Students and finance may not; a course for everybody needs no invitations."""
    assert private.post(MANY, {"userId": "user-1"}, who=SAM).status == 403
    finance = claims("finance-1", groups="finance")
    assert private.get(MANY, who=finance).status == 403
    other = private.post("/api/admin/courses/course-1/invitations", {"userId": "user-1"}, who=ADA)
    assert (other.status, other.code) == (409, "not_by_invitation")
    assert private.get("/api/admin/courses/nothing/invitations", who=ADA).status == 404
