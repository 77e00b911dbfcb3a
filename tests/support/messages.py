"""Messages with sensible values, beside ``factories``."""

from __future__ import annotations

from typing import Any

from domain.messages import Message, MessageKind
from tests.support.factories import NOW, PRICE


def a_message(**changes: Any) -> Message:
    """That a student is enrolled."""
    given: dict[str, Any] = {
        "message_id": "ps_1.enrolled",
        "kind": MessageKind.ENROLLED,
        "created_at": NOW,
        "due_at": NOW,
        "user_id": "user-1",
        "course_id": "course-1",
        "course_name": "AWS Cloud Mastery",
        "payment_session_id": "ps_1",
        "amount": PRICE,
        "enrollment_type": "paid",
        "enrolled_at": NOW,
    }
    return Message(**(given | changes))
