"""The states of a payment session, and what each kind of provider event does in each of them.

Only the provider closes a checkout: a session leaves the live states when the provider reports it paid, failed or
expired, never because our own clock says so. Where the provider moves no money before we capture it, a checkout is
closed once no capture can begin any more: a capture begins from ``PAYABLE`` only, and then waits in ``PROCESSING``. A
pair of state and event kind that is missing from ``TRANSITIONS`` is a contradiction. Refunds and disputes are no
transitions: a report of one only leads to asking the provider for the present state of the payment (``SYNC``).
"""

from __future__ import annotations

from enum import StrEnum

from domain.payments.events import EventKind


class Status(StrEnum):
    """Where a payment session is. ``REVERSED``: money was received, and nothing of it is kept."""

    CREATING = "creating"
    OPEN = "open"
    PROCESSING = "processing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REVIEW = "review"
    REVERSED = "reversed"


LIVE = frozenset({Status.CREATING, Status.OPEN, Status.PROCESSING})
PAYABLE = frozenset({Status.CREATING, Status.OPEN})
RELEASED = frozenset({Status.EXPIRED, Status.CANCELLED, Status.FAILED})
PAID = frozenset({Status.COMPLETED, Status.REVIEW, Status.REVERSED})


class Transition(StrEnum):
    """What an event does to a session."""

    STAY = "stay"
    OPEN = "open"
    PROCESS = "process"
    COMPLETE = "complete"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FAIL = "fail"
    LATE = "late"
    REVIEW = "review"
    RECORD_DECLINE = "record_decline"
    CAPTURE = "capture"


_BEFORE_PAYMENT = {
    EventKind.OPENED: Transition.OPEN,
    EventKind.APPROVED: Transition.CAPTURE,
    EventKind.PAID: Transition.COMPLETE,
    EventKind.PENDING: Transition.PROCESS,
    EventKind.FAILED: Transition.FAIL,
    EventKind.EXPIRED: Transition.EXPIRE,
    EventKind.CANCELLED: Transition.CANCEL,
    EventKind.DECLINED: Transition.RECORD_DECLINE,
}
_AFTER_RELEASE = {**dict.fromkeys(EventKind, Transition.STAY), EventKind.PAID: Transition.LATE}

TRANSITIONS: dict[tuple[Status, EventKind], Transition] = {
    **{(Status.CREATING, kind): transition for kind, transition in _BEFORE_PAYMENT.items()},
    **{
        (Status.OPEN, kind): transition
        for kind, transition in {**_BEFORE_PAYMENT, EventKind.OPENED: Transition.STAY}.items()
    },
    # A completed checkout waits for its slow payment: it can be paid or fail, and can no longer expire or be cancelled.
    (Status.PROCESSING, EventKind.OPENED): Transition.STAY,
    (Status.PROCESSING, EventKind.APPROVED): Transition.STAY,
    (Status.PROCESSING, EventKind.PENDING): Transition.STAY,
    (Status.PROCESSING, EventKind.PAID): Transition.COMPLETE,
    (Status.PROCESSING, EventKind.FAILED): Transition.FAIL,
    (Status.PROCESSING, EventKind.DECLINED): Transition.RECORD_DECLINE,
    # Paid is final: late and repeated events change nothing. A paid checkout cannot have been cancelled at our request.
    **{(Status.COMPLETED, kind): Transition.STAY for kind in EventKind if kind is not EventKind.CANCELLED},
    # Money after the release should be impossible, and is still never dropped.
    **{(status, kind): transition for status in RELEASED for kind, transition in _AFTER_RELEASE.items()},
    # A person decides about a session in review; events no longer do.
    **{(Status.REVIEW, kind): Transition.STAY for kind in EventKind},
    **{(Status.REVERSED, kind): Transition.STAY for kind in EventKind},
}
