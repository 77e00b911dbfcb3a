"""The office from the command line: people, payments, courses, coupons, sales, and the record of it all."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from domain.errors import SalesClosed
from domain.interest import Interest
from domain.ports.interest import InterestRepo
from domain.students import Identity
from scripts.ops.container import ops_container
from scripts.ops.stage import Stage
from scripts.ops.terminal.output import WIDTH
from tests.support.deployment.emulated_accounts import FREE, PAID, EmulatedAccounts
from tests.support.factories import later

TODAY = datetime.now(UTC).date().isoformat()
WHY = ("--reason", "Asked for.")


def audit(accounts: EmulatedAccounts, *words: str) -> list[tuple[str, dict[str, Any]]]:
    """What was recorded, the newest first: action and what changed."""
    return [(record["action"], record["after"]) for record in accounts.ops_json("audit", "list", *words)]


def test_a_course_is_created_changed_and_opened(accounts: EmulatedAccounts) -> None:
    """With a record of each; a dry run changes nothing."""
    create = ("courses", "create", "CLI-1", "--name", "New", "--model", "paid", "--price", "99.00", *WHY)
    assert accounts.ops(*create, "--dry-run").exit_code == 0
    assert accounts.course("CLI-1") == {}
    made = accounts.ops_json(*create)
    assert (made["price"], made["state"]) == ("99.00 USD", "coming soon")
    assert accounts.ops(*create).exit_code == 1
    changed = accounts.ops_json("courses", "change", "CLI-1", "--open", "--instructor", "Kim", *WHY)
    assert (changed["state"], changed["instructor"], changed["name"]) == ("open", "Kim", "New")
    assert [action for action, _ in audit(accounts, "--course", "CLI-1")] == ["course_changed", "course_created"]
    assert accounts.ops("courses", "change", "CLI-1", *WHY).exit_code == 2
    accounts.ops_json("courses", "change", "CLI-1", "--objective", "Sums", "--lessons", "3", "--duration", "1 h", *WHY)
    accounts.ops_json("courses", "change", "CLI-1", "--remove", "lessons", "--remove", "objectives", *WHY)
    (_, removed), (_, given), *_ = audit(accounts, "--course", "CLI-1")
    assert given == {"learningObjectives": ["Sums"], "totalLessons": 3, "estimatedDuration": "1 h"}
    assert removed == {"learningObjectives": [], "totalLessons": None}
    assert accounts.ops("courses", "change", "CLI-1", "--lessons", "3", "--remove", "lessons", *WHY).exit_code == 2


def test_lessons_come_from_a_file(accounts: EmulatedAccounts, tmp_path: Path) -> None:
    """In the form of the API; a file that is none is refused before anything happens."""
    file = tmp_path / "lessons.json"
    accounts.ops_json("courses", "create", "CLI-2", "--name", "New", "--model", "free", *WHY)
    file.write_text('[{"title": "Start", "lessons": [{"lessonId": "L1", "title": "Accounts", "minutes": 12.5}]}]')
    change = ("courses", "change", "CLI-2", "--curriculum", str(file), *WHY)
    assert accounts.ops_json(*change)["sections"] == 1
    [(_, given), *_] = audit(accounts, "--course", "CLI-2")
    assert [section["title"] for section in given["curriculum"]] == ["Start"]
    assert accounts.ops_json("courses", "change", "CLI-2", "--remove", "curriculum", *WHY)["sections"] == 0
    for wrong in ("nothing", "[1]", '[{"title": "Start"}]'):
        file.write_text(wrong)
        assert accounts.ops(*change).exit_code == 2
    file.unlink()
    assert accounts.ops(*change).exit_code == 2


def test_who_is_in_a_course_and_who_waits_for_it(accounts: EmulatedAccounts) -> None:
    """Lists that fit; whoever reads addresses is on record first; an address can be forgotten."""
    create = ("courses", "create", "SOON-1", "--name", "Soon", "--model", "free", *WHY)
    accounts.ops_json(*create)
    repo: InterestRepo = ops_container(Stage.named("local")).resolve(InterestRepo)
    for number in range(3):
        repo.add(Interest(course_id="SOON-1", email=f"sam-{number}@example.com", at=later(number)))
    assert accounts.ops("courses", "interest", "SOON-1").exit_code == 2
    listed = accounts.ops_json("courses", "interest", "SOON-1", "--most", "2", *WHY)
    assert len(listed) == 2
    assert accounts.ops_json("audit", "list", "--course", "SOON-1")[0]["action"] == "email_exported"
    every = [row["email"] for row in accounts.ops_json("courses", "interest", "SOON-1", *WHY)]
    assert every == [f"sam-{number}@example.com" for number in range(3)]
    forget = ("courses", "forget", "SOON-1", "SAM-1@example.com")
    assert accounts.ops(*forget, "--dry-run").exit_code == 0
    assert len(accounts.ops_json("courses", "interest", "SOON-1", *WHY)) == 3
    assert accounts.ops_json(*forget, "--yes") == {"course": "SOON-1", "kept": False}
    assert len(accounts.ops_json("courses", "interest", "SOON-1", *WHY)) == 2
    assert accounts.ops("courses", "interest", "nope", *WHY).exit_code == 1
    assert accounts.ops_json("courses", "students", "SOON-1") == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
@pytest.mark.parametrize(
    "words",
    [
        ("courses", "close", PAID),
        ("courses", "reprice", PAID, "5.00"),
        ("coupons", "create", "WHY-1", "--percent", "5"),
        ("enrollments", "grant", "user-1", PAID, "--yes"),
        ("sales", "close", "--yes"),
    ],
)
def test_no_change_without_a_reason(accounts: EmulatedAccounts, words: tuple[str, ...], reason: str) -> None:
    """A sentence, and nothing is changed."""
    before = accounts.course(PAID)
    result = accounts.ops(*words, "--reason", reason)
    assert result.exit_code == 1
    assert "reason must have 1 to 500 characters." in result.stderr
    assert accounts.course(PAID) == before
    assert accounts.ops("coupons", "show", "WHY-1").exit_code == 1


def test_a_course_is_closed_and_opened_again(accounts: EmulatedAccounts) -> None:
    """And so is the whole school; saying it twice changes nothing more."""
    assert accounts.ops_json("courses", "close", PAID, *WHY, "--dry-run")["sales_closed"] is False
    for _ in range(2):
        assert accounts.ops_json("courses", "close", PAID, *WHY)["state"] == "closed"
    assert accounts.ops_json("courses", "open", PAID, *WHY)["state"] == "open"
    assert [action for action, _ in audit(accounts, "--course", PAID)][:2] == ["sales_opened", "sales_closed"]
    assert accounts.ops_json("sales", "close", *WHY, "--yes")["closed"] is True
    assert accounts.ops_json("sales", "show")["reason"] == "Asked for."
    assert "the whole school is closed" in accounts.ops("status").output
    assert accounts.ops_json("sales", "open", *WHY, "--yes")["closed"] is False


def test_one_way_to_pay_is_closed_and_opened_again(accounts: EmulatedAccounts) -> None:
    """Within seconds nobody new can choose it; the students who are paying there go on; status says so."""
    open_checkout = accounts.checkout()
    assert accounts.ops_json("sales", "close", "--provider", "stripe", *WHY, "--yes")["closed_providers"] == ["stripe"]

    with pytest.raises(SalesClosed):
        accounts.enroll()
    assert accounts.stored(open_checkout).is_live
    assert "nobody can begin to pay through stripe" in " ".join(accounts.ops("status").output.split())
    assert accounts.ops("sales", "close", "--provider", "bank", *WHY, "--yes").exit_code == 1

    assert accounts.ops_json("sales", "open", "--provider", "stripe", *WHY, "--yes")["closed_providers"] == []
    assert accounts.checkout().is_live


def test_a_coupon_is_changed_term_by_term(accounts: EmulatedAccounts) -> None:
    """What is not named stays; --remove removes; a wrong word changes nothing."""
    accounts.ops_json(
        "coupons", "create", "TERM-1", "--percent", "5", "--until", "2030-01-01T00:00:00Z", "--max-uses", "9"
    )
    change = ("coupons", "change", "TERM-1")
    dry = accounts.ops_json(*change, "--remove", "until", *WHY, "--dry-run")
    assert dry["valid_until"] is None
    assert accounts.ops_json("coupons", "show", "TERM-1")["valid_until"] == "2030-01-01T00:00:00Z"
    changed = accounts.ops_json(
        *change, "--remove", "until", "--name", "Spring", "--minimum", "10.00", "--listed", *WHY
    )
    assert (changed["valid_until"], changed["name"], changed["minimum"]) == (None, "Spring", "10.00 USD")
    assert (changed["listed"], changed["uses"]) == (True, "0/9")
    assert accounts.ops(*change, "--course", "nope", *WHY).exit_code == 1
    assert accounts.ops(*change, "--until", "2030-01-01T00:00:00Z", "--remove", "until", *WHY).exit_code == 2
    assert accounts.ops(*change, *WHY).exit_code == 2
    [(_, after), (issued, _)] = audit(accounts, "--coupon", "term-1")
    assert (issued, after["validUntil"], after["name"]) == ("coupon_issued", None, "Spring")


def test_what_was_done_is_exported_line_by_line(accounts: EmulatedAccounts) -> None:
    """One JSON object a line, whole; other months are other files."""
    accounts.ops_json("coupons", "create", "EXPORT-1", "--percent", "5", "--reason", "For the export.")
    at = accounts.ops_json("audit", "list", "--coupon", "EXPORT-1")[0]["at"]
    lines = accounts.ops("audit", "export", "--month", at[:7]).stdout.splitlines()
    records = [json.loads(line) for line in lines]
    [found] = [record for record in records if record["coupon_code"] == "EXPORT-1"]
    assert (found["reason"], found["by"][:4]) == ("For the export.", "cli:")
    assert found["role"] == "operator"
    sheet = accounts.ops("audit", "export", "--month", at[:7], "--by", found["by"], "--csv").stdout
    [row] = [row for row in csv.DictReader(StringIO(sheet)) if row["coupon_code"] == "EXPORT-1"]
    assert (row["reason"], row["role"], json.loads(row["after"])) == (found["reason"], "operator", found["after"])
    assert accounts.ops("audit", "export", "--month", at[:7], "--by", "nobody").stdout == ""
    assert accounts.ops("audit", "export", "--month", at[:7], "--csv", "--json").exit_code == 2
    assert accounts.ops("audit", "export", "--month", "2001-01").stdout == ""
    assert accounts.ops("audit", "export", "--month", "2001-13").exit_code == 2
    assert accounts.ops("audit", "list", "--month", at[:7], "--coupon", "X-1").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("figures", "show", "--from", TODAY, "--to", TODAY, "--by", "course", "--by", "coupon"),
        ("coupons", "list"),
        ("courses", "list"),
        ("courses", "students", PAID),
        ("payments", "list"),
        ("payments", "review", "list"),
        ("audit", "list"),
    ],
)
def test_lists_fit_a_terminal(accounts: EmulatedAccounts, words: tuple[str, ...]) -> None:
    """100 columns."""
    accounts.ops_json("coupons", "create", "WIDE-" + "X" * 30, "--percent", "12.5", "--max-uses", "1000")
    result = accounts.ops(*words)
    assert result.exit_code == 0
    assert result.stdout.strip()
    assert max(len(line) for line in result.stdout.splitlines()) <= WIDTH


def test_a_course_says_who_is_in_it(accounts: EmulatedAccounts) -> None:
    """By name and address; on the terminal as much of it as a line has room for."""
    user = accounts.paid().user_id
    [found] = [row for row in accounts.ops_json("courses", "students", PAID) if row["user"] == user]
    assert (found["who"], found["email"][-12:]) == ("Some Body", "@example.com")
    assert "  Some Body  " in accounts.ops("courses", "students", PAID).stdout


def test_nobody_is_found_where_nobody_is(accounts: EmulatedAccounts) -> None:
    """An empty list, an empty search, and a sentence."""
    assert accounts.ops_json("students", "find", "nobody@example.com") == []
    assert accounts.ops("students", "show", "user-9").exit_code == 1
    assert accounts.ops("payments", "list", "--email", "nobody@example.com").exit_code == 1
    assert accounts.ops("payments", "list", "--email", "a@b.c", "--user", "user-1").exit_code == 2
    assert accounts.ops("payments", "list", "--from", "2020-01-01T00:00:00Z").exit_code == 2


def test_a_student_is_exported_and_deleted(accounts: EmulatedAccounts) -> None:
    """A dry run says what would go; afterwards the payment is there, and nobody's name."""
    session = accounts.paid()
    user = session.user_id
    exported = json.loads(accounts.ops("students", "export", user, *WHY).stdout)
    assert exported["student"]["userId"] == user
    assert exported["payments"][0]["payment"]["id"] == session.payment_session_id
    plan = accounts.ops_json("students", "delete", user, *WHY, "--dry-run")
    assert (plan["done"], plan["enrollments_ended"]) == (False, [PAID])
    assert plan["customers_deleted"][0].startswith("stripe: cus_")
    assert accounts.ops_json("students", "delete", user, *WHY, "--yes")["done"] is True
    kept = accounts.ops_json("students", "show", user)
    assert kept["student"] == {}
    assert kept["payments"]
    assert kept["audit"][0]["action"] == "student_deleted"
    assert accounts.ops_json("students", "delete", user, *WHY, "--yes")["enrollments_ended"] == []
    customer = plan["customers_deleted"][0].partition(": ")[2]
    assert accounts.stripe.account.customers[customer]["deleted"]


def test_a_student_loses_their_account_if_a_pool_is_named(accounts: EmulatedAccounts) -> None:
    """Deleting it again is as good; a dry run deletes nothing."""
    cognito, pool = accounts.clients("cognito-idp"), accounts.account.pool_id
    made = cognito.admin_create_user(UserPoolId=pool, Username="leaver@example.com")["User"]
    user = next(one["Value"] for one in made["Attributes"] if one["Name"] == "sub")
    accounts.enroll(FREE, Identity(user_id=user, email="leaver@example.com"))
    words = ("students", "delete", user, *WHY)
    assert accounts.ops_json(*words, "--dry-run")["account"] == "left alone"
    assert accounts.ops_json(*words, "--user-pool", pool, "--dry-run")["account"] == f"in {pool}"
    assert cognito.admin_get_user(UserPoolId=pool, Username=user)
    for _ in range(2):
        assert accounts.ops_json(*words, "--user-pool", pool, "--yes")["done"]
    with pytest.raises(cognito.exceptions.UserNotFoundException):
        cognito.admin_get_user(UserPoolId=pool, Username=user)
