"""The school's own pages: what waits, one payment and its refund, access, courses, codes; each order is sent once."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import FRONTEND, Logic, Visit
from tests.frontend.fake_school import SOON, Reply, refusal
from tests.frontend.office_school import COUPON, FIGURES, PAYMENT, REVIEW, history, in_office

pytestmark = pytest.mark.browser

_ONE = ("GET", "/api/admin/payments/ps_1/history")
_RESOLVE = ("POST", "/api/admin/payments/ps_1/resolve")
_SPRING = ("PATCH", "/api/admin/coupons/SPRING")


def test_only_the_school_sees_the_schools_pages(visit: Visit) -> None:
    """A student reads so and is led back; nothing of the office is asked for."""
    visit.sign_in()
    page = visit.open("office.html")
    expect(page.get_by_role("heading", name="This page is for the school")).to_be_visible()
    assert not [path for _, path, _ in visit.school.calls if path.startswith("/api/admin")]
    visit.open("index.html")
    expect(page.get_by_test_id("to-office")).to_have_count(0)


def test_who_is_of_the_school_finds_the_way_there(visit: Visit) -> None:
    """One entry more in the head of every page."""
    page = in_office(visit, "index.html")
    page.get_by_test_id("to-office").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def test_today_says_what_waits_and_what_was_sold(visit: Visit) -> None:
    """The payment in doubt by its reason; the sales as a sum, a picture with a sentence, and a table."""
    page = in_office(visit, "office.html")
    waiting = page.get_by_test_id("review-ps_1")
    expect(waiting).to_contain_text("Paid a second time")
    expect(waiting).to_contain_text("$119.99")
    expect(waiting).to_have_attribute("href", "office.html?view=payment&id=ps_1")
    expect(page.get_by_test_id("sales-usd")).to_have_text("$240.98")
    sentence = re.compile(r"^\$240\.98 after discounts, refunds, disputes and fees, from 2 orders\.")
    expect(page.get_by_role("img", name=sentence)).to_be_visible()


def test_sales_that_cannot_be_counted_hide_nothing_else(visit: Visit) -> None:
    """What waits stays; the count can be asked for again."""
    visit.school.script("GET", "/api/admin/figures", refusal(500, "Something went wrong."), Reply(200, FIGURES))
    page = in_office(visit, "office.html")
    expect(page.get_by_text("The sales could not be counted right now.")).to_be_visible()
    expect(page.get_by_test_id("review-ps_1")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("sales-usd")).to_have_text("$240.98")


def test_figures_are_shown_as_a_picture_as_tables_and_as_files(visit: Visit) -> None:
    """By day, month, course and code; the days are in the address."""
    page = in_office(visit, "office.html?view=figures&from=2026-11-01&to=2026-11-21")
    best = re.compile(r"The best day by sales received was November 20, 2026 with \$299\.98")
    expect(page.get_by_role("img", name=best)).to_be_visible()
    row = page.get_by_role("region", name="By course").get_by_role("row", name=re.compile("AWS Cloud Mastery"))
    expect(row).to_contain_text("$50.00")
    with page.expect_download() as started:
        page.get_by_role("region", name="By code").get_by_role("button", name="Export (CSV)").click()
    lines = started.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Code,Currency,Orders,Received (minor units),Discounts (minor units)")
    assert lines[1] == "SPRING,USD,2,29998,3000,5000,0,900,24098"
    expect(page.get_by_role("region", name="Checkouts").get_by_role("row").last).to_contain_text("5")
    page.get_by_test_id("from").fill("2026-10-01")
    page.get_by_test_id("period").click()
    expect(page).to_have_url(re.compile("from=2026-10-01&to=2026-11-21"))


def test_a_payment_is_found_by_its_order_number(visit: Visit) -> None:
    """As a student quotes it; a number that is none says so."""
    visit.school.script(*_ONE, history(PAYMENT))
    page = in_office(visit, "office.html?view=payments")
    page.get_by_label("Order number").fill(" ps_1 ")
    page.get_by_test_id("find-payment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("$119.99 for AWS Cloud Mastery")
    expect(page.get_by_text("Checkout opened over $119.99")).to_be_visible()
    expect(page.get_by_test_id("kept")).to_have_text("$119.99")
    page.goto(f"{visit.site}/office.html?view=payment&id=ps_none")
    expect(page.get_by_text("No payment has the number ps_none.")).to_be_visible()


def test_a_refund_is_one_refund_however_often_it_is_sent(visit: Visit) -> None:
    """A lost answer is asked for again under the same id; the page then shows what is kept."""
    visit.school.script(*_ONE, history(PAYMENT))
    page = in_office(visit, "office.html?view=payment&id=ps_1")
    page.get_by_test_id("refund-amount").fill("50")
    page.get_by_test_id("refund-reason").fill("One module was cancelled.")
    now = PAYMENT | {"refunded": 5000, "kept": 6999}
    refund = {"refundId": "x", "kind": "refund", "status": "succeeded", "amount": 5000, "currency": "usd"}
    answered = Reply(200, {"refund": refund, "payment": now})
    visit.school.script("PUT", "/api/admin/payments/ps_1/refunds/*", refusal(503, "Later.", "unavailable"), answered)
    page.get_by_test_id("refund").dblclick()
    expect(page.get_by_text("$50.00 is refunded.").first).to_be_visible()
    expect(page.get_by_text("Partly refunded")).to_be_visible()
    expect(page.get_by_test_id("kept")).to_have_text("$69.99")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    sent = [(path, body) for method, path, body in visit.school.calls if method == "PUT"]
    assert len({path for path, _ in sent}) == 1
    assert [body for _, body in sent] == [{"amount": 5000, "reason": "One module was cancelled."}] * 2


@pytest.mark.parametrize("amount", ["0", "119.995", "120", "fifty", "-1"])
def test_an_amount_that_cannot_be_refunded_is_not_sent(visit: Visit, amount: str) -> None:
    """The limit is said beside the field, which has the focus."""
    visit.school.script(*_ONE, history(PAYMENT))
    page = in_office(visit, "office.html?view=payment&id=ps_1")
    page.get_by_test_id("refund-amount").fill(amount)
    page.get_by_test_id("refund-reason").fill("Why.")
    page.get_by_test_id("refund").click()
    expect(page.get_by_test_id("refund-message")).to_contain_text("up to $119.99")
    expect(page.get_by_test_id("refund-amount")).to_be_focused()
    assert not [path for method, path, _ in visit.school.calls if method == "PUT"]


def test_a_payment_in_review_is_decided(visit: Visit) -> None:
    """With a note, once; the decision then stands in the story. Until then nothing else is offered."""
    visit.school.script(*_ONE, history(REVIEW))
    page = in_office(visit, "office.html?view=payment&id=ps_1")
    expect(page.get_by_text("Paid a second time")).to_be_visible()
    expect(page.get_by_test_id("refund")).to_have_count(0)
    decided = REVIEW | {
        "status": "refunded",
        "resolution": "refunded",
        "resolvedBy": "admin-1",
        "resolvedAt": "2026-11-20T12:00:00Z",
        "resolutionNote": "Paid twice.",
        "refunded": 11999,
        "kept": 0,
    }
    visit.school.script(*_RESOLVE, Reply(200, decided))
    page.get_by_test_id("note").fill("Paid twice.")
    page.get_by_test_id("resolve").dblclick()
    expect(page.get_by_text("Decided: refund it")).to_be_visible()
    expect(page.get_by_text("Paid twice. · by admin-1")).to_be_visible()
    assert visit.school.bodies(*_RESOLVE) == [{"resolution": "refunded", "note": "Paid twice."}]


def test_a_decision_that_somebody_else_made_first_is_shown(visit: Visit) -> None:
    """The sentence of the school stands under the button; what was typed stays."""
    visit.school.script(*_ONE, history(REVIEW))
    visit.school.script(*_RESOLVE, refusal(409, "This was already decided.", "already_resolved"))
    page = in_office(visit, "office.html?view=payment&id=ps_1")
    page.get_by_test_id("note").fill("Mine.")
    page.get_by_test_id("resolve").click()
    expect(page.get_by_test_id("resolve-message")).to_contain_text("This was already decided.")
    expect(page.get_by_test_id("note")).to_have_value("Mine.")


def test_access_is_taken_away_with_a_reason(visit: Visit) -> None:
    """The student and the course come along from the list; a bar is the school's choice."""
    path = ("POST", "/api/admin/students/user-7/enrollments/PAID-1/revoke")
    visit.school.script(*path, Reply(200, {}))
    page = in_office(visit, "office.html?view=course&id=PAID-1")
    expect(page.get_by_role("row", name=re.compile("Nadia Rahman"))).to_contain_text("40%")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_test_id("user")).to_have_value("user-7")
    page.get_by_label("Keep the student from enrolling again").check()
    page.get_by_test_id("reason").fill("Shared the lessons.")
    page.get_by_test_id("access").click()
    expect(page.get_by_text("The student is no longer in AWS Cloud Mastery.").first).to_be_visible()
    assert visit.school.bodies(*path) == [{"reason": "Shared the lessons.", "bar": True}]


def test_interest_in_an_announced_course_is_listed_and_can_be_forgotten(visit: Visit) -> None:
    """By address, with a file of them."""
    path = ("POST", f"/api/admin/courses/{SOON['courseId']}/interest/forget")
    visit.school.script(*path, Reply(200, {"kept": False}))
    page = in_office(visit, "office.html?view=course&id=SOON-1")
    with page.expect_download() as started:
        page.get_by_role("button", name="Export (CSV)").click()
    assert started.value.suggested_filename == "interest-SOON-1.csv"
    page.get_by_role("button", name="Forget kim@example.com").click()
    expect(page.get_by_text("kim@example.com")).to_have_count(0)
    assert visit.school.bodies(*path) == [{"email": "kim@example.com"}]


def test_a_code_is_switched_off(visit: Visit) -> None:
    """One press, one change, said aloud; the focus stays where it was."""
    visit.school.script(*_SPRING, Reply(200, COUPON | {"isActive": False}))
    page = in_office(visit, "office.html?view=coupons")
    page.get_by_role("button", name="Switch off: SPRING").click()
    expect(page.get_by_role("button", name="Switch on: SPRING")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("SPRING is changed.")
    assert visit.school.bodies(*_SPRING) == [{"isActive": False}]


def test_a_code_is_created(visit: Visit) -> None:
    """Per cent or an amount in minor units, only with what was filled in."""
    made = COUPON | {"code": "NEW-10", "name": "", "discountType": "fixed", "discountValue": 1050}
    visit.school.script("POST", "/api/admin/coupons", Reply(201, made))
    page = in_office(visit, "office.html?view=coupons")
    page.get_by_test_id("code").fill("new-10")
    page.get_by_test_id("kind").select_option("fixed")
    page.get_by_test_id("value").fill("0")
    page.get_by_test_id("create-coupon").click()
    expect(page.get_by_test_id("create-coupon-message")).to_contain_text("above zero")
    page.get_by_test_id("value").fill("10.50")
    page.get_by_test_id("until").fill("2026-12-31")
    page.get_by_test_id("create-coupon").click()
    expect(page.get_by_text("NEW-10 can be used from now on.").first).to_be_visible()
    assert visit.school.bodies("POST", "/api/admin/coupons") == [
        {
            "code": "NEW-10",
            "name": "",
            "discountType": "fixed",
            "discountValue": 1050,
            "listed": False,
            "validUntil": "2026-12-31T23:59:59Z",
        }
    ]


def test_the_office_speaks_german_too(logic: Logic) -> None:
    """Both files of the office say the same keys with the same names in them."""
    both = [
        logic.page.evaluate("async (code) => (await import(`/js/office/texts/${code}.js`)).default", code)
        for code in ("en", "de")
    ]
    english, german = both
    assert english.keys() == german.keys()
    names = [{key: sorted(set(re.findall(r"\{(\w+)\}", str(text)))) for key, text in each.items()} for each in both]
    assert names[0] == names[1]


@pytest.mark.parametrize("code", ["en", "de"])
def test_no_text_of_the_office_is_said_by_another(code: str) -> None:
    """Of two texts under one key the first would never be read."""
    text = (FRONTEND / "js" / "office" / "texts" / f"{code}.js").read_text("utf-8")
    keys = Counter(re.findall(r'^  "([^"]+)":', text, re.MULTILINE))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("149.99", "usd", 14999),
        ("149,9", "eur", 14990),
        (" 5 ", "usd", 500),
        ("500", "jpy", 500),
        ("1.234", "kwd", 1234),
        ("0", "usd", None),
        ("1.999", "usd", None),
        ("1,000.00", "usd", None),
        ("5.5", "jpy", None),
        ("-5", "usd", None),
        ("", "usd", None),
    ],
)
def test_typed_amounts_are_exact(logic: Logic, text: str, currency: str, minor: int | None) -> None:
    """Digits are moved, never multiplied; what is not surely an amount is none."""
    assert logic.call("office.minorOf", text, currency) == minor


def test_a_file_holds_no_formula(logic: Logic) -> None:
    """What a spreadsheet would run is text there; quotes and commas stay in their cells."""
    csv = logic.call("office.csvOf", ["a", "b"], [["=1+1", 'say "x", y'], ["-5.5", "@x"], [None, "+49"]])
    assert csv.split("\r\n") == ["a,b", '\'=1+1,"say ""x"", y"', "-5.5,'@x", ",'+49"]


def test_every_day_has_a_bar(logic: Logic) -> None:
    """Days without a sale are there with nothing; other currencies stay out."""
    days = logic.call("office.daysFrom", "2026-02-27", "2026-03-01")
    assert days == ["2026-02-27", "2026-02-28", "2026-03-01"]
    rows = [{"day": "2026-02-28", "currency": "usd", "gross": 5}, {"day": "2026-03-01", "currency": "eur", "gross": 7}]
    assert [row["gross"] for row in logic.call("office.byDay", rows, "usd", days)] == [0, 5, 0]
    assert logic.call("office.dayBefore", "2026-03-01", 2) == "2026-02-27"


@pytest.mark.parametrize(
    ("most", "top"),
    [(0, 4), (3, 4), (4, 4), (5, 8), (90501, 100000), (36997, 40000), (1_000_001, 2_000_000), (100_000, 100_000)],
)
def test_a_chart_ends_at_a_round_line(logic: Logic, most: int, top: int) -> None:
    """Four steps of one, two, two and a half or five; the last is not below the longest bar."""
    lines = logic.call("office.linesFor", most)
    assert (lines[0], lines[-1], len(lines)) == (0, top, 5)
    assert all(isinstance(line, int) for line in lines)


def test_sums_are_of_one_currency(logic: Logic) -> None:
    """Amounts of different currencies are never added up."""
    rows = [{"currency": "usd", "gross": 5}, {"currency": "eur", "gross": 7}, {"currency": "usd"}]
    assert logic.call("office.sumOf", rows, "usd", "gross") == 5


def test_the_story_of_a_payment_knows_when_the_money_came(logic: Logic) -> None:
    """From the ledger, where there is an entry; without one the step has no time."""
    entries = [
        {"kind": "fee", "recordedAt": "2026-11-20T11:00:00Z"},
        {"kind": "sale", "recordedAt": "2026-11-20T10:02:00Z"},
    ]
    assert logic.call("office.storyOf", PAYMENT, entries)[1]["at"] == "2026-11-20T10:02:00Z"
    assert logic.call("office.storyOf", PAYMENT)[1].get("at") is None


def test_a_day_is_the_same_day_everywhere(logic: Logic) -> None:
    """A day of the figures is a day, not a moment in London."""
    script = """async () => {
        const ui = await import("/js/ui.js");
        ui.speak(undefined, "en", "en-US");
        return [ui.day("2026-11-20"), ui.day("2026-11-20", { month: "short", day: "numeric" }), ui.day("")];
    }"""
    browser = logic.page.context.browser
    assert browser is not None
    with browser.new_page(timezone_id="America/Los_Angeles") as page:
        page.goto(logic.page.url)
        assert page.evaluate(script) == ["November 20, 2026", "Nov 20", ""]


def test_the_whole_school_is_closed_and_opened_with_a_reason(visit: Visit) -> None:
    """From the list of courses, which says how it stands; who may not do it is not asked about it."""
    path = ("PUT", "/api/admin/sales")
    visit.school.script(*path, Reply(200, {"closed": True}), Reply(200, {"closed": False}))
    page = in_office(visit, "office.html?view=courses")
    expect(page.get_by_text("Every course enrolls as its own page says.")).to_be_visible()
    page.get_by_test_id("school-sales-reason").fill("Prices are wrong everywhere.")
    page.get_by_test_id("school-sales").dblclick()
    expect(page.get_by_text("Nobody new can enroll in any course from now on.").first).to_be_visible()
    page.get_by_test_id("school-sales-reason").fill("Mended.")
    page.get_by_role("button", name="Resume new enrollments").click()
    expect(page.get_by_text("Every course enrolls again").first).to_be_visible()
    assert visit.school.bodies(*path) == [
        {"closed": True, "reason": "Prices are wrong everywhere."},
        {"closed": False, "reason": "Mended."},
    ]


def test_a_course_is_closed_and_opened_with_a_reason(visit: Visit) -> None:
    """The button says what it will do next; the heading has the focus after it was done."""
    path = ("PUT", "/api/admin/courses/PAID-1/sales")
    visit.school.script(
        *path, Reply(200, {"courseId": "PAID-1", "salesClosed": True}), Reply(200, {"courseId": "PAID-1"})
    )
    page = in_office(visit, "office.html?view=course&id=PAID-1")
    page.get_by_test_id("sales-reason").fill("Being recorded anew.")
    page.get_by_role("button", name="Pause new enrollments").dblclick()
    expect(page.get_by_text("Nobody new can enroll in AWS Cloud Mastery from now on.").first).to_be_visible()
    page.get_by_test_id("sales-reason").fill("Done.")
    page.get_by_role("button", name="Resume new enrollments").click()
    expect(page.get_by_text("Everybody can enroll in AWS Cloud Mastery again.").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert visit.school.bodies(*path) == [
        {"closed": True, "reason": "Being recorded anew."},
        {"closed": False, "reason": "Done."},
    ]
