"""Money that goes back, and enrollments that end, from the command line."""

from __future__ import annotations

import json

import pytest

from domain.payments.states import Status
from domain.ports.students import StudentRepo
from domain.services.sync_payment import SyncPayment
from tests.support.deployment.emulated_accounts import FREE, EmulatedAccounts
from tests.support.deployment.operators import audit_of, operator_of

WHY = ("--reason", "asked within two weeks")


def test_a_refund_is_made_once_under_the_id_that_was_printed_first(accounts: EmulatedAccounts) -> None:
    """A part, a repetition of it, and the rest: by then nothing is kept, and the enrollment has ended."""
    session = accounts.paid()
    words = ("payments", "refund", session.payment_session_id, *WHY, "--yes")

    first = accounts.ops(*words, "--amount", "20", "--json")
    assert first.exit_code == 0, first.output
    part = json.loads(first.stdout)
    assert first.stderr.startswith(f"Refund {part['id']}\n")
    assert (part["status"], part["amount"], part["requested_by"]) == ("succeeded", "20.00 USD", operator_of(accounts))
    again = accounts.ops_json(*words, "--amount", "20", "--refund-id", part["id"])
    rest = accounts.ops_json(*words)

    assert again["money"] == part["money"]
    assert (rest["session_status"], rest["money"]["kept"]) == ("reversed", "0.00 USD")
    shown = accounts.ops_json("payments", "show", session.payment_session_id)
    assert shown["differences"] == []
    assert shown["enrollment"] == {}
    assert shown["ended enrollment"]["cause"] == "refunded"
    assert sorted(entry["kind"] for entry in shown["ledger"]) == ["refund", "refund", "sale"]
    assert len(shown["refunds and disputes at stripe"]) == len(shown["refunds and disputes"]) == 2
    assert [record["action"] for record in audit_of(accounts, session.user_id)] == ["refund_requested"] * 2


def test_a_refund_that_cannot_be_made_says_why(accounts: EmulatedAccounts) -> None:
    """More than was paid, nothing, or a payment that was never made; a dry run and a no change nothing."""
    session = accounts.paid()
    words = ("payments", "refund", session.payment_session_id, *WHY)

    for how in ("--yes", "--dry-run"):
        refused = accounts.ops(*words, "--amount", "9999", how).stderr
        assert "refund_too_large" in refused
        assert "larger than what is left of the payment: 149.99 USD" in refused
    assert accounts.ops(*words, "--amount", "0", "--yes").exit_code == 2
    assert accounts.ops("payments", "refund", session.payment_session_id).exit_code == 2
    assert accounts.ops(*words, "--dry-run").exit_code == 0
    assert accounts.ops(*words, answer="n\n").exit_code == 1
    unpaid = accounts.checkout()
    assert "nothing_to_refund" in accounts.ops("payments", "refund", unpaid.payment_session_id, *WHY, "--yes").stderr
    assert accounts.stored(session).reversed_sums.given_back == 0


def test_a_refund_that_the_provider_has_not_answered_stays_on_record(accounts: EmulatedAccounts) -> None:
    """The command says so; the reconciliation carries it out, once."""
    session = accounts.paid()
    accounts.stripe.control.set_faults({"api": {"mode": "503", "times": 50, "path": "/v1/refunds"}})
    try:
        result = accounts.ops("payments", "refund", session.payment_session_id, *WHY, "--yes")
    finally:
        accounts.stripe.control.clear_faults()

    assert result.exit_code == 0
    assert "has not acknowledged it yet" in result.stderr
    assert accounts.stored(session).reversed_sums.refund_requested == session.received
    accounts.ops_json("reconcile", "--session", session.payment_session_id, "--user", session.user_id)
    assert accounts.stored(session).status is Status.REVERSED


def test_a_repayment_by_bank_transfer_is_recorded(accounts: EmulatedAccounts) -> None:
    """What was given back elsewhere is no longer kept here, so that it cannot be refunded too."""
    session = accounts.paid()
    words = ("payments", "repay", session.payment_session_id, "--reason", "bank transfer of today")

    assert accounts.ops(*words, "--dry-run").exit_code == 0
    assert accounts.stored(session).reversed_sums.repaid == 0
    repaid = accounts.ops_json(*words, "--repayment-id", "transfer-1", "--yes")
    again = accounts.ops_json(*words, "--repayment-id", "transfer-1", "--yes")

    assert repaid["money"] == again["money"]
    assert (repaid["kind"], repaid["money"]["kept"]) == ("repayment", "0.00 USD")
    assert accounts.ops("payments", "refund", session.payment_session_id, *WHY, "--yes").exit_code == 1


def test_a_refund_from_the_dashboard_is_a_difference_until_it_is_synced(accounts: EmulatedAccounts) -> None:
    """Show puts both sides beside each other; the proof finds the refund without any webhook, and mends it."""
    session = accounts.paid()
    accounts.stripe.refund(str(session.provider_session_id), 500)

    before = accounts.ops_json("payments", "show", session.payment_session_id)
    assert before["differences"] == [{"difference": "other refunds at stripe than stored"}]
    for _ in range(20):  # Stripe lists the movements of a second once that is over
        assert accounts.ops_json("payments", "prove")["stripe"]["proven"] is True
        if accounts.stored(session).reversed_sums.refunded:
            break

    assert accounts.ops_json("payments", "show", session.payment_session_id)["differences"] == []
    assert accounts.stored(session).reversed_sums.refunded == 500


def test_evidence_is_collected_for_a_bank(accounts: EmulatedAccounts) -> None:
    """Purchase, enrollment, use, dispute; the e-mail address only if asked for."""
    session = accounts.paid()
    accounts.stripe.open_dispute(str(session.provider_session_id), reason="product_not_received")
    sync: SyncPayment = accounts.container.resolve(SyncPayment)
    sync(session.user_id, session.payment_session_id)
    words = ("payments", "evidence", session.payment_session_id)

    collected, named = accounts.ops_json(*words), accounts.ops_json(*words, "--with-email")

    assert "@" not in json.dumps(collected)
    student = accounts.container.resolve(StudentRepo).find(session.user_id)
    assert student is not None
    assert named["student"]["email"] == student.email
    assert collected["payment"]["payment"] == session.provider_payment_id
    use = collected["use of the course"]
    assert (use["progress"], use["seconds_spent"], use["last_access"]) == ("0%", None, None)
    assert not [name for name, value in use.items() if value and "T" in str(value)], "nobody has opened the course"
    assert [(row["kind"], row["reason"]) for row in collected["refunds and disputes"]] == [
        ("dispute", "product_not_received")
    ]
    assert "use of the course" in accounts.ops(*words).stdout


def test_an_enrollment_is_granted_revoked_reinstated_and_unbarred(accounts: EmulatedAccounts) -> None:
    """Each is recorded with who and why; a dry run and a no change nothing; repeating is harmless."""
    session = accounts.checkout()
    who = (session.user_id, FREE)

    assert accounts.ops("enrollments", "grant", *who, *WHY, "--dry-run").exit_code == 0
    assert accounts.ops("enrollments", "grant", *who, *WHY, answer="n\n").exit_code == 1
    assert accounts.ops("enrollments", "revoke", *who, *WHY, "--yes").exit_code == 1
    assert accounts.ops_json("enrollments", "grant", *who, *WHY, "--yes")["course"] == FREE
    revoked = accounts.ops_json("enrollments", "revoke", *who, *WHY, "--bar", "--yes")
    assert (revoked["cause"], revoked["barred"]) == ("revoked", True)
    assert accounts.ops_json("enrollments", "unbar", *who, *WHY, "--yes")["barred"] is False
    for _ in range(2):
        assert accounts.ops_json("enrollments", "reinstate", *who, *WHY, "--yes")["course"] == FREE

    records = audit_of(accounts, session.user_id)
    assert [record["action"] for record in records] == [
        "enrollment_granted",
        "enrollment_revoked",
        "bar_lifted",
        "enrollment_reinstated",
    ]
    assert {record["by"] for record in records} == {operator_of(accounts)}


@pytest.mark.parametrize("shards", [1, 3])
def test_a_counter_that_drifted_is_mended_while_its_coupon_rests(accounts: EmulatedAccounts, shards: int) -> None:
    """Not while the coupon is active; each counter by itself; with a record of what it was and became."""
    code = f"DRIFTED{shards}"
    accounts.ops_json("coupons", "create", code, "--percent", "5", "--max-uses", "9", "--shards", str(shards))
    counter = f"COUPONSHARD#{code}#01" if shards > 1 else f"COUPON#{code}"
    accounts.clients("dynamodb").update_item(
        TableName=accounts.account.table,
        Key={"PK": {"S": counter}, "SK": {"S": "METADATA"}},
        UpdateExpression="SET currentUses = :n",
        ExpressionAttributeValues={":n": {"N": "2"}},
    )
    words = ("coupons", "recount", code)

    found = accounts.ops(*words, "--json")
    assert found.exit_code == 1
    assert [(row["before"], row["uses"], row["mended"]) for row in json.loads(found.stdout)] == [(2, 0, False)]
    assert "Deactivate it first" in accounts.ops(*words, "--mend", "--yes").stderr
    accounts.ops_json("coupons", "deactivate", code)
    assert accounts.ops(*words, "--mend", "--dry-run").exit_code == 1
    assert [row["mended"] for row in accounts.ops_json(*words, "--mend", "--yes")] == [True]
    assert accounts.ops_json(*words, "--mend", "--yes") == []

    [record] = [one for one in audit_of(accounts, code, kind="COUPON") if one["action"] == "coupon_recounted"]
    assert record["by"] == operator_of(accounts)
    assert list(record["before"].values()) == [2]
    assert list(record["after"].values()) == [0]
