"""Courses: what the school offers and at which price."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen
from attrs.validators import ge, le, optional

from domain.errors import CourseNotForSale, CourseNotOpen
from domain.identifiers import an_id
from domain.money import Money

FREE = "free"
PAID = "paid"
INVITATION = "invitation"
WAITLIST = "waitlist"
"""The kind of enrolling in a course with a capacity, whatever its pricing model is."""

LARGEST_CAPACITY = 100_000
"""Seats that a course may have."""

PRICING_MODELS = (FREE, PAID, INVITATION)
"""How courses are enrolled in: for nothing, for a price, or by invitation, for nothing or for a price."""


@frozen(kw_only=True)
class ProviderPrice:
    """How a payment provider names the course and its price in its own catalogue."""

    product_id: str | None = None
    price_id: str | None = None


@frozen(kw_only=True)
class Course:
    """A course as the school's editors keep it. ``pricing_model`` names the enrollment strategy: free, paid,
    invitation, or a later kind.

    ``price`` is the list price; None on a course without one. ``provider_prices`` is keyed by the provider's name.
    ``curriculum`` is the editors' own structure and opaque to every rule. ``sales_closed``: nobody new may enroll for
    now; who is enrolled, or paying already, is not affected.

    ``capacity`` is how many seats there are, None for any number. ``seats_taken`` counts who is enrolled and for whom a
    seat is held, ``waiting`` who waits in line; both are counted only where there is a capacity, and change only with
    what they count. ``seat_moves`` is how often they did: whoever counts anew sees by it that they moved meanwhile,
    also where they came back to what they were.
    """

    course_id: str = field(validator=an_id)
    name: str
    description: str = ""
    instructor: str = ""
    pricing_model: str
    price: Money | None = None
    provider_prices: Mapping[str, ProviderPrice] = field(factory=lambda: MappingProxyType({}))
    image_url: str = ""
    learning_objectives: tuple[str, ...] = ()
    curriculum: tuple[object, ...] = ()
    coming_soon: bool = False
    estimated_duration: str | None = None
    total_lessons: int | None = None
    sales_closed: bool = False
    capacity: int | None = field(default=None, validator=optional([ge(1), le(LARGEST_CAPACITY)]))
    seats_taken: int = 0
    waiting: int = 0
    seat_moves: int = 0

    @property
    def enrollment_kind(self) -> str:
        """Which strategy enrolls in it: that of its pricing model, or of courses with a capacity."""
        return WAITLIST if self.capacity is not None else self.pricing_model

    @property
    def seats_left(self) -> int | None:
        """How many seats a newcomer can have: none while others wait for one; None where there is no capacity."""
        if self.capacity is None:
            return None
        return 0 if self.waiting else max(self.capacity - self.seats_taken, 0)

    def require_open(self) -> None:
        """Refuse a course that is only announced.

        Raises:
            CourseNotOpen: the course is coming soon.
        """
        if self.coming_soon:
            raise CourseNotOpen

    @property
    def has_price(self) -> bool:
        """Whether there is something to pay."""
        return self.price is not None and not self.price.is_zero

    def list_price(self) -> Money:
        """What the course costs before any discount.

        Raises:
            CourseNotForSale: the course has no price, or one of zero.
        """
        if self.price is None or self.price.is_zero:
            raise CourseNotForSale
        return self.price

    def price_record(self) -> dict[str, object]:
        """The price as a record keeps it: minor units, currency, and the providers' names for it; empty without one."""
        if self.price is None:
            return {}
        ids = {f"{name}PriceId": link.price_id for name, link in self.provider_prices.items() if link.price_id}
        return {"price": self.price.amount, "currency": self.price.currency, **ids}

    def price_at(self, provider: str) -> ProviderPrice:
        """The provider's names for this course; empty where the course is not linked to it."""
        return self.provider_prices.get(provider, ProviderPrice())
