"""How long checkouts stay open, and how long what was asked of a provider can be asked again."""

from __future__ import annotations

from datetime import timedelta

from domain.pricing import ProviderLimits

REPEATABLE = timedelta(minutes=10)
"""How long an unanswered request can be repeated; later its checkout would be open for too short a time."""

KEY_MARGIN = timedelta(hours=1)
"""How long before the provider forgets an idempotency key we stop relying on it."""

CAPTURE_GRACE = timedelta(minutes=10)
"""How long after its end an approved checkout may still be captured: two runs of the reconciliation, which captures
what was approved in the last moment and forgotten.
"""

MAX_CAPTURES = 3
"""How many captures of one session are begun, each after the provider declined the one before."""


def checkout_lifetime(limits: ProviderLimits) -> timedelta:
    """How long a checkout stays open: the provider's minimum, even if it is opened at the last moment possible, and not
    beyond the provider's maximum.
    """
    return min(limits.shortest_checkout + REPEATABLE, limits.longest_checkout)


def repeatable_for(limits: ProviderLimits) -> timedelta:
    """Up to which age of a session its request can be repeated under its idempotency key."""
    return limits.keys_kept - KEY_MARGIN
