"""My courses and the lessons: what is done, where one was, and the way on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import Visit
from tests.frontend.fake_school import CERTIFICATE, Reply, refusal

pytestmark = pytest.mark.browser

_PATCH = ("PATCH", "/api/enrollments/FREE-1")


def _enrolled(**more: object) -> dict[str, Any]:
    return {
        "courseId": "FREE-1",
        "paymentStatus": "free",
        "progress": 0,
        "completed": False,
        "enrolledAt": "2026-11-20T10:00:00Z",
        **more,
    }


def _open(visit: Visit, address: str, **more: object) -> Page:
    visit.school.script("GET", "/api/enrollments", Reply(200, [_enrolled(**more)]))
    visit.school.script(*_PATCH, Reply(200, _enrolled(**more)))
    visit.sign_in()
    return visit.open(address)


def test_my_courses_lead_on_where_one_stopped(visit: Visit) -> None:
    """Progress, the next lesson by name, and one button."""
    page = _open(visit, "dashboard.html", progress=33, completedLectureIds=["L1"], currentLectureId="L2")
    row = page.get_by_test_id("course-card-FREE-1")
    expect(row.get_by_role("progressbar", name="33% done")).to_have_attribute("value", "33")
    expect(row).to_contain_text("Next: useState")
    expect(row.get_by_role("link", name="Continue learning")).to_have_attribute("href", "learn.html?id=FREE-1")


def test_an_open_checkout_stands_below_the_courses(visit: Visit) -> None:
    """What is not paid yet is offered to be finished."""
    pending = {"id": "ps_1", "courseId": "PAID-1", "status": "pending", "uiMode": "embedded"}
    visit.school.script("GET", "/api/payments/sessions", Reply(200, [pending]))
    page = _open(visit, "dashboard.html")
    expect(page.get_by_role("list", name="My courses").get_by_role("listitem").last).to_contain_text(
        "AWS Cloud Mastery"
    )
    expect(page.get_by_role("link", name="Continue payment")).to_have_attribute("href", "checkout.html?courseId=PAID-1")


def test_without_a_course_the_page_leads_to_the_storefront(visit: Visit) -> None:
    """Empty is said in words, with the one useful step."""
    visit.sign_in()
    page = visit.open("dashboard.html")
    expect(page.get_by_role("heading", name="No course yet")).to_be_visible()
    expect(page.get_by_role("link", name="See all courses")).to_have_attribute("href", "index.html")


def test_a_course_opens_at_the_lesson_where_one_was(visit: Visit) -> None:
    """What is done is ticked off, and the place is marked."""
    page = _open(visit, "learn.html?id=FREE-1", progress=33, completedLectureIds=["L1"], currentLectureId="L2")
    expect(page.get_by_role("heading", level=1)).to_have_text("useState")
    expect(page.get_by_text("Part 2: State · Lesson 2 of 3")).to_be_visible()
    expect(page.get_by_test_id("lesson-L1")).to_have_class("is-done")
    expect(page.get_by_test_id("lesson-L2")).to_have_attribute("aria-current", "page")
    expect(page.locator("#outline")).to_contain_text("1 of 3 lessons done, 1 h 12 min to go")


def test_a_lesson_is_ticked_off_and_the_next_one_opens(visit: Visit) -> None:
    """One PATCH with the lesson, the number and the percents; the next lesson's heading has the focus."""
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    after = _enrolled(progress=33, completedLectures=1, completedLectureIds=["L1"], currentLectureId="L2")
    visit.school.script(*_PATCH, Reply(200, after))
    page.get_by_test_id("mark-done").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("useState")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page).to_have_url(re.compile("lesson=L2"))
    expect(page.get_by_test_id("lesson-L1")).to_have_class("is-done")
    assert visit.school.bodies(*_PATCH)[0] == {
        "completedLectureIds": ["L1"],
        "completedLectures": 1,
        "progress": 33,
        "currentLectureId": "L2",
    }


def test_the_last_lesson_completes_the_course(visit: Visit) -> None:
    """It is said, seen and announced."""
    page = _open(visit, "learn.html?id=FREE-1", progress=66, completedLectureIds=["L1", "L2"], currentLectureId="L3")
    done = _enrolled(progress=100, completed=True, completedLectureIds=["L1", "L2", "L3"], currentLectureId="L3")
    visit.school.script(*_PATCH, Reply(200, done))
    page.get_by_test_id("mark-done").click()
    expect(page.get_by_text("Every lesson of React for Beginners is done.")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("You have completed the course.")
    assert visit.school.bodies(*_PATCH)[-1]["progress"] == 100


def test_progress_that_cannot_be_saved_says_so_and_can_be_saved_again(visit: Visit) -> None:
    """The lesson stays as it was; nothing pretends to be done."""
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    visit.school.script(*_PATCH, refusal(409, "Others kept changing it."))
    page.get_by_test_id("mark-done").click()
    expect(page.get_by_role("alert")).to_contain_text("Others kept changing it.")
    expect(page.get_by_test_id("mark-done")).to_have_text("Mark as done and go on")
    expect(page.get_by_test_id("lesson-L1")).not_to_have_class("is-done")


def test_back_and_forward_move_between_lessons(visit: Visit) -> None:
    """Each lesson has its address."""
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    page.get_by_test_id("lesson-L3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lifting state up")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("JSX without magic")


def test_who_is_not_enrolled_is_led_to_the_course(visit: Visit) -> None:
    """Lessons are for the enrolled; a pending payment is no enrollment."""
    page = _open(visit, "learn.html?id=FREE-1", paymentStatus="pending")
    expect(page.get_by_role("heading", name="You are not enrolled in this course")).to_be_visible()
    expect(page.get_by_role("link", name="See the course")).to_have_attribute("href", "course.html?id=FREE-1")


def test_enrollments_from_before_count_their_first_lessons_as_done(visit: Visit) -> None:
    """Where only a number was kept, that many lessons from the start are ticked off."""
    page = _open(visit, "learn.html?id=FREE-1", progress=66, completedLectures=2)
    expect(page.get_by_test_id("lesson-L2")).to_have_class("is-done")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lifting state up")


_CONTENT = ("GET", "/api/courses/FREE-1/lessons/L1/content")


def test_a_film_plays_on_the_page(visit: Visit) -> None:
    """Under the lesson's name, with the browser's own controls, from the address of the moment."""
    visit.school.script(*_CONTENT, Reply(200, {"url": f"{visit.site}/lessons/L1.mp4?Signature=x"}))
    visit.page.route("**/lessons/L1.mp4*", lambda route: route.fulfill(status=200, content_type="video/mp4", body=b""))
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    film = page.get_by_test_id("film")
    expect(film).to_have_attribute("aria-label", "JSX without magic")
    expect(film).to_have_attribute("controls", "")
    visit.problems.clear()


def test_a_film_has_the_captions_of_the_school(visit: Visit) -> None:
    """Where the school says where they are; they are shown unless somebody switches them off."""
    school = {"captionsUrl": "captions/{courseId}/{lessonId}.vtt"}
    visit.page.route(
        "**/config.json", lambda route: route.fulfill(json={"apiBase": visit.school.url, "school": school})
    )
    visit.page.route("**/captions/**", lambda route: route.fulfill(body="WEBVTT", content_type="text/vtt"))
    visit.page.route("**/lessons/L1.mp4*", lambda route: route.fulfill(status=200, content_type="video/mp4", body=b""))
    visit.school.script(*_CONTENT, Reply(200, {"url": f"{visit.site}/lessons/L1.mp4?Signature=x"}))
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    track = page.get_by_test_id("film").locator("track")
    expect(track).to_have_attribute("src", "captions/FREE-1/L1.vtt")
    expect(track).to_have_attribute("kind", "captions")
    visit.problems.clear()


def test_a_film_whose_address_is_over_gets_a_new_one(visit: Visit) -> None:
    """Once, without the student's doing; when that is refused, it is said in place of the film."""
    first = Reply(200, {"url": f"{visit.site}/lessons/first.mp4"})
    visit.school.script(*_CONTENT, first, refusal(404, "You are not enrolled in this course.", "enrollment_not_found"))
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    expect(page.get_by_role("alert")).to_have_text("You are not enrolled in this course.")
    assert len(visit.school.bodies(*_CONTENT)) == 2
    visit.problems.clear()


def test_other_content_opens_in_a_tab_of_its_own(visit: Visit) -> None:
    """A link that says so."""
    visit.school.script(*_CONTENT, Reply(200, {"url": "https://lessons.example/L1.pdf?Signature=x"}))
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    link = page.get_by_role("link", name="Open the lesson (opens in a new tab)")
    expect(link).to_have_attribute("href", "https://lessons.example/L1.pdf?Signature=x")


def test_content_that_does_not_come_can_be_asked_for_again(visit: Visit) -> None:
    """The lesson stays usable around it."""
    visit.school.script(*_CONTENT, refusal(500, "Something went wrong."))
    page = _open(visit, "learn.html?id=FREE-1", currentLectureId="L1")
    expect(page.get_by_text("Something went wrong.")).to_be_visible()
    visit.school.script(*_CONTENT, Reply(200, {"url": "https://lessons.example/L1.pdf"}))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("open-lesson")).to_be_visible()


def test_a_completed_course_leads_to_the_certificate(visit: Visit) -> None:
    """Issued at the first visit; the address is then the public one."""
    visit.school.script("POST", "/api/enrollments/FREE-1/certificate", Reply(200, CERTIFICATE))
    done = {"progress": 100, "completed": True, "completedLectureIds": ["L1", "L2", "L3"], "currentLectureId": "L3"}
    page = _open(visit, "learn.html?id=FREE-1", **done)
    page.get_by_test_id("certificate").click()
    expect(page.get_by_test_id("certificate-number")).to_have_text("7F3K-9M2P-QX4T-1B8C")
    expect(page.get_by_test_id("certificate")).to_contain_text("Ada Lovelace")
    expect(page).to_have_url(re.compile(r"certificate\.html\?number=7F3K-9M2P-QX4T-1B8C$"))


def test_anybody_can_verify_a_certificate(visit: Visit) -> None:
    """Signed in or not; a number that is none says so and can be corrected."""
    path = "/api/certificates/7F3K-9M2P-QX4T-1B8C"
    visit.school.script("GET", path, Reply(200, CERTIFICATE))
    page = visit.open("certificate.html?number=1111-2222-3333-4444")
    expect(page.get_by_role("heading", name="There is no valid certificate with this number")).to_be_visible()
    page.get_by_label("Number").fill("7f3k-9m2p-qx4t-1b8c")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_test_id("certificate")).to_contain_text("React for Beginners")
    expect(page.get_by_text("Verified: this certificate was issued by")).to_be_visible()


@pytest.mark.parametrize(
    ("refused", "heading", "link", "leads_to"),
    [
        (refusal(409, "", "course_not_completed"), "Not yet", "Continue learning", "learn.html?id=FREE-1"),
        (refusal(409, "", "name_missing"), "Whom does it certify?", "Enter your name", "account.html"),
        (
            refusal(404, "", "enrollment_not_found"),
            "You are not enrolled in this course",
            "See the course",
            "course.html?id=FREE-1",
        ),
    ],
)
def test_who_cannot_have_a_certificate_yet_reads_why_and_what_to_do(
    visit: Visit, refused: Reply, heading: str, link: str, leads_to: str
) -> None:
    """Lessons are left; nobody knows the name that it bears; or it has ended, as after a refund. None is an error."""
    visit.school.script("POST", "/api/enrollments/FREE-1/certificate", refused)
    page = _open(visit, "certificate.html?course=FREE-1")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_role("link", name=link)).to_have_attribute("href", leads_to)
    expect(page.get_by_role("alert")).to_have_count(0)
