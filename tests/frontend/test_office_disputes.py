"""A payment that a bank disputes: seen in every list, with what is withdrawn and what a person does about it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import Logic, Visit
from tests.frontend.fake_school import Reply, refusal
from tests.frontend.office_school import DISPUTE, DISPUTED, OPEN_DISPUTE, PAYMENT, REVIEW, history, in_office

pytestmark = pytest.mark.browser

_LIST = ("GET", "/api/admin/payments")
_DISPUTES = ("GET", "/api/admin/disputes")
_ONE = ("GET", "/api/admin/payments/ps_1/history")
ANSWERED = {name: value for name, value in DISPUTE.items() if name != "respondBy"}
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
    expect(dispute).to_contain_text(re.compile(r"Answer by Dec 3, 2099, 10:59.PM"))
    expect(dispute).to_contain_text("What is not answered in time is lost")
    expect(dispute).to_contain_text("payments evidence ps_1")
    expect(page.get_by_text("Nothing to decide")).to_have_count(0)
    expect(page.get_by_test_id("refund")).to_have_count(0)
    expect(page.get_by_role("region", name="The money")).to_contain_text(
        re.compile(r"Kept by the school\$119\.99Of it withdrawn by the bank\$119\.99")
    )
    for region, words in (
        ("What happened", r"\$119\.99 disputed with the bankNov 21, 2026, 8:15.AM"),
        (
            "Refunds and disputes",
            r"Nov 21, 2026, 8:15.AMnot decided yet · Answer by .* · the bank's reason: fraudulent",
        ),
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
    expect(page.get_by_role("region", name="The payer's bank asks about it")).to_contain_text(
        "has withdrawn nothing yet"
    )
    expect(page.get_by_test_id("refund")).to_have_count(1)


def test_lists_show_which_payment_is_disputed(visit: Visit) -> None:
    """The badge, and beside what is kept what the bank has."""
    visit.school.script(*_LIST, Reply(200, []), Reply(200, [DISPUTED]))
    page = in_office(visit, "office.html?view=payments")
    row = page.get_by_role("row", name=re.compile("AWS Cloud Mastery"))
    expect(row).to_contain_text("Disputed")
    expect(row).to_contain_text(re.compile(r"\$119\.99\s*\$119\.99 withdrawn by the bank"))


def test_today_lists_the_disputes_to_be_answered_under_what_needs_a_person(visit: Visit) -> None:
    """The soonest first, each with its time and what the bank has; beside a review of the same payment."""
    both = REVIEW | {"id": "ps_2", "disputed": 11999}
    sooner = DISPUTE | {"refundId": "du_2", "respondBy": "2099-11-30T10:00:00.000Z"}
    visit.school.script(*_LIST, Reply(200, [both]), Reply(200, []))
    visit.school.script(*_DISPUTES, Reply(200, [{"payment": both, "dispute": sooner}, OPEN_DISPUTE]))
    page = in_office(visit, "office.html")
    waiting = page.get_by_test_id("waiting")
    entry = page.get_by_test_id("dispute-ps_1")
    expect(entry).to_contain_text(re.compile(r"Answer by Dec 3, 2099, 10:59.PM · AWS Cloud Mastery"))
    expect(entry).to_contain_text("$119.99 withdrawn by the bank")
    expect(entry).to_have_attribute("href", "office.html?view=payment&id=ps_1")
    expect(waiting.get_by_role("link")).to_have_count(3)
    expect(waiting.get_by_role("link").nth(1)).to_have_attribute("data-testid", "dispute-ps_2")
    expect(waiting).to_contain_text("3 open")
    expect(page.get_by_test_id("review-ps_2")).to_have_count(1)


def test_a_dispute_that_waits_for_its_bank_alone_is_folded_away(visit: Visit) -> None:
    """Nobody can do anything about it: all is done, and it can be looked up."""
    visit.school.script(*_LIST, Reply(200, []))
    visit.school.script(*_DISPUTES, Reply(200, [{"payment": DISPUTED, "dispute": ANSWERED}]))
    waiting = in_office(visit, "office.html").get_by_test_id("waiting")
    expect(waiting).to_contain_text("All done")
    expect(waiting.get_by_test_id("dispute-ps_1")).to_be_hidden()
    waiting.get_by_text("1 dispute waits for its bank").click()
    expect(waiting.get_by_test_id("dispute-ps_1")).to_be_visible()


def test_a_question_of_the_bank_is_to_be_answered_too(visit: Visit) -> None:
    """It withdrew nothing yet; who is silent loses the money."""
    asked = {"payment": PAYMENT, "dispute": DISPUTE | {"status": "inquiry"}}
    visit.school.script(*_LIST, Reply(200, []))
    visit.school.script(*_DISPUTES, Reply(200, [asked]))
    entry = in_office(visit, "office.html").get_by_test_id("dispute-ps_1")
    expect(entry).to_contain_text("The payer's bank asks about it")
    expect(entry).to_contain_text("the bank asks about $119.99")
    expect(entry).to_contain_text("Answer by Dec 3, 2099")


def test_what_can_not_be_answered_any_more_waits_for_nobody(visit: Visit) -> None:
    """It is folded away, and its payment says what happened."""
    late = DISPUTE | {"respondBy": "2020-01-02T10:00:00.000Z"}
    visit.school.script(*_LIST, Reply(200, []))
    visit.school.script(*_DISPUTES, Reply(200, [{"payment": DISPUTED, "dispute": late}]))
    visit.school.script(*_ONE, history(DISPUTED, refunds=[late]))
    waiting = in_office(visit, "office.html").get_by_test_id("waiting")
    expect(waiting).to_contain_text("All done")
    waiting.get_by_text("1 dispute waits for its bank").click()
    expect(waiting.get_by_test_id("dispute-ps_1")).to_contain_text("The time to answer ended on Jan 2, 2020")
    waiting.get_by_test_id("dispute-ps_1").click()
    dispute = visit.page.get_by_test_id("dispute")
    expect(dispute).to_contain_text("The time to answer ended on Jan 2, 2020")
    expect(dispute).to_contain_text("There is nothing to answer now: the bank decides.")


def test_all_is_done_only_where_no_dispute_is_to_be_answered(visit: Visit) -> None:
    """It is said once the disputes are known, all pages of them."""
    visit.school.script(*_LIST, Reply(200, []))
    visit.school.script(*_DISPUTES, Reply(200, [], (("X-Next-Cursor", "more"),)), Reply(200, []))
    page = in_office(visit, "office.html")
    expect(page.get_by_test_id("waiting")).to_contain_text("All done")
    assert [path for _, path, _ in visit.school.calls].count(_DISPUTES[1]) == 2


def test_disputes_that_cannot_be_looked_up_are_not_said_to_be_none(visit: Visit) -> None:
    """The panel says so, and does not say that all is done."""
    visit.school.script(*_LIST, Reply(200, []))
    visit.school.script(*_DISPUTES, refusal(500, "Something went wrong."))
    waiting = in_office(visit, "office.html").get_by_test_id("waiting")
    expect(waiting).to_contain_text("Open disputes could not be looked up right now.")
    expect(waiting).not_to_contain_text("All done")


def test_who_has_answered_reads_that_the_bank_decides(visit: Visit) -> None:
    """No time, and no word of evidence to send."""
    visit.school.script(*_ONE, history(DISPUTED, refunds=[ANSWERED]))
    dispute = in_office(visit, "office.html?view=payment&id=ps_1").get_by_test_id("dispute")
    expect(dispute).to_contain_text("There is nothing to answer now: the bank decides.")
    expect(dispute).not_to_contain_text("evidence")


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
