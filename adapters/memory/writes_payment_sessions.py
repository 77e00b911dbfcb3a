"""Writes about payment sessions, their guards, and the events that moved them."""

from __future__ import annotations

from functools import partial

from attrs import evolve, fields

from adapters.memory.plan import Plan, nothing, plan
from adapters.memory.store import Store
from domain.errors import CheckoutInProgress, CheckoutReplaced
from domain.payments.session import PaymentSession
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
def _resolve(write: ResolveSession, store: Store) -> Plan:
    key = (write.session.user_id, write.session.payment_session_id)
    found = store.sessions.get(key)
    if found is None or not found.awaits_decision:
        return SessionConflict(found)
    return partial(store.sessions.__setitem__, key, _next_state(found, write.session))


def _same_sale(found: PaymentSession, following: PaymentSession) -> bool:
    same = (found.total, found.course_id, found.livemode) == (following.total, following.course_id, following.livemode)
    return same and found.provider_session_id in (None, following.provider_session_id)


def _next_state(found: PaymentSession, following: PaymentSession) -> PaymentSession:
    # What was learned is never unlearned; only the date of the next look is taken away when there is none.
    merged = {
        attribute.name: getattr(found, attribute.name)
        for attribute in fields(PaymentSession)
        if getattr(following, attribute.name) is None and attribute.name != "due_at"
    }
    return evolve(following, **merged)


@plan.register
def _point(write: AddProviderReference, store: Store) -> Plan:
    session = write.session
    provider_reference = (session.provider, session.provider_session_id or "")
    return partial(store.pointers.__setitem__, provider_reference, (session.user_id, session.payment_session_id))


@plan.register
def _open_guard(write: AcquireCheckoutLock, store: Store) -> Plan:
    key = (write.session.user_id, write.session.course_id)
    if found := store.guards.get(key):
        return CheckoutInProgress(found)
    return partial(store.guards.__setitem__, key, write.session.payment_session_id)


@plan.register
def _close_guard(write: ReleaseCheckoutLock, store: Store) -> Plan:
    key = (write.session.user_id, write.session.course_id)
    found = store.guards.get(key)
    if found is None:
        return nothing
    if found != write.session.payment_session_id:
        return CheckoutReplaced()
    return partial(store.guards.__delitem__, key)


@plan.register
def _record(write: RecordEvent, store: Store) -> Plan:
    return partial(store.events.__setitem__, (write.provider, write.event_id), write)
