"""Writes about payment sessions, their checkout locks, and the events that changed them."""

from __future__ import annotations

from datetime import timedelta

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.expressions import ABSENT, Condition, setting
from adapters.dynamodb.operations import Operation, check, delete, operation, put, update
from adapters.dynamodb.payment_sessions import (
    SUMS,
    capture_attributes,
    decision_attributes,
    session_attributes,
    session_from_item,
    session_item,
    settlement_attributes,
    sums_attributes,
)
from adapters.timestamps import iso
from domain.errors import CheckoutInProgress, CheckoutReplaced
from domain.payments.reversals import ReversedSums
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.transactions.conflicts import SessionConflict
from domain.transactions.writes import (
    AcquireCheckoutLock,
    AddProviderReference,
    AddSession,
    ChangeCapture,
    ChangeReversedSums,
    ChangeSession,
    RecordEvent,
    ReleaseCheckoutLock,
    RequireSumsUnchanged,
    ResolveSession,
)

_EVENTS_KEPT = timedelta(days=35)


@operation.register
def _add(write: AddSession) -> Operation:
    return put(session_item(write.session), ABSENT, _conflict)


@operation.register
def _change(write: ChangeSession) -> Operation:
    session = write.session
    expression, values = _next_state(session)
    condition, compared = _same_sale(session)
    expected = {f":expected{number}": status.value for number, status in enumerate(sorted(write.expected))}
    return update(
        keys.payment_session(session.user_id, session.payment_session_id),
        expression,
        condition=f"#status IN ({', '.join(expected)}) AND {condition}",
        values=values | expected | compared,
        conflict=_conflict,
    )


@operation.register
def _change_capture(write: ChangeCapture) -> Operation:
    before, after = write.before, write.after
    expression, values = setting(session_attributes(after) | capture_attributes(after))
    condition = Condition().same("status", before.status.value)
    condition.same("captureAttempts", before.capture_attempts, absent=0).same("cancelRequestedAt", None)
    condition.also(*_same_sale(after))
    return update(
        keys.payment_session(after.user_id, after.payment_session_id),
        expression,
        condition=condition.expression,
        values=values | condition.values,
        conflict=_conflict,
    )


def _next_state(session: PaymentSession) -> tuple[str, dict[str, object]]:
    """Everything but the sums and the number of captures. What was learned stays; the date of the next reconciliation
    goes when there is none.
    """
    return setting(session_attributes(session), remove=() if session.due_at else ("dueAt",))


@operation.register
def _resolve(write: ResolveSession) -> Operation:
    session = write.session
    expression, values = _next_state(session)
    # Where the session stands in the index depends on the sums: a refund requested meanwhile must stay due.
    condition = _same_sums(session.reversed_sums)
    condition.also("#status = :review AND attribute_not_exists(#resolution)", {":review": Status.REVIEW.value})
    return update(
        keys.payment_session(session.user_id, session.payment_session_id),
        expression,
        condition=condition.expression,
        values=values | condition.values,
        conflict=_conflict,
    )


@operation.register
def _change_sums(write: ChangeReversedSums) -> Operation:
    before, after = write.before, write.after
    changed = settlement_attributes(after)
    replaced = (
        sums_attributes(after.reversed_sums) | decision_attributes(after.resolution) | {"dueAt": changed["dueAt"]}
    )
    gone = [name for name, value in replaced.items() if value is None]
    expression, values = setting(changed | replaced, remove=gone)
    condition = _money_as_read(before)
    return update(
        keys.payment_session(after.user_id, after.payment_session_id),
        expression,
        condition=condition.expression,
        values=values | condition.values,
        conflict=_conflict,
    )


@operation.register
def _require_sums(write: RequireSumsUnchanged) -> Operation:
    session, condition = write.session, _money_as_read(write.session)
    key = keys.payment_session(session.user_id, session.payment_session_id)
    return check(key, condition.expression, _conflict, values=condition.values)


def _money_as_read(session: PaymentSession) -> Condition:
    """That the session is where it was read: its status, what went back of its payment, what a person decided, and that
    nothing of it went and came back meanwhile.
    """
    decided = iso(session.resolution.at) if session.resolution else None
    condition = _same_sums(session.reversed_sums).same("status", session.status.value).same("resolvedAt", decided)
    changed_at = iso(session.updated_at)
    # A time that somebody set by hand may be written in another way: then the sums alone are compared, once.
    by_hand = "size(#updatedAt) <> :length"
    return condition.also(
        f"(#updatedAt = :was_updatedAt OR {by_hand})", {":was_updatedAt": changed_at, ":length": len(changed_at)}
    )


def _same_sums(sums: ReversedSums) -> Condition:
    condition = Condition()
    for name, field in SUMS.items():
        condition.same(name, getattr(sums, field), absent=0)
    return condition


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
def _add_reference(write: AddProviderReference) -> Operation:
    session = write.session
    provider_reference = {
        **keys.provider_reference(session.provider, session.provider_session_id or "").attributes,
        "userId": session.user_id,
        "paymentSessionId": session.payment_session_id,
    }
    return put(provider_reference)


@operation.register
def _acquire_lock(write: AcquireCheckoutLock) -> Operation:
    session = write.session
    lock = {
        **keys.checkout_lock(session.user_id, session.course_id).attributes,
        "paymentSessionId": session.payment_session_id,
        "createdAt": iso(session.created_at),
    }
    if write.replaces is None:
        return put(lock, ABSENT, _in_progress)
    return put(lock, f"{ABSENT} OR #paymentSessionId = :replaces", _in_progress, values={":replaces": write.replaces})


def _in_progress(found: Item | None) -> CheckoutInProgress:
    return CheckoutInProgress(str(found["paymentSessionId"]) if found else "")


@operation.register
def _release_lock(write: ReleaseCheckoutLock) -> Operation:
    return delete(
        keys.checkout_lock(write.session.user_id, write.session.course_id),
        condition=f"{ABSENT} OR #paymentSessionId = :ours",
        values={":ours": write.session.payment_session_id},
        conflict=lambda _found: CheckoutReplaced(),
    )


@operation.register
def _record_event(write: RecordEvent) -> Operation:
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
