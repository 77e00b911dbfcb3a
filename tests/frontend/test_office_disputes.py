"""A payment that a bank disputes: seen in every list, with what is withdrawn and what a person does about it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Logic, Visit
from tests.frontend.fake_school import Reply, refusal
from tests.frontend.office_school import PAYMENT, REVIEW, history, in_office

pytestmark = pytest.mark.browser

_LIST = ("GET", "/api/admin/payments")
_ONE = ("GET", "/api/admin/payments/ps_1/history")
DISPUTED = PAYMENT | {"paymentStatus": "disputed", "disputed": 11999}
DISPUTE = {
    "refundId": "du_1",
    "kind": "dispute",
    "status": "open",
    "amount": 11999,
    "currency": "usd",
    "providerReason": "fraudulent",
}
LEDGER = [
    {"entryId": "SALE", "kind": "sale", "recordedAt": "2026-11-20T10:02:00Z"},
    {"entryId": "DISPUTE#du_1#1", "kind": "dispute", "recordedAt": "2026-11-21T08:15:00Z"},
]


def test_an_open_dispute_says_what_is_withdrawn_and_what_to_do(visit: Visit) -> None:
    """Its badge, its day, the money; no refund is offered, and nobody reads that there is nothing to decide."""
    visit.school.script(*_ONE, history(DISPUTED, refunds=[DISPUTE], ledger=LEDGER))
    page = in_office(visit, "office.html?view=payment&id=ps_1")
    expect(page.locator(".office-title .badge")).to_have_text("Disputed")
    dispute = page.get_by_test_id("dispute")
    expect(dispute).to_contain_text("The bank has withdrawn $119.99 until the dispute is decided.")
    expect(dispute).to_contain_text("before the date that stands there")
    expect(dispute).to_contain_text("payments evidence ps_1")
    expect(page.get_by_text("Nothing to decide")).to_have_count(0)
    expect(page.get_by_test_id("refund")).to_have_count(0)
    expect(page.get_by_role("region", name="The money")).to_contain_text(
        re.compile(r"Kept by the school\$119\.99Of it withdrawn by the bank\$119\.99")
    )
    for region, words in (
        ("What happened", r"\$119\.99 disputed with the bankNov 21, 2026, 8:15.AM"),
        ("Refunds and disputes", r"Nov 21, 2026, 8:15.AMnot decided yet · the bank's reason: fraudulent"),
    ):
        expect(page.get_by_role("region", name=region)).to_contain_text(re.compile(words))


def test_of_a_part_that_is_disputed_the_rest_is_not_refunded(visit: Visit) -> None:
    """The provider would refuse it; what was given back otherwise can be recorded."""
    visit.school.script(*_ONE, history(PAYMENT | {"disputed": 5000}, refunds=[DISPUTE]))
    page = in_office(visit, "office.html?view=payment&id=ps_1")
    expect(page.get_by_test_id("dispute")).to_contain_text("Nothing can be refunded through the provider")
    expect(page.get_by_test_id("refund")).to_have_count(0)
    expect(page.get_by_test_id("repay")).to_have_count(1)


def test_who_answers_students_reads_of_the_dispute_too(visit: Visit) -> None:
    """Also where decisions are for others."""
    visit.school.script(*_ONE, history(DISPUTED, refunds=[DISPUTE]))
    page = in_office(visit, "office.html?view=payment&id=ps_1", groups=("support",))
    expect(page.get_by_test_id("dispute")).to_contain_text("The bank has withdrawn $119.99")


def test_a_question_of_the_bank_is_no_withdrawal(visit: Visit) -> None:
    """Nothing is gone yet, and a refund may settle it."""
    visit.school.script(*_ONE, history(PAYMENT, refunds=[DISPUTE | {"status": "inquiry"}]))
    page = in_office(visit, "office.html?view=payment&id=ps_1")
    expect(page.get_by_test_id("dispute")).to_contain_text("has withdrawn nothing yet")
    expect(page.get_by_test_id("refund")).to_have_count(1)


def test_lists_show_which_payment_is_disputed(visit: Visit) -> None:
    """The badge, and beside what is kept what the bank has."""
    visit.school.script(*_LIST, Reply(200, []), Reply(200, [DISPUTED]))
    page = in_office(visit, "office.html?view=payments")
    row = page.get_by_role("row", name=re.compile("AWS Cloud Mastery"))
    expect(row).to_contain_text("Disputed")
    expect(row).to_contain_text(re.compile(r"\$119\.99\s*\$119\.99 withdrawn by the bank"))


def test_today_lists_disputes_under_what_needs_a_person(visit: Visit) -> None:
    """Beside the payments in review; a payment that is in review as well stands there once."""
    both = REVIEW | {"id": "ps_2", "disputed": 11999}
    paid = PAYMENT | {"id": "ps_3"}
    visit.school.script(*_LIST, Reply(200, [both]), Reply(200, [DISPUTED, both, paid]))
    page = in_office(visit, "office.html")
    waiting = page.get_by_test_id("waiting")
    expect(page.get_by_test_id("dispute-ps_1")).to_contain_text("$119.99 withdrawn by the bank")
    expect(page.get_by_test_id("dispute-ps_1")).to_have_attribute("href", "office.html?view=payment&id=ps_1")
    expect(waiting.get_by_role("link")).to_have_count(2)
    expect(waiting).to_contain_text("2 open")
    expect(page.get_by_test_id("review-ps_2")).to_have_count(1)


def test_all_is_done_only_where_no_dispute_is_open(visit: Visit) -> None:
    """It is said after the payments were looked through, whatever the figures know of."""
    visit.school.script(*_LIST, Reply(200, []))
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    page = in_office(visit, "office.html")
    expect(page.get_by_test_id("waiting")).to_contain_text("All done")
    assert [url for url in asked if "status=completed" in url]


def test_a_dispute_older_than_the_figures_waits_for_somebody(visit: Visit) -> None:
    """The days that Today shows know nothing of it: banks take longer than thirty days to decide."""
    visit.school.script(*_LIST, Reply(200, []), Reply(200, [DISPUTED]))
    waiting = in_office(visit, "office.html").get_by_test_id("waiting")
    expect(waiting.get_by_test_id("dispute-ps_1")).to_be_visible()
    expect(waiting).not_to_contain_text("All done")


def test_disputes_that_cannot_be_looked_up_are_not_said_to_be_none(visit: Visit) -> None:
    """The panel says so, and does not say that all is done."""
    visit.school.script(*_LIST, Reply(200, []), refusal(500, "Something went wrong."))
    page = in_office(visit, "office.html")
    waiting = page.get_by_test_id("waiting")
    expect(waiting).to_contain_text("Open disputes could not be looked up right now.")
    expect(waiting).not_to_contain_text("All done")


def test_a_long_list_is_not_looked_through_without_end(visit: Visit) -> None:
    """Five pages at the most; then the panel says that there is more."""
    visit.school.script(*_LIST, Reply(200, []), Reply(200, [PAYMENT], (("X-Next-Cursor", "more"),)))
    page = in_office(visit, "office.html", groups=("support",))
    expect(page.get_by_test_id("waiting")).to_contain_text("Only the latest payments were looked through")
    expect(page.get_by_role("region", name="Latest payments")).to_be_visible()
    assert [path for _, path, _ in visit.school.calls].count(_LIST[1]) == 1 + 5 + 1  # in review, paid, the latest


@pytest.mark.parametrize(
    ("withdrawn", "states", "standing"),
    [
        (0, [], None),
        (0, ["inquiry"], "inquiry"),
        (0, ["open"], "open"),
        (0, ["won", "lost", "closed"], None),
        (5, ["open"], "open"),
        (5, ["inquiry"], "open"),
        (5, ["won"], "won"),
        (5, ["won", "open"], "open"),
        (5, [], "open"),
    ],
)
def test_how_a_dispute_stands(logic: Logic, withdrawn: int, states: list[str], standing: str | None) -> None:
    """One that is open matters most; a refund of the same state is no dispute."""
    refunds = [{"kind": "dispute", "status": state} for state in states] + [{"kind": "refund", "status": "open"}]
    assert logic.call("office.disputeOf", {"disputed": withdrawn}, refunds) == standing
