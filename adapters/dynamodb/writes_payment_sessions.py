"""Writes about payment sessions, their guards, and the events that moved them."""

from __future__ import annotations

from datetime import timedelta

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.expressions import ABSENT, setting
from adapters.dynamodb.operations import Operation, delete, operation, put, update
from adapters.dynamodb.payment_sessions import session_attributes, session_from_item, session_item
from adapters.timestamps import iso
from domain.errors import CheckoutInProgress, CheckoutReplaced
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.transactions.conflicts import SessionConflict
from domain.transactions.writes import (
    AcquireCheckoutLock,
    AddProviderReference,
    AddSession,
    ChangeSession,
    RecordEvent,
    ReleaseCheckoutLock,
    ResolveSession,
)

_EVENTS_KEPT = timedelta(days=35)
_DUE = ("dueAt", "GSI1PK", "GSI1SK")


@operation.register
def _add(write: AddSession) -> Operation:
    return put(session_item(write.session), ABSENT, _conflict)


@operation.register
def _change(write: ChangeSession) -> Operation:
    session = write.session
    expression, values = setting(session_attributes(session), remove=_left_behind(session))
    condition, compared = _same_sale(session)
    expected = {f":expected{number}": status.value for number, status in enumerate(sorted(write.expected))}
    return update(
        keys.payment_session(session.user_id, session.payment_session_id),
        expression,
        condition=f"#status IN ({', '.join(expected)}) AND {condition}",
        values=values | expected | compared,
        conflict=_conflict,
    )


def _left_behind(session: PaymentSession) -> tuple[str, ...]:
    kept = session_attributes(session)
    return tuple(name for name in _DUE if kept.get(name) is None)


@operation.register
def _resolve(write: ResolveSession) -> Operation:
    session = write.session
    expression, values = setting(session_attributes(session), remove=_left_behind(session))
    return update(
        keys.payment_session(session.user_id, session.payment_session_id),
        expression,
        condition="#status = :review AND attribute_not_exists(#resolution)",
        values=values | {":review": Status.REVIEW.value},
        conflict=_conflict,
    )


def _same_sale(session: PaymentSession) -> tuple[str, dict[str, object]]:
    agreed = {
        "amount": session.total.amount,
        "currency": session.total.currency,
        "courseId": session.course_id,
        "livemode": session.livemode,
    }
    conditions = [f"#{name} = :{name}" for name in agreed]
    compared: dict[str, object] = {f":{name}": value for name, value in agreed.items()}
    checkout = f"{session.provider}SessionId"
    if session.provider_session_id is None:
        conditions.append(f"attribute_not_exists(#{checkout})")
    else:
        conditions.append(f"(attribute_not_exists(#{checkout}) OR #{checkout} = :checkout)")
        compared[":checkout"] = session.provider_session_id
    return " AND ".join(conditions), compared


def _conflict(found: Item | None) -> SessionConflict:
    return SessionConflict(session_from_item(found) if found else None)


@operation.register
def _point(write: AddProviderReference) -> Operation:
    session = write.session
    provider_reference = {
        **keys.provider_reference(session.provider, session.provider_session_id or "").attributes,
        "userId": session.user_id,
        "paymentSessionId": session.payment_session_id,
    }
    return put(provider_reference)


@operation.register
def _open_guard(write: AcquireCheckoutLock) -> Operation:
    session = write.session
    lock = {
        **keys.checkout_lock(session.user_id, session.course_id).attributes,
        "paymentSessionId": session.payment_session_id,
        "createdAt": iso(session.created_at),
    }
    return put(lock, ABSENT, _in_progress)


def _in_progress(found: Item | None) -> CheckoutInProgress:
    return CheckoutInProgress(str(found["paymentSessionId"]) if found else "")


@operation.register
def _close_guard(write: ReleaseCheckoutLock) -> Operation:
    return delete(
        keys.checkout_lock(write.session.user_id, write.session.course_id),
        condition=f"{ABSENT} OR #paymentSessionId = :ours",
        values={":ours": write.session.payment_session_id},
        conflict=lambda _found: CheckoutReplaced(),
    )


@operation.register
def _record(write: RecordEvent) -> Operation:
    return put(
        {
            **keys.event(write.provider, write.event_id).attributes,
            "provider": write.provider,
            "eventId": write.event_id,
            "type": write.event_type,
            "paymentSessionId": write.payment_session_id,
            "outcome": write.outcome,
            "at": iso(write.at),
            "ttl": int((write.at + _EVENTS_KEPT).timestamp()),
        }
    )
