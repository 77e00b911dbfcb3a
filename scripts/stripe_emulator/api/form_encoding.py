"""Stripe's form encoding: `line_items[0][price_data][currency]=usd` becomes nested dicts of strings.

Lists stay dicts with number keys here; the request schema knows which of them are lists.
"""

import re
from typing import Any
from urllib.parse import unquote_plus

from scripts.stripe_emulator.errors import unparsable

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 10


def decode(text: str) -> dict[str, Any]:
    """The nested form of a query string or body. Raises StripeError for keys that do not nest."""
    form: dict[str, Any] = {}
    for name, value in pairs(text):
        _insert(form, name, value)
    return form


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values in the order sent, percent-decoded."""
    try:
        return [_pair(part) for part in text.split("&") if part]
    except UnicodeDecodeError as error:
        raise unparsable("Invalid request: the parameters are not valid UTF-8.") from error


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")


def _insert(form: dict[str, Any], name: str, value: str) -> None:
    match = _KEY.fullmatch(name)
    if not match:
        raise unparsable(f"Invalid parameter name: {name[:100]}", name[:100])
    path = [match[1], *_PART.findall(match[2])]
    if len(path) > _DEEPEST:
        raise unparsable("Invalid request: parameters are nested too deeply.", path[0])
    node = form
    for part in path[:-1]:
        node = node.setdefault(part or str(len(node)), {})
        if not isinstance(node, dict):
            raise unparsable(f"Invalid parameter: {name[:100]}", path[0])
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise unparsable(f"Invalid parameter: {name[:100]}", path[0])
    node[last] = value
