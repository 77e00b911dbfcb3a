"""Messages: notifications to students and the office about what happened to an enrollment or a payment.

A message is stored in the transaction that makes it true, and delivered later: nothing waits for a mail, and none is
lost. It holds ids and amounts only; who it goes to, and their address, is read when it is delivered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, field, frozen
from attrs.validators import ge

from domain.money import Money


class MessageKind(StrEnum):
    """What has happened."""

    ENROLLED = "enrollment_completed"
    PAYMENT_FAILED = "payment_failed"
    REFUND_MADE = "refund_made"
    ACCESS_ENDED = "access_ended"
    REVIEW_OPENED = "review_opened"
    REFUND_FAILED = "refund_failed"
    DISPUTE_OPENED = "dispute_opened"
    WAITLIST_SEAT = "waitlist_seat"


FOR_OFFICE = frozenset({MessageKind.REVIEW_OPENED, MessageKind.REFUND_FAILED, MessageKind.DISPUTE_OPENED})
"""The kinds that go to the office; all others are for the student."""

LEASE = timedelta(minutes=5)
"""How long whoever delivers a message has it alone. Killed meanwhile, another one delivers it after that."""

GIVE_UP = timedelta(days=3)
"""After how long a message that cannot be delivered is laid aside for a person."""

LONGEST_PAUSE = timedelta(hours=1)


@frozen(kw_only=True)
class Message:
    """A notification to be delivered once.

    ``message_id`` is made of what happened, so that nothing is sent under two ids. ``amount`` is what was paid,
    refunded or disputed. ``delayed``: a payment that took longer than its checkout was open. ``access_ended``: a refund
    that ended the enrollment. ``held_until``: until when the seat is held. ``respond_by``: until when the school can
    answer the dispute.
    ``reason`` is a code: of a review, of an end, of a refund that failed.

    ``due_at`` is when it is to be delivered next, ``attempts`` how often that was begun, ``delivered`` the channels
    that have it.
    """

    message_id: str
    kind: MessageKind
    created_at: datetime
    due_at: datetime
    user_id: str
    course_id: str
    course_name: str
    payment_session_id: str = ""
    amount: Money | None = None
    discount: int = 0
    enrollment_type: str = ""
    enrolled_at: datetime | None = None
    delayed: bool = False
    access_ended: bool = False
    held_until: datetime | None = None
    respond_by: datetime | None = None
    reason: str = ""
    attempts: int = field(default=0, validator=ge(0))
    delivered: tuple[str, ...] = ()

    @property
    def is_for_office(self) -> bool:
        """Whether it goes to the office, and not to the student."""
        return self.kind in FOR_OFFICE

    def delivered_by(self, channel: str) -> Message:
        """The message as that channel has it too."""
        return evolve(self, delivered=(*self.delivered, channel))

    def postponed(self, at: datetime) -> Message:
        """The message after a failed attempt: due in 1, 2, 4 ... 60 minutes."""
        pause = min(timedelta(minutes=2 ** min(self.attempts, 10) // 2 or 1), LONGEST_PAUSE)
        return evolve(self, due_at=at + pause)

    def is_hopeless(self, at: datetime) -> bool:
        """Whether a person has to look at it instead of another attempt."""
        return at - self.created_at >= GIVE_UP


@frozen(kw_only=True)
class Recipient:
    """Who a message goes to: an address, and a name, empty where it is not known."""

    email: str
    name: str = ""
