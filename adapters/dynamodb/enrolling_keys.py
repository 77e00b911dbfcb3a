"""The keys of what surrounds enrolling: requests that may be repeated, invitations, seats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from adapters.dynamodb import keys
from adapters.dynamodb.keys import Key
from adapters.timestamps import iso

INVITATIONS = "INVITATION#"
SEATS = "SEATS"
"""The partition of the index that has all claims of seats: those held by when they lapse, those in line by course."""

_HELD = "HELD#"
_WAITING = "WAITING#"
_LAST = "~"
_BEHIND = "!"


def idempotent_request(name: str) -> Key:
    """A request that may be repeated; ``name`` is a hash of who asked for what, and under which idempotency key."""
    return Key(f"IDEMPOTENCY#{keys.checked(name)}", "METADATA")


def invitation(course_id: str, invitation_id: str) -> Key:
    """A person's invitation to a course; its id is the hash of an e-mail address or of a student's id."""
    return Key(keys.course(course_id).pk, f"{INVITATIONS}{keys.checked(invitation_id)}")


def seat_claim(user_id: str, course_id: str) -> Key:
    """A student's place in line for a course, or the seat that is held for them."""
    return Key(keys.students_partition(user_id), f"SEAT#{keys.checked(course_id)}")


def held_index(course_id: str, user_id: str, until: datetime) -> dict[str, str]:
    """Where the index has a seat that is held: by when it lapses."""
    return keys.index_entry(SEATS, f"{_HELD}{iso(until)}#{keys.checked(course_id)}#{keys.checked(user_id)}")


def waiting_index(course_id: str, user_id: str, since: datetime) -> dict[str, str]:
    """Where the index has somebody in line: by the course, and since when."""
    return keys.index_entry(SEATS, f"{_WAITING}{keys.checked(course_id)}#{iso(since)}#{keys.checked(user_id)}")


def line_of(course_id: str) -> tuple[str, str]:
    """The keys between which the index has everybody in line for the course."""
    return f"{_WAITING}{keys.checked(course_id)}#", f"{_WAITING}{keys.checked(course_id)}#{_LAST}"


def line_before(course_id: str, user_id: str, since: datetime) -> tuple[str, str]:
    """The same for those who are not behind this student."""
    return line_of(course_id)[0], waiting_index(course_id, user_id, since)["GSI1SK"]


def every_held() -> tuple[str, str]:
    """The keys between which the index has all seats that are held."""
    return _HELD, f"{_HELD}{_LAST}"


def held_behind(course_id: str, user_id: str, until: str) -> tuple[str, str]:
    """The same for those that lapse after this one, whose time is given as it is stored."""
    return f"{_HELD}{until}#{keys.checked(course_id)}#{keys.checked(user_id)}{_BEHIND}", every_held()[1]


def line_behind(course_id: str, user_id: str, since: str) -> tuple[str, str]:
    """The keys between which the index has those who are in line behind this student; the time as it is stored."""
    return f"{line_of(course_id)[0]}{since}#{keys.checked(user_id)}{_BEHIND}", line_of(course_id)[1]


def held_before(before: datetime) -> tuple[str, str]:
    """The same for those that lapsed before then."""
    return _HELD, f"{_HELD}{iso(before)}"


def first_line() -> dict[str, str]:
    """A key of the index that comes before everybody in line."""
    return keys.index_entry(SEATS, _WAITING)


def after_line_of(course_id: str) -> dict[str, str]:
    """A key of the index that comes after everybody in line for the course."""
    return keys.index_entry(SEATS, line_of(course_id)[1])


def is_in_line(item: Mapping[str, object]) -> bool:
    """Whether the item is of somebody in line."""
    return str(item["GSI1SK"]).startswith(_WAITING)
