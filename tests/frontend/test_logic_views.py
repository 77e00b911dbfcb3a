"""Courses, purchases, tokens and addresses as plain values."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.frontend.conftest import Logic

pytestmark = pytest.mark.browser

_PAID = {"courseId": "C-1", "pricingModel": "paid", "price": 149.99}
_FREE = {"courseId": "C-1", "pricingModel": "free"}
_ENROLLED = {"courseId": "C-1", "paymentStatus": "completed", "progress": 40}


def _session(status: str, **more: object) -> dict[str, Any]:
    return {"id": "ps_1", "courseId": "C-1", "status": status, "amount": 100, "currency": "usd", **more}


@pytest.mark.parametrize(
    ("course", "enrollment", "sessions", "kind"),
    [
        (_FREE, None, [], "free"),
        (_PAID, None, [], "paid"),
        ({**_PAID, "comingSoon": True}, None, [], "soon"),
        ({**_PAID, "comingSoon": True}, _ENROLLED, [], "enrolled"),
        (_PAID, {"paymentStatus": "pending"}, [], "paid"),
        (_PAID, _ENROLLED, [_session("processing")], "enrolled"),
        (_PAID, None, [_session("pending"), _session("processing")], "processing"),
        (_PAID, None, [_session("pending"), _session("review")], "review"),
        (_PAID, None, [_session("review", resolution="refunded")], "paid"),
        (_PAID, None, [_session("pending")], "pending"),
        (_PAID, None, [_session("pending", uiMode="hosted")], "paid"),
        (_PAID, None, [_session("pending", courseId="C-2")], "paid"),
        (_PAID, None, [_session("refunded"), _session("cancelled")], "paid"),
    ],
)
def test_where_a_student_stands_with_a_course(
    logic: Logic,
    course: dict[str, Any],
    enrollment: dict[str, Any] | None,
    sessions: list[dict[str, Any]],
    kind: str,
) -> None:
    """Enrolled comes before money on its way, which comes before an open checkout, which comes before the price."""
    assert logic.call("courses.standingOf", course, enrollment, sessions)["kind"] == kind


@pytest.mark.parametrize(
    ("enrollment", "progress"),
    [
        ({"progress": 40}, 40),
        ({"progress": 0}, 0),
        ({"progress": 140}, 100),
        ({"progress": -1}, 0),
        ({"progress": "40"}, None),
        ({}, None),
        ({"progress": 90, "completed": True}, 100),
    ],
)
def test_progress_stays_between_0_and_100(logic: Logic, enrollment: dict[str, Any], progress: int | None) -> None:
    """What is no number is not shown; what is out of range is cut."""
    assert logic.call("courses.progressOf", enrollment) == progress


@pytest.mark.parametrize(
    ("curriculum", "read"),
    [
        (
            [{"title": "A", "lessons": [{"lessonId": "x", "title": "One", "minutes": 5}]}],
            [{"title": "A", "lessons": [{"lessonId": "x", "title": "One", "minutes": 5}]}],
        ),
        (
            [{"moduleName": "A", "videos": [{"videoId": "x", "title": "One", "lengthInMins": 5}]}],
            [{"title": "A", "lessons": [{"lessonId": "x", "title": "One", "minutes": 5}]}],
        ),
        (
            [{"title": "One"}, {"title": "Two", "minutes": 3}],
            [
                {
                    "title": "",
                    "lessons": [
                        {"lessonId": "1-1", "title": "One", "minutes": None},
                        {"lessonId": "1-2", "title": "Two", "minutes": 3},
                    ],
                }
            ],
        ),
        (
            [{"title": "A", "lessons": ["One"]}],
            [{"title": "A", "lessons": [{"lessonId": "1-1", "title": "One", "minutes": None}]}],
        ),
        ([{"title": "A", "lessons": [{"minutes": 3}, None, 7]}, "text", None], []),
        ("no list", []),
        (None, []),
    ],
)
def test_every_stored_form_of_a_curriculum_is_read(logic: Logic, curriculum: object, read: object) -> None:
    """Modules with lessons or videos, or lessons alone; what has no title is left out, and nothing throws."""
    assert logic.call("courses.curriculumOf", {"curriculum": curriculum}) == read


@pytest.mark.parametrize(
    ("enrollment", "done", "current"),
    [
        ({}, [], "a"),
        ({"completedLectureIds": ["a"]}, ["a"], "b"),
        ({"completedLectureIds": ["b", "gone"], "currentLectureId": "c"}, ["b"], "c"),
        ({"completedLectureIds": ["b"], "currentLectureId": "b"}, ["b"], "a"),
        ({"completedLectures": 2}, ["a", "b"], "c"),
        ({"completedLectureIds": ["a", "b", "c"], "currentLectureId": "b"}, ["a", "b", "c"], "b"),
        ({"completedLectureIds": [], "completedLectures": 2}, [], "a"),
    ],
)
def test_a_course_goes_on_where_one_was(
    logic: Logic, enrollment: dict[str, Any], done: list[str], current: str
) -> None:
    """The lesson of the last time unless it is done; else the first that is not; else where one was."""
    course = {"curriculum": [{"title": "A", "lessons": [{"lessonId": i, "title": i} for i in "abc"]}]}
    script = """async ([course, enrollment]) => {
        const { learningOf } = await import("/js/logic/courses.js");
        const { done, current } = learningOf(course, enrollment);
        return [[...done], current.lessonId];
    }"""
    assert logic.page.evaluate(script, [course, enrollment]) == [done, current]


@pytest.mark.parametrize(
    ("done", "lessons", "percent"), [(0, 5, 0), (1, 200, 1), (199, 200, 99), (5, 5, 100), (0, 0, 0)]
)
def test_percents_say_all_and_nothing_only_where_it_is_so(logic: Logic, done: int, lessons: int, percent: int) -> None:
    """100 completes a course for good, so it is never reached by rounding."""
    assert logic.call("courses.percentOf", done, lessons) == percent


@pytest.mark.parametrize(
    ("url", "loaded"),
    [
        ("https://img.example/a.png", True),
        ("covers/a.png", True),
        ("https://img.example.evil/a.png", False),
        ("https://other.example/a.png", False),
        ("javascript:alert(1)", False),
        ("http://img.example/a.png", False),
        ("", False),
    ],
)
def test_only_pictures_that_the_policy_admits_are_loaded(logic: Logic, url: str, *, loaded: bool) -> None:
    """The site's own, and those of the origins in the school's list; for all others the drawn cover stays."""
    asked = logic.call("courses.pictureOf", {"imageUrl": url}, ["https://img.example"])
    assert asked == (url if loaded else None)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("AWS Cloud Mastery", "cloud"),
        ("React for Beginners", "orbit"),
        ("Advanced JavaScript", "script"),
        ("Full-Stack Development Bootcamp", "stack"),
        ("Introduction to Web Development", "web"),
        ("Machine Learning in Production", "data"),
    ],
)
def test_a_cover_says_the_subject(logic: Logic, name: str, family: str) -> None:
    """One look tells courses apart."""
    assert logic.call("courses.coverOf", {"courseId": "C-1", "name": name})["family"] == family


def test_a_cover_is_always_the_same_for_a_course_and_others_differ(logic: Logic) -> None:
    """Without a known subject the id decides."""
    covers = [logic.call("courses.coverOf", {"courseId": f"C-{n}", "name": "Knitting"}) for n in range(20)]
    assert covers[3] == logic.call("courses.coverOf", {"courseId": "C-3", "name": "Knitting"})
    assert len({cover["family"] for cover in covers}) > 3


@pytest.mark.parametrize(
    ("session", "state", "may_cancel", "may_open"),
    [
        (_session("pending"), "pending", True, False),
        (_session("processing"), "processing", False, False),
        (_session("completed"), "completed", False, True),
        (_session("completed", paymentStatus="partially_refunded"), "partially_refunded", False, True),
        (_session("completed", paymentStatus="disputed"), "disputed", False, False),
        (_session("completed", finalAmount=0), "free", False, True),
        (_session("refunded"), "refunded", False, False),
        (_session("charged_back"), "charged_back", False, False),
        (_session("cancelled"), "cancelled", False, False),
        (_session("cancelling"), "cancelling", False, False),
        (_session("expired"), "expired", False, False),
        (_session("failed"), "failed", False, False),
        (_session("review"), "review", False, False),
        (_session("review", resolution="refunded"), "refunded", False, False),
        (_session("review", resolution="closed"), "closed", False, False),
        (_session("brand_new"), "brand_new", False, False),
    ],
)
def test_each_payment_has_its_state(
    logic: Logic, session: dict[str, Any], state: str, *, may_cancel: bool, may_open: bool
) -> None:
    """Only a pending one can be cancelled or continued; a state the page does not know offers nothing."""
    view = logic.call("purchases.purchaseOf", session)
    assert (view["state"], view["canCancel"], view["canContinue"], view["canOpen"]) == (
        state,
        may_cancel,
        may_cancel,
        may_open,
    )


def test_a_hosted_checkout_is_not_continued_in_the_embedded_form(logic: Logic) -> None:
    """Continuing would supersede a session that was opened on the provider's own page."""
    view = logic.call("purchases.purchaseOf", _session("pending", uiMode="hosted"))
    assert (view["canCancel"], view["canContinue"]) == (True, False)


def test_superseded_checkouts_are_not_purchases(logic: Logic) -> None:
    """Newest first; what ended without money is apart, a failed payment only while nothing came after it."""
    sessions = [
        _session("failed", id="old-fail", createdAt="2026-01-01"),
        _session("cancelled", id="superseded", createdAt="2026-01-02"),
        _session("completed", id="paid", createdAt="2026-01-03"),
        _session("failed", id="new-fail", createdAt="2026-01-04", courseId="C-2"),
    ]
    found = logic.call("purchases.purchasesOf", sessions)
    assert [each["id"] for each in found["shown"]] == ["new-fail", "paid"]
    assert [each["id"] for each in found["ended"]] == ["superseded", "old-fail"]


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("checkout.html?courseId=A-1", "checkout.html?courseId=A-1"),
        ("course.html?id=A-1&join=1", "course.html?id=A-1&join=1"),
        ("return.html?session_id=cs_test_1", "return.html?session_id=cs_test_1"),
        ("https://evil.example/", "dashboard.html"),
        ("//evil.example/dashboard.html", "dashboard.html"),
        ("javascript:alert(1)", "dashboard.html"),
        ("signin.html", "dashboard.html"),
        ("dashboard.html\n//evil", "dashboard.html"),
        (None, "dashboard.html"),
    ],
)
def test_signing_in_goes_on_to_our_own_pages_only(logic: Logic, wanted: str | None, goes_to: str) -> None:
    """Whatever an address asks for, the next page is one of ours."""
    assert logic.call("common.safeNext", wanted) == goes_to


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("https://videos.example/{courseId}/{lessonId}", "https://videos.example/C%201/L%2F1"),
        ("javascript:alert('{lessonId}')", None),
        (None, None),
    ],
)
def test_lessons_elsewhere_are_found_by_a_pattern(logic: Logic, pattern: str | None, address: str | None) -> None:
    """Ids are encoded into it, and only https is followed."""
    assert logic.call("common.lessonAddress", pattern, "C 1", "L/1") == address


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("captions/{courseId}/{lessonId}.vtt", "captions/C%201/L%2F1.vtt"),
        ("https://elsewhere.example/{lessonId}.vtt", None),
        ("//elsewhere.example/{lessonId}.vtt", None),
        ("javascript:{lessonId}", None),
        (None, None),
    ],
)
def test_captions_are_files_of_this_site(logic: Logic, pattern: str | None, address: str | None) -> None:
    """Ids are encoded into the pattern; no other site is asked."""
    assert logic.call("common.captionsAddress", pattern, "C 1", "L/1") == address


def test_claims_are_read_as_utf_8_and_nonsense_is_nobody(logic: Logic) -> None:
    """Names keep their letters; an unreadable token gives no claims instead of an error."""
    payload = (
        base64.urlsafe_b64encode(json.dumps({"name": "Zoë Ünal"}, ensure_ascii=False).encode()).decode().rstrip("=")
    )
    assert logic.call("common.claimsOf", f"e30.{payload}.x") == {"name": "Zoë Ünal"}
    assert logic.call("common.claimsOf", "nonsense") == {}


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ada"}, "Ada"),
        ({"given_name": "Ada", "family_name": "L"}, "Ada L"),
        ({"email": "ada@example.com"}, "ada"),
        ({}, ""),
    ],
)
def test_the_student_is_called_by_the_best_name_known(logic: Logic, claims: dict[str, str], name: str) -> None:
    """A name, else the parts of one, else the local part of the address."""
    assert logic.call("common.nameOf", claims) == name


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Lovelace", "AL"), ("Ada Augusta King", "AK"), ("ada", "A"), ("Éa Öl", "ÉÖ"), ("", "")]
)
def test_initials_are_of_the_first_and_the_last_name(logic: Logic, name: str, initials: str) -> None:
    """In capitals, whatever the letters."""
    assert logic.call("common.initialsOf", name) == initials


def test_a_token_is_stale_a_minute_early_and_a_refresh_keeps_the_refresh_token(logic: Logic) -> None:
    """Calls never start with a token that ends on the way; Cognito's refresh answer brings no new refresh token."""
    session = logic.call("common.sessionOf", {"IdToken": "a", "ExpiresIn": 3600}, 1000, {"refreshToken": "r"})
    assert session == {"idToken": "a", "accessToken": None, "refreshToken": "r", "expiresAt": 3_601_000}
    assert logic.call("common.isStale", session, 3_540_000) is False
    assert logic.call("common.isStale", session, 3_542_000) is True


@pytest.mark.parametrize(
    ("listed", "open_at", "names", "first", "offered"),
    [
        (["stripe", "paypal"], None, ["stripe", "paypal"], "stripe", ["stripe", "paypal"]),
        (["paypal", "stripe"], "paypal", ["paypal", "stripe"], "paypal", ["paypal", "stripe"]),
        (["paypal"], None, ["paypal"], "paypal", ["paypal"]),
        (["paypal"], "stripe", ["paypal", "stripe"], "stripe", ["paypal"]),
        ([], "stripe", ["stripe"], "stripe", []),
        ([], None, [], None, []),
        (None, None, ["stripe"], "stripe", ["stripe"]),
    ],
)
def test_what_can_be_chosen_is_what_is_offered_and_what_is_open_already(
    logic: Logic,
    *,
    listed: list[str] | None,
    open_at: str | None,
    names: list[str],
    first: str | None,
    offered: list[str],
) -> None:
    """Who is paying where nothing new is sold may finish; where nobody can pay, there is nothing to choose."""
    settings = {} if listed is None else {"providers": [{"name": name} for name in listed]}
    sessions = [{"courseId": "C-1", "status": "pending", "provider": open_at}] if open_at else []
    found = logic.call("checkout.providersOf", settings, sessions, "C-1")
    assert (found["names"], found.get("first"), found["offered"]) == (names, first, offered)


@pytest.mark.parametrize(("key", "test"), [("pk_test_1", True), ("pk_live_1", False), (None, False)])
def test_test_mode_is_read_off_the_publishable_key(logic: Logic, key: str | None, *, test: bool) -> None:
    """Only a sandbox key makes the page speak of test cards."""
    assert logic.call("checkout.isTestMode", key) is test


@pytest.mark.parametrize(
    ("expires_at", "wait"),
    [
        ("1970-01-01T00:10:00Z", 599_000),
        ("1970-01-01T00:00:10Z", 60_000),
        ("1969-12-31T00:00:00Z", 60_000),
        (None, None),
        ("x", None),
        ("2999-01-01", None),
    ],
)
def test_a_checkout_is_asked_about_when_its_time_should_be_over(
    logic: Logic, expires_at: str | None, wait: int | None
) -> None:
    """Never at once, for the clock may be wrong; unknown and far away both mean: not at all."""
    assert logic.call("checkout.askAfter", expires_at, 1000) == wait
