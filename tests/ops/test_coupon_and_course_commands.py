"""Coupons and courses from the command line."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment.emulated_accounts import OTHER_PAID, PAID, EmulatedAccounts

PRODUCT, PRICE = "prod_TF8hQvt5PazLWQ", "price_1SIeQEQ0A0bb7l8VrpD9MOwT"


def test_a_coupon_is_issued_once(accounts: EmulatedAccounts) -> None:
    """Issuing a coupon twice with the same terms leaves one coupon and says so."""
    words = ("coupons", "create", "spring20", "--percent", "20", "--max-uses", "5", "--until", "2030-01-01T00:00:00Z")

    first, second = accounts.ops(*words), accounts.ops(*words)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Issued." in first.stderr
    assert "exists with these terms" in second.stderr
    shown = accounts.ops_json("coupons", "show", "SPRING20")
    assert (shown["discount"], shown["uses"], shown["valid_until"]) == ("20%", "0/5", "2030-01-01T00:00:00Z")


def test_a_coupon_is_in_the_schools_currency(accounts: EmulatedAccounts) -> None:
    """In another one it would work for none of its courses, and nobody would say so."""
    os.environ["CURRENCY"] = "eur"
    try:
        made = accounts.ops_json("coupons", "create", "EUROS", "--amount", "10.00", "--minimum", "20.00")
        chosen = accounts.ops_json("coupons", "create", "FRANCS", "--amount", "10.00", "--currency", "CHF")
    finally:
        del os.environ["CURRENCY"]

    assert (made["discount"], chosen["discount"]) == ("10.00 EUR", "10.00 CHF")


def test_a_coupon_is_not_issued_with_other_terms(accounts: EmulatedAccounts) -> None:
    """A code that exists with other terms is rejected, and its terms stay."""
    accounts.ops_json("coupons", "create", "TERMS", "--amount", "10.00")

    refused = accounts.ops("coupons", "create", "TERMS", "--amount", "11.00")

    assert refused.exit_code == 1
    assert "exists with other terms (discount)" in refused.stderr
    assert accounts.ops_json("coupons", "show", "TERMS")["discount"] == "10.00 USD"


def test_a_dry_run_issues_nothing(accounts: EmulatedAccounts) -> None:
    """With --dry-run the coupon is shown and not stored."""
    result = accounts.ops("coupons", "create", "NOTYET", "--percent", "5", "--dry-run")

    assert result.exit_code == 0
    assert "would be issued" in result.stderr
    assert accounts.ops("coupons", "show", "NOTYET").exit_code == 1


def test_a_coupon_for_many_is_counted_in_shards(accounts: EmulatedAccounts) -> None:
    """From 1,000 uses on a coupon has 16 counters."""
    assert accounts.ops_json("coupons", "create", "RUSH", "--percent", "5", "--max-uses", "1000")["shards"] == 16


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--percent", "5", "--amount", "5"), 2, "either --percent or --amount"),
        ((), 2, "either --percent or --amount"),
        (("--percent", "101"), 1, "at most 100"),
        (("--amount", "1.999"), 2, "is not valid"),
        (("--amount", "-1"), 2, "is not an amount"),
        (("--percent", "5", "--until", "tomorrow"), 2, "is not written as"),
        (("--percent", "5", "--course", "TEST-COURSE-999"), 1, "There is no such course."),
    ],
)
def test_invalid_terms_are_rejected(
    accounts: EmulatedAccounts, words: tuple[str, ...], status: int, sentence: str
) -> None:
    """A coupon with invalid terms is rejected with the reason."""
    result = accounts.ops("coupons", "create", "WRONG", *words)

    assert result.exit_code == status
    assert sentence in result.stderr
    assert accounts.ops("coupons", "show", "WRONG").exit_code == 1


def test_a_coupon_is_deactivated_and_activated(accounts: EmulatedAccounts) -> None:
    """Deactivating and activating change only `active`, and repeating is harmless."""
    accounts.ops_json("coupons", "create", "SWITCH", "--percent", "5", "--listed")

    assert accounts.ops_json("coupons", "deactivate", "SWITCH", "--dry-run")["active"] is False
    assert accounts.ops_json("coupons", "show", "SWITCH")["active"] is True
    assert accounts.ops_json("coupons", "deactivate", "switch")["active"] is False
    assert accounts.ops_json("coupons", "deactivate", "SWITCH")["active"] is False
    assert accounts.ops_json("coupons", "activate", "SWITCH")["listed"] is True
    listed = {coupon["code"]: coupon["active"] for coupon in accounts.ops_json("coupons", "list")}
    assert listed["SWITCH"] is True


def test_without_json_there_is_a_table(accounts: EmulatedAccounts) -> None:
    """Without --json the list has a header and a line per coupon."""
    accounts.ops_json("coupons", "create", "TABLE", "--percent", "12.5")

    lines = accounts.ops("coupons", "list").stdout.splitlines()

    assert lines[0].split()[:3] == ["code", "discount", "uses"]
    assert any(line.startswith("TABLE ") and "12.5%" in line for line in lines)


def test_linking_a_course_keeps_everything_else(accounts: EmulatedAccounts) -> None:
    """Linking sets product and price; an unknown attribute survives."""
    client = accounts.clients("dynamodb")
    key = {"PK": {"S": f"COURSE#{PAID}"}, "SK": {"S": "METADATA"}}
    client.update_item(
        TableName=accounts.account.table,
        Key=key,
        UpdateExpression="SET editorsNote = :n REMOVE stripeProductId, stripePriceId",
        ExpressionAttributeValues={":n": {"S": "kept"}},
    )
    before = accounts.course(PAID)
    words = ("courses", "link", PAID, "--product", PRODUCT, "--price", PRICE)

    assert accounts.ops(*words, "--dry-run").exit_code == 0
    assert accounts.course(PAID) == before
    assert accounts.ops_json(*words) == accounts.ops_json(*words)

    assert accounts.course(PAID) == before | {"stripeProductId": {"S": PRODUCT}, "stripePriceId": {"S": PRICE}}


def test_linking_an_unknown_course_creates_no_item(accounts: EmulatedAccounts) -> None:
    """Linking a course that does not exist fails and leaves no item behind."""
    result = accounts.ops("courses", "link", "TEST-COURSE-999", "--product", PRODUCT, "--price", PRICE)

    assert result.exit_code == 1
    assert accounts.course("TEST-COURSE-999") == {}


def test_a_price_of_another_amount_is_rejected(accounts: EmulatedAccounts) -> None:
    """A Stripe price that differs from the course's price is not linked."""
    before = accounts.course(OTHER_PAID)

    result = accounts.ops("courses", "link", OTHER_PAID, "--product", PRODUCT, "--price", PRICE)

    assert result.exit_code == 1
    assert "does not fit" in result.stderr
    assert accounts.course(OTHER_PAID) == before


def test_a_price_that_stripe_does_not_know_is_rejected(accounts: EmulatedAccounts) -> None:
    """A misspelt price is named in the error."""
    result = accounts.ops("courses", "link", PAID, "--product", PRODUCT, "--price", "price_misspelt")

    assert result.exit_code == 1
    assert "Stripe does not know the price price_misspelt" in result.stderr


def _course(course_id: str, **more: Any) -> dict[str, Any]:
    return {"courseId": course_id, "name": "New", "pricingModel": "paid", "price": 19.99, "editorsNote": "x", **more}


def test_seeding_adds_missing_courses_and_keeps_existing_ones(accounts: EmulatedAccounts, tmp_path: Path) -> None:
    """A course of the file is added with all its attributes; one that the table has stays unchanged."""
    file = tmp_path / "courses.json"
    file.write_text(json.dumps([_course("SEEDED-1"), _course(PAID, name="Other")]))
    before = accounts.course(PAID)

    assert [row["done"] for row in accounts.ops_json("courses", "seed", str(file), "--dry-run")] == [
        "would be added",
        "unchanged",
    ]
    assert accounts.course("SEEDED-1") == {}
    assert [row["done"] for row in accounts.ops_json("courses", "seed", str(file))] == ["added", "unchanged"]
    assert [row["done"] for row in accounts.ops_json("courses", "seed", str(file))] == ["unchanged"] * 2

    assert accounts.course(PAID) == before
    item = accounts.course("SEEDED-1")
    assert Decimal(item["price"]["N"]) == Decimal("19.99")
    assert item["editorsNote"] == {"S": "x"}
    [record] = accounts.ops_json("audit", "list", "--course", "SEEDED-1")
    assert (record["action"], record["role"], record["after"]["price"]) == ("course_created", "operator", 1999)
    assert "SEEDED-1" in [row["course"] for row in accounts.ops_json("courses", "list")]


@pytest.mark.parametrize(
    "written",
    ["{", '[{"name": "no id"}]', json.dumps([_course("A", price=1.999)]), json.dumps([_course("a#b")])],
)
def test_a_file_with_an_invalid_course_adds_nothing(accounts: EmulatedAccounts, tmp_path: Path, written: str) -> None:
    """The whole file is validated before its first course is written."""
    file = tmp_path / "courses.json"
    file.write_text(written.replace("[{", '[{"courseId": "FINE-1", "name": "n", "pricingModel": "free"}, {', 1))

    result = accounts.ops("courses", "seed", str(file))

    assert result.exit_code == 1
    assert accounts.course("FINE-1") == {}


def test_a_course_that_nobody_can_buy_is_named(accounts: EmulatedAccounts) -> None:
    """A price that is inactive, unknown or of another amount: the check names course and reason, and fails."""
    price = accounts.course(OTHER_PAID)["stripePriceId"]["S"]
    assert price not in _problems(accounts)
    with accounts.stripe.account.lock:
        accounts.stripe.account.prices[price]["active"] = False

    result = accounts.ops("courses", "check")

    with accounts.stripe.account.lock:
        accounts.stripe.account.prices[price]["active"] = True
    assert result.exit_code == 1
    assert OTHER_PAID in result.output.partition("Nobody can buy ")[2]
    assert "it is not an active one-time price" in result.output
    assert price not in _problems(accounts)


def _problems(accounts: EmulatedAccounts) -> set[str]:
    """The prices that do not fit their courses."""
    rows = json.loads(accounts.ops("courses", "check", "--json").stdout)
    return {row["price"] for row in rows if row["problem"]}


def test_somebody_is_invited_to_a_course_by_invitation(accounts: EmulatedAccounts) -> None:
    """A dry run shows the invitation; then it is made, listed and withdrawn."""
    words = ("--name", "Masters", "--model", "invitation", "--open", "--reason", "New.")
    accounts.ops_json("courses", "create", "MASTERS", *words)
    invite = ("courses", "invite", "MASTERS", "--email", "Guest@Example.com", "--reason", "Speaker.")

    shown = accounts.ops_json(*invite, "--dry-run")
    assert accounts.ops_json("courses", "invitations", "MASTERS") == []
    made = accounts.ops_json(*invite, "--until", "2030-01-01T00:00:00Z")
    [listed] = accounts.ops_json("courses", "invitations", "MASTERS")

    assert shown["invitation"] == made["invitation"] == listed["invitation"]
    assert (listed["invitee"], listed["state"]) == ("g...@example.com", "open")
    withdraw = ("courses", "withdraw", "MASTERS", made["invitation"], "--reason", "Full.")
    assert accounts.ops_json(*withdraw, "--dry-run")["state"] == "open"
    assert accounts.ops_json(*withdraw)["state"] == "withdrawn"
    assert accounts.ops("courses", "withdraw", "MASTERS", "nobody", "--reason", "Full.", "--dry-run").exit_code == 1
    assert accounts.ops("courses", "invite", "MASTERS", "--reason", "Nobody.").exit_code == 2


def test_a_course_gets_a_capacity(accounts: EmulatedAccounts) -> None:
    """Shown by a dry run, set, listed, counted, and taken away again."""
    words = ("--name", "Small", "--model", "free", "--open", "--reason", "New.")
    accounts.ops_json("courses", "create", "SMALL", *words)

    shown = accounts.ops_json("courses", "capacity", "SMALL", "5", "--reason", "Room.", "--dry-run")
    made = accounts.ops_json("courses", "capacity", "SMALL", "5", "--reason", "Room.")

    assert shown == made == {"course": "SMALL", "capacity": 5, "seats_taken": 0, "waiting": 0, "seats_left": 5}
    assert accounts.ops_json("courses", "waitlist", "SMALL") == []
    counted = accounts.ops("courses", "recount-seats", "SMALL", "--reason", "Check.")
    assert (counted.exit_code, "Nothing differs" in counted.stderr) == (0, True)
    assert accounts.ops_json("courses", "recount-seats", "SMALL", "--reason", "Check.", "--dry-run") == made
    assert accounts.ops_json("courses", "capacity", "SMALL", "--none", "--reason", "Hall.")["capacity"] is None
    assert accounts.ops("courses", "capacity", "SMALL", "--reason", "Nothing.").exit_code == 2
