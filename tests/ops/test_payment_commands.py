"""Payments shown, reconciled and resolved from the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.services.sync_payment import SyncPayment
from scripts.aws_emulator.faults import INTERNAL_ERROR, Fault
from scripts.ops.terminal.option_types import Moment, in_zone
from tests.support.deployment.emulated_accounts import FREE, PAID, EmulatedAccounts
from tests.support.deployment.operators import operator_of


def in_review(accounts: EmulatedAccounts) -> PaymentSession:
    """A payment of another amount than agreed, which goes to review."""
    session = accounts.checkout()
    accounts.stripe.control.tamper(str(session.provider_session_id), {"amount_total": 100})
    accounts.pay(session)
    accounts.ops_json("reconcile", "--session", session.payment_session_id, "--user", session.user_id)
    assert accounts.stored(session).status is Status.REVIEW
    return session


@contextmanager
def webhook_that_fails(accounts: EmulatedAccounts) -> Iterator[None]:
    """Meanwhile Stripe sends events to a port that nobody listens on."""
    accounts.stripe.set_webhook("http://127.0.0.1:9/webhooks", "whsec_unused")
    try:
        yield
    finally:
        accounts.stripe.set_webhook(None)


def test_a_payment_is_compared_with_its_provider(accounts: EmulatedAccounts) -> None:
    """Show prints both states, the undelivered events, and the difference; nothing personal is in it."""
    with webhook_that_fails(accounts):
        session = accounts.pay(accounts.checkout())
        shown = accounts.ops_json("payments", "show", session.payment_session_id, "--user", session.user_id)

    assert shown["session"]["status"] == "open"
    assert shown["enrollment"] == {}
    assert shown["at stripe"]["payment_status"] == "paid"
    assert shown["differences"] == [{"difference": "paid at stripe, open here"}]
    assert {event["type"]: event["settling"] for event in shown["undelivered events"]} == {
        "checkout.session.completed": "completed",
        "payment_intent.succeeded": "completed",
    }
    assert "@" not in json.dumps(shown)


def test_a_payment_is_found_by_any_of_its_ids(accounts: EmulatedAccounts) -> None:
    """Ours, that of the checkout, that of the payment; with --user only among the payments of this student."""
    session = accounts.paid()
    ids = (session.payment_session_id, str(session.provider_session_id), str(session.provider_payment_id))

    for each in ids:
        shown = accounts.ops_json("show-payment", each, "--no-stripe")
        assert shown["session"]["session"] == session.payment_session_id
    for words in ((ids[0], "--user", "somebody-else"), ("ps_0",), ("pi_unknown",)):
        assert accounts.ops("show-payment", *words).exit_code == 1


def test_reconciling_one_session_settles_it(accounts: EmulatedAccounts) -> None:
    """A dry run previews the enrollment and changes nothing; the run enrolls; a second run finds nothing to do."""
    session = accounts.pay(accounts.checkout())
    words = ("reconcile", "--session", session.payment_session_id, "--user", session.user_id)

    assert [(row["found"], row["status"]) for row in accounts.ops_json(*words, "--dry-run")] == [
        ("settled", "completed")
    ]
    assert accounts.stored(session).status is Status.OPEN
    assert [(row["found"], row["status"]) for row in accounts.ops_json(*words)] == [("settled", "completed")]
    assert accounts.stored(session).status is Status.COMPLETED
    assert [row["found"] for row in accounts.ops_json(*words)] == ["nothing_to_do"]
    shown = accounts.ops_json("payments", "show", session.payment_session_id, "--user", session.user_id)
    assert shown["enrollment"]["status"] == "completed"
    assert shown["differences"] == []


def test_reconciling_all_checks_every_live_session(accounts: EmulatedAccounts) -> None:
    """Of two live sessions the paid one is settled and the open one stays."""
    paid, still_open = accounts.pay(accounts.checkout()), accounts.checkout()

    previewed = {row["session"]: row["found"] for row in accounts.ops_json("reconcile", "--all", "--dry-run")}
    assert accounts.stored(paid).status is Status.OPEN
    found = {row["session"]: row["found"] for row in accounts.ops_json("reconcile", "--all")}

    for rows in (previewed, found):
        assert rows[paid.payment_session_id] == "settled"
        assert rows[still_open.payment_session_id] == "still_open"
    assert accounts.stored(paid).status is Status.COMPLETED


def test_reconciling_takes_one_session_or_all(accounts: EmulatedAccounts) -> None:
    """Neither, both, or a student without a session is a usage error."""
    for words in ((), ("--all", "--session", "x"), ("--all", "--user", "y"), ("--user", "y")):
        assert accounts.ops("reconcile", *words).exit_code == 2
    assert accounts.ops("reconcile", "--session", "x", "--user", "y").exit_code == 1
    assert accounts.ops("reconcile", "--session", "x").exit_code == 1


def test_reconciling_takes_the_id_that_the_return_page_has(accounts: EmulatedAccounts) -> None:
    """Whoever asks for help has the provider's id of the checkout, and no id of ours."""
    session = accounts.pay(accounts.checkout())

    [row] = accounts.ops_json("reconcile", "--session", str(session.provider_session_id))

    assert (row["session"], row["found"]) == (session.payment_session_id, "settled")
    assert accounts.stored(session).status is Status.COMPLETED


def test_payments_are_listed_by_days_of_the_school(accounts: EmulatedAccounts) -> None:
    """As figures are: a date means the whole day, from midnight to midnight in the school's zone."""
    session = accounts.checkout()
    far = ZoneInfo("Pacific/Kiritimati")
    there = session.created_at.astimezone(far).date()
    os.environ["SCHOOL_TIMEZONE"] = far.key
    try:
        listed = accounts.ops_json("payments", "list", "--from", str(there), "--to", str(there))
        before = accounts.ops_json("payments", "list", "--to", str(there - timedelta(days=1)))
    finally:
        del os.environ["SCHOOL_TIMEZONE"]

    assert session.payment_session_id in {row["session"] for row in listed}
    assert session.payment_session_id not in {row["session"] for row in before}
    assert accounts.ops("payments", "list", "--from", "2026-02-30").exit_code == 2
    ended = Moment(end=True).convert("2026-01-31", None, None)
    assert in_zone(ended, far) == datetime(2026, 1, 31, 10, tzinfo=UTC)


def test_disputes_are_listed_by_when_they_are_to_be_answered(accounts: EmulatedAccounts) -> None:
    """With the payment of each; one that is decided is gone."""
    session = accounts.paid()
    opened = accounts.stripe.open_dispute(str(session.provider_payment_id))
    sync: SyncPayment = accounts.container.resolve(SyncPayment)
    sync(session.user_id, session.payment_session_id)

    def listed() -> list[dict[str, str]]:
        rows = accounts.ops_json("payments", "disputes")
        return [row for row in rows if row["session"] == session.payment_session_id]

    [row] = listed()
    due_by = datetime.fromtimestamp(opened["evidence_details"]["due_by"], UTC)
    answer_by = f"{due_by:%Y-%m-%dT%H:%M:%SZ}"
    assert (row["at_provider"], row["status"], row["withdrawn"]) == (opened["id"], "open", "149.99 USD")
    assert row["answer_by"] == answer_by
    assert opened["id"] in accounts.ops("payments", "disputes").stdout
    shown = accounts.ops_json("payments", "show", session.payment_session_id)
    assert [one["answer_by"] for one in shown["refunds and disputes"]] == [answer_by]
    assert shown["differences"] == []
    accounts.stripe.decide_dispute(opened["id"], "won")
    sync(session.user_id, session.payment_session_id)
    assert listed() == []


def test_an_address_leads_to_the_list_of_payments(accounts: EmulatedAccounts) -> None:
    """Where an id was asked for."""
    result = accounts.ops("show-payment", "student@example.com")
    assert result.exit_code == 1
    assert "payments list --email" in result.stderr


def test_a_session_that_cannot_be_checked_fails_the_run(accounts: EmulatedAccounts) -> None:
    """While Stripe does not answer, the command says which sessions failed and ends with status 1."""
    session = accounts.checkout()
    accounts.stripe.control.set_faults({"api": {"mode": "503", "times": 50, "path": str(session.provider_session_id)}})

    try:
        dry, run = accounts.ops("reconcile", "--all", "--dry-run"), accounts.ops("reconcile", "--all")
    finally:
        accounts.stripe.control.clear_faults()

    assert (dry.exit_code, run.exit_code) == (1, 1)
    assert session.payment_session_id in run.stdout
    assert "No session is live" not in run.stdout
    assert "reconcile --all --dry-run says why" in run.stderr


def test_catching_up_settles_missed_payments(accounts: EmulatedAccounts) -> None:
    """A payment without its webhook is a difference: previewed by a dry run, settled by the run, gone afterwards."""
    session = accounts.pay(accounts.checkout())

    previewed = accounts.ops_json("catch-up", "--dry-run")
    assert {"session": session.payment_session_id, "would become": "completed"} in previewed
    assert accounts.stored(session).status is Status.OPEN
    assert {"session": session.payment_session_id, "became": "completed"} in accounts.ops_json("catch-up")

    assert accounts.stored(session).status is Status.COMPLETED
    assert session.payment_session_id not in json.dumps(accounts.ops_json("catch-up"))


def test_what_catching_up_cannot_settle_fails_the_run(accounts: EmulatedAccounts) -> None:
    """With the reason in its row: nobody takes it for settled."""
    session = accounts.pay(accounts.checkout())
    faults = accounts.emulated.faults
    faults.add(Fault(operation="dynamodb:TransactWriteItems", error=INTERNAL_ERROR, times=None))
    try:
        result = accounts.ops("catch-up")
    finally:
        faults.clear()
    assert result.exit_code == 1
    assert "storage_unavailable" in result.stdout
    assert "Not settled: " in result.stderr
    assert {"session": session.payment_session_id, "became": "completed"} in accounts.ops_json("catch-up")


def test_a_counter_that_differs_is_reported(accounts: EmulatedAccounts) -> None:
    """A recount is quiet while the counters are right, and fails naming the coupon where one is not."""
    accounts.ops_json("coupons", "create", "COUNTED", "--percent", "5", "--max-uses", "9")
    assert accounts.ops_json("recount") == []
    accounts.clients("dynamodb").update_item(
        TableName=accounts.account.table,
        Key={"PK": {"S": "COUPON#COUNTED"}, "SK": {"S": "METADATA"}},
        UpdateExpression="SET currentUses = :n",
        ExpressionAttributeValues={":n": {"N": "2"}},
    )

    result = accounts.ops("recount", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == [{"coupon": "COUNTED", "counter": 2, "uses": 0}]


def test_a_counter_that_differs_is_mended_where_its_coupon_rests(accounts: EmulatedAccounts) -> None:
    """An active coupon is named and left as it is; once it is deactivated, its counter is set to its uses."""
    accounts.ops_json("coupons", "create", "DRIFTING", "--percent", "5", "--max-uses", "9")
    accounts.clients("dynamodb").update_item(
        TableName=accounts.account.table,
        Key={"PK": {"S": "COUPON#DRIFTING"}, "SK": {"S": "METADATA"}},
        UpdateExpression="SET currentUses = :n",
        ExpressionAttributeValues={":n": {"N": "3"}},
    )

    def drifting(*words: str) -> list[str]:
        rows = json.loads(accounts.ops("recount", "--mend", *words, "--json").stdout)
        return [row["mended"] for row in rows if row["coupon"] == "DRIFTING"]

    assert accounts.ops("recount", "--mend", answer="n\n").exit_code == 1
    assert drifting("--yes") == ["no: This coupon is active. Deactivate it first; activate it again when it is mended."]
    accounts.ops_json("coupons", "deactivate", "DRIFTING")
    assert drifting("--yes") == ["yes"]
    assert drifting("--yes") == []


def test_a_review_is_listed_and_resolved_once(accounts: EmulatedAccounts) -> None:
    """Resolving records who and what, enrolls if that is the decision, and cannot be done twice."""
    session = in_review(accounts)
    words = ("payments", "review", "resolve", session.payment_session_id, "--user", session.user_id)
    decision = ("--as", "enrolled", "--note", "the difference was waived")

    listed = {row["session"]: row["reason"] for row in accounts.ops_json("payments", "review", "list")}
    assert listed[session.payment_session_id] == "amount_mismatch"
    assert accounts.ops(*words, *decision, "--dry-run").exit_code == 0
    assert accounts.ops(*words, *decision, answer="n\n").exit_code == 1
    assert accounts.stored(session).status is Status.REVIEW
    resolved = accounts.ops_json(*words, *decision, "--yes", "--by", "role/Ops/kim")

    said = f"enrolled by {operator_of(accounts)}: Decided by role/Ops/kim. the difference was waived"
    assert resolved["resolution"] == said
    assert accounts.stored(session).status is Status.COMPLETED
    again = accounts.ops(*words, *decision, "--yes")
    assert (again.exit_code, f"enrolled by {operator_of(accounts)}" in again.stderr) == (1, True)
    assert session.payment_session_id not in json.dumps(accounts.ops_json("payments", "review", "list"))


@pytest.mark.parametrize(
    ("kind", "does"),
    [
        ("refunded", "refund 1.00 USD at stripe"),
        ("enrolled", f"enroll the student in {PAID} and keep 1.00 USD"),
        ("dismissed", "nobody is enrolled, and no money moves"),
    ],
)
def test_what_a_decision_does_is_said_before_it_is_made(accounts: EmulatedAccounts, kind: str, does: str) -> None:
    """A refund cannot be undone: dry run and question name the amount, its currency and the provider."""
    session = in_review(accounts)
    words = ("payments", "review", "resolve", session.payment_session_id, "--as", kind)

    dry, asked = accounts.ops(*words, "--dry-run"), accounts.ops(*words, answer="n\n")

    assert (dry.exit_code, asked.exit_code) == (0, 1)
    assert does in dry.stderr
    assert does in asked.stderr
    assert accounts.stored(session).status is Status.REVIEW


def test_a_decision_is_recorded_with_the_operators_identity(accounts: EmulatedAccounts) -> None:
    """Nobody can record a decision as somebody else."""
    session = in_review(accounts)
    words = ("payments", "review", "resolve", session.payment_session_id, "--user", session.user_id)

    accounts.ops_json(*words, "--as", "refunded", "--yes", "--by", "admin-1")

    resolution = accounts.stored(session).resolution
    assert resolution is not None
    assert (resolution.by, resolution.note) == (operator_of(accounts), "Decided by admin-1.")


def test_a_free_course_needs_no_reconciliation(accounts: EmulatedAccounts) -> None:
    """Enrolling for free leaves nothing live."""
    live = len(accounts.ops_json("reconcile", "--all"))

    accounts.enroll(FREE)

    assert len(accounts.ops_json("reconcile", "--all")) == live
