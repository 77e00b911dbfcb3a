"""Students as items."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.expressions import ABSENT, PRESENT, Condition, setting
from adapters.dynamodb.operations import put, update
from adapters.dynamodb.table import MOST_ITEMS, Table
from adapters.timestamps import iso
from domain.errors import StudentNotFound
from domain.identifiers import is_id
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.students import Student

_MOST_FOUND = 25
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # for records older than the habit of dating them


def student_item(student: Student) -> Item:
    """The item of a student."""
    return {
        **keys.student(student.user_id).attributes,
        **keys.student_index(student.user_id),
        "userId": student.user_id,
        "email": student.email or None,  # the key of an index, which takes no empty text
        "name": student.name,
        "emailVerified": student.email_verified,
        "signUpMethod": student.sign_up_method,
        **{f"{provider}CustomerId": customer for provider, customer in student.customers.items()},
        "createdAt": iso(student.created_at),
        "updatedAt": iso(student.updated_at),
    }


def student_from_item(item: Item) -> Student:
    """The student in an item. An existing back end may have written only a part of it, of which all may be missing but
    the key.

    Raises:
        RecordUnreadable: it is no student.
    """
    with reading("student", item) as stored:
        created_at = stored.maybe_timestamp("createdAt") or _LONG_AGO
        return Student(
            user_id=stored.maybe_text("userId") or keys.user_id_of(item),
            email=stored.maybe_text("email") or "",
            name=stored.maybe_text("name") or "",
            email_verified=stored.boolean("emailVerified"),
            sign_up_method=stored.maybe_text("signUpMethod"),
            customers=MappingProxyType(stored.by_provider("CustomerId")),
            created_at=created_at,
            updated_at=stored.maybe_timestamp("updatedAt") or created_at,
        )


@frozen
class DynamoStudentRepo(StudentRepo):
    """Reads and keeps students in the table."""

    table: Table
    telemetry: Telemetry

    def find(self, user_id: str) -> Student | None:
        """The student, None when never seen."""
        item = self.table.get(keys.student(user_id)) if is_id(user_id) else None
        return student_from_item(item) if item else None

    def find_many(self, user_ids: Collection[str]) -> Mapping[str, Student]:
        """Those of these students who are known; asked for in batches."""
        asked = [keys.student(user_id) for user_id in sorted(set(user_ids)) if is_id(user_id)]
        items: list[Item] = []
        for start in range(0, len(asked), MOST_ITEMS):
            items += self.table.get_many(asked[start : start + MOST_ITEMS]).values()
        return {student.user_id: student for student in readable(items, student_from_item, self.telemetry)}

    def by_email(self, email: str) -> tuple[Student, ...]:
        """Those who have this e-mail address, by the index of addresses."""
        items = [
            item for given in sorted({email, email.lower()} - {""}) for item in self.table.by_email(given, _MOST_FOUND)
        ]
        found = sorted(readable(items, student_from_item, self.telemetry), key=lambda student: student.user_id)
        return tuple(found[:_MOST_FOUND])

    def add(self, student: Student) -> Student:
        """Keep a student seen for the first time; else the one who is there."""
        try:
            self.table.write(put(student_item(student), ABSENT))
        except ConditionsFailed as failed:
            found = failed.found[0]
            return student_from_item(found) if found else student
        return student

    def complete(self, student: Student) -> Student:
        """Store the e-mail address, and whatever the record lacks."""
        name: Item = {"name": student.name} if student.name else {}
        unnamed = Condition().same("name", "", absent="")
        try:
            self._complete(student, name, unnamed if name else Condition())
        except ConditionsFailed:
            self._complete(student, {}, Condition())
        return self.find(student.user_id) or student

    def _complete(self, student: Student, name: Item, condition: Condition) -> None:
        known = {"email": student.email or None, "emailVerified": student.email_verified, **name}
        expression, values = setting({**known, "updatedAt": iso(student.updated_at)})
        lacking = {
            **keys.student_index(student.user_id),
            "userId": student.user_id,
            "name": student.name,
            "signUpMethod": student.sign_up_method,
            "createdAt": iso(student.created_at),
        }
        given = {
            attribute: value for attribute, value in lacking.items() if value is not None and attribute not in known
        }
        kept = "".join(f", #{attribute} = if_not_exists(#{attribute}, :new_{attribute})" for attribute in given)
        values |= {f":new_{attribute}": value for attribute, value in given.items()} | condition.values
        key = keys.student(student.user_id)
        self.table.write(update(key, expression + kept, condition=condition.expression, values=values))

    def rename(self, student: Student) -> None:
        """Keep the student's name and nothing else of them."""
        expression, values = setting({"name": student.name, "updatedAt": iso(student.updated_at)})
        try:
            self.table.write(update(keys.student(student.user_id), expression, condition=PRESENT, values=values))
        except ConditionsFailed:
            raise StudentNotFound from None
