"""JSON without the liberties that Python's own reader takes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NoReturn


def load_object(text: bytes | str) -> dict[str, object]:
    """The JSON object in the text, numbers with a point as Decimal. Of a name that occurs twice the last value counts.

    Raises:
        ValueError: not UTF-8, not JSON, not an object, with NaN or Infinity, nested too deeply, or with an integer of
            thousands of digits. It never quotes the text.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        loaded = json.loads(decoded, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ValueError("The text is not strict JSON.") from None
    if not isinstance(loaded, dict):
        raise ValueError("The text is not a JSON object.")  # noqa: TRY004 -- one error for every way to be wrong
    return loaded


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
