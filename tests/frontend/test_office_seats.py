"""The school's page of a course with a limit of seats, and of one by invitation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.axe import fits_a_phone, violations
from tests.frontend.conftest import Logic, Visit
from tests.frontend.fake_school import PAID, Reply, refusal
from tests.frontend.office_school import in_office

pytestmark = pytest.mark.browser

_CAPACITY = ("PUT", "/api/admin/courses/PAID-1/capacity")
_LINE = ("GET", "/api/admin/courses/PAID-1/waitlist")
_INVITATIONS = "/api/admin/courses/PAID-1/invitations"
FULL = PAID | {"capacity": 2, "seatsLeft": 0}
PRIVATE = PAID | {"pricingModel": "invitation"}
CLAIMS = [
    {
        "userId": "user-1",
        "state": "held",
        "joinedAt": "2026-11-20T10:00:00Z",
        "heldUntil": "2026-11-22T10:00:00Z",
    },
    {"userId": "user-2", "state": "waiting", "joinedAt": "2026-11-20T11:00:00Z"},
    {"userId": "user-3", "state": "waiting", "joinedAt": "2026-11-20T12:00:00Z"},
]
OPEN = {
    "invitationId": "i-1",
    "courseId": "PAID-1",
    "invitee": "n...@example.com",
    "state": "open",
    "invitedBy": "admin-1",
    "invitedAt": "2026-11-20T10:00:00Z",
    "expiresAt": "2026-12-31T23:59:59Z",
}
USED = OPEN | {
    "invitationId": "i-2",
    "invitee": "k...@example.com",
    "state": "used",
    "usedBy": "user-2",
    "invitedAt": "2026-11-19T10:00:00Z",
}


def the_course(visit: Visit, course: Mapping[str, Any], group: str = "admin", **answers: Reply) -> Page:
    """The course's page at the school."""
    visit.school.script("GET", "/api/courses/PAID-1", Reply(200, course))
    visit.school.script(*_LINE, answers.get("line", Reply(200, CLAIMS)))
    visit.school.script("GET", _INVITATIONS, answers.get("invitations", Reply(200, [USED, OPEN])))
    return in_office(visit, "office.html?view=course&id=PAID-1", groups=(group,))


def test_the_line_for_a_full_course_is_shown_in_order(visit: Visit) -> None:
    """How many seats are taken; for whom one is held, and who comes next; a file of them."""
    page = the_course(visit, FULL)
    expect(page.get_by_test_id("seats-taken")).to_have_text("Taken or held: 2 of 2.")
    line = page.get_by_role("region", name="Waiting list")
    expect(line.get_by_role("row", name=re.compile("user-1"))).to_contain_text("Seat held")
    expect(line.get_by_role("row", name=re.compile("user-3")).get_by_role("cell").first).to_have_text("2")
    with page.expect_download() as started:
        line.get_by_role("button", name="Export (CSV)").click()
    lines = started.value.path().read_text("utf-8-sig").splitlines()
    assert lines[1] == "user-1,held,2026-11-20T10:00:00Z,2026-11-22T10:00:00Z"


def test_a_course_without_a_limit_gets_one(visit: Visit) -> None:
    """With a reason, once; then its line is shown. What is no number is not sent."""
    visit.school.script(*_CAPACITY, Reply(200, PAID | {"capacity": 20, "seatsLeft": 19}))
    page = the_course(visit, PAID, line=Reply(200, []))
    expect(page.get_by_test_id("seats-taken")).to_have_text("There is no limit.")
    expect(page.get_by_role("region", name="Waiting list")).to_have_count(0)
    page.get_by_test_id("capacity").fill("1.5")
    page.get_by_test_id("capacity-reason").fill("A small room.")
    page.get_by_test_id("set-capacity").click()
    expect(page.get_by_test_id("set-capacity-message")).to_contain_text("whole number")
    expect(page.get_by_test_id("capacity")).to_be_focused()
    page.get_by_test_id("capacity").fill("20")
    page.get_by_test_id("set-capacity").dblclick()
    expect(page.get_by_text("The course has 20 seats from now on.").first).to_be_visible()
    expect(page.get_by_test_id("seats-taken")).to_have_text("Taken or held: 1 of 20.")
    expect(page.get_by_text("Nobody waits, and no seat is held.")).to_be_visible()
    assert visit.school.bodies(*_CAPACITY) == [{"capacity": 20, "reason": "A small room."}]


def test_a_limit_is_taken_away(visit: Visit) -> None:
    """By an empty field."""
    visit.school.script(*_CAPACITY, Reply(200, PAID))
    page = the_course(visit, FULL, line=Reply(200, []))
    page.get_by_test_id("capacity").fill("")
    page.get_by_test_id("capacity-reason").fill("A hall.")
    page.get_by_test_id("set-capacity").click()
    expect(page.get_by_text("There is no limit any more.").first).to_be_visible()
    expect(page.get_by_role("region", name="Waiting list")).to_have_count(0)
    assert visit.school.bodies(*_CAPACITY) == [{"capacity": None, "reason": "A hall."}]


def test_fewer_seats_than_are_taken_are_refused(visit: Visit) -> None:
    """The school's sentence names the least; what was typed stays."""
    sentence = "2 seats are taken already: choose 2 or more."
    visit.school.script(*_CAPACITY, refusal(409, sentence, "capacity_too_low"))
    page = the_course(visit, FULL)
    page.get_by_test_id("capacity").fill("1")
    page.get_by_test_id("capacity-reason").fill("A small room.")
    page.get_by_test_id("set-capacity").click()
    expect(page.get_by_test_id("set-capacity-message")).to_contain_text(sentence)
    expect(page.get_by_test_id("capacity-reason")).to_have_value("A small room.")


def test_somebody_is_invited(visit: Visit) -> None:
    """By address, until a day; the page says where to send them, and lists the newest first."""
    page = the_course(visit, PRIVATE, invitations=Reply(200, [USED]))
    visit.school.script("POST", _INVITATIONS, Reply(201, OPEN))
    table = page.get_by_role("region", name="Invitations")
    expect(table.get_by_role("row", name=re.compile(r"k\.\.\.@example\.com"))).to_contain_text("Used")
    page.get_by_test_id("invite-email").fill("nadia@example.com")
    page.get_by_test_id("invite-until").fill("2099-12-31")
    page.get_by_test_id("invite-reason").fill("Speaker.")
    visit.school.script("GET", _INVITATIONS, Reply(200, [USED, OPEN]))
    page.get_by_test_id("invite").dblclick()
    expect(page.get_by_text(re.compile(r"n\.\.\.@example\.com can enroll now\. .*course"))).not_to_have_count(0)
    expect(table.get_by_role("row").nth(1)).to_contain_text("n...@example.com")
    assert visit.school.bodies("POST", _INVITATIONS) == [
        {"email": "nadia@example.com", "reason": "Speaker.", "expiresAt": "2099-12-31T23:59:59Z"}
    ]


def test_an_invitation_is_withdrawn_in_two_steps(visit: Visit) -> None:
    """The reason is asked for first; only open ones can be withdrawn."""
    page = the_course(visit, PRIVATE)
    visit.school.script("DELETE", f"{_INVITATIONS}/*", Reply(200, OPEN | {"state": "withdrawn"}))
    withdraw = page.get_by_role("button", name=re.compile("^Withdraw the invitation of"))
    expect(withdraw).to_have_count(1)
    withdraw.click()
    expect(page.get_by_test_id("withdraw-reason")).to_be_focused()
    page.get_by_test_id("withdraw-reason").fill("Full.")
    visit.school.script("GET", _INVITATIONS, Reply(200, [USED, OPEN | {"state": "withdrawn"}]))
    page.get_by_test_id("withdraw").dblclick()
    expect(page.get_by_text("The invitation of n...@example.com is withdrawn.").first).to_be_visible()
    expect(withdraw).to_have_count(0)
    assert [path for method, path, _ in visit.school.calls if method == "DELETE"] == [f"{_INVITATIONS}/i-1"]


def test_who_may_not_see_addresses_sees_the_rest(visit: Visit) -> None:
    """Finance sees the line; a list that fails can be asked for again."""
    page = the_course(visit, PRIVATE | {"capacity": 2, "seatsLeft": 2}, group="finance")
    expect(page.get_by_role("region", name="Waiting list")).to_be_visible()
    expect(page.get_by_role("region", name="Invitations")).to_have_count(0)
    expect(page.get_by_test_id("set-capacity")).to_have_count(0)
    assert not [path for _, path, _ in visit.school.calls if path == _INVITATIONS]
    visit.school.script(*_LINE, refusal(500, "Something went wrong."), Reply(200, CLAIMS))
    page.reload()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("row", name=re.compile("user-3"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, scheme: str) -> None:
    """Wide and narrow, with a form that is open in a row; nothing scrolls sideways."""
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = the_course(visit, PRIVATE | FULL | {"pricingModel": "invitation"})
    expect(page.get_by_role("row", name=re.compile("user-3"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Withdraw the invitation of")).click()
    expect(page.get_by_test_id("withdraw-reason")).to_be_focused()
    assert violations(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == {}
    fits_a_phone(page)


@pytest.mark.parametrize(
    ("text", "seats"), [("", "none"), ("  ", "none"), ("1", 1), (" 20 ", 20), ("100000", 100_000), ("0", None)]
)
def test_a_typed_number_of_seats(logic: Logic, text: str, seats: int | str | None) -> None:
    """Nothing is no limit; what is no number of seats is neither."""
    found = logic.call("office.wholeSeats", text)
    assert (found, text.strip() == "") == ((None, True) if seats == "none" else (seats, False))


@pytest.mark.parametrize("text", ["100001", "1.5", "-1", "ten", "1e3", "٣"])
def test_what_is_no_number_of_seats(logic: Logic, text: str) -> None:
    """Refused before it is sent."""
    assert logic.page.evaluate(
        "async (text) => (await import('/js/logic/office.js')).wholeSeats(text) === undefined", text
    )


def test_seats_that_are_taken(logic: Logic) -> None:
    """Of a course with a limit alone."""
    assert logic.call("office.seatsOf", {"capacity": 3, "seatsLeft": 1}) == {"capacity": 3, "taken": 2}
    assert logic.call("office.seatsOf", {"capacity": 3}) == {"capacity": 3, "taken": 3}
    assert logic.call("office.seatsOf", {}) is None


def test_who_may_not_see_who_asked_sees_the_course(visit: Visit) -> None:
    """Finance may not read the addresses of a course that is announced; the rest of its page is there."""
    page = in_office(visit, "office.html?view=course&id=SOON-1", groups=("finance",))
    expect(page.get_by_role("heading", level=1)).to_have_text("Machine Learning in Production")
    expect(page.get_by_text("Nobody is in this course")).to_be_visible()
    expect(page.get_by_role("region", name="Wants to know when it opens")).to_have_count(0)
    assert not [path for _, path, _ in visit.school.calls if path.endswith("/interest")]
