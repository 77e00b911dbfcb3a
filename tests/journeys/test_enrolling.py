"""Who gets in: free courses, courses that are not open, and what strangers and broken requests get."""

from __future__ import annotations

import time

import pytest

from tests.support.stack.running_stack import FREE, PAID, SOON, LiveSchool, Visitor

pytestmark = pytest.mark.journey

AUTHORIZED = (
    ("GET", "/api/students/me"),
    ("GET", "/api/enrollments"),
    ("POST", "/api/enrollments"),
    ("GET", f"/api/enrollments/check/{PAID}"),
    ("POST", "/api/payments/sessions"),
    ("GET", "/api/bookings/user"),
    ("POST", "/api/payments/coupons/validate"),
    ("POST", "/api/payments/sessions/ps_x/cancel"),
    ("GET", "/api/checkout/session/cs_test_x"),
    ("GET", "/api/admin/coupons"),
)


def test_a_free_course(school: LiveSchool) -> None:
    """A free course is entered at once, and asking again shows the same enrollment."""
    student = school.student()
    first, again = student.enroll(FREE, source="bundle", referral="partner-7"), student.enroll(FREE)
    assert (first.status, first.body["status"]) == (201, "active")
    assert (again.status, again.body) == (200, first.body)
    assert first.body["enrollment"]["paymentStatus"] == "free"
    assert first.body["enrollment"]["source"] == "referral"
    assert student.is_enrolled(FREE)
    assert [one["courseId"] for one in student.get("/api/payments/enrollments").body] == [FREE]
    assert student.get("/api/payments/sessions").body == []


def test_learning_is_remembered_and_never_taken_back(school: LiveSchool) -> None:
    """Progress goes up to a hundred and then the course is completed; a smaller number changes nothing."""
    student = school.student()
    student.enroll(FREE)
    path = f"/api/enrollments/{FREE}"
    student.patch(path, {"progress": 60, "timeSpentSeconds": 90})
    assert student.patch(path, {"progress": 40}).body["progress"] == 60
    done = student.patch(path, {"progress": 100}).body
    assert (done["completed"], done["totalTimeSpent"]) == (True, 90)
    assert student.patch(path, {"progress": 101}).status == 400
    assert student.patch(f"/api/enrollments/{PAID}", {"progress": 1}).status == 404


def test_signing_in_at_cognito_makes_a_student(school: LiveSchool) -> None:
    """A seeded user signs in with a password, and the school knows them by the claims of the token."""
    student = school.stranger(school.stack.sign_in("second@example.com"))
    known = student.get("/api/students/me")
    assert (known.status, known.body["email"], known.body["name"]) == (200, "second@example.com", "Sol Second")
    assert student.patch("/api/students/me", {"name": "Sol"}).body["name"] == "Sol"
    for refused in ({"email": "x@example.com"}, {"name": " "}, {"name": "x" * 201}, {"name": "\ud800"}):
        assert (refused, student.patch("/api/students/me", refused).status) == (refused, 400)
    assert student.get("/api/students/me").body["name"] == "Sol"


def test_a_course_that_is_not_there(school: LiveSchool) -> None:
    """An unknown course is 404, whatever its id looks like, and nothing is written but the student."""
    student = school.student()
    for course_id in ("NO-SUCH-COURSE", "", "a\n", "TEST#COURSE", "x" * 65, "METADATA#1"):
        assert (course_id, student.enroll(course_id).status) == (course_id, 404)
        assert student.book(course_id).code == "course_not_found"
    assert student.get("/api/courses/NO-SUCH-COURSE").status == 404
    assert school.storage.of(student.user_id) == []


def test_a_course_that_is_coming_soon(school: LiveSchool) -> None:
    """A course that is not open yet is 409, by either way in."""
    student = school.student()
    for response in (student.enroll(SOON), student.book(SOON)):
        assert (response.status, response.code) == (409, "course_not_open")
    assert school.storage.of(student.user_id) == []


def test_fault_52_a_free_course_is_not_for_sale_and_a_paid_one_not_free(school: LiveSchool) -> None:
    """A checkout for a free course is refused; the free way into a paid course leads to the checkout."""
    student = school.student()
    refused = student.book(FREE)
    assert (refused.status, refused.code) == (409, "course_free")
    assert student.enroll(PAID).body["status"] == "pending"
    assert not student.is_enrolled(PAID)


def test_fault_53_who_is_enrolled_is_told_so_and_pays_nothing(school: LiveSchool) -> None:
    """A second enrollment or checkout of the same course answers with the enrollment that is there."""
    student = school.student()
    _, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    with school.counting() as spent:
        again, booked = student.enroll(), student.book()
    assert (again.status, again.body["status"]) == (200, "active")
    assert (booked.status, booked.body["status"]) == (200, "active")
    assert again.body["enrollment"]["stripeSessionId"] == checkout_id
    assert (spent.stripe, spent.writes) == ([], 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 1},
        {"amount": 1},
        {"finalAmount": 0},
        {"currency": "jpy"},
        {"stripePriceId": "price_1"},
        {"userId": "somebody-else"},
        {"status": "completed"},
        {"courseId": 5},
        {"courseId": None},
        {"couponCode": ["A"]},
        {"source": "hacked"},
        {"uiMode": "popup"},
    ],
    ids=str,
)
def test_fault_39_a_client_does_not_set_prices_people_or_states(school: LiveSchool, fields: dict[str, object]) -> None:
    """A field that is not the client's to set, or of the wrong type, is 400 with a reason, and nothing is written."""
    student = school.student()
    refused = student.post("/api/enrollments", {"courseId": PAID, **fields})
    assert refused.status == 400
    assert refused.body["error"].endswith(".")
    assert refused.body["requestId"]
    assert school.storage.of(student.user_id) == []


@pytest.mark.parametrize("field", ["returnUrl", "cancelUrl"])
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/return",
        "//evil.example/return",
        "javascript:alert(1)",
        "http://127.0.0.1:3000@evil.example/",
        "{origin}.evil.example/",
        "{origin}@evil.example/",
        "/return\n.html",
        "\\\\evil.example",
        "http:///evil.example",
        " ",
        7,
    ],
    ids=repr,
)
def test_fault_40_nobody_is_sent_to_another_site(school: LiveSchool, field: str, address: object) -> None:
    """An address that does not lie on the web app is 400, and no checkout is opened."""
    student = school.student()
    text = address.format(origin=school.stack.web_url) if isinstance(address, str) else address
    with school.counting() as spent:
        refused = student.book(uiMode="hosted", **{field: text})
    assert refused.status == 400
    assert spent.stripe == []


RAW = {
    "not JSON": (b"{", 400),
    "a list": (b"[]", 400),
    "nothing": (b"null", 400),
    "NaN": (b'{"courseId": NaN}', 400),
    "infinity": (b'{"courseId": 1e999}', 400),
    "a key twice": (b'{"courseId": "a", "courseId": "b"}', 400),
    "not UTF-8": (b'{"courseId": "\xff"}', 400),
    "half a surrogate": (b'{"courseId": "\\ud800"}', 400),
    "too deep": (b'{"courseId": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400),
    "too long a number": (b'{"courseId": ' + b"9" * 5_000 + b"}", 400),
    "too large": (b'{"courseId": "' + b"x" * 70_000 + b'"}', 413),
}


@pytest.mark.parametrize("name", RAW)
def test_fault_82_a_body_is_strict_json(school: LiveSchool, name: str) -> None:
    """Whatever is not a plain JSON object of bounded size gets a 4xx in the envelope, never a 500."""
    raw, status = RAW[name]
    student = school.student()
    refused = student.send("POST", "/api/enrollments", raw)
    assert (refused.status, set(refused.body)) == (status, {"error", "code", "requestId"})
    assert school.storage.of(student.user_id) == []


def test_a_body_says_that_it_is_json(school: LiveSchool) -> None:
    """Another content type is 415: no form of another site's page can enroll anybody."""
    student = school.student()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        refused = student.send("POST", "/api/enrollments", b'{"courseId": "TEST-COURSE-001"}', Content_Type=kind)
        assert refused.status == 415
    assert not student.is_enrolled(FREE)


def test_fault_73_without_a_good_token_nobody_gets_in(school: LiveSchool) -> None:
    """No token, a foreign pool's, an expired one, an access token, another client's: 401 in the envelope, with CORS."""
    now = int(time.time())
    tokens = [
        None,
        "x.y.z",
        school.student(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other").token,
        school.student(exp=now - 1, iat=now - 3601).token,
        school.student(token_use="access").token,
        school.student(aud="another-client").token,
        school.student(sub=None).token,
        (school.student().token or "")[:-8] + "AAAAAAAA",
    ]
    for token in tokens:
        stranger = school.stranger(token)
        for method, path in AUTHORIZED:
            refused = stranger.send(method, path, b"{}" if method == "POST" else None)
            assert (refused.status, method, path) == (401, method, path)
            assert refused.code == "unauthorized"
            assert refused.headers["access-control-allow-origin"] == school.stack.web_url


def test_fault_71_somebody_elses_things_are_not_there(school: LiveSchool) -> None:
    """Reading, cancelling or returning to another student's checkout is 404, like one that never was."""
    owner, other = school.student(), school.student()
    session_id, checkout_id = owner.checkout()

    def tries(visitor: Visitor) -> list[int]:
        return [
            visitor.get(f"/api/payments/sessions/{session_id}").status,
            visitor.get(f"/api/bookings/{session_id}").status,
            visitor.get(f"/api/checkout/session/{checkout_id}").status,
            visitor.post(f"/api/payments/sessions/{session_id}/cancel").status,
        ]

    assert tries(other) == [404, 404, 404, 404]
    assert owner.session(session_id)["status"] == "pending"
    assert tries(owner) == [200, 200, 200, 200]
    for name in ("%23", "a%0a", "a%00", "x" * 2_000):
        assert owner.get(f"/api/payments/sessions/{name}").status == 404


def test_fault_76_a_client_cannot_say_who_it_is(school: LiveSchool) -> None:
    """Headers that look like an authorizer's are ignored."""
    owner, other = school.regular(), school.student()
    claimed = {"X_User_Id": owner.user_id, "X_Amzn_Oidc_Identity": owner.user_id}
    assert other.get("/api/students/me", **claimed).body["userId"] == other.user_id
    assert school.stranger().get("/api/students/me", **claimed).status == 401


@pytest.mark.parametrize("groups", [None, ["administrators"], ["admin2"], ["Admin"], "student"])
def test_fault_77_only_the_group_makes_an_administrator(school: LiveSchool, groups: object) -> None:
    """Exactly the group "admin" opens the administration; what looks like it is 403."""
    student = school.student(**{"cognito:groups": groups})
    assert student.get("/api/admin/coupons").status == 403
    assert school.admin().get("/api/admin/coupons").status == 200


def test_a_checkout_is_embedded_or_hosted(school: LiveSchool) -> None:
    """Another way to show a checkout is 400 with the ways there are."""
    refused = school.student().book(uiMode="popup")
    assert refused.status == 400
    assert "embedded, hosted" in refused.body["error"]
