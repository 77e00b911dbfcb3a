"""`table check`: what an existing table holds that a school should know before it sells from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.dynamodb.codec import encode
from adapters.dynamodb.courses import course_item
from adapters.dynamodb.enrollment_items import enrollment_item
from adapters.dynamodb.ledger import entry_item
from adapters.dynamodb.payment_sessions import session_item
from adapters.dynamodb.students import student_item
from domain.money import Money
from tests.architecture.test_docs import stored_items
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.factories import a_course, a_free_course, a_student, an_enrollment
from tests.support.reversal_factories import a_paid_session, an_entry

NAME = "existing-table"
KEY = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]


@pytest.fixture
def existing(accounts: EmulatedAccounts) -> Any:
    """A table as another back end made it: no index but GSI1, nothing that expires, no backups."""
    client = accounts.clients("dynamodb")
    names = ("PK", "SK", "GSI1PK", "GSI1SK")
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=KEY,
        GlobalSecondaryIndexes=[
            {
                "IndexName": "GSI1",
                "KeySchema": [
                    {"AttributeName": "GSI1PK", "KeyType": "HASH"},
                    {"AttributeName": "GSI1SK", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    yield client
    client.delete_table(TableName=NAME)


def put(client: Any, *items: dict[str, Any]) -> None:
    """Store these items."""
    for item in items:
        client.put_item(TableName=NAME, Item=encode({name: one for name, one in item.items() if one is not None}))


def findings(accounts: EmulatedAccounts) -> dict[str, dict[str, Any]]:
    """What the command finds, by what it is."""
    import json

    found = json.loads(accounts.ops("table", "check", "--name", NAME, "--json").stdout)
    return {one["what"]: one for one in found}


def test_what_another_back_end_left_is_reported(accounts: EmulatedAccounts, existing: Any) -> None:
    """Each kind with how many there are, and what it means."""
    links: dict[str, Any] = {"provider_prices": {}}
    put(
        existing,
        course_item(a_course(course_id="cents", price=Money(499_900, "usd"), **links)),
        course_item(a_course(course_id="units", price=Money(4_999, "usd"), **links)),
        course_item(a_course(course_id="linked", price=Money(499_900, "usd"))),
        course_item(a_course(course_id="yen", price=Money(4_999, "jpy"), **links)),
        course_item(a_free_course()) | {"GSI1PK": "COURSE#free-1"},
        {"PK": "COURSE#broken", "SK": "METADATA", "courseId": "broken"},
        enrollment_item(an_enrollment(course_id="a")) | {"paymentStatus": "pending"},
        enrollment_item(an_enrollment(course_id="b")) | {"progress": Decimal("33.33")},
        student_item(a_student()),
        {"PK": "USER#user-2", "SK": "METADATA", "interestedInPremium": True},
        {"PK": "STUDENT#user-2", "SK": "PROGRESS#b"},
        {"PK": "kim@example.com", "SK": "x"},
        {"PK": "EVENT#stripe#evt_1", "SK": "METADATA", "ttl": 1},
    )
    found = findings(accounts)
    assert found["prices that look like cents"]["examples"] == ["cents: 4999.00 usd"]
    assert found["courses in no list"]["examples"] == ["COURSE#free-1 METADATA"]
    assert found["unreadable: course"]["count"] == 1
    assert found["pending enrollments"]["count"] == found["fractional progress"]["count"] == 1
    assert found["partial students"]["examples"] == ["USER#user-2 METADATA"]
    assert set(found["items of other kinds"]["examples"]) == {"?#", "STUDENT#"}
    assert found["no time to live"]["count"] == 1
    assert {"no point-in-time recovery", "no deletion protection", "no index email-index"} <= found.keys()
    assert {what for what, one in found.items() if one["stops"]} == {
        "prices that look like cents",
        "unreadable: course",
    }
    assert "kim@example.com" not in accounts.ops("table", "check", "--name", NAME).output


def test_it_stops_a_school_that_would_sell_at_a_wrong_price(accounts: EmulatedAccounts, existing: Any) -> None:
    """Status 1; without such a course it is 0, whatever else there is to know."""
    assert accounts.ops("table", "check", "--name", NAME).exit_code == 0
    put(existing, course_item(a_course(course_id="cents", price=Money(499_900, "usd"), provider_prices={})))
    assert accounts.ops("table", "check", "--name", NAME).exit_code == 1


def test_it_reads_no_more_than_it_may(accounts: EmulatedAccounts, existing: Any) -> None:
    """And says that there is more."""
    put(existing, *({"PK": f"STUDENT#{number}", "SK": "x"} for number in range(1_001)))
    told = accounts.ops("table", "check", "--name", NAME, "--pages", "1").output
    assert "1,000 items were read. There are more" in told
    assert "1,001 items were read." in accounts.ops("table", "check", "--name", NAME, "--pages", "2").output


def test_every_kind_of_item_of_ours_is_known(accounts: EmulatedAccounts, existing: Any) -> None:
    """Those of the table in docs/architecture.md; none is taken for somebody else's."""
    kinds = {(pk.replace("#0-7", "#0"), sk) for pk, sk, *_ in stored_items().values()}
    put(existing, *({"PK": pk, "SK": sk} for pk, sk in kinds))
    assert "items of other kinds" not in findings(accounts)
    put(existing, {"PK": "USER#user-1", "SK": "BASKET#1"})
    assert findings(accounts)["items of other kinds"]["examples"] == ["USER# BASKET#"]


def test_a_sale_whose_payment_session_is_gone_is_found(accounts: EmulatedAccounts, existing: Any) -> None:
    """Once the whole table was read: else the session may be among the rest."""
    here, gone = an_entry(), an_entry(provider_payment_id="pi_2", payment_session_id="ps_2")
    refund = an_entry(provider_payment_id="pi_3", payment_session_id="ps_3", entry_id="REFUND#r-1#1")
    put(existing, session_item(a_paid_session()), *map(entry_item, (here, gone, refund)))
    found = findings(accounts)["sales without a payment session"]
    assert (found["count"], found["examples"], found["stops"]) == (1, ["MONEY#stripe#pi_2 SALE"], False)
    assert "payments rebuild" in found["meaning"]
    put(existing, *({"PK": f"STUDENT#{number}", "SK": "x"} for number in range(1_001)))
    part = accounts.ops("table", "check", "--name", NAME, "--pages", "1").output
    assert "without a payment session" not in part


def test_a_table_of_ours_has_nothing_unusual(accounts: EmulatedAccounts) -> None:
    """But what the emulation lacks: its table has neither backups nor protection."""
    accounts.paid()
    found = accounts.ops_json("table", "check")
    assert {one["what"] for one in found} <= {"no point-in-time recovery", "no deletion protection", "no time to live"}
