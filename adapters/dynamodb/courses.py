"""Courses as items, and the catalogue."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import cursor_after, id_in
from adapters.dynamodb.table import MOST_ITEMS, Table
from domain.courses import Course, ProviderPrice
from domain.errors import CourseNotFound
from domain.identifiers import is_id
from domain.money import Money
from domain.paging import Page
from domain.ports.courses import CourseRepo
from domain.ports.telemetry import Telemetry

CURRENCY = "usd"
"""What a price is in when its course does not say."""


def course_item(course: Course) -> Item:
    """The item of a course, as its editors' tools write it."""
    links = {
        f"{provider}{suffix}": value
        for provider, price in course.provider_prices.items()
        for suffix, value in (("ProductId", price.product_id), ("PriceId", price.price_id))
    }
    return {
        **keys.course(course.course_id).attributes,
        **keys.course_index(course.course_id),
        "courseId": course.course_id,
        "name": course.name,
        "description": course.description,
        "instructor": course.instructor,
        "pricingModel": course.pricing_model,
        "price": course.price.to_decimal() if course.price else None,
        "currency": course.price.currency if course.price else None,
        **links,
        "imageUrl": course.image_url,
        "learningObjectives": course.learning_objectives,
        "curriculum": course.curriculum,
        "comingSoon": course.coming_soon or None,
        "salesClosed": course.sales_closed or None,
        "estimatedDuration": course.estimated_duration,
        "totalLessons": course.total_lessons,
        "capacity": course.capacity,
    }


def course_from_item(item: Item, currency: str = CURRENCY) -> Course:
    """The course in an item; ``currency`` is what its price is in when it does not say.

    Raises:
        RecordUnreadable: it is no course, such as one at a price of three decimals.
    """
    with reading("course", item) as stored:
        return Course(
            course_id=stored.text("courseId"),
            name=stored.text("name"),
            description=stored.maybe_text("description") or "",
            instructor=stored.maybe_text("instructor") or "",
            pricing_model=stored.text("pricingModel"),
            price=_price(stored.maybe_decimal("price"), stored.maybe_text("currency") or currency),
            provider_prices=_provider_prices(stored),
            image_url=stored.maybe_text("imageUrl") or "",
            learning_objectives=stored.texts("learningObjectives"),
            curriculum=tuple(stored.maybe_list("curriculum")),
            coming_soon=stored.boolean("comingSoon"),
            sales_closed=stored.boolean("salesClosed"),
            estimated_duration=stored.maybe_text("estimatedDuration"),
            total_lessons=stored.maybe_integer("totalLessons"),
            capacity=stored.maybe_integer("capacity"),
            seats_taken=stored.maybe_integer("seatsTaken") or 0,
            waiting=stored.maybe_integer("waiting") or 0,
            seat_moves=stored.maybe_integer("seatMoves") or 0,
        )


@frozen
class DynamoCourseRepo(CourseRepo):
    """Reads courses from the table."""

    table: Table
    telemetry: Telemetry
    currency: str = CURRENCY

    def get(self, course_id: str) -> Course:
        """The course, or ``CourseNotFound``."""
        item = self.table.get(keys.course(course_id)) if is_id(course_id) else None
        if item is None:
            raise CourseNotFound
        return course_from_item(item, self.currency)

    def existing(self, course_ids: frozenset[str]) -> frozenset[str]:
        """Those of the ids that a course has; asked for in batches."""
        asked = [(keys.course(course_id), course_id) for course_id in sorted(course_ids) if is_id(course_id)]
        found: set[str] = set()
        for start in range(0, len(asked), MOST_ITEMS):
            batch = dict(asked[start : start + MOST_ITEMS])
            found |= {batch[key] for key in self.table.get_many(list(batch))}
        return frozenset(found)

    def page(self, *, limit: int, cursor: str | None) -> Page[Course]:
        """Up to ``limit`` courses; the cursor hides the id of the last one read."""
        after = keys.catalogue_after(id_in(cursor) if cursor is not None else None)
        courses: list[Course] = []
        while True:
            page = self.table.index_page(after, limit=max(limit - len(courses), 1))
            courses += readable(page.items, self._course, self.telemetry)
            if page.is_last:
                return Page(tuple(courses), None)
            after = keys.index_of(page.items[-1])
            course_id = keys.course_id_in(after)
            # A page must not end on an id that no cursor may hold; such a course is unreadable anyway.
            if is_id(course_id):
                return Page(tuple(courses), cursor_after(course_id))

    def _course(self, item: Item) -> Course:
        return course_from_item(item, self.currency)


def _price(price: Decimal | None, currency: str) -> Money | None:
    return None if price is None else Money.from_decimal(price, currency)


def _provider_prices(stored: Attributes) -> MappingProxyType[str, ProviderPrice]:
    products, prices = stored.by_provider("ProductId"), stored.by_provider("PriceId")
    return MappingProxyType(
        {
            provider: ProviderPrice(product_id=products.get(provider), price_id=prices.get(provider))
            for provider in sorted(products.keys() | prices.keys())
        }
    )
