"""The seeded courses are those of the existing table, with the same attributes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define, field

from scripts.stack.aws_resources import Account, Clients
from scripts.stack.seed import courses, seed_catalog, seed_table

PAID = {
    "TEST-COURSE-003": (Decimal("99.99"), "prod_TF8hrJSyQlMQNC", "price_1SIeQGQ0A0bb7l8VOe6dfOoI"),
    "TEST-COURSE-005": (Decimal("149.99"), "prod_TF8hQvt5PazLWQ", "price_1SIeQEQ0A0bb7l8VrpD9MOwT"),
}


@define
class CatalogList:
    """A catalogue that records what was added."""

    listed: dict[str, dict[str, Any]] = field(factory=dict)

    def catalog(self, **product: Any) -> None:
        """List a product."""
        self.listed[product["price_id"]] = product


def items(clients: Clients, table: str) -> list[dict[str, Any]]:
    """All items of the table, by key."""
    found = clients("dynamodb").scan(TableName=table)["Items"]
    return sorted(found, key=lambda item: str(item["PK"]["S"]))


def test_the_table_holds_six_courses(clients: Clients, account: Account) -> None:
    """Three free courses, two paid ones at their known prices, and one that is coming soon."""
    seed_table(clients("dynamodb"), account.table, courses())
    found = {item["courseId"]["S"]: item for item in items(clients, account.table)}
    assert [found[f"TEST-COURSE-00{n}"]["pricingModel"]["S"] for n in (1, 2, 4)] == ["free"] * 3
    for course_id, (price, product_id, price_id) in PAID.items():
        course = found[course_id]
        assert course["PK"]["S"] == course["GSI1SK"]["S"] == f"COURSE#{course_id}"
        assert (course["SK"]["S"], course["GSI1PK"]["S"]) == ("METADATA", "COURSE")
        assert Decimal(course["price"]["N"]) == price
        assert (course["stripeProductId"]["S"], course["stripePriceId"]["S"]) == (product_id, price_id)
    assert found["TEST-COURSE-006"]["comingSoon"]["BOOL"] is True


def test_seeding_twice_changes_nothing(clients: Clients, account: Account) -> None:
    """Changes to a seeded course stay, and no course appears twice."""
    dynamodb = clients("dynamodb")
    seed_table(dynamodb, account.table, courses())
    dynamodb.update_item(
        TableName=account.table,
        Key={"PK": {"S": "COURSE#TEST-COURSE-001"}, "SK": {"S": "METADATA"}},
        UpdateExpression="SET instructor = :name",
        ExpressionAttributeValues={":name": {"S": "Somebody Else"}},
    )
    before = items(clients, account.table)
    seed_table(dynamodb, account.table, courses())
    assert items(clients, account.table) == before


def test_what_is_sold_is_in_the_catalog_in_cents() -> None:
    """Every paid course has its product and price at Stripe, exact to the cent."""
    catalog = CatalogList()
    seed_catalog(catalog, courses())
    amounts = {price_id: product["unit_amount"] for price_id, product in catalog.listed.items()}
    assert {price_id: int(price * 100) for price, _, price_id in PAID.values()}.items() <= amounts.items()
    assert all(type(amount) is int for amount in amounts.values())


def test_a_course_without_a_price_at_stripe_is_not_in_the_catalog() -> None:
    """It is sold at the price in the table; Stripe lists the others all the same."""
    catalog, (first, *others) = CatalogList(), [course for course in courses() if "stripePriceId" in course]
    own_price = {name: value for name, value in first.items() if not name.startswith("stripe")}
    seed_catalog(catalog, [own_price, *others])
    assert catalog.listed.keys() == {course["stripePriceId"] for course in others}
