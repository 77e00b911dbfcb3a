"""Figures are in days of the school's zone: today is the school's, wherever the reader is; the ledger of some days."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, Request, expect

from tests.frontend.conftest import PATIENCE, Logic, Visit
from tests.frontend.fake_school import Reply, refusal
from tests.frontend.office_school import FIGURES, RECORD, in_office

pytestmark = pytest.mark.browser

_FIGURES = ("GET", "/api/admin/figures")
_LEDGER = ("GET", "/api/admin/figures/ledger.csv")
_NOW = "2026-11-22T16:33:00Z"  # November 23 in Auckland, still the 22nd in New York and in UTC
_NOTHING = dict.fromkeys(("sales", "gross", "discounts", "disputes", "fees", "enrollments", "ended", "couponUses"), 0)
_BACK = {"currency": "usd", **_NOTHING, "refunds": 2430, "net": -2430}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody who looks at a school in New Zealand from New York."""
    profile = browser.new_context(locale="en-US", timezone_id="America/New_York", reduced_motion="reduce")
    profile.set_default_timeout(PATIENCE)
    yield profile
    profile.close()


def _in_auckland(visit: Visit) -> list[str]:
    """What is asked of the API, from here on, at an instant at which days differ."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url.removeprefix(visit.school.url))

    visit.school.timezone = "Pacific/Auckland"
    visit.page.clock.set_fixed_time(_NOW)
    visit.page.on("request", note)
    return asked


def _saved(page: Page) -> list[str]:
    """The names of the files that the page saves from here on."""
    names: list[str] = []

    def note(file: Download) -> None:
        names.append(file.suggested_filename)

    page.on("download", note)
    return names


def test_today_is_the_schools_day(visit: Visit) -> None:
    """In the heading, in the facts and as the end of the chart; the zone is named."""
    rows = [{**FIGURES["rows"][0], "day": "2026-11-23"}]
    visit.school.script(*_FIGURES, Reply(200, FIGURES | {"rows": rows}))
    asked = _in_auckland(visit)
    page = in_office(visit, "office.html")
    expect(page.locator(".office-head .note")).to_have_text("Monday, November 23, 2026 · days of Pacific/Auckland")
    expect(page.locator(".office-facts > div").first).to_have_text("Sales today$299.982 orders")
    expect(page.locator(".chart-days li").last).to_have_text("Nov 23")
    assert "/api/admin/figures?from=2026-10-25&to=2026-11-23&by=day" in asked


def test_figures_end_with_the_schools_day(visit: Visit) -> None:
    """Where the address names no days; the zone is named beside them."""
    asked = _in_auckland(visit)
    page = in_office(visit, "office.html?view=figures")
    expect(page.locator(".office-head .note")).to_have_text(
        "October 25, 2026 to November 23, 2026, in days of Pacific/Auckland."
    )
    expect(page.get_by_test_id("to")).to_have_value("2026-11-23")
    assert "/api/admin/figures?from=2026-10-25&to=2026-11-23&by=day" in asked


def test_what_waits_is_not_kept_waiting_by_the_zone(visit: Visit) -> None:
    """Neither settings nor figures stand before what a person has to do; without them the day is not guessed."""
    visit.school.script("GET", "/api/config", refusal(500, "Something went wrong."))
    _in_auckland(visit)
    page = in_office(visit, "office.html")
    expect(page.get_by_test_id("review-ps_1")).to_be_visible()
    expect(page.get_by_text("The sales could not be counted right now.")).to_be_visible()
    expect(page.locator(".office-head .note")).to_have_text("\u00a0")
    settings = {"currency": "usd", "timezone": "Pacific/Auckland", "features": {}}
    visit.school.script("GET", "/api/config", Reply(200, settings))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("sales-usd")).to_have_text("$240.98")


def test_a_month_of_records_is_the_schools(visit: Visit) -> None:
    """The record is kept by months of UTC: what the school did on the first of its month stands in the one before."""
    asked = _in_auckland(visit)
    visit.page.clock.set_fixed_time("2026-11-30T16:33:00Z")
    early = RECORD | {"at": "2026-11-30T12:00:00Z", "reason": "On the first of December."}
    late = RECORD | {"at": "2026-11-30T10:00:00Z", "reason": "On the last of November."}
    before = Reply(200, [early, late], (("X-Next-Cursor", "p2"),))
    visit.school.script("GET", "/api/admin/audit", Reply(200, []), before)
    page = in_office(visit, "office.html?view=records")
    expect(page.get_by_role("region", name="December 2026")).to_contain_text("On the first of December.")
    expect(page.get_by_text("On the last of November.")).to_have_count(0)
    expect(page.get_by_role("button", name="Show older ones")).to_be_hidden()
    expect(page.get_by_text("months are in Pacific/Auckland")).to_be_visible()
    assert [url for url in asked if "/audit" in url] == [
        f"/api/admin/audit?month={month}&limit=50" for month in ("2026-12", "2026-11")
    ]


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("UTC", "2026-11-22T23:59:59Z", "2026-11-22"),
        ("Pacific/Auckland", "2026-11-22T10:59:59Z", "2026-11-22"),
        ("Pacific/Auckland", "2026-11-22T11:00:00Z", "2026-11-23"),
        ("America/New_York", "2026-03-08T04:59:59Z", "2026-03-07"),
        ("Asia/Kolkata", "2026-12-31T18:30:00Z", "2027-01-01"),
        ("Nowhere/Known", "2026-11-22T23:00:00Z", "2026-11-22"),
    ],
)
def test_which_day_it_is_somewhere(logic: Logic, zone: str, at: str, day: str) -> None:
    """To the second; a zone that a browser does not know is no reason to show nothing."""
    assert logic.call("office.dayIn", zone, at) == day


@pytest.mark.parametrize(
    ("zone", "month", "now", "months"),
    [
        ("UTC", "2026-11", "2026-12-15T00:00:00Z", ["2026-11"]),
        ("Pacific/Auckland", "2026-12", "2026-11-30T16:33:00Z", ["2026-12", "2026-11"]),
        ("America/New_York", "2026-11", "2026-12-15T00:00:00Z", ["2026-12", "2026-11"]),
        ("America/New_York", "2026-11", "2026-11-15T00:00:00Z", ["2026-11"]),
        ("Pacific/Auckland", "2026-01", "2026-02-15T00:00:00Z", ["2026-01", "2025-12"]),
        ("America/New_York", "2026-12", "2027-02-15T00:00:00Z", ["2027-01", "2026-12"]),
    ],
)
def test_which_months_of_the_record_hold_a_month(
    logic: Logic, zone: str, month: str, now: str, months: list[str]
) -> None:
    """The latest first; one that is yet to come holds nothing."""
    assert logic.call("office.monthsIn", zone, month, now) == months


@pytest.mark.parametrize("address", ["office.html", "office.html?view=figures&from=2026-10-24&to=2026-11-22"])
def test_days_in_which_money_only_went_back_have_no_best_one(visit: Visit, address: str) -> None:
    """The sum is said, and that it is of earlier orders; there is no chart of nothing."""
    rows = [{"day": "2026-11-20", **_BACK}]
    visit.school.script(*_FIGURES, Reply(200, FIGURES | {"rows": rows, "totals": [_BACK]}))
    page = in_office(visit, address)
    expect(page.get_by_test_id("sales-usd")).to_have_text("\u2212$24.30")
    expect(page.locator("main")).to_contain_text(
        "Nothing was sold in these days. Refunds, disputes and fees of earlier orders come to \u2212$24.30."
    )
    expect(page.get_by_text("The best day")).to_have_count(0)
    expect(page.locator(".chart")).to_have_count(0)


def test_days_in_which_no_money_moved_say_so(visit: Visit) -> None:
    """Also where students came without paying."""
    free = {**_BACK, "refunds": 0, "net": 0, "enrollments": 3}
    visit.school.script(*_FIGURES, Reply(200, FIGURES | {"rows": [{"day": "2026-11-20", **free}], "totals": [free]}))
    page = in_office(visit, "office.html")
    expect(page.get_by_text("Nothing was sold in these days.", exact=True)).to_be_visible()
    expect(page.locator(".chart")).to_have_count(0)


def test_bookkeepers_export_the_ledger(visit: Visit) -> None:
    """The chosen days, all pages in one file that spreadsheets read as UTF-8; pressed twice it is fetched once."""
    asked = _in_auckland(visit)
    more = (("X-Next-Cursor", "p2"),)
    first = Reply(200, "booked_on,by\r\n2026-11-02,Zoë\r\n", more)
    visit.school.script(*_LEDGER, first, Reply(200, "2026-11-03,Jürgen\r\n"))
    page = in_office(visit, "office.html?view=figures&from=2026-11-01&to=2026-11-21", groups=("finance",))
    files = _saved(page)
    with page.expect_download() as started:
        page.get_by_test_id("ledger").dblclick()
    expect(page.get_by_test_id("ledger")).to_have_text("Export the ledger (CSV)")
    assert started.value.suggested_filename == "ledger-2026-11-01-2026-11-21.csv"
    content = started.value.path().read_bytes()
    assert content == "\ufeffbooked_on,by\r\n2026-11-02,Zoë\r\n2026-11-03,Jürgen\r\n".encode()
    path = "/api/admin/figures/ledger.csv?from=2026-11-01&to=2026-11-21"
    assert [url for url in asked if "ledger" in url] == [path, f"{path}&cursor=p2"]
    assert len(files) == 1
    tokens = zip(visit.school.calls, visit.school.authorizations, strict=True)
    assert all(token and token.startswith("Bearer ") for (_, at, _), token in tokens if at == _LEDGER[1])


def test_a_ledger_that_cannot_be_had_says_so(visit: Visit) -> None:
    """With the API's sentence, and the button works again; of too many entries no file is cut short in silence."""
    visit.school.script(*_LEDGER, refusal(400, "The first day must not come after the last one.", "invalid_request"))
    page = in_office(visit, "office.html?view=figures&from=2026-11-01&to=2026-11-21")
    files = _saved(page)
    page.get_by_test_id("ledger").click()
    message = page.get_by_test_id("ledger-message")
    expect(message).to_contain_text("The first day must not come after the last one.")
    visit.school.script(*_LEDGER, Reply(200, "2026-11-02\r\n", (("X-Next-Cursor", "more"),)))
    page.get_by_test_id("ledger").click()
    expect(message).to_contain_text("There is more than fits in one file. Choose fewer days.")
    assert files == []
    visit.school.script(*_LEDGER, Reply(200, "booked_on\r\n"))
    with page.expect_download():
        page.get_by_test_id("ledger").click()
    expect(message).to_have_text(re.compile("^$"))
