"""Which payments the office asks for, from the query of a request."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from adapters.http.admin_students import email_in
from adapters.http.coupons import stored_code, timestamp
from adapters.http.errors import InvalidRequest
from adapters.http.field_types import CHARGED_BACK, CLOSED, REFUNDED, WAITING
from adapters.http.routing import Call
from domain.identifiers import is_id
from domain.payments.states import PAYABLE, Status
from domain.ports.payment_sessions import PaymentQuery
from domain.ports.students import StudentRepo

LONGEST_RANGE = timedelta(days=92)
"""How far apart the two ends of a search may be that is not about one student."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # clocks differ
_MOST_DIGITS = 15
_SOUGHT = re.compile(r"[A-Za-z0-9_.:-]{1,255}")
_KNOWN = {"status", "course", "coupon", "provider", "from", "to", "amount", "user", "email", "limit", "cursor"}

STATUSES: dict[str, frozenset[Status]] = {
    **{status.value: frozenset({status}) for status in Status if status not in (*PAYABLE, Status.REVERSED)},
    WAITING: PAYABLE,
    REFUNDED: frozenset({Status.REVERSED, Status.REVIEW}),
    CHARGED_BACK: frozenset({Status.REVERSED}),
    CLOSED: frozenset({Status.REVIEW}),
}
"""The stored states of the payments that are shown with a status."""

T = TypeVar("T")


def payment_query(call: Call, now: datetime, students: StudentRepo) -> tuple[str | None, PaymentQuery]:
    """The status that is asked for, as it is shown, and what else is asked for.

    Raises:
        InvalidRequest: a parameter is unknown or not valid, or the range is too long.
    """
    query = call.query
    if query.keys() - _KNOWN:
        raise InvalidRequest("One of the parameters is not known.")
    status = _one_of(call, "status", STATUSES)
    users = _users(call, students)
    until = timestamp(query.get("to")) or now + _AHEAD
    if until < _LONG_AGO:
        raise InvalidRequest(f"to must be in {_LONG_AGO.year} or later.")
    since = timestamp(query.get("from")) or (until - LONGEST_RANGE if users is None else _LONG_AGO)
    if users is None and not timedelta(0) <= until - since <= LONGEST_RANGE:
        raise InvalidRequest(f"from and to must be at most {LONGEST_RANGE.days} days apart, and from comes first.")
    return status, PaymentQuery(
        since=since,
        until=until,
        user_ids=users,
        statuses=STATUSES[status] if status else None,
        course_id=_id(call, "course"),
        coupon_code=_given(query.get("coupon"), stored_code),
        provider=_id(call, "provider"),
        amount=_given(query.get("amount"), _amount),
    )


def sought_id(call: Call) -> str:
    """The id, ours or a provider's, of the one payment that is asked for.

    Raises:
        InvalidRequest: it cannot be one, or something else is asked for as well.
    """
    text = call.query["find"]
    if len(call.query) > 1 or not _SOUGHT.fullmatch(text):
        raise InvalidRequest("find must be the id of a payment, and stands alone.")
    return text


def _users(call: Call, students: StudentRepo) -> frozenset[str] | None:
    if "email" in call.query and "user" in call.query:
        raise InvalidRequest("Give either user or email.")
    if "email" in call.query:
        return frozenset(student.user_id for student in students.by_email(email_in(call)))
    user_id = _id(call, "user")
    return None if user_id is None else frozenset({user_id})


def _id(call: Call, name: str) -> str | None:
    text = call.query.get(name)
    if text is not None and not is_id(text):
        raise InvalidRequest(f"{name} must be an id.")
    return text


def _one_of(call: Call, name: str, values: dict[str, frozenset[Status]]) -> str | None:
    text = call.query.get(name)
    if text is not None and text not in values:
        raise InvalidRequest(f"{name} must be one of: {', '.join(sorted(values))}.")
    return text


def _amount(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InvalidRequest("amount must be a whole number of minor units.")
    return int(text)


def _given(text: str | None, parse: Callable[[str], T]) -> T | None:
    return None if text is None else parse(text)
