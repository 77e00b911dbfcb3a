"""Lists: newest first, in pages, with cursors and filters on `created`."""

from collections.abc import Iterable
from typing import Any

from scripts.stripe_emulator.errors import Json, exclusive, missing, unparsable

_LARGEST_PAGE = 100
_TESTS = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def page(objects: Iterable[Json], params: Json, url: str) -> Json:
    """One page of objects given oldest first. Raises StripeError for a bad limit or an unknown cursor."""
    newest_first = list(objects)[::-1]
    limit = params.get("limit", 10)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise unparsable("This value must be between 1 and 100.", "limit", "parameter_invalid_integer")
    before, after = params.get("ending_before"), params.get("starting_after")
    if before and after:
        raise exclusive("ending_before", "starting_after")
    if before:
        earlier = newest_first[: _position(newest_first, before, "ending_before")]
        return _list(earlier[-limit:], url, more=len(earlier) > limit)
    start = _position(newest_first, after, "starting_after") + 1 if after else 0
    return _list(newest_first[start : start + limit], url, more=len(newest_first) > start + limit)


def created_within(body: Json, created: Any) -> bool:
    """Whether an object was created at that second, or within those bounds. No bounds: yes."""
    if created is None:
        return True
    if isinstance(created, int):
        return bool(body["created"] == created)
    return all(_TESTS[name](body["created"], bound) for name, bound in created.items())


def _position(objects: list[Json], cursor: str, param: str) -> int:
    for index, item in enumerate(objects):
        if item["id"] == cursor:
            return index
    kind = objects[0]["object"] if objects else "object"
    raise missing(kind, cursor, param)


def _list(objects: list[Json], url: str, *, more: bool) -> Json:
    return {"object": "list", "data": objects, "has_more": more, "url": url}
