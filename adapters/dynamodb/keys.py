"""The keys of the table: the only place that spells PK, SK, GSI1PK, GSI1SK and their prefixes.

Whatever enters a key is checked first: a ``#`` in an id would forge another item's key.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from attrs import frozen

from adapters.timestamps import iso
from domain.errors import InvalidValue
from domain.identifiers import is_id

DUE_PARTITIONS = 8
INDEX = "GSI1"
EMAIL_INDEX = "email-index"
ENROLLMENTS = "COURSE#"
PAYMENTS = "PAYMENT#"
ENDED = "ENDED#"
CHECKOUT_LOCKS = "CHECKOUT#"

KEY_ATTRIBUTES = frozenset({"PK", "SK", "GSI1PK", "GSI1SK"})

_METADATA = "METADATA"
_COURSES = "COURSE"
_REVIEWS = "REVIEW"
_DISPUTES = "DISPUTE"
_NEVER = "9999-12-31T23:59:59.999Z"
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


def user_id_of(student: Mapping[str, object]) -> str:
    """The id of the student that this item is stored under."""
    return str(student["PK"]).removeprefix(_STUDENT_PREFIX)


def student_index(user_id: str) -> dict[str, str]:
    """Where the index has a student."""
    return index_entry(students_partition(user_id), _METADATA)


def students_partition(user_id: str) -> str:
    """Everything that belongs to a student lives here."""
    return f"{_STUDENT_PREFIX}{checked(user_id)}"


def course(course_id: str) -> Key:
    """A course."""
    return Key(f"{_COURSE_PREFIX}{checked(course_id)}", _METADATA)


def school() -> Key:
    """The school as a whole: whether it sells."""
    return Key("SCHOOL", _METADATA)


def course_index(course_id: str) -> dict[str, str]:
    """Where the index has a course: the catalogue is one partition of it."""
    return index_entry(_COURSES, f"{_COURSE_PREFIX}{checked(course_id)}")


def catalogue_after(course_id: str | None) -> dict[str, str]:
    """The catalogue's partition of the index, and the sort key after which to read on."""
    return index_entry(_COURSES, f"{_COURSE_PREFIX}{checked(course_id)}" if course_id else _COURSE_PREFIX)


def index_of(item: Mapping[str, object]) -> dict[str, str]:
    """Where the index has this item."""
    return index_entry(str(item["GSI1PK"]), str(item["GSI1SK"]))


def course_id_in(index: dict[str, str]) -> str:
    """The id of the course that the index has here, whether or not it is a valid one."""
    return index["GSI1SK"].removeprefix(_COURSE_PREFIX)


def enrollment(user_id: str, course_id: str) -> Key:
    """A student's enrollment in a course."""
    return Key(students_partition(user_id), f"{ENROLLMENTS}{checked(course_id)}")


def enrollment_index(user_id: str, course_id: str) -> dict[str, str]:
    """Where the index has an enrollment: among the students of the course."""
    return index_entry(f"{_COURSE_PREFIX}{checked(course_id)}", students_partition(user_id))


def ended_enrollment(user_id: str, course_id: str) -> Key:
    """A student's latest enrollment in a course that ended."""
    return Key(students_partition(user_id), f"ENDED#{checked(course_id)}")


def earlier_ended_enrollment(user_id: str, course_id: str, enrolled_at: datetime) -> Key:
    """One that ended before the latest one, by when it began."""
    return Key(students_partition(user_id), f"{earlier_ended_enrollments(course_id)}{iso(enrolled_at)}")


def earlier_ended_enrollments(course_id: str) -> str:
    """What the sort keys of those begin with."""
    return f"ENDED#{checked(course_id)}#"


def ended_index(user_id: str, course_id: str, ended_at: datetime) -> dict[str, str]:
    """Where the index has an enrollment that ended: among those of its course, by when."""
    return index_entry(f"ENDED#{checked(course_id)}", f"{iso(ended_at)}#{checked(user_id)}")


def students_after(course_id: str, user_id: str | None) -> dict[str, str]:
    """A course's enrollments in the index, and the sort key after which to read on."""
    return index_entry(
        f"{_COURSE_PREFIX}{checked(course_id)}", students_partition(user_id) if user_id else _STUDENT_PREFIX
    )


def user_id_in(index: dict[str, str]) -> str:
    """The id of the student whose enrollment the index has here, whether or not it is a valid one."""
    return index["GSI1SK"].removeprefix(_STUDENT_PREFIX)


def payment_session(user_id: str, payment_session_id: str) -> Key:
    """The key of a payment session. It begins with its student, so that a session of another student is not found."""
    return Key(students_partition(user_id), f"{PAYMENTS}{checked(payment_session_id)}")


def due_index(payment_session_id: str, due_at: datetime) -> dict[str, str]:
    """Where the index has a session that is to be reconciled: by when, spread over a few partitions."""
    return index_entry(_due(payment_session_id), f"{iso(due_at)}#{payment_session_id}")


def every_due(payment_session_id: str) -> dict[str, str]:
    """The partition of the index that has this session while it is due, and the sort key that all of it come after."""
    return index_entry(_due(payment_session_id), "0")


def due_everywhere() -> tuple[dict[str, str], ...]:
    """The partitions of the index that hold sessions to be reconciled, each with the key that all come after."""
    return tuple(index_entry(f"DUE#{partition}", "0") for partition in range(DUE_PARTITIONS))


def due_partitions(before: datetime) -> tuple[tuple[str, str], ...]:
    """The partitions of the index that hold sessions to be reconciled, each with the key that those due come before."""
    return tuple((f"DUE#{partition}", iso(before)) for partition in range(DUE_PARTITIONS))


def sessions_index(payment_session_id: str, created_at: datetime) -> dict[str, str]:
    """Where the index has a session of which nothing more is expected: in the month in which it was created."""
    return index_entry(f"SESSIONS#{iso(created_at)[:7]}", f"{iso(created_at)}#{checked(payment_session_id)}")


def sessions_between(since: datetime, until: datetime) -> Iterator[tuple[str, str, str]]:
    """The partitions of the index with the settled sessions created in this time, with the first and last sort key."""
    for month in months(since.astimezone(UTC).date(), until.astimezone(UTC).date()):
        yield f"SESSIONS#{month}", iso(since), iso(until)


def months(since: date, until: date) -> Iterator[str]:
    """The months that these days lie in, such as 2026-01."""
    for months in range(since.year * 12 + since.month - 1, until.year * 12 + until.month):
        yield f"{months // 12:04d}-{months % 12 + 1:02d}"


def review_index(payment_session_id: str, since: datetime) -> dict[str, str]:
    """Where the index has a session in review: the oldest first."""
    return index_entry(_REVIEWS, f"{iso(since)}#{checked(payment_session_id)}")


def every_review() -> dict[str, str]:
    """The reviews' partition of the index, and the sort key that all of them come after."""
    return index_entry(_REVIEWS, "0")


def unfinished() -> tuple[tuple[str, str], ...]:
    """The partitions of the index with the sessions of which more is expected, each with a key before all of theirs."""
    return (*((f"DUE#{partition}", "0") for partition in range(DUE_PARTITIONS)), (_REVIEWS, "0"))


def review_after(dated: str | None) -> dict[str, str]:
    """The reviews' partition of the index, and the sort key after which to read on."""
    return index_entry(_REVIEWS, dated or "0")


def reversal(user_id: str, payment_session_id: str, reversal_id: str) -> Key:
    """A refund, dispute or repayment of a payment session."""
    return Key(students_partition(user_id), f"{reversals_of(payment_session_id)}{checked(reversal_id)}")


def reversals_of(payment_session_id: str) -> str:
    """The prefix of a payment session's reversals under its student; it ends where the id does."""
    return f"REVERSAL#{checked(payment_session_id)}#"


def dispute_index(reversal_id: str, respond_by: datetime | None) -> dict[str, str]:
    """Where the index has a dispute that is undecided: by when it is to be answered; those without such a time last."""
    return index_entry(_DISPUTES, f"{iso(respond_by) if respond_by else _NEVER}#{checked(reversal_id)}")


def disputes_after(dated: str | None) -> dict[str, str]:
    """The undecided disputes' partition of the index, and the sort key after which to read on."""
    return index_entry(_DISPUTES, dated or "0")


def provider_reference(provider: str, provider_session_id: str) -> Key:
    """The provider reference: it leads from a provider's checkout to our payment session."""
    return Key(f"CHECKOUT#{checked(provider)}#{checked_foreign(provider_session_id)}", _METADATA)


def checkout_lock(user_id: str, course_id: str) -> Key:
    """The lock that lets one checkout per student and course be live."""
    return Key(students_partition(user_id), f"{CHECKOUT_LOCKS}{checked(course_id)}")


def coupon(code: str) -> Key:
    """A coupon."""
    return Key(f"COUPON#{checked(code)}", _METADATA)


def coupon_index(code: str) -> dict[str, str]:
    """Where the index has a coupon."""
    return index_entry("COUPON", f"COUPON#{checked(code)}")


def every_coupon() -> dict[str, str]:
    """The coupons' partition of the index, and the sort key that all of them come after."""
    return index_entry("COUPON", "COUPON#")


def coupons_after(code: str | None) -> dict[str, str]:
    """The coupons' partition of the index, and the sort key after which to read on."""
    return index_entry("COUPON", f"COUPON#{checked(code)}") if code else every_coupon()


def code_in(index: dict[str, str]) -> str:
    """The code of the coupon that the index has here."""
    return index["GSI1SK"].removeprefix("COUPON#")


def coupon_shard(code: str, shard: int) -> Key:
    """One of several counters of a coupon."""
    return Key(f"COUPONSHARD#{checked(code)}#{shard:02d}", _METADATA)


def coupon_use(user_id: str, code: str) -> Key:
    """A student's one use of a coupon."""
    return Key(students_partition(user_id), f"COUPONUSE#{checked(code)}")


def coupon_use_index(user_id: str, code: str, shard: int) -> dict[str, str]:
    """Where the index has a use of a coupon: under the counter that counts it."""
    return index_entry(f"COUPONUSE#{checked(code)}#{shard:02d}", students_partition(user_id))


def every_use(code: str, shard: int) -> dict[str, str]:
    """A counter's partition of the index, and the sort key that all uses it counts come after."""
    return index_entry(f"COUPONUSE#{checked(code)}#{shard:02d}", "USER#")


def event(provider: str, event_id: str) -> Key:
    """A provider's event that was settled."""
    return Key(f"EVENT#{checked(provider)}#{checked_foreign(event_id)}", _METADATA)


def attempts(subject: str, action: str, minute: int) -> Key:
    """The rate limit counter of a subject and action in one minute (counted from 1970)."""
    return Key(f"RATE#{checked_foreign(subject)}#{checked(action)}", f"W#{minute}")


def index_entry(pk: str, sk: str) -> dict[str, str]:
    """Where the index has an item: its partition and sort key there."""
    return {"GSI1PK": pk, "GSI1SK": sk}


def checked(text: str) -> str:
    """An id of ours, as part of a key.

    Raises:
        InvalidValue: it could forge a key.
    """
    if not is_id(text):
        raise InvalidValue("This id cannot be part of a key.")
    return text


def checked_foreign(text: str) -> str:
    """A name that somebody else gave, as part of a key.

    Raises:
        InvalidValue: it could forge a key.
    """
    if not is_foreign_id(text):
        raise InvalidValue("This id cannot be part of a key.")
    return text


def _due(payment_session_id: str) -> str:
    return f"DUE#{zlib.crc32(checked(payment_session_id).encode()) % DUE_PARTITIONS}"
