"""What may be logged: known keys, and values that look like ids and nothing else."""

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
        "provider_payment_id",
        "provider_session_id",
        "request_id",
        "sk",
        "user_id",
    }
)
"""The ids that the log takes. A new one is added here, by somebody who thinks about what it holds."""

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
    """The ids that may be logged, cleaned; whatever has no value, or no place in the log, is left out."""
    return {key: clean(value) for key, value in sorted(ids.items()) if key in ALLOWED and value}


def clean(value: str) -> str:
    """The text without anything that looks private. The second line of defence: nothing such should come this far."""
    return _PRIVATE.sub(_HIDDEN, str(value)[:_LONGEST])
