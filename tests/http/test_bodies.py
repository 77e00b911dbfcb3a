"""Bodies are read strictly: what is not exactly the contract's is refused with a reason, and nothing is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.request_parsing import LARGEST
from domain.payments.reviews import ReviewReason
from domain.payments.states import Status
from tests.support.factories import a_coupon, a_session
from tests.support.http.api_gateway_events import proxy_event
from tests.support.http.http_school import ADA, JSON, SAM, HttpSchool
from tests.support.http.openapi import request_problems

ENROLL = ("POST", "/api/enrollments", {"courseId": "free-1"})
RENAME = ("PATCH", "/api/students/me", {"name": "Sam"})
PROGRESS = ("PATCH", "/api/enrollments/{courseId}", {"progress": 5})
BUY = ("POST", "/api/payments/sessions", {"courseId": "course-1"})
VALIDATE = ("POST", "/api/payments/coupons/validate", {"code": "SPRING", "courseId": "course-1"})
ISSUE = ("POST", "/api/admin/coupons", {"code": "NEW", "discountType": "fixed", "discountValue": 100})
CHANGE = ("PATCH", "/api/admin/coupons/{code}", {"listed": True})
RESOLVE = ("POST", "/api/admin/payments/{id}/resolve", {"resolution": "dismissed"})
ALIASES = [("POST", "/api/payments/enrollments", ENROLL[2]), ("POST", "/api/bookings/create", BUY[2])]
EVERY: list[tuple[str, str, dict[str, Any]]] = [
    ENROLL,
    RENAME,
    PROGRESS,
    BUY,
    VALIDATE,
    ISSUE,
    CHANGE,
    RESOLVE,
    *ALIASES,
]
VALUES = {"courseId": "free-1", "code": "SPRING", "id": "ps_1"}
CANARY = "hunter2-4242424242424242"

every_body = pytest.mark.parametrize(("method", "path", "good"), EVERY, ids=[f"{m} {p}" for m, p, _ in EVERY])


@pytest.fixture
def school() -> HttpSchool:
    """A school where every body of ``EVERY`` is good."""
    made = HttpSchool()
    made.store.coupons["SPRING"] = a_coupon()
    made.post("/api/enrollments", {"courseId": "free-1"})
    in_review = a_session(status=Status.REVIEW, due_at=None, review_reason=ReviewReason.AMOUNT_MISMATCH)
    made.store.sessions["user-1", "ps_1"] = in_review
    return made


def written(school: HttpSchool) -> Any:
    """Everything that is stored, attempts to guess a coupon apart."""
    names = (name for name in type(school.store).__slots__ if name not in ("lock", "attempts", "__weakref__"))
    return {name: dict(getattr(school.store, name)) for name in names}


def refused(school: HttpSchool, method: str, path: str, raw: bytes | str, status: int = 400, **more: Any) -> str:
    """The sentence of a refusal that wrote nothing and repeats nothing of what was sent."""
    before = written(school)
    answer = school.call(method, path.format(**VALUES), raw=raw, who=ADA if "admin" in path else more.pop("who", None))
    assert answer.status == status, answer
    assert written(school) == before
    assert CANARY not in answer.text
    assert len(answer.sentence) < 400
    assert answer.sentence.endswith(".")
    return answer.sentence


@every_body
def test_the_good_bodies_are_good(school: HttpSchool, method: str, path: str, good: dict[str, Any]) -> None:
    """Control: what is refused below is refused for the one thing that is wrong with it."""
    assert not request_problems(method, path, good)
    answer = school.call(method, path.format(**VALUES), good, who=ADA if "admin" in path else SAM)
    assert answer.status in (200, 201)


BROKEN = {
    "empty": b"",
    "blank": b"  ",
    "half": b'{"courseId": ',
    "not JSON": CANARY.encode(),
    "two": b"{}{}",
    "comment": b"{} // x",
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "array": b"[]",
    "null": b"null",
    "text": b'"{}"',
    "number": b"1",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "BOM": b'\xef\xbb\xbf{"courseId": "free-1"}',
    "UTF-16": '{"courseId": "free-1"}'.encode("utf-16"),
    "Latin-1": '{"courseId": "é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"courseId": "\xc0\xaf"}',
    "half a surrogate pair": rb'{"name": "\ud800", "courseId": "free-1"}',
    "a name that is half a pair": rb'{"\udfff": 1}',
    "deep arrays": b"[" * 60_000,
    "deep objects": b'{"a":' * 12_000,
    "deep and closed": b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "5,000 digits": b'{"progress": ' + b"9" * 5_000 + b"}",
    "5,000 digits behind a point": b'{"progress": 1e' + b"9" * 5_000 + b"}",
    "NUL": b'{"courseId": "a\x00"}',
    "duplicate names": b'{"courseId": "free-1", "courseId": "course-1"}',
    "duplicate names inside": b'{"courseId": {"a": 1, "a": 2}}',
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize(("method", "path"), [ENROLL[:2], PROGRESS[:2], ISSUE[:2]])
def test_fault_82_what_is_not_strict_json_is_400(school: HttpSchool, method: str, path: str, raw: bytes) -> None:
    """Broken, ambiguous, foreign, bottomless: one sentence, whatever it was."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:  # such bodies come from the gateway in Base64
        text = ""
    sentence = "The body is not a valid JSON object."
    for in_base64 in (True, False) if text or not raw else (True,):
        answer = school.call(
            method,
            path.format(**VALUES),
            raw=raw,
            headers=JSON,
            in_base64=in_base64,
            who=ADA if "admin" in path else SAM,
        )
        assert (answer.status, answer.code, answer.sentence) == (400, "invalid_request", sentence)


@every_body
def test_fault_39_an_unknown_field_is_named_and_refused(
    school: HttpSchool, method: str, path: str, good: dict[str, Any]
) -> None:
    """Prices, ids and roles that a client adds are not ignored in silence."""
    for name in ("price", "currency2", "stripePriceId", "userId", "status", "isAdmin", "shards"):
        sentence = refused(school, method, path, json.dumps(good | {name: CANARY}), who=SAM)
        assert sentence == f"{name} is not a known field."


@pytest.mark.parametrize(
    "name", ["", " ", CANARY, "__class__", "course_id", "a" * 41, "é", "\u202ename", "a\nb", "<b>"]
)
def test_an_unknown_field_that_is_no_plain_word_is_not_repeated(school: HttpSchool, name: str) -> None:
    """A name may hold anything; only a plain word comes back."""
    raw = json.dumps({"courseId": "free-1", name: 1})
    assert refused(school, *ENROLL[:2], raw, who=SAM) == "One of the fields is not known."


def test_a_thousand_unknown_fields_get_a_short_answer(school: HttpSchool) -> None:
    """Some sentences are enough."""
    raw = json.dumps({f"field{number}": 1 for number in range(1000)})
    assert refused(school, *ENROLL[:2], raw, who=SAM).count("field") < 12


MISSING = [
    (ENROLL, "courseId"),
    (RENAME, "name"),
    (BUY, "courseId"),
    (VALIDATE, "code"),
    (VALIDATE, "courseId"),
    (ISSUE, "code"),
    (ISSUE, "discountType"),
    (ISSUE, "discountValue"),
]


@pytest.mark.parametrize(("call", "name"), MISSING)
def test_a_missing_field_is_named(school: HttpSchool, call: tuple[str, str, dict[str, Any]], name: str) -> None:
    """By the name that it has on the wire."""
    method, path, good = call
    raw = json.dumps({key: value for key, value in good.items() if key != name})
    assert refused(school, method, path, raw, who=SAM) == f"{name} is missing."


TEXT, WHOLE, BOOL, NUMBER, LIST = (
    "is not text",
    "is not a whole number",
    "is not true or false",
    "is not a number",
    "is not a list of texts",
)
NO_TEXT: list[object] = [1, None, True, 1.5, [], ["free-1"], {"S": "free-1"}]
NO_WHOLE_NUMBER: list[object] = ["5", 5.0, 5.5, True, [], 1e999, {}]
NO_NUMBER: list[object] = ["10", None, True, [], {}]
NO_LIST: list[object] = ["course-1", {"a": 1}, [1], [None], None, [["a"]]]
WRONG: list[tuple[tuple[str, str, dict[str, Any]], str, object, str]] = [
    *((ENROLL, "courseId", value, TEXT) for value in NO_TEXT),
    (ENROLL, "couponCode", {}, TEXT),
    *((ENROLL, "source", value, TEXT) for value in NO_TEXT),
    *((RENAME, "name", value, TEXT) for value in NO_TEXT),
    *((PROGRESS, "progress", value, WHOLE) for value in NO_WHOLE_NUMBER),
    (PROGRESS, "currentLectureId", 7, TEXT),
    (PROGRESS, "completedLectures", "1", WHOLE),
    *((PROGRESS, "completedLectureIds", value, LIST) for value in NO_LIST),
    (PROGRESS, "timeSpentSeconds", 0.5, WHOLE),
    (BUY, "uiMode", 1, TEXT),
    (BUY, "returnUrl", ["/return.html"], TEXT),
    (VALIDATE, "amount", 149.99, WHOLE),
    *((ISSUE, "discountValue", value, NUMBER) for value in NO_NUMBER),
    *((ISSUE, "isActive", value, BOOL) for value in ("true", 1, 0, None)),
    *((ISSUE, "applicableCourses", value, LIST) for value in NO_LIST),
    (ISSUE, "maxUses", 2.0, WHOLE),
    (ISSUE, "maxUses", 10**16, "is too large a number"),
    (ISSUE, "minimumAmount", -(10**16), "is too large a number"),
    (ISSUE, "discountValue", 10**16, "is too large a number"),
    (ISSUE, "applicableCourses", ["c"] * 1001, "has too many entries"),
    (CHANGE, "listed", "yes", BOOL),
    (CHANGE, "validUntil", 1_767_225_600, TEXT),
    (ENROLL, "courseId", "c" * 5001, "is too long"),
]


@pytest.mark.parametrize(("call", "name", "value", "predicate"), WRONG)
def test_a_wrong_type_is_named(
    school: HttpSchool, call: tuple[str, str, dict[str, Any]], name: str, value: object, predicate: str
) -> None:
    """No type is turned into another: "5" is no number, 1 is not true, a text is no list of letters."""
    method, path, good = call
    raw = json.dumps(good | {name: value}).replace("Infinity", "1e999")
    assert refused(school, method, path, raw, who=SAM) == f"{name} {predicate}."


VALUES_REFUSED: list[tuple[tuple[str, str, dict[str, Any]], dict[str, object], str]] = [
    (ENROLL, {"source": CANARY}, "source must be one of: direct, referral, promotion, bundle, learning_path."),
    (BUY, {"uiMode": CANARY}, "uiMode must be one of: embedded, hosted."),
    (RENAME, {"name": ""}, "name must have 1 to 200 characters."),
    (RENAME, {"name": " \u00a0\n"}, "name must have 1 to 200 characters."),
    (RENAME, {"name": "n" * 201}, "name must have 1 to 200 characters."),
    (PROGRESS, {"progress": 101}, "progress must be a whole number from 0 to 100."),
    (PROGRESS, {"progress": -1}, "progress must be a whole number from 0 to 100."),
    (PROGRESS, {"completedLectures": -1}, "completedLectures must be a whole number from 0 to 100000."),
    (
        PROGRESS,
        {"completedLectureIds": ["l" * 65]},
        "completedLectureIds must have at most 1000 ids of 1 to 64 characters.",
    ),
    (PROGRESS, {"timeSpentSeconds": 86_401}, "timeSpentSeconds must be a whole number from 0 to 86400."),
    (PROGRESS, {"currentLectureId": "l" * 201}, "currentLectureId must have 0 to 200 characters."),
    (ISSUE, {"code": "no"}, "A coupon code has 3 to 40 of A-Z, 0-9, dash and underscore."),
    (ISSUE, {"code": "sprıng"}, "A coupon code has 3 to 40 of A-Z, 0-9, dash and underscore."),
    (ISSUE, {"code": "ABC\n"}, "A coupon code has 3 to 40 of A-Z, 0-9, dash and underscore."),
    (ISSUE, {"discountType": CANARY}, "discountType must be one of: percentage, fixed."),
    (ISSUE, {"discountValue": 0}, "A discount is above zero."),
    (ISSUE, {"discountValue": -5}, "A discount is above zero."),
    (ISSUE, {"discountValue": 0.5}, "This number has too many decimals or digits."),
    (ISSUE, {"discountType": "percentage", "discountValue": 100.01}, "A percentage is at most 100."),
    (ISSUE, {"discountType": "percentage", "discountValue": 0.001}, "This number has too many decimals or digits."),
    (ISSUE, {"discountValue": float("inf")}, "This number has too many decimals or digits."),
    (ISSUE, {"currency": "xyz"}, "This currency is not supported."),
    (ISSUE, {"maxUses": 0}, "A limit is above zero."),
    (ISSUE, {"validUntil": "2026-01-31"}, "Please write a timestamp like 2026-01-31T12:00:00Z."),
    (ISSUE, {"validUntil": "0001-01-01T00:00:00+23:59"}, "Please write a timestamp like 2026-01-31T12:00:00Z."),
    (ISSUE, {"validFrom": CANARY}, "Please write a timestamp like 2026-01-31T12:00:00Z."),
    (
        ISSUE,
        {"validFrom": "2026-02-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
        "A coupon ends after it begins.",
    ),
    (ISSUE, {"description": "d" * 5001}, "description is too long."),
    (ISSUE, {"name": "n" * 201}, "name must have 0 to 200 characters."),
    (CHANGE, {"maxUses": -1}, "A limit is above zero."),
    (CHANGE, {"validUntil": "tomorrow"}, "Please write a timestamp like 2026-01-31T12:00:00Z."),
]


@pytest.mark.parametrize(("call", "changes", "sentence"), VALUES_REFUSED)
def test_a_value_that_cannot_be_is_400(
    school: HttpSchool, call: tuple[str, str, dict[str, Any]], changes: dict[str, object], sentence: str
) -> None:
    """Each with a sentence of its own, none with what was sent."""
    method, path, good = call
    raw = json.dumps(good | changes).replace("Infinity", "1e999")
    assert refused(school, method, path, raw, who=SAM) == sentence


OTHER_TYPES = [
    None,
    "",
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/json-patch+json",
    "json",
    "application/xml, application/json",
]


# -- size and type ----------------------------------------------------------------------------------------------------


@every_body
def test_a_body_over_64_kilobytes_is_413(school: HttpSchool, method: str, path: str, good: dict[str, Any]) -> None:
    """One byte more than allowed is refused unread; exactly as many are read."""
    fits = json.dumps(good).ljust(LARGEST)
    assert "too large" in refused(school, method, path, fits + " ", 413, who=SAM)
    answer = school.call(method, path.format(**VALUES), raw=fits, who=ADA if "admin" in path else SAM)
    assert answer.status in (200, 201)


@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_what_is_not_announced_as_json_is_415(school: HttpSchool, content_type: str | None) -> None:
    """A form of another site's page can send the types that need no preflight; none of them is taken."""
    before = written(school)
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = school.post("/api/enrollments", raw='{"courseId": "course-1"}', headers=headers)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert written(school) == before


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;x=y"]
)
def test_fault_11_headers_and_types_have_no_case(school: HttpSchool, name: str, content_type: str) -> None:
    """However a client spells it, it is JSON."""
    answer = school.post("/api/enrollments", raw='{"courseId": "course-1"}', headers={name: content_type})
    assert answer.status == 201


def test_fault_11_a_body_in_base64_is_the_same_body(school: HttpSchool) -> None:
    """API Gateway encodes what it takes for binary."""
    answer = school.patch("/api/students/me", raw='{"name": "Zoë"}', headers=JSON, in_base64=True)
    assert answer.body["name"] == "Zoë"


@pytest.mark.parametrize(("body", "in_base64"), [("not base64!", True), ("é", True), ("\ud800", False)])
def test_a_body_that_is_neither_text_nor_base64_is_400(school: HttpSchool, body: str, in_base64: bool) -> None:
    """No gateway sends such a thing; if one does, it is not our crash."""
    for resource in ("/api/enrollments", "/api/stripe/webhooks"):
        event = proxy_event("POST", resource, headers=JSON, who=SAM)
        answer = school.invoke(event | {"body": body, "isBase64Encoded": in_base64})
        assert answer.status == 400


# -- anything at all --------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([*sorted({name for _, _, good in EVERY for name in good}), "couponCode", "source", "uiMode"])
names |= st.sampled_from(["returnUrl", "amount", "currency", "maxUses", "validFrom", "applicableCourses", "price"])


@given(call=st.sampled_from(EVERY), changes=st.dictionaries(names, json_values, max_size=4))
def test_no_body_is_our_fault(call: tuple[str, str, dict[str, Any]], changes: dict[str, object]) -> None:
    """Whatever is sent, the answer is never a 5xx."""
    method, path, good = call
    school = HttpSchool()
    answer = school.call(
        method, path.format(**VALUES), raw=json.dumps(good | changes), who=ADA if "admin" in path else SAM
    )
    assert answer.status < 500


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_are_our_fault(raw: bytes) -> None:
    """Nor are bytes that are no JSON."""
    answer = HttpSchool().post("/api/enrollments", raw=raw, headers=JSON, in_base64=True)
    assert answer.status == 400
