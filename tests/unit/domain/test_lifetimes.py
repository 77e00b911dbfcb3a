"""How long checkouts stay open."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.payments.lifetimes import REPEATABLE, checkout_lifetime
from domain.pricing import ProviderLimits

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("longest", "lifetime"),
    [
        (timedelta(hours=24), HALF_AN_HOUR + REPEATABLE),
        (HALF_AN_HOUR + REPEATABLE, HALF_AN_HOUR + REPEATABLE),
        (timedelta(minutes=35), timedelta(minutes=35)),
        (HALF_AN_HOUR, HALF_AN_HOUR),
    ],
)
def test_a_checkout_lives_as_short_as_its_provider_allows(longest: timedelta, lifetime: timedelta) -> None:
    """With time to repeat the request that opens it, where the provider's maximum leaves that time."""
    limits = ProviderLimits(
        minimum_charge={}, shortest_checkout=HALF_AN_HOUR, longest_checkout=longest, keys_kept=timedelta(hours=24)
    )
    assert checkout_lifetime(limits) == lifetime
