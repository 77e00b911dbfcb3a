"""Seeds the courses of courses.json into the table and into Stripe's catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from boto3.dynamodb.types import TypeSerializer

_FILE = Path(__file__).with_name("courses.json")
CURRENCY = "usd"

Course = Mapping[str, Any]


class Catalog(Protocol):
    """The catalogue of products and prices: the Stripe emulator's."""

    def catalog(self, *, product_id: str, price_id: str, name: str, unit_amount: int, currency: str) -> None:
        """Add a product with a price in minor units; adding it again changes nothing."""


def courses() -> list[Course]:
    """The courses with the attributes of their items; prices are exact decimals."""
    found: list[Course] = json.loads(_FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


def seed_table(dynamodb: Any, table: str, items: Iterable[Course]) -> None:
    """Write the courses that the table does not have; existing ones stay unchanged."""
    serialize = TypeSerializer().serialize
    for course in items:
        keys = {"PK": f"COURSE#{course['courseId']}", "SK": "METADATA"}
        index = {"GSI1PK": "COURSE", "GSI1SK": keys["PK"]}
        try:
            dynamodb.put_item(
                TableName=table,
                Item={name: serialize(value) for name, value in {**keys, **index, **course}.items()},
                ConditionExpression="attribute_not_exists(PK)",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            continue


def seed_catalog(stripe: Catalog, items: Iterable[Course]) -> None:
    """Add the courses that have a Stripe price; the others are sold at the price in the table."""
    for course in items:
        if course.get("stripePriceId"):
            stripe.catalog(
                product_id=course["stripeProductId"],
                price_id=course["stripePriceId"],
                name=course["name"],
                unit_amount=int(course["price"] * 100),
                currency=CURRENCY,
            )
