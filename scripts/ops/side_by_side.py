"""One payment session as we have it and as Stripe has it. Nothing personal: ids, states, amounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import stripe
from punq import Container

from adapters.dynamodb import keys
from adapters.dynamodb.table import Table
from adapters.stripe.events import SUBSCRIBED
from domain.payments.session import PaymentSession
from domain.payments.states import RELEASED, Status
from domain.ports.enrollments import EnrollmentRepo
from scripts.ops.stripe_account import StripeAccount
from scripts.ops.views import Row, enrollment_facts, session_facts

_EVENTS_READ = 500
_AROUND = timedelta(days=3)

Sections = dict[str, Row | list[Row]]


def ours(container: Container, session: PaymentSession) -> Sections:
    """The session, its enrollment and its coupon use as stored."""
    enrollment = container.resolve(EnrollmentRepo).find(session.user_id, session.course_id)
    sections: Sections = {"session": session_facts(session), "enrollment": enrollment_facts(enrollment)}
    if session.coupon:
        use = container.resolve(Table).get(keys.coupon_use(session.user_id, session.coupon.code)) or {}
        names = ("status", "paymentSessionId")
        sections["coupon use"] = {"code": session.coupon.code, **{name: use.get(name) for name in names}}
    return sections


def theirs(container: Container, session: PaymentSession, account: StripeAccount) -> Sections:
    """What Stripe says of its checkout, the events it sent, and where the two disagree."""
    if session.provider_session_id is None:
        return {"at stripe": {"checkout": "none is known; reconcile looks for it"}}
    try:
        checkout = account.client.v1.checkout.sessions.retrieve(
            session.provider_session_id, {"expand": ["payment_intent"]}
        ).to_dict()
    except stripe.StripeError as error:
        return {"at stripe": {"checkout": session.provider_session_id, "error": error.code or type(error).__name__}}
    return {
        "at stripe": _checkout_facts(checkout),
        "events": list(_events(container, session, account)),
        "differences": [{"difference": sentence} for sentence in _differences(session, checkout)],
    }


def _checkout_facts(checkout: dict[str, Any]) -> Row:
    intent = checkout.get("payment_intent") or {}
    return {
        "checkout": checkout["id"],
        "status": checkout["status"],
        "payment_status": checkout["payment_status"],
        "total": f"{checkout['amount_total']} {checkout['currency']} (minor units)",
        "payment": intent.get("id"),
        "payment_state": intent.get("status"),
        "livemode": checkout["livemode"],
        "expires": datetime.fromtimestamp(checkout["expires_at"], UTC),
    }


def _events(container: Container, session: PaymentSession, account: StripeAccount) -> Iterator[Row]:
    """The events about the session, and whether we have a record of settling them."""
    table = container.resolve(Table)
    created = {
        "gte": int(session.created_at.timestamp()),
        "lte": int((session.updated_at + _AROUND).timestamp()),
    }
    params: Any = {"types": sorted(SUBSCRIBED), "created": created, "limit": 100}
    listed = account.client.v1.events.list(params).auto_paging_iter()
    for event in islice(listed, _EVENTS_READ):
        body = event.to_dict()
        metadata = body["data"]["object"].get("metadata") or {}
        if metadata.get("paymentSessionId") != session.payment_session_id:
            continue
        record = table.get(keys.event(session.provider, body["id"])) or {}
        yield {
            "event": body["id"],
            "type": body["type"],
            "sent": datetime.fromtimestamp(body["created"], UTC),
            "undelivered_to": body["pending_webhooks"],
            "settled_as": record.get("outcome"),
        }


def _differences(session: PaymentSession, checkout: dict[str, Any]) -> Iterator[str]:
    paid = checkout["payment_status"] in ("paid", "no_payment_required")
    if paid and session.status not in (Status.COMPLETED, Status.REVIEW):
        yield f"paid at Stripe, {session.status.value} here"
    if session.status is Status.COMPLETED and not paid:
        yield "completed here, not paid at Stripe"
    if session.is_live and checkout["status"] == "expired":
        yield "expired at Stripe, live here"
    if session.status in RELEASED and checkout["status"] == "open":
        yield "released here, open at Stripe"
    if (checkout["amount_total"], checkout["currency"]) != (session.total.amount, session.total.currency):
        yield "another amount at Stripe than agreed"
    if checkout["livemode"] != session.livemode:
        yield "another mode (live or test) at Stripe"
