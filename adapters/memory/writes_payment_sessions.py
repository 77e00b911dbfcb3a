"""Writes about payment sessions, their checkout locks, and the events that changed them."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import fields

from adapters.memory.plan import Plan, nothing, plan
from adapters.memory.store import Store
from domain.errors import CheckoutInProgress, CheckoutReplaced
from domain.payments.session import PaymentSession
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

_NAMES = tuple(attribute.name for attribute in fields(PaymentSession))


@plan.register
def _add(write: AddSession, store: Store) -> Plan:
    key = (write.session.user_id, write.session.payment_session_id)
    if found := store.sessions.get(key):
        return SessionConflict(found)
    return partial(store.sessions.__setitem__, key, write.session)


@plan.register
def _change(write: ChangeSession, store: Store) -> Plan:
    key = (write.session.user_id, write.session.payment_session_id)
    found = store.sessions.get(key)
    if found is None or found.status not in write.expected or not _same_sale(found, write.session):
        return SessionConflict(found)
    return partial(store.sessions.__setitem__, key, _next_state(found, write.session))


@plan.register
def _change_capture(write: ChangeCapture, store: Store) -> Plan:
    before, after = write.before, write.after
    key = (after.user_id, after.payment_session_id)
    found = store.sessions.get(key)
    if found is None or found.cancel_requested_at is not None or not _same_sale(found, after):
        return SessionConflict(found)
    if (found.status, found.capture_attempts) != (before.status, before.capture_attempts):
        return SessionConflict(found)
    following = _next_state(found, after, capture_attempts=after.capture_attempts)
    return partial(store.sessions.__setitem__, key, following)


@plan.register
def _resolve(write: ResolveSession, store: Store) -> Plan:
    key = (write.session.user_id, write.session.payment_session_id)
    found = store.sessions.get(key)
    if found is None or not found.awaits_decision or found.reversed_sums != write.session.reversed_sums:
        return SessionConflict(found)
    return partial(store.sessions.__setitem__, key, _next_state(found, write.session))


@plan.register
def _change_sums(write: ChangeReversedSums, store: Store) -> Plan:
    key = (write.after.user_id, write.after.payment_session_id)
    found = store.sessions.get(key)
    if found is None or _reversed(found) != _reversed(write.before):
        return SessionConflict(found)
    sums, resolution = write.after.reversed_sums, write.after.resolution
    following = _next_state(found, write.after, reversed_sums=sums, resolution=resolution)
    return partial(store.sessions.__setitem__, key, following)


@plan.register
def _require_sums(write: RequireSumsUnchanged, store: Store) -> Plan:
    found = store.sessions.get((write.session.user_id, write.session.payment_session_id))
    same = found is not None and _reversed(found) == _reversed(write.session)
    return nothing if same else SessionConflict(found)


def _reversed(session: PaymentSession) -> tuple[object, ...]:
    return session.status, session.reversed_sums, session.resolution, session.updated_at


def _same_sale(found: PaymentSession, following: PaymentSession) -> bool:
    same = (found.total, found.course_id, found.livemode) == (following.total, following.course_id, following.livemode)
    return same and found.provider_session_id in (None, following.provider_session_id)


def _next_state(found: PaymentSession, following: PaymentSession, **own: object) -> PaymentSession:
    # What was learned is never forgotten; only the date of the next reconciliation is removed when there is none. Sums
    # of what went back, and the number of captures, have writes of their own, which give them as ``own``.
    values: dict[str, Any] = {
        name: value if (value := getattr(following, name)) is not None else getattr(found, name) for name in _NAMES
    }
    values |= {
        "due_at": following.due_at,
        "reversed_sums": found.reversed_sums,
        "capture_attempts": found.capture_attempts,
    }
    return PaymentSession(**(values | own))


@plan.register
def _add_reference(write: AddProviderReference, store: Store) -> Plan:
    session = write.session
    provider_reference = (session.provider, session.provider_session_id or "")
    return partial(
        store.provider_references.__setitem__, provider_reference, (session.user_id, session.payment_session_id)
    )


@plan.register
def _acquire_lock(write: AcquireCheckoutLock, store: Store) -> Plan:
    key = (write.session.user_id, write.session.course_id)
    found = store.checkout_locks.get(key)
    if found is not None and found != write.replaces:
        return CheckoutInProgress(found)
    return partial(store.checkout_locks.__setitem__, key, write.session.payment_session_id)


@plan.register
def _release_lock(write: ReleaseCheckoutLock, store: Store) -> Plan:
    key = (write.session.user_id, write.session.course_id)
    found = store.checkout_locks.get(key)
    if found is None:
        return nothing
    if found != write.session.payment_session_id:
        return CheckoutReplaced()
    return partial(store.checkout_locks.__delitem__, key)


@plan.register
def _record_event(write: RecordEvent, store: Store) -> Plan:
    return partial(store.events.__setitem__, (write.provider, write.event_id), write)
