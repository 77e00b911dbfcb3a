"""Log lines about requests that failed or were refused: ids and places, never what a person typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from adapters.http.errors import Forbidden, NotAuthenticated
from domain.errors import DomainError, InvalidSignature, RecordUnreadable
from domain.identifiers import is_id

_LOG = logging.getLogger("learnermax.http")
_LAST_FRAMES = 6

REFUSED = (NotAuthenticated, Forbidden, InvalidSignature)
"""Who is refused for who they are is logged: a series of these is an attack, or a wrong configuration."""


def log_unforeseen(error: Exception, request_id: str, path: str) -> None:
    """Log an exception that no code expected: its type and place.

    Neither the message nor the values: either may hold what a person typed.
    """
    entry = {"route": path, "requestId": request_id, "error": type(error).__name__, "at": _where(error)}
    _LOG.error(json.dumps({"level": "ERROR", "message": "unforeseen error", **entry}))


def log_unreadable(error: RecordUnreadable, request_id: str, route: str) -> None:
    """Log which stored record is damaged: its keys, which the response does not name."""
    entry = {"route": route, "requestId": request_id, "record": str(error)}
    _LOG.error(json.dumps({"level": "ERROR", "message": "stored record unreadable", **entry}))


def log_refused(error: DomainError, context: Mapping[str, object], client: str, route: str) -> None:
    """Log who was refused, and where: an id of ours and a pseudonym of the address, neither a name nor an address."""
    authorizer = context.get("authorizer")
    claims = authorizer.get("claims") if isinstance(authorizer, Mapping) else None
    user = str(claims.get("sub", "")) if isinstance(claims, Mapping) else ""
    entry = {"route": route, "requestId": str(context.get("requestId", "")), "client": client}
    if is_id(user):
        entry["user_id"] = user
    _LOG.warning(json.dumps({"level": "WARNING", "message": "refused", "reason": error.code, **entry}))


def _where(error: Exception) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-_LAST_FRAMES:]
