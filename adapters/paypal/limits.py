"""PayPal's limits, from its documentation."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from domain.pricing import ProviderLimits

LIMITS = ProviderLimits(
    minimum_charge=MappingProxyType({}),
    shortest_checkout=timedelta(minutes=30),
    longest_checkout=timedelta(hours=3),
    keys_kept=timedelta(hours=6),
)
"""One minor unit can be charged. An order can be approved and captured for three hours at least; how long we let it is
ours to decide, since only our capture moves money. Request ids of orders are kept for six hours.
"""

ORDER_LIFE = timedelta(hours=3)
"""The shortest time for which PayPal is known to keep an order that was not captured. Later it may be unknown there."""

CUSTOM_ID_LENGTH = 127
REFERENCE_ID_LENGTH = 256
REQUEST_ID_LENGTH = 108
