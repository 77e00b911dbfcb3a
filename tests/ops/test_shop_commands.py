"""Coupons and courses from the command line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment.aws_account import OTHER_PAID, PAID, Town

PRODUCT, PRICE = "prod_TF8hQvt5PazLWQ", "price_1SIeQEQ0A0bb7l8VrpD9MOwT"


def test_a_coupon_is_issued_once(town: Town) -> None:
    """Issuing a coupon twice on the same terms leaves one coupon and says so."""
    words = ("coupons", "create", "spring20", "--percent", "20", "--max-uses", "5", "--until", "2030-01-01T00:00:00Z")

    first, second = town.ops(*words), town.ops(*words)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Issued." in first.stderr
    assert "exists on these terms" in second.stderr
    shown = town.emitted("coupons", "show", "SPRING20")
    assert (shown["discount"], shown["uses"], shown["valid_until"]) == ("20%", "0/5", "2030-01-01T00:00:00Z")


def test_a_coupon_is_not_issued_on_other_terms(town: Town) -> None:
    """A code that was issued on other terms is refused, and its terms stay."""
    town.emitted("coupons", "create", "TERMS", "--amount", "10.00")

    refused = town.ops("coupons", "create", "TERMS", "--amount", "11.00")

    assert refused.exit_code == 1
    assert "exists on other terms (discount)" in refused.stderr
    assert town.emitted("coupons", "show", "TERMS")["discount"] == "10.00 USD"


def test_a_dry_run_issues_nothing(town: Town) -> None:
    """With --dry-run the coupon is shown and not stored."""
    result = town.ops("coupons", "create", "NOTYET", "--percent", "5", "--dry-run")

    assert result.exit_code == 0
    assert "would be issued" in result.stderr
    assert town.ops("coupons", "show", "NOTYET").exit_code == 1


def test_a_coupon_for_many_is_counted_in_shards(town: Town) -> None:
    """From 1,000 uses on a coupon has 16 counters."""
    assert town.emitted("coupons", "create", "RUSH", "--percent", "5", "--max-uses", "1000")["shards"] == 16


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--percent", "5", "--amount", "5"), 2, "either --percent or --amount"),
        ((), 2, "either --percent or --amount"),
        (("--percent", "101"), 1, "at most 100"),
        (("--amount", "1.999"), 2, "cannot be"),
        (("--amount", "-1"), 2, "is not an amount"),
        (("--percent", "5", "--until", "tomorrow"), 2, "is not written as"),
        (("--percent", "5", "--course", "TEST-COURSE-999"), 1, "There is no such course."),
    ],
)
def test_terms_that_cannot_be_are_refused(town: Town, words: tuple[str, ...], status: int, sentence: str) -> None:
    """A coupon that could never be right is refused with a reason."""
    result = town.ops("coupons", "create", "WRONG", *words)

    assert result.exit_code == status
    assert sentence in result.stderr
    assert town.ops("coupons", "show", "WRONG").exit_code == 1


def test_a_coupon_is_switched_off_and_on(town: Town) -> None:
    """Deactivating and activating change the switch only, and repeating is harmless."""
    town.emitted("coupons", "create", "SWITCH", "--percent", "5", "--listed")

    assert town.emitted("coupons", "deactivate", "SWITCH", "--dry-run")["active"] is False
    assert town.emitted("coupons", "show", "SWITCH")["active"] is True
    assert town.emitted("coupons", "deactivate", "switch")["active"] is False
    assert town.emitted("coupons", "deactivate", "SWITCH")["active"] is False
    assert town.emitted("coupons", "activate", "SWITCH")["listed"] is True
    listed = {coupon["code"]: coupon["active"] for coupon in town.emitted("coupons", "list")}
    assert listed["SWITCH"] is True


def test_people_get_a_table(town: Town) -> None:
    """Without --json the list has a header and a line per coupon."""
    town.emitted("coupons", "create", "TABLE", "--percent", "12.5")

    lines = town.ops("coupons", "list").stdout.splitlines()

    assert lines[0].split()[:3] == ["code", "discount", "uses"]
    assert any(line.startswith("TABLE ") and "12.5%" in line for line in lines)


def test_linking_a_course_keeps_everything_else(town: Town) -> None:
    """Linking sets Stripe's two names; an attribute that we do not know survives."""
    client = town.clients("dynamodb")
    key = {"PK": {"S": f"COURSE#{PAID}"}, "SK": {"S": "METADATA"}}
    client.update_item(
        TableName=town.account.table,
        Key=key,
        UpdateExpression="SET editorsNote = :n REMOVE stripeProductId, stripePriceId",
        ExpressionAttributeValues={":n": {"S": "kept"}},
    )
    before = town.course(PAID)
    words = ("courses", "link", PAID, "--product", PRODUCT, "--price", PRICE)

    assert town.ops(*words, "--dry-run").exit_code == 0
    assert town.course(PAID) == before
    assert town.emitted(*words) == town.emitted(*words)

    assert town.course(PAID) == before | {"stripeProductId": {"S": PRODUCT}, "stripePriceId": {"S": PRICE}}


def test_a_misspelt_course_is_not_made_by_linking_it(town: Town) -> None:
    """Linking a course that is not there fails and leaves no item behind."""
    result = town.ops("courses", "link", "TEST-COURSE-999", "--product", PRODUCT, "--price", PRICE)

    assert result.exit_code == 1
    assert town.course("TEST-COURSE-999") == {}


def test_a_price_of_another_amount_is_refused(town: Town) -> None:
    """A price that would charge something else than the course costs is not linked."""
    before = town.course(OTHER_PAID)

    result = town.ops("courses", "link", OTHER_PAID, "--product", PRODUCT, "--price", PRICE)

    assert result.exit_code == 1
    assert "does not fit" in result.stderr
    assert town.course(OTHER_PAID) == before


def test_a_price_that_stripe_does_not_know_is_refused(town: Town) -> None:
    """A misspelt price is told as such."""
    result = town.ops("courses", "link", PAID, "--product", PRODUCT, "--price", "price_misspelt")

    assert result.exit_code == 1
    assert "Stripe does not know the price price_misspelt" in result.stderr


def _course(course_id: str, **more: Any) -> dict[str, Any]:
    return {"courseId": course_id, "name": "New", "pricingModel": "paid", "price": 19.99, "editorsNote": "x", **more}


def test_seeding_adds_what_is_missing_and_keeps_what_is_there(town: Town, tmp_path: Path) -> None:
    """A course of the file is added with all its attributes; one that the table has stays as it is."""
    file = tmp_path / "courses.json"
    file.write_text(json.dumps([_course("SEEDED-1"), _course(PAID, name="Other")]))
    before = town.course(PAID)

    assert [row["done"] for row in town.emitted("courses", "seed", str(file), "--dry-run")] == [
        "would be added",
        "kept as it is",
    ]
    assert town.course("SEEDED-1") == {}
    assert [row["done"] for row in town.emitted("courses", "seed", str(file))] == ["added", "kept as it is"]
    assert [row["done"] for row in town.emitted("courses", "seed", str(file))] == ["kept as it is"] * 2

    assert town.course(PAID) == before
    item = town.course("SEEDED-1")
    assert Decimal(item["price"]["N"]) == Decimal("19.99")
    assert item["editorsNote"] == {"S": "x"}
    assert "SEEDED-1" in [row["course"] for row in town.emitted("courses", "list")]


@pytest.mark.parametrize(
    "written",
    ["{", '[{"name": "no id"}]', json.dumps([_course("A", price=1.999)]), json.dumps([_course("a#b")])],
)
def test_a_file_with_an_unreadable_course_adds_nothing(town: Town, tmp_path: Path, written: str) -> None:
    """A file is proven as a whole before its first course is written."""
    file = tmp_path / "courses.json"
    file.write_text(written.replace("[{", '[{"courseId": "FINE-1", "name": "n", "pricingModel": "free"}, {', 1))

    result = town.ops("courses", "seed", str(file))

    assert result.exit_code == 1
    assert town.course("FINE-1") == {}
