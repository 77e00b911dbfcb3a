"""Every minute: deliver the messages that are due."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve, frozen

from domain.errors import RecipientRefused, reason_of
from domain.messages import LEASE, Message, Recipient
from domain.ports.clock import Clock
from domain.ports.notifier import Notifiers
from domain.ports.outbox import Outbox
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Signal, Telemetry

ROUND = 25
"""How many messages are asked for at once."""


@frozen(kw_only=True)
class Deliveries:
    """What a run did: messages delivered, to be tried again, and laid aside for a person."""

    delivered: int = 0
    postponed: int = 0
    laid_aside: int = 0

    def plus(self, outcome: str) -> Deliveries:
        """One more of this outcome."""
        return evolve(self, **{outcome: getattr(self, outcome) + 1})


@frozen(kw_only=True)
class DeliverMessages:
    """Delivers each due message by every channel that carries its kind, then deletes it.

    Killed at any moment, it loses none: the lease ends, and the next run delivers what is left. A channel that knows a
    message's id delivers it once all the same; one that does not, such as mail, may deliver it a second time.
    """

    outbox: Outbox
    students: StudentRepo
    notifiers: Notifiers
    clock: Clock
    telemetry: Telemetry
    office: Recipient

    def __call__(self, *, time_budget: timedelta) -> Deliveries:
        """Deliver until nothing is due or the time is over. One message that fails does not stop the others.

        Raises:
            StorageUnavailable: the outbox cannot be read.
        """
        until, done = self.clock.now() + time_budget, Deliveries()
        while self.clock.now() < until:
            claimed = 0
            for due in self.outbox.due(before=self.clock.now(), at_most=ROUND):
                now = self.clock.now()
                message = self.outbox.claim(due, now=now, until=now + LEASE) if now < until else None
                if message is not None:
                    claimed += 1
                    done = done.plus(self._deliver(message))
            if not claimed:
                break
        return done

    def _deliver(self, message: Message) -> str:
        """What became of a message that this run has alone."""
        problem, is_final = "", False
        try:
            recipient = self._recipient(message)
            for channel in self.notifiers.names:
                if recipient is not None and channel not in message.delivered:
                    message = self._deliver_by(channel, message, recipient)
        except RecipientRefused as error:
            problem, is_final = error.code, True
        except Exception as error:  # noqa: BLE001 - one message must not stop the others
            problem = reason_of(error)
        return self._settle(message, problem, is_final=is_final)

    def _deliver_by(self, channel: str, message: Message, recipient: Recipient) -> Message:
        notifier = self.notifiers.named(channel)
        if not notifier.wants(message):
            return message
        notifier.deliver(message, recipient)
        delivered = message.delivered_by(channel)
        if channel != self.notifiers.names[-1]:  # after the last channel the message is deleted anyway
            self.outbox.keep_progress(delivered)
        return delivered

    def _settle(self, message: Message, problem: str, *, is_final: bool) -> str:
        ids = {"message_id": message.message_id, "user_id": message.user_id, "course_id": message.course_id}
        now = self.clock.now()
        if not problem:
            self.outbox.delete(message)
            self.telemetry.emit(Signal.MESSAGE_DELIVERED, reason=message.kind.value, **ids)
            return "delivered"
        if is_final or message.is_hopeless(now):
            self.outbox.lay_aside(message)
            self.telemetry.emit(Signal.MESSAGE_LAID_ASIDE, reason=problem, **ids)
            return "laid_aside"
        self.outbox.postpone(message, message.postponed(now))
        self.telemetry.emit(Signal.MESSAGE_FAILED, reason=problem, **ids)
        return "postponed"

    def _recipient(self, message: Message) -> Recipient | None:
        """Who receives it, by what is stored now; None for a student who is gone."""
        if message.is_for_office:
            return self.office
        student = self.students.find(message.user_id)
        return Recipient(email=student.email, name=student.name) if student else None
