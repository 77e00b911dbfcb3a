"""JSON without the liberties that Python's own reader takes."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import NoReturn

_MAYBE_HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def load_object(text: bytes | str, *, unique_names: bool = False) -> dict[str, object]:
    """The JSON object in the text, numbers with a point as Decimal.

    Of a name that occurs twice the last value counts, unless ``unique_names`` are asked for.

    Raises:
        ValueError: not UTF-8, not JSON, not an object, with NaN or Infinity, with half a surrogate pair, nested too
            deeply, or with a number of thousands of digits. It never quotes the text.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        loaded = json.loads(
            decoded,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique if unique_names else None,
        )
        if _MAYBE_HALF_A_CHARACTER.search(decoded):
            json.dumps(loaded, ensure_ascii=False, default=str).encode("utf-8")  # no half can be encoded
    except (ValueError, ArithmeticError, RecursionError):
        raise ValueError("The text is not strict JSON.") from None
    if not isinstance(loaded, dict):
        raise ValueError("The text is not a JSON object.")  # noqa: TRY004 -- one error for every way to be wrong
    return loaded


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A name occurs twice.")
    return found
