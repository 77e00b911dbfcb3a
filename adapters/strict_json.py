"""A JSON parser that is stricter than Python's own."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import NoReturn

_POSSIBLE_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def load_object(text: bytes | str, *, unique_names: bool = False) -> dict[str, object]:
    """Parses a JSON object; numbers with a fraction become Decimal.

    If a name occurs twice, the last value counts; with ``unique_names`` it is an error.

    Raises:
        ValueError: the text is not UTF-8, not JSON or not an object, or has NaN, Infinity, a lone surrogate, too deep
            nesting or a number of thousands of digits. The message never quotes the text.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        loaded = json.loads(
            decoded,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique if unique_names else None,
        )
        if _POSSIBLE_LONE_SURROGATE.search(decoded):
            json.dumps(loaded, ensure_ascii=False, default=str).encode("utf-8")  # a lone surrogate cannot be encoded
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
