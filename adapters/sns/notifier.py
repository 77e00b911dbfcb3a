"""Publishes enrollments to a topic, as the school's other back ends do and read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import frozen

from adapters.timestamps import iso
from domain.errors import NotifierUnavailable
from domain.messages import Message, MessageKind, Recipient
from domain.ports.notifier import Notifier

EVENT_TYPE = "EnrollmentCompleted"


@frozen
class SnsNotifier(Notifier):
    """Publishes ``EnrollmentCompleted`` as subscribers of the older back ends know it.

    The attribute ``messageId`` is the same however often it is published: a subscriber that keeps it acts once.
    """

    client: Callable[[], Any]
    topic_arn: str

    def wants(self, message: Message) -> bool:
        """Only enrollments are published."""
        return message.kind is MessageKind.ENROLLED

    def deliver(self, message: Message, recipient: Recipient) -> None:  # noqa: ARG002 - no address is published
        """Publish the event."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client().publish(
                TopicArn=self.topic_arn,
                Message=json.dumps(event_of(message)),
                MessageAttributes={"messageId": {"DataType": "String", "StringValue": message.message_id}},
            )
        except (BotoCoreError, ClientError) as error:
            raise NotifierUnavailable from error


def event_of(message: Message) -> dict[str, str]:
    """The event's body, field by field that of the older back ends."""
    return {
        "eventType": EVENT_TYPE,
        "studentId": message.user_id,
        "courseId": message.course_id,
        "enrollmentType": message.enrollment_type,
        "enrolledAt": iso(message.enrolled_at or message.created_at),
    }
