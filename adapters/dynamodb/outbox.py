"""Messages as items: the outbox."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from adapters.dynamodb import outbox_keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.errors import ConditionsFailed
from adapters.dynamodb.expressions import PRESENT, setting
from adapters.dynamodb.keys import Key
from adapters.dynamodb.operations import Operation, delete, operation, put, update
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.messages import Message, MessageKind
from domain.money import Money
from domain.ports.outbox import Outbox
from domain.ports.telemetry import Telemetry
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import AddMessage


def message_item(message: Message, key: Key) -> Item:
    """The item of a message under this key; without a lease."""
    return {
        **key.attributes,
        "messageId": message.message_id,
        "kind": message.kind.value,
        "createdAt": iso(message.created_at),
        "dueAt": iso(message.due_at),
        "userId": message.user_id,
        "courseId": message.course_id,
        "courseName": message.course_name,
        "paymentSessionId": message.payment_session_id or None,
        "amount": message.amount.amount if message.amount else None,
        "currency": message.amount.currency if message.amount else None,
        "discountAmount": message.discount or None,
        "enrollmentType": message.enrollment_type or None,
        "enrolledAt": iso(message.enrolled_at) if message.enrolled_at else None,
        "delayed": message.delayed or None,
        "accessEnded": message.access_ended or None,
        "heldUntil": iso(message.held_until) if message.held_until else None,
        "respondBy": iso(message.respond_by) if message.respond_by else None,
        "reason": message.reason or None,
        "attempts": message.attempts or None,
        "delivered": list(message.delivered) or None,
    }


def message_from_item(item: Item) -> Message:
    """The message in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("message", item) as stored:
        return Message(
            message_id=stored.text("messageId"),
            kind=MessageKind(stored.text("kind")),
            created_at=stored.timestamp("createdAt"),
            due_at=stored.timestamp("dueAt"),
            user_id=stored.text("userId"),
            course_id=stored.text("courseId"),
            course_name=stored.text("courseName"),
            payment_session_id=stored.maybe_text("paymentSessionId") or "",
            amount=_money(stored),
            discount=stored.maybe_integer("discountAmount") or 0,
            enrollment_type=stored.maybe_text("enrollmentType") or "",
            enrolled_at=stored.maybe_timestamp("enrolledAt"),
            delayed=stored.boolean("delayed"),
            access_ended=stored.boolean("accessEnded"),
            held_until=stored.maybe_timestamp("heldUntil"),
            respond_by=stored.maybe_timestamp("respondBy"),
            reason=stored.maybe_text("reason") or "",
            attempts=stored.maybe_integer("attempts") or 0,
            delivered=stored.texts("delivered"),
        )


@operation.register
def _add(write: AddMessage) -> Operation:
    return put(message_item(write.message, _key(write.message)))


@frozen
class DynamoOutbox(Outbox):
    """Keeps messages in the table, spread over a few partitions by their ids, each in the order of being due."""

    table: Table
    telemetry: Telemetry

    def due(self, *, before: datetime, at_most: int) -> tuple[Message, ...]:
        """Messages that were due before this moment, the earliest first."""
        items = [
            item
            for partition in outbox_keys.partitions()
            for item in self.table.first_of(partition, iso(before), limit=at_most)
        ]
        items.sort(key=lambda item: str(item["SK"]))
        return tuple(readable(items, message_from_item, self.telemetry))

    def claim(self, message: Message, *, now: datetime, until: datetime) -> Message | None:
        """Have a message alone until then."""
        claimed = evolve(message, attempts=message.attempts + 1)
        expression, values = setting({"leaseUntil": iso(until), "attempts": claimed.attempts})
        condition = f"{PRESENT} AND (attribute_not_exists(#leaseUntil) OR #leaseUntil <= :now)"
        try:
            self.table.write(
                update(
                    _key(message),
                    expression,
                    condition=condition,
                    values={**values, ":now": iso(now)},
                    conflict=_gone,
                )
            )
        except ConditionsFailed:
            return None
        return claimed

    def keep_progress(self, message: Message) -> None:
        """Keep which channels have delivered it."""
        expression, values = setting({"delivered": list(message.delivered)})
        try:
            self.table.write(update(_key(message), expression, condition=PRESENT, values=values, conflict=_gone))
        except ConditionsFailed:
            return

    def postpone(self, message: Message, postponed: Message) -> None:
        """Let it be due later: a new item takes the place of the old one."""
        later = put(message_item(postponed, _key(postponed)))
        self._move(message, later)

    def delete(self, message: Message) -> None:
        """Forget a message."""
        self._delete(_key(message))

    def drop(self, message: Message) -> None:
        """Forget a message that was laid aside."""
        self._delete(outbox_keys.laid_aside(message.message_id))

    def _delete(self, key: Key) -> None:
        try:
            self.table.write(delete(key, condition=PRESENT, values={}, conflict=_gone))
        except ConditionsFailed:
            return  # somebody else has done so

    def lay_aside(self, message: Message) -> None:
        """Keep a message for a person to look at."""
        self._move(message, put(message_item(message, outbox_keys.laid_aside(message.message_id))))

    def laid_aside(self, *, at_most: int) -> tuple[Message, ...]:
        """The messages that were laid aside."""
        items = self.table.first_of(outbox_keys.LAID_ASIDE, "~", limit=at_most)
        return tuple(readable(items, message_from_item, self.telemetry))

    def retry(self, message: Message, at: datetime) -> None:
        """Let a message that was laid aside be due again."""
        again = evolve(message, due_at=at, created_at=at, attempts=0)
        aside = outbox_keys.laid_aside(message.message_id)
        try:
            self.table.write(
                delete(aside, condition=PRESENT, values={}, conflict=_gone), put(message_item(again, _key(again)))
            )
        except ConditionsFailed:
            return

    def _move(self, message: Message, operation_: Operation) -> None:
        try:
            self.table.write(
                delete(_key(message), condition=PRESENT, values={}, conflict=_gone),
                operation_,
            )
        except ConditionsFailed:
            return  # somebody else has delivered it, or moved it


def _key(message: Message) -> Key:
    return outbox_keys.message(message.message_id, message.due_at)


def _gone(_found: Item | None) -> TransactionConflict:
    return TransactionConflict(())


def _money(stored: Attributes) -> Money | None:
    amount, currency = stored.maybe_integer("amount"), stored.maybe_text("currency")
    return Money(amount, currency) if amount is not None and currency is not None else None
