"""Redaction: which ids are logged, and what is removed from every logged value."""

from __future__ import annotations

import re
from collections.abc import Mapping

ALLOWED = frozenset(
    {
        "coupon_code",
        "course_id",
        "event_id",
        "event_type",
        "payment_session_id",
        "pk",
        "reversal_id",
        "provider_payment_id",
        "provider_session_id",
        "request_id",
        "sk",
        "user_id",
    }
)
"""The ids that may be logged. Before adding one, make sure that it can hold nothing personal."""

_LONGEST = 256
_HIDDEN = "[hidden]"
_PRIVATE = re.compile(
    r"""
      [^\s@]+@[^\s@]+                                           # an e-mail address
    | (?<![A-Za-z0-9_-])[0-9](?:[ -]?[0-9]){12,18}(?![A-Za-z0-9_-])  # a card number
    | (?<![A-Za-z0-9])(?:whsec|(?:sk|rk)_(?:live|test)|AKIA|ASIA)_?[A-Za-z0-9]+  # keys
    | \S*_secret_\S*                                            # a client secret
    | eyJ[A-Za-z0-9_-]+\.\S*                                    # a token
    """,
    re.VERBOSE,
)


def permitted(ids: Mapping[str, str]) -> dict[str, str]:
    """The allowed ids with redacted values; empty ones and all others are left out."""
    return {key: clean(value) for key, value in sorted(ids.items()) if key in ALLOWED and value}


def clean(value: str) -> str:
    """The text, with whatever looks private hidden. A second line of defence: callers pass ids and reasons only."""
    return _PRIVATE.sub(_HIDDEN, str(value)[:_LONGEST])
