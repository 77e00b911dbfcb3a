"""A small school beside its provider: few students, courses and coupons, so that they meet often."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from attrs import evolve

from domain.coupons import Coupon, DiscountType
from domain.courses import FREE, PAID, Course, ProviderPrice
from domain.money import Money
from domain.students import Identity
from tests.simulation.checkout_events import PROVIDER
from tests.simulation.invariants import Invariants
from tests.simulation.provider import Provider, SimulatedCheckout
from tests.simulation.use_cases import UseCases
from tests.simulation.watched import watched_store
from tests.simulation.world import Action, Task, World

API = timedelta(seconds=29)
"""How long a request may take before its machine is stopped."""

_PERCENT, _FIXED = DiscountType.PERCENTAGE, DiscountType.FIXED
_COUPONS = (
    Coupon(code="FEW", discount_type=_PERCENT, discount_value=Decimal(20), currency="usd", max_uses=1),
    Coupon(code="ENDLESS", discount_type=_PERCENT, discount_value=Decimal(10), currency="usd"),
    Coupon(code="SPREAD", discount_type=_FIXED, discount_value=Decimal(500), currency="usd", max_uses=4, shards=3),
    Coupon(code="GIFT", discount_type=_PERCENT, discount_value=Decimal(100), currency="usd", max_uses=2),
    Coupon(code="GIFTS", discount_type=_PERCENT, discount_value=Decimal(100), currency="usd"),
)

LIMITED = tuple(coupon.code for coupon in _COUPONS if coupon.max_uses is not None)
"""Coupons whose uses are counted."""


class School:
    """What is stored, the use cases over it, and the provider."""

    def __init__(self, world: World, provider: Provider, *, students: int, courses: int) -> None:
        self.world = world
        self.provider = provider
        self.store = watched_store()
        self.invariants = Invariants(world, self.store, provider)
        self.use_cases = UseCases(world, self.store, provider, self.invariants.check, self.invariants.captured)
        self.people = [
            Identity(user_id=f"u{number}", email=f"u{number}@school.example", name=f"U {number}")
            for number in range(1, students + 1)
        ]
        self.deleted: dict[str, Course] = {}
        """Courses as they were when somebody took them away; kept, since a restore may take one away again."""
        self.rebuilt: Counter[str] = Counter()
        """What became of payments that were rebuilt."""
        self.left_deleted: set[tuple[str, str]] = set()
        """Students and sessions of which a rebuild found only the sale: they had been deleted, and stay so."""
        self.paid_courses = [f"c{number}" for number in range(1, courses + 1)]
        self.courses = [*self.paid_courses, "free"]
        self.codes = [coupon.code for coupon in _COUPONS]
        for coupon in _COUPONS:
            self.store.coupons[coupon.code] = coupon
        self.store.coupons["FEW"] = evolve(_COUPONS[0], max_uses=1 + int(world.random() * 3))
        self.store.courses["free"] = Course(course_id="free", name="free", pricing_model=FREE)
        for number, course_id in enumerate(self.paid_courses, 1):
            price = Money(9_900 + number, "usd")
            self.store.courses[course_id] = Course(course_id=course_id, name=course_id, pricing_model=PAID, price=price)
            if world.chance(0.7):
                self.link(course_id, price)

    def link(self, course_id: str, price: Money) -> None:
        """Give a course this price, here and at the provider."""
        price_id = f"price_{len(self.provider.prices) + 1}"
        self.provider.prices[price_id] = (price.amount, price.currency, True)
        linked = MappingProxyType({PROVIDER: ProviderPrice(price_id=price_id)})
        self.store.courses[course_id] = evolve(self.store.courses[course_id], price=price, provider_prices=linked)

    def task(self, name: str, action: Action, limit: timedelta = API, *, forged: bool = False) -> Task:
        """An invocation that has not begun."""
        return Task(name, action, self.world, limit=limit, forged=forged)

    def pick_checkout(self, *stages: str) -> SimulatedCheckout | None:
        """Any checkout that a browser has shown and that is at one of these stages."""
        there = [
            checkout
            for checkout in self.provider.checkouts
            if checkout.seen and self.provider.current(checkout).stage in stages
        ]
        return self.world.pick(there) if there else None

    def identity(self, user_id: str) -> Identity:
        """The student's sign-in."""
        return self.people[int(user_id[1:]) - 1]
