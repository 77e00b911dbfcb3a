"""A table that was restored, or is from before the ledger, brought to what the providers have on record."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from adapters.dynamodb.codec import decode
from adapters.timestamps import iso
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.enrollments import EnrollmentRepo
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.deployment.operators import audit_of, operator_of

UNTIL = ("--to", "2099-01-01T00:00:00Z")
LEDGER_ATTRIBUTES = ("received", "receivedCurrency", "GSI1PK", "GSI1SK")


def items(accounts: EmulatedAccounts, partition: str) -> list[dict[str, Any]]:
    """Everything under a partition key, decoded."""
    answer = accounts.clients("dynamodb").query(
        TableName=accounts.account.table,
        KeyConditionExpression="PK = :partition",
        ExpressionAttributeValues={":partition": {"S": partition}},
    )
    return [dict(decode(item)) for item in answer["Items"]]


def partitions_of(session: PaymentSession) -> tuple[str, ...]:
    """Where everything about a payment is: under its student, its payment at the provider, its checkout."""
    return (
        f"USER#{session.user_id}",
        f"MONEY#stripe#{session.provider_payment_id}",
        f"CHECKOUT#stripe#{session.provider_session_id}",
    )


def lose(accounts: EmulatedAccounts, session: PaymentSession) -> None:
    """The table is restored to a moment before the student came."""
    for partition in partitions_of(session):
        for item in items(accounts, partition):
            accounts.clients("dynamodb").delete_item(
                TableName=accounts.account.table, Key={"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
            )


def make_old(accounts: EmulatedAccounts, session: PaymentSession) -> None:
    """The session as it was stored before the ledger: without its sale, what it received, and a place in the index."""
    table = accounts.account.table
    accounts.clients("dynamodb").delete_item(
        TableName=table, Key={"PK": {"S": f"MONEY#stripe#{session.provider_payment_id}"}, "SK": {"S": "SALE"}}
    )
    accounts.clients("dynamodb").update_item(
        TableName=table,
        Key={"PK": {"S": f"USER#{session.user_id}"}, "SK": {"S": f"PAYMENT#{session.payment_session_id}"}},
        UpdateExpression=f"REMOVE {', '.join(LEDGER_ATTRIBUTES)}",
    )


def test_a_lost_payment_is_rebuilt_from_the_provider(accounts: EmulatedAccounts) -> None:
    """A dry run says what would become of it; then session, enrollment, sale and record are there again, once."""
    session, present = accounts.paid(), accounts.paid()
    words = ("payments", "rebuild", "--from", iso(session.created_at - timedelta(minutes=1)), *UNTIL)
    lose(accounts, session)

    previewed = {row["session"]: row["outcome"] for row in accounts.ops_json(*words)}
    assert previewed[session.payment_session_id] == "enrolled"
    assert previewed[present.payment_session_id] == "present"
    assert items(accounts, f"USER#{session.user_id}") == []
    rebuilt = {row["session"]: row["outcome"] for row in accounts.ops_json(*words, "--apply")}
    again = {row["session"]: row["outcome"] for row in accounts.ops_json(*words, "--apply")}

    assert rebuilt[session.payment_session_id] == "enrolled"
    assert again[session.payment_session_id] == "present"
    enrollments: EnrollmentRepo = accounts.container.resolve(EnrollmentRepo)
    assert enrollments.find(session.user_id, session.course_id) is not None
    assert accounts.stored(session).received == session.received
    assert accounts.ops_json("payments", "show", session.payment_session_id)["differences"] == []
    [record] = audit_of(accounts, session.user_id)
    assert (record["action"], record["by"]) == ("payment_rebuilt", operator_of(accounts))


def test_fault_149_a_session_that_was_deleted_alone_is_found_and_restored(accounts: EmulatedAccounts) -> None:
    """Whoever looks for its payment reads whose it is and what brings it back; its sale is not booked again."""
    session = accounts.paid()
    payment = str(session.provider_payment_id)
    accounts.clients("dynamodb").delete_item(
        TableName=accounts.account.table,
        Key={"PK": {"S": f"USER#{session.user_id}"}, "SK": {"S": f"PAYMENT#{session.payment_session_id}"}},
    )
    booked = items(accounts, f"MONEY#stripe#{payment}")
    for known, said in ((payment, session.user_id), (session.payment_session_id, "payments rebuild")):
        looked = accounts.ops("payments", "show", known)
        assert (looked.exit_code, said in looked.stderr) == (1, True)
        assert "payments rebuild" in looked.stderr

    words = ("payments", "rebuild", "--from", iso(session.created_at - timedelta(minutes=1)), *UNTIL, "--apply")
    rebuilt = {row["session"]: row["outcome"] for row in accounts.ops_json(*words)}

    assert rebuilt[session.payment_session_id] == "restored"
    assert items(accounts, f"MONEY#stripe#{payment}") == booked
    assert accounts.ops_json("payments", "show", payment)["differences"] == []
    assert accounts.ops("payments", "refund", session.payment_session_id, "--reason", "asked", "--yes").exit_code == 0


def test_sessions_from_before_the_ledger_are_backfilled(accounts: EmulatedAccounts) -> None:
    """Completed ones are booked on their own day, those in review as the provider has them, others listed; once."""
    completed = accounts.paid()
    reviewed = accounts.checkout()
    accounts.stripe.control.tamper(str(reviewed.provider_session_id), {"amount_total": 100})
    accounts.pay(reviewed)
    accounts.ops_json("reconcile", "--session", reviewed.payment_session_id, "--user", reviewed.user_id)
    reviewed = accounts.stored(reviewed)
    assert reviewed.status is Status.REVIEW
    over = accounts.checkout()
    accounts.stripe.control.expire(str(over.provider_session_id))
    accounts.ops_json("reconcile", "--session", over.payment_session_id, "--user", over.user_id)
    still_open = accounts.checkout()
    old = {one.payment_session_id: one for one in (completed, reviewed, over, still_open)}
    for session in (completed, reviewed, over):
        make_old(accounts, session)
    assert accounts.ops("payments", "show", completed.payment_session_id).exit_code == 1

    def outcomes(*words: str) -> dict[str, str]:
        rows = accounts.ops_json("payments", "rebuild", "--backfill", *words)
        return {row["session"]: row["outcome"] for row in rows if row["session"] in old}

    expected = {
        completed.payment_session_id: "booked",
        reviewed.payment_session_id: "synced",
        over.payment_session_id: "listed",
    }
    assert outcomes() == expected
    assert accounts.stored(completed).received is None
    assert outcomes("--apply") == expected
    assert outcomes("--apply") == {}

    [sale] = [item for item in items(accounts, f"MONEY#stripe#{completed.provider_payment_id}") if item["SK"] == "SALE"]
    assert completed.completed_at is not None
    assert sale["bookedOn"] == completed.completed_at.date().isoformat()
    assert (sale["amount"], sale["seat"]) == (completed.total.amount, 1)
    assert accounts.stored(reviewed).received == reviewed.received
    for session in (completed, reviewed, over):
        shown = accounts.ops_json("payments", "show", session.payment_session_id, "--no-stripe")
        assert shown["session"]["session"] == session.payment_session_id


def test_what_cannot_be_read_is_named(accounts: EmulatedAccounts) -> None:
    """An unreadable session fails the backfill with its key, after all others."""
    broken = {"PK": {"S": "USER#broken"}, "SK": {"S": "PAYMENT#broken"}, "status": {"S": "nothing"}}
    accounts.clients("dynamodb").put_item(TableName=accounts.account.table, Item=broken)
    try:
        result = accounts.ops("payments", "rebuild", "--backfill", "--json")
    finally:
        key = {"PK": broken["PK"], "SK": broken["SK"]}
        accounts.clients("dynamodb").delete_item(TableName=accounts.account.table, Key=key)

    assert result.exit_code == 1
    assert "USER#broken PAYMENT#broken" in result.stderr
    json.loads(result.stdout)


def test_rebuilding_needs_a_time_or_a_backfill(accounts: EmulatedAccounts) -> None:
    """Neither, both, or half a time is a usage error."""
    for words in ((), UNTIL, ("--from", UNTIL[1], *UNTIL, "--backfill")):
        assert accounts.ops("payments", "rebuild", *words).exit_code == 2
