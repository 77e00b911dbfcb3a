"""Idempotency keys over HTTP: the same request is carried out once and answered the same for a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import define, field

from adapters.http.idempotency import LONGEST_ANSWER
from adapters.idempotency import KEPT_FOR, LEASE, Claim, IdempotencyStore, KeptAnswer, Repeatable
from adapters.memory.idempotency import MemoryIdempotencyStore
from domain.errors import StorageUnavailable
from domain.transactions.writes import AddCourse
from tests.support.factories import a_course
from tests.support.http.http_school import ADA, JSON, KIM, SAM, Answer, HttpSchool
from tests.support.http.openapi import operations
from tests.support.memory.misbehaving import LosesAnswers

COUPON = {
    "code": "SPRING",
    "name": "Spring",
    "discountType": "percentage",
    "discountValue": 10,
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00Z",
    "maxUses": 5,
}
BUY = {"courseId": "course-1"}
KEY = "3f0b7c1e-0d0c-4e62-a8f5-9b0d1a7c4f11"


def keyed(key: str = KEY) -> dict[str, str]:
    """The headers of a request with this key."""
    return {**JSON, "Idempotency-Key": key}


def enroll(school: HttpSchool, key: str = KEY, **more: Any) -> Answer:
    """Sam, unless another one, enrolls."""
    return school.post("/api/enrollments", more.pop("body", BUY), headers=keyed(key), **more)


def stored(school: HttpSchool) -> MemoryIdempotencyStore:
    """What is kept."""
    assert isinstance(school.repeated, MemoryIdempotencyStore)
    return school.repeated


@pytest.mark.parametrize("course", ["course-1", "free-1"])
def test_the_same_key_and_request_get_the_same_answer(school: HttpSchool, course: str) -> None:
    """Status and body, where the request without a key would answer 200 the second time."""
    first = enroll(school, body={"courseId": course})
    again = enroll(school, body={"courseId": course})
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert school.post("/api/enrollments", {"courseId": course}).status == 200


def test_the_answer_is_kept_for_a_day(school: HttpSchool) -> None:
    """After it the key is as good as new."""
    enroll(school, body={"courseId": "free-1"})
    school.clock.advance(KEPT_FOR - timedelta(seconds=1))
    assert enroll(school, body={"courseId": "free-1"}).status == 201
    school.clock.advance(timedelta(seconds=1))
    assert enroll(school, body={"courseId": "free-1"}).status == 200


@pytest.mark.parametrize("path", ["/api/payments/sessions", "/api/bookings/create"])
def test_a_checkout_s_secret_is_not_kept_and_given_again(school: HttpSchool, path: str) -> None:
    """What is stored has none; the repetition gets it from the provider, and opens no second checkout."""
    first = school.post(path, BUY, headers=keyed())
    assert first.body["clientSecret"]
    [entry] = stored(school).entries.values()
    assert entry.answer is not None
    assert first.body["clientSecret"] not in entry.answer.body
    assert school.post(path, BUY, headers=keyed()).text == first.text
    assert len(school.store.sessions) == 1


def test_an_alias_is_the_same_route(school: HttpSchool) -> None:
    """A front end may use either address."""
    first = enroll(school)
    assert school.post("/api/payments/enrollments", BUY, headers=keyed()).body == first.body


def test_a_checkout_that_is_over_is_not_opened_again_under_its_key(school: HttpSchool) -> None:
    """A repetition may come long after; only a new request opens a new checkout."""
    first = enroll(school)
    school.post(f"/api/payments/sessions/{first.body['paymentSessionId']}/cancel")
    again = enroll(school)
    assert (again.status, again.code) == (409, "checkout_over")
    assert len(school.store.sessions) == 1
    assert enroll(school, "another").status == 201


def test_a_key_with_another_body_is_refused(school: HttpSchool) -> None:
    """However its JSON is written, the same body is the same; other values are not."""
    enroll(school)
    again = school.post("/api/enrollments", raw=b'{ "courseId" :"course-1"}', headers=keyed())
    assert again.status == 201
    other = enroll(school, body={"courseId": "free-1"})
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert ("user-1", "free-1") not in school.store.enrollments


def test_a_key_with_another_path_is_refused(school: HttpSchool) -> None:
    """What the path names is part of the request."""
    school.store.enrollments.clear()
    for course in ("free-1", "course-1"):
        school.post("/api/enrollments", {"courseId": course}, headers=JSON)
    body = {"reason": "Moved."}
    school.post("/api/admin/students/user-1/enrollments/free-1/revoke", body, headers=keyed(), who=ADA)
    other = school.post("/api/admin/students/user-1/enrollments/course-1/revoke", body, headers=keyed(), who=ADA)
    assert other.code == "idempotency_key_reused"


def test_fault_138_callers_and_routes_do_not_share_keys(school: HttpSchool) -> None:
    """Whoever guesses another's key gets nothing of theirs."""
    mine, theirs = enroll(school), enroll(school, who=KIM)
    assert mine.body["paymentSessionId"] != theirs.body["paymentSessionId"]
    assert school.post("/api/payments/sessions", BUY, headers=keyed()).status == 200


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "a" * 256, "a\tb"])
def test_a_key_that_can_be_none_is_refused(school: HttpSchool, key: str) -> None:
    """Before anything is done or kept."""
    answer = enroll(school, key)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert not school.store.sessions
    assert not stored(school).entries


def test_an_error_that_stays_is_kept_and_one_that_passes_is_not(school: HttpSchool) -> None:
    """404 is the answer for a day; a provider that is down for a minute is not."""
    first = enroll(school, "one", body={"courseId": "later-1"})
    school.unit_of_work.commit((AddCourse(a_course(course_id="later-1")),))
    again = enroll(school, "one", body={"courseId": "later-1"})
    assert (first.status, again.body) == (404, first.body)

    unlucky = HttpSchool()
    unlucky = HttpSchool(provider=unlucky.provider, gateway=LosesAnswers(unlucky.provider, times=1))
    assert enroll(unlucky).status == 503
    assert enroll(unlucky).status == 200


def test_too_many_is_not_kept(school: HttpSchool) -> None:
    """Waiting helps, under the same key."""
    school.store.rate_limits.clear()
    answers = [enroll(school, f"key-{n}", body={**BUY, "couponCode": f"NONE{n}"}) for n in range(30)]
    limited = next(n for n, answer in enumerate(answers) if answer.status == 429)
    school.clock.advance(timedelta(minutes=5))
    again = enroll(school, f"key-{limited}", body={**BUY, "couponCode": f"NONE{limited}"})
    assert (again.status, again.code) == (422, "coupon_not_found")


def test_an_administrator_creates_once(school: HttpSchool) -> None:
    """The second answer is 201 with the same coupon, where a new request would be refused because it exists."""
    first = school.post("/api/admin/coupons", COUPON, headers=keyed(), who=ADA)
    again = school.post("/api/admin/coupons", COUPON, headers=keyed(), who=ADA)
    assert (first.status, again.status) == (201, 201), first.body
    assert again.body == first.body
    assert school.post("/api/admin/coupons", COUPON, headers=keyed("new"), who=ADA).code == "coupon_exists"


def test_who_may_not_call_gets_no_kept_answer(school: HttpSchool) -> None:
    """Permissions are looked at before the key."""
    school.post("/api/admin/coupons", COUPON, headers=keyed(), who=ADA)
    assert school.post("/api/admin/coupons", COUPON, headers=keyed(), who=SAM).status == 403


def test_fault_136_two_at_once_are_one(school: HttpSchool) -> None:
    """One acts; the others get its answer, or are asked to repeat in a moment."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: enroll(school, body={"courseId": "free-1"}), range(8)))
    waiting = [answer for answer in answers if answer.status == 409]
    assert all(answer.code == "request_in_progress" and answer.headers["retry-after"] for answer in waiting)
    assert {answer.text for answer in answers if answer.status != 409} == {
        enroll(school, body={"courseId": "free-1"}).text
    }
    assert len(school.store.enrollments) == 1


@define(eq=False)
class Forgetful(IdempotencyStore):
    """Loses every answer, as when the process is killed after it has acted."""

    inner: MemoryIdempotencyStore = field(factory=MemoryIdempotencyStore)

    def claim(self, request: Repeatable, at: datetime) -> Claim:
        """As it should."""
        return self.inner.claim(request, at)

    def keep(self, request: Repeatable, answer: KeptAnswer) -> None:
        """The database does not answer."""
        raise StorageUnavailable

    def release(self, request: Repeatable) -> None:
        """Nor here."""
        raise StorageUnavailable


@pytest.mark.parametrize(
    ("method", "path", "body", "who", "expected"),
    [
        ("POST", "/api/enrollments", BUY, SAM, {200}),
        ("POST", "/api/enrollments", {"courseId": "free-1"}, SAM, {200}),
        ("POST", "/api/payments/sessions", BUY, SAM, {200}),
        ("POST", "/api/admin/coupons", COUPON, ADA, {409}),
    ],
)
def test_fault_137_a_crash_before_the_answer_is_kept_never_makes_two(
    method: str, path: str, body: dict[str, object], who: dict[str, Any], expected: set[int]
) -> None:
    """The repetition waits for the lease, acts again, and finds what was made."""
    school = HttpSchool(repeated=Forgetful())
    first = school.call(method, path, body, headers=keyed(), who=who)
    made = (len(school.store.sessions), len(school.store.enrollments), len(school.store.coupons))
    assert first.status == 201
    assert school.call(method, path, body, headers=keyed(), who=who).code == "request_in_progress"
    school.clock.advance(LEASE)
    assert school.call(method, path, body, headers=keyed(), who=who).status in expected
    assert (len(school.store.sessions), len(school.store.enrollments), len(school.store.coupons)) == made


@pytest.mark.parametrize("letter", ["x", "ü", "語"])
def test_what_cannot_be_kept_is_made_anew(school: HttpSchool, letter: str) -> None:
    """An answer larger than an item may be is given, and the repetition is answered by the use case."""
    school.store.courses["course-1"] = a_course(description=letter * (LONGEST_ANSWER // len(letter.encode()) + 1))
    body = {"comingSoon": False, "reason": "Nothing."}
    path = "/api/admin/courses/course-1/sales"
    assert school.put(path, {"closed": True, "reason": body["reason"]}, headers=keyed(), who=ADA).status == 200
    assert not stored(school).entries


@pytest.mark.parametrize(
    "strange",
    [
        '{"a":' * 700 + "1" + "}" * 700,
        '{"a":' + "[" * 900 + "]" * 900 + "}",
        '{"a":1e999999999}',
        '{"a":[1e999999,1e-999999]}',
    ],
    ids=["deep", "deeper", "huge", "long"],
)
def test_a_body_that_nobody_asked_for_does_no_harm(school: HttpSchool, strange: str) -> None:
    """A route without a body reads none: however strange it is, the same one is the same request."""
    path = f"/api/payments/sessions/{enroll(school).body['paymentSessionId']}/cancel"
    first = school.post(path, raw=strange, headers=keyed())
    assert first.status == 200
    assert school.post(path, raw=strange, headers=keyed()).text == first.text
    assert school.post(path, raw='{"a":2}', headers=keyed()).code == "idempotency_key_reused"
    [*_, entry] = stored(school).entries.values()
    assert len(entry.request.fingerprint) == 64


@pytest.mark.parametrize(("one", "other"), [("10", "10.0"), ("1e1", "10"), ("12.50", "12.5"), ("100", "1.00E2")])
def test_a_number_is_the_same_however_it_is_written(school: HttpSchool, one: str, other: str) -> None:
    """As two libraries may write it."""
    body = '{"code":"SPRING","discountType":"percentage","discountValue":%s}'
    first = school.post("/api/admin/coupons", raw=body % one, headers=keyed(), who=ADA)
    again = school.post("/api/admin/coupons", raw=body % other, headers=keyed(), who=ADA)
    assert (first.status, again.status, again.text) == (201, 201, first.text)


@pytest.fixture
def counted() -> tuple[HttpSchool, list[Repeatable]]:
    """A school whose claims are counted."""
    claims: list[Repeatable] = []

    class Counting(MemoryIdempotencyStore):
        def claim(self, request: Repeatable, at: datetime) -> Claim:
            claims.append(request)
            return super().claim(request, at)

    return HttpSchool(repeated=Counting()), claims


def test_without_the_header_nothing_is_kept(counted: tuple[HttpSchool, list[Repeatable]]) -> None:
    """Routes cost nothing more; reading and public routes take no key at all."""
    school, claims = counted
    school.post("/api/enrollments", BUY)
    school.get("/api/enrollments", headers=keyed())
    school.post("/api/courses/course-1/interest", {"email": "a@b.example"}, headers=keyed(), who=None)
    assert not claims
    enroll(school)
    assert len(claims) == 1


def test_every_route_that_changes_something_for_somebody_signed_in_takes_a_key() -> None:
    """By the document: POST and PUT behind a sign-in, but exports, which are kept nowhere; and no other."""
    for (method, path), operation in operations().items():
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        expected = method in ("POST", "PUT") and bool(operation["security"]) and not path.endswith("/export")
        assert ("Idempotency-Key" in names) == expected, (method, path)
