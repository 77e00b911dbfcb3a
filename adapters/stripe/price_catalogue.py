"""Stripe's catalogue of products and prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.stripe import values
from adapters.stripe.api import Answer, Request, StripeApi, StripeRefusedError
from domain.courses import Course, ProviderPrice
from domain.errors import AmountTooSmall, ProviderRejected
from domain.money import Money
from domain.ports.price_catalogue import PriceCatalogue

if TYPE_CHECKING:
    from stripe.params import PriceCreateParams

_TOO_SMALL = "amount_too_small"


@frozen
class StripePriceCatalogue(PriceCatalogue):
    """Makes one-time prices. The amount of a price never changes at Stripe: a new amount is a new price."""

    stripe: StripeApi

    def publish(self, course: Course, price: Money) -> ProviderPrice:
        """A price of the course's product, which is made with it where the course has none."""
        earlier = course.price_at(self.stripe.provider)
        params: PriceCreateParams = {
            "currency": price.currency,
            "unit_amount": price.amount,
            "metadata": {"courseId": course.course_id},
        }
        if earlier.product_id is not None:
            params["product"] = earlier.product_id
        else:
            params["product_data"] = {"name": course.name, "metadata": {"courseId": course.course_id}}
        key = f"{course.course_id}:{price.amount}:{price.currency}:{earlier.price_id or 'none'}"
        try:
            return self.stripe.call(Request("post", ("prices",), params, key), _published)
        except StripeRefusedError as refused:
            raise (AmountTooSmall if refused.reason == _TOO_SMALL else ProviderRejected) from None


def _published(answer: Answer) -> ProviderPrice:
    return ProviderPrice(
        product_id=values.identifier(answer.body, "product"), price_id=values.identifier(answer.body, "id")
    )
