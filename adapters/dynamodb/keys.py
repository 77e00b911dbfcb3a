"""The keys of the table: the only place that spells PK, SK, GSI1PK, GSI1SK and their prefixes.

Whatever enters a key is checked first: a ``#`` in an id would forge another thing's key.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from adapters.timestamps import iso
from domain.errors import InvalidValue
from domain.identifiers import is_id

DUE_PARTITIONS = 8
INDEX = "GSI1"
ENROLLMENTS = "COURSE#"
PAYMENTS = "PAYMENT#"

_METADATA = "METADATA"
_COURSES = "COURSE"
_REVIEWS = "REVIEW"
_COURSE_PREFIX = "COURSE#"
_STUDENT_PREFIX = "USER#"
# What others name: a provider's event ids are longer than ours, a caller may be an IP address. Still without a #.
_FOREIGN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,255}")


def is_foreign_id(text: str) -> bool:
    """Whether a name that somebody else gave can be part of a key."""
    return _FOREIGN_ID.fullmatch(text) is not None


@frozen
class Key:
    """A primary key: which item."""

    pk: str
    sk: str

    @property
    def attributes(self) -> dict[str, str]:
        """The key as attributes of its item."""
        return {"PK": self.pk, "SK": self.sk}


def key_of(item: Mapping[str, object]) -> Key:
    """The key that this item is stored under."""
    return Key(str(item["PK"]), str(item["SK"]))


def student(user_id: str) -> Key:
    """A student."""
    return Key(students_partition(user_id), _METADATA)


def student_index(user_id: str) -> dict[str, str]:
    """Where the index has a student."""
    return _index(students_partition(user_id), _METADATA)


def students_partition(user_id: str) -> str:
    """Everything that belongs to a student lives here."""
    return f"{_STUDENT_PREFIX}{_id(user_id)}"


def course(course_id: str) -> Key:
    """A course."""
    return Key(f"{_COURSE_PREFIX}{_id(course_id)}", _METADATA)


def course_index(course_id: str) -> dict[str, str]:
    """Where the index has a course: the catalogue is one partition of it."""
    return _index(_COURSES, f"{_COURSE_PREFIX}{_id(course_id)}")


def catalogue_after(course_id: str | None) -> dict[str, str]:
    """The catalogue's partition of the index, and the sort key after which to read on."""
    return _index(_COURSES, f"{_COURSE_PREFIX}{_id(course_id)}" if course_id else _COURSE_PREFIX)


def index_of(item: Mapping[str, object]) -> dict[str, str]:
    """Where the index has this item."""
    return _index(str(item["GSI1PK"]), str(item["GSI1SK"]))


def course_id_in(index: dict[str, str]) -> str:
    """The id of the course that the index has here, whether or not it is a valid one."""
    return index["GSI1SK"].removeprefix(_COURSE_PREFIX)


def enrollment(user_id: str, course_id: str) -> Key:
    """A student's enrollment in a course."""
    return Key(students_partition(user_id), f"{ENROLLMENTS}{_id(course_id)}")


def enrollment_index(user_id: str, course_id: str) -> dict[str, str]:
    """Where the index has an enrollment: among the students of the course."""
    return _index(f"{_COURSE_PREFIX}{_id(course_id)}", students_partition(user_id))


def students_after(course_id: str, user_id: str | None) -> dict[str, str]:
    """A course's enrollments in the index, and the sort key after which to read on."""
    return _index(f"{_COURSE_PREFIX}{_id(course_id)}", students_partition(user_id) if user_id else _STUDENT_PREFIX)


def user_id_in(index: dict[str, str]) -> str:
    """The id of the student whose enrollment the index has here, whether or not it is a valid one."""
    return index["GSI1SK"].removeprefix(_STUDENT_PREFIX)


def payment_session(user_id: str, payment_session_id: str) -> Key:
    """A student's payment session; under the student, so that somebody else's is not there."""
    return Key(students_partition(user_id), f"{PAYMENTS}{_id(payment_session_id)}")


def due_index(payment_session_id: str, due_at: datetime) -> dict[str, str]:
    """Where the index has a live session: by when to look at it, spread over a few partitions."""
    partition = zlib.crc32(_id(payment_session_id).encode()) % DUE_PARTITIONS
    return _index(f"DUE#{partition}", f"{iso(due_at)}#{payment_session_id}")


def due_partitions(before: datetime) -> tuple[tuple[str, str], ...]:
    """The partitions of the index that hold live sessions, each with the sort key that those due come before."""
    return tuple((f"DUE#{partition}", iso(before)) for partition in range(DUE_PARTITIONS))


def review_index(payment_session_id: str, since: datetime) -> dict[str, str]:
    """Where the index has a session in review: the oldest first."""
    return _index(_REVIEWS, f"{iso(since)}#{_id(payment_session_id)}")


def every_review() -> dict[str, str]:
    """The reviews' partition of the index, and the sort key that all of them come after."""
    return _index(_REVIEWS, "0")


def resolved_index(payment_session_id: str) -> dict[str, str]:
    """Where the index has a session that a person decided about: in a partition of its own."""
    return _index(f"RESOLVED#{_id(payment_session_id)}", _METADATA)


def resolved_after(payment_session_id: str) -> dict[str, str]:
    """The partition of the index for a decided session, and the sort key that it comes after."""
    return _index(f"RESOLVED#{_id(payment_session_id)}", "0")


def provider_reference(provider: str, provider_session_id: str) -> Key:
    """What leads from a provider's checkout to our payment session."""
    return Key(f"CHECKOUT#{_id(provider)}#{_foreign(provider_session_id)}", _METADATA)


def checkout_lock(user_id: str, course_id: str) -> Key:
    """The guard that lets one checkout per student and course be live."""
    return Key(students_partition(user_id), f"CHECKOUT#{_id(course_id)}")


def coupon(code: str) -> Key:
    """A coupon."""
    return Key(f"COUPON#{_id(code)}", _METADATA)


def coupon_index(code: str) -> dict[str, str]:
    """Where the index has a coupon."""
    return _index("COUPON", f"COUPON#{_id(code)}")


def every_coupon() -> dict[str, str]:
    """The coupons' partition of the index, and the sort key that all of them come after."""
    return _index("COUPON", "COUPON#")


def coupon_shard(code: str, shard: int) -> Key:
    """One of several counters of a coupon."""
    return Key(f"COUPONSHARD#{_id(code)}#{shard:02d}", _METADATA)


def coupon_use(user_id: str, code: str) -> Key:
    """A student's one use of a coupon."""
    return Key(students_partition(user_id), f"COUPONUSE#{_id(code)}")


def coupon_use_index(user_id: str, code: str, shard: int) -> dict[str, str]:
    """Where the index has a use of a coupon: under the counter that counts it."""
    return _index(f"COUPONUSE#{_id(code)}#{shard:02d}", students_partition(user_id))


def every_use(code: str, shard: int) -> dict[str, str]:
    """A counter's partition of the index, and the sort key that all uses it counts come after."""
    return _index(f"COUPONUSE#{_id(code)}#{shard:02d}", "USER#")


def event(provider: str, event_id: str) -> Key:
    """A provider's event that was settled."""
    return Key(f"EVENT#{_id(provider)}#{_foreign(event_id)}", _METADATA)


def attempts(subject: str, action: str, minute: int) -> Key:
    """What somebody tried in one minute (counted from 1970)."""
    return Key(f"RATE#{_foreign(subject)}#{_id(action)}", f"W#{minute}")


def _index(pk: str, sk: str) -> dict[str, str]:
    return {"GSI1PK": pk, "GSI1SK": sk}


def _id(text: str) -> str:
    if not is_id(text):
        raise InvalidValue("This id cannot be part of a key.")
    return text


def _foreign(text: str) -> str:
    if not is_foreign_id(text):
        raise InvalidValue("This id cannot be part of a key.")
    return text
