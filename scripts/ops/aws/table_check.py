"""What is in a table that a school should know: before it sells from it, and later what was lost. Reads only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from adapters.dynamodb.attributes import Attributes
from adapters.dynamodb.codec import Item, decode
from adapters.dynamodb.courses import course_from_item
from adapters.dynamodb.enrollment_items import ended_from_item, enrollment_from_item, is_pending
from adapters.dynamodb.keys import PAYMENTS
from adapters.dynamodb.payment_sessions import session_from_item
from adapters.dynamodb.students import student_from_item
from domain.courses import Course
from domain.errors import RecordUnreadable
from domain.money import EXPONENTS
from domain.transactions.bookkeeping import SALE
from scripts.ops.terminal.rows import Row

PAGE = 1_000
"""Items that are read at once."""

_EXAMPLES = 5
_CENTS = 1_000  # whole prices from here on look like cents: 4999 for 49.99
_TWO_DECIMALS = 2
_TTL = "ttl"
_OURS = frozenset(
    {
        *("AUDIT", "CERTIFICATE", "CHECKOUT", "COUPON", "COUPONSHARD", "COUPONUSE", "COURSE", "ENDED", "EVENT"),
        *("FIGURES", "IDEMPOTENCY", "INTEREST", "METADATA", "MONEY", "OUTBOX", "PAYMENT", "RATE", "REVERSAL"),
        *("SCHOOL", "SEAT", "USER"),
    }
)
_WORD = re.compile(r"[A-Za-z_-]{1,30}")


@frozen(kw_only=True)
class Finding:
    """Something that a school should know. ``stops``: it would sell at a wrong price, or nothing at all.

    ``examples`` are a few of the keys; of kinds of items that are not ours only the first part, since a key may hold an
    address.
    """

    what: str
    meaning: str
    stops: bool = False
    count: int = 0
    examples: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """For the terminal."""
        return {
            "what": self.what,
            "count": self.count or None,
            "stops": self.stops,
            "meaning": self.meaning,
            "examples": list(self.examples),
        }


@define(eq=False)
class TableCheck:
    """Reads a table once, page by page, and keeps counts. ``examined`` are the items read so far."""

    client: Any
    table: str
    examined: int = 0
    is_complete: bool = False
    _counts: dict[str, int] = field(factory=dict)
    _examples: dict[str, list[str]] = field(factory=dict)
    _stops: set[str] = field(factory=set)
    _meanings: dict[str, str] = field(factory=dict)
    _expiring: int = 0
    _sold: dict[str, str] = field(factory=dict)
    _sessions: set[str] = field(factory=set)

    def run(self, *, most_pages: int) -> tuple[Finding, ...]:
        """What was found in the table's settings, and in at most so many pages of its items."""
        described = self.client.describe_table(TableName=self.table)["Table"]
        for page in self._pages(most_pages):
            for item in page:
                self.examined += 1
                self._look_at(item)
        if self.is_complete:
            self._compare()
        return (*self._settings(described), *self._found())

    def _pages(self, most: int) -> Iterator[list[Item]]:
        start: dict[str, Any] = {}
        for _ in range(most):
            answer = self.client.scan(TableName=self.table, Limit=PAGE, **start)
            yield [decode(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                self.is_complete = True
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _settings(self, described: dict[str, Any]) -> Iterator[Finding]:
        indexes = {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes", [])}
        keys = [key["AttributeName"] for key in described["KeySchema"]]
        if keys != ["PK", "SK"]:
            yield Finding(what="other keys", meaning="The key must be PK and SK.", stops=True)
        if indexes.get("GSI1", {}).get("Projection", {}).get("ProjectionType") != "ALL":
            yield Finding(what="no index GSI1", meaning="Lists and repairs need it, with all attributes.", stops=True)
        if "email-index" not in indexes:
            yield Finding(what="no index email-index", meaning="The office cannot find students by e-mail.")
        if not described.get("DeletionProtectionEnabled"):
            yield Finding(what="no deletion protection", meaning="One wrong command would delete the table.")
        expiry = self.client.describe_time_to_live(TableName=self.table)["TimeToLiveDescription"]
        if expiry.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"} or expiry.get("AttributeName") != _TTL:
            yield Finding(
                what="no time to live",
                meaning="Settled events and rate limits would stay for ever: switch it on for the attribute ttl.",
                count=self._expiring,
            )
        backups = self.client.describe_continuous_backups(TableName=self.table)["ContinuousBackupsDescription"]
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            yield Finding(what="no point-in-time recovery", meaning="What is lost or spoiled cannot be restored.")

    def _found(self) -> Iterator[Finding]:
        for what, count in sorted(self._counts.items()):
            yield Finding(
                what=what,
                meaning=self._meanings[what],
                stops=what in self._stops,
                count=count,
                examples=tuple(self._examples[what]),
            )

    def _compare(self) -> None:
        """What the items say of each other, once all have been read."""
        for session_id, key in self._sold.items():
            if session_id not in self._sessions:
                meaning = "Deleted by hand, or lost: payments rebuild, for the days of the sale, stores them again."
                self._note("sales without a payment session", key, meaning)

    def _note(self, what: str, example: str, meaning: str, *, stops: bool = False) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1
        self._meanings[what] = meaning
        if stops:
            self._stops.add(what)
        examples = self._examples.setdefault(what, [])
        if len(examples) < _EXAMPLES and example not in examples:
            examples.append(example)

    def _look_at(self, item: Item) -> None:
        pk, sk = str(item.get("PK")), str(item.get("SK"))
        self._expiring += _TTL in item
        kinds = {"COURSE": self._course} if sk == "METADATA" else {}
        of_student = {"METADATA": self._student, "COURSE": self._enrollment, "ENDED": self._ended}
        look = {**kinds, "USER": of_student.get(_kind(sk), self._other)}.get(_kind(pk), self._other)
        look(item, f"{pk} {sk}")

    def _course(self, item: Item, key: str) -> None:
        course = self._read(course_from_item, item, key, "course", stops=True)
        if course is None:
            return
        if item.get("GSI1PK") != "COURSE":
            self._note("courses in no list", key, "They can be bought by id and are not in the catalogue.")
        if _looks_like_cents(course):
            price = f"{course.price.to_decimal()} {course.price.currency}" if course.price else ""
            self._note(
                "prices that look like cents",
                f"{course.course_id}: {price}",
                "Prices are in units of currency: 49.99, not 4999. Link a price at the provider, or correct them.",
                stops=True,
            )

    def _student(self, item: Item, key: str) -> None:
        student = self._read(student_from_item, item, key, "student")
        if student is not None and not {"userId", "email", "createdAt"} <= item.keys():
            self._note("partial students", key, "They are completed when they sign in next.")

    def _enrollment(self, item: Item, key: str) -> None:
        if is_pending(item):
            self._note("pending enrollments", key, "They are none: the course can be bought, which replaces them.")
            return
        enrollment = self._read(enrollment_from_item, item, key, "enrollment")
        progress = Attributes(item).item.get("progress")
        if enrollment is not None and isinstance(progress, Decimal) and progress != int(progress):
            self._note("fractional progress", key, "It is read without its fraction.")

    def _ended(self, item: Item, key: str) -> None:
        self._read(ended_from_item, item, key, "ended enrollment")

    def _other(self, item: Item, key: str) -> None:
        pk, sk = (_kind(part) for part in key.split(" ", 1))
        if pk == "MONEY" and key.endswith(f" {SALE}"):
            self._sold[str(item.get("paymentSessionId", ""))] = key
        if pk == "USER" and sk == "PAYMENT":
            self._sessions.add(str(item["SK"]).removeprefix(PAYMENTS))
            self._read(session_from_item, item, key, "payment")
        elif not (pk in _OURS and (pk != "USER" or sk in _OURS)):
            kind = f"{pk}# {sk}#" if pk in _OURS else f"{pk}#"
            self._note("items of other kinds", kind, "They are left alone.")

    def _read(self, read: Callable[[Item], Any], item: Item, key: str, what: str, *, stops: bool = False) -> Any:
        try:
            return read(item)
        except RecordUnreadable as error:
            note = f"{key} ({error.__cause__.__class__.__name__})" if error.__cause__ else key
            self._note(f"unreadable: {what}", note, "Left out of lists and otherwise left alone.", stops=stops)
            return None


def _kind(key: str) -> str:
    """The first part of a key, if it is a word: what others write there may be an address."""
    first = key.partition("#")[0]
    return first if _WORD.fullmatch(first) else "?"


def _looks_like_cents(course: Course) -> bool:
    """Whether a price without a link at a provider, who would contradict, is a large number without cents."""
    if course.price is None or course.provider_prices or EXPONENTS[course.price.currency] != _TWO_DECIMALS:
        return False
    units, cents = divmod(course.price.amount, 100)
    return cents == 0 and units >= _CENTS
