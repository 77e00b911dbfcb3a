"""Payment sessions as items."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, islice

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.coupons import HeldCoupon
from domain.identifiers import is_id
from domain.money import Money
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, Status
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Telemetry
from domain.pricing import Quote


def session_item(session: PaymentSession) -> Item:
    """The item of a payment session."""
    return {
        **keys.payment_session(session.user_id, session.payment_session_id).attributes,
        **session_attributes(session),
    }


def session_attributes(session: PaymentSession) -> Item:
    """Everything but the key. The index has it while it is due, waits for a decision, or was decided about."""
    provider, coupon, resolution = session.provider, session.coupon, session.resolution
    return {
        **_index(session),
        "paymentSessionId": session.payment_session_id,
        "userId": session.user_id,
        "courseId": session.course_id,
        "courseName": session.course_name,
        "provider": provider,
        "status": session.status.value,
        "listAmount": session.quote.list_price.amount,
        "discountAmount": session.quote.discount,
        "amount": session.total.amount,
        "currency": session.total.currency,
        "couponCode": coupon.code if coupon else None,
        "couponShard": coupon.shard if coupon else None,
        "couponCounted": coupon.counted if coupon else None,
        "couponSharded": coupon.sharded if coupon else None,
        "uiMode": session.ui_mode,
        "source": session.source,
        "returnUrl": session.return_url,
        "cancelUrl": session.cancel_url,
        f"{provider}PriceId": session.provider_price_id,
        f"{provider}CustomerId": session.customer_id,
        f"{provider}SessionId": session.provider_session_id,
        f"{provider}PaymentIntentId": session.provider_payment_id,
        "livemode": session.livemode,
        "createdAt": iso(session.created_at),
        "updatedAt": iso(session.updated_at),
        "expiresAt": iso(session.expires_at),
        "completedAt": iso(session.completed_at) if session.completed_at else None,
        "dueAt": iso(session.due_at) if session.due_at else None,
        "cancelRequestedAt": iso(session.cancel_requested_at) if session.cancel_requested_at else None,
        "reviewReason": session.review_reason.value if session.review_reason else None,
        "resolution": resolution.kind.value if resolution else None,
        "resolvedBy": resolution.by if resolution else None,
        "resolvedAt": iso(resolution.at) if resolution else None,
        "resolutionNote": resolution.note if resolution else None,
    }


def _index(session: PaymentSession) -> Item:
    if session.due_at:
        return {**keys.due_index(session.payment_session_id, session.due_at)}
    if session.awaits_decision:
        return {**keys.review_index(session.payment_session_id, session.updated_at)}
    if session.resolution:
        return {**keys.resolved_index(session.payment_session_id)}
    return {}


def session_from_item(item: Item) -> PaymentSession:
    """The payment session in an item.

    Raises:
        RecordUnreadable: it is no payment session.
    """
    with reading("payment session", item) as stored:
        provider = stored.text("provider")
        reason = stored.maybe_text("reviewReason")
        return PaymentSession(
            payment_session_id=stored.text("paymentSessionId"),
            user_id=stored.text("userId"),
            course_id=stored.text("courseId"),
            course_name=stored.text("courseName"),
            provider=provider,
            status=Status(stored.text("status")),
            quote=_quote(stored),
            coupon=_coupon(stored),
            ui_mode=stored.text("uiMode"),
            source=stored.text("source"),
            return_url=stored.text("returnUrl"),
            cancel_url=stored.maybe_text("cancelUrl"),
            provider_price_id=stored.maybe_text(f"{provider}PriceId"),
            customer_id=stored.maybe_text(f"{provider}CustomerId"),
            provider_session_id=stored.maybe_text(f"{provider}SessionId"),
            provider_payment_id=stored.maybe_text(f"{provider}PaymentIntentId"),
            livemode=stored.flag("livemode"),
            created_at=stored.moment("createdAt"),
            updated_at=stored.moment("updatedAt"),
            expires_at=stored.moment("expiresAt"),
            completed_at=stored.maybe_moment("completedAt"),
            due_at=stored.maybe_moment("dueAt"),
            cancel_requested_at=stored.maybe_moment("cancelRequestedAt"),
            review_reason=ReviewReason(reason) if reason else None,
            resolution=_resolution(stored),
        )


@frozen
class DynamoPaymentSessionRepo(PaymentSessionRepo):
    """Reads payment sessions from the table."""

    table: Table
    telemetry: Telemetry

    def find(self, user_id: str, payment_session_id: str) -> PaymentSession | None:
        """The student's session by our id."""
        known = is_id(user_id) and is_id(payment_session_id)
        item = self.table.get(keys.payment_session(user_id, payment_session_id)) if known else None
        return session_from_item(item) if item else None

    def find_by_provider_session(self, provider: str, provider_session_id: str) -> PaymentSession | None:
        """Anybody's session with this checkout: a pointer leads to it."""
        if not (is_id(provider) and keys.is_foreign_id(provider_session_id)):
            return None
        provider_reference = self.table.get(keys.provider_reference(provider, provider_session_id))
        return (
            self.find(str(provider_reference["userId"]), str(provider_reference["paymentSessionId"]))
            if provider_reference
            else None
        )

    def due(self, *, before: datetime, at_most: int) -> tuple[PaymentSession, ...]:
        """Live sessions last looked at before this moment, the longest ago first."""
        items = [
            item
            for partition, key in keys.due_partitions(before)
            for item in self.table.index_before(partition, key, limit=at_most)
        ]
        items.sort(key=lambda item: str(item["GSI1SK"]))
        return tuple(readable(items[:at_most], session_from_item, self.telemetry))

    def in_review(self, *, at_most: int) -> tuple[PaymentSession, ...]:
        """Sessions that wait for a person's decision, the oldest first."""
        page = self.table.index_page(keys.every_review(), limit=at_most)
        return tuple(readable(page.items, session_from_item, self.telemetry))

    def find_review(self, payment_session_id: str) -> PaymentSession | None:
        """Anybody's session that waits for a decision, or was decided about: the index has both, each in its place."""
        if not is_id(payment_session_id):
            return None
        decided = self.table.index_all(keys.resolved_after(payment_session_id))
        waiting = (item for item in self.table.index_all(keys.every_review()) if _is_of(item, payment_session_id))
        return next(iter(readable(chain(decided, waiting), session_from_item, self.telemetry)), None)

    def count_live(self, user_id: str, *, at_most: int) -> int:
        """How many of the student's sessions are live."""
        if not is_id(user_id):
            return 0
        live = {f":live{number}": status.value for number, status in enumerate(sorted(LIVE))}
        only = f"#status IN ({', '.join(live)})"
        items = self.table.query(keys.students_partition(user_id), keys.PAYMENTS, only=only, values=live)
        return sum(1 for _ in islice(items, at_most))

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """All sessions of a student, newest first."""
        items = self.table.query(keys.students_partition(user_id), keys.PAYMENTS) if is_id(user_id) else ()
        own = readable(items, session_from_item, self.telemetry)
        return tuple(sorted(own, key=lambda session: (session.created_at, session.payment_session_id), reverse=True))


def _is_of(item: Item, payment_session_id: str) -> bool:
    return item["paymentSessionId"] == payment_session_id


def _quote(stored: Attributes) -> Quote:
    price = Money(stored.whole("listAmount"), stored.text("currency"))
    return Quote(list_price=price, discount=stored.whole("discountAmount"))


def _resolution(stored: Attributes) -> Resolution | None:
    kind = stored.maybe_text("resolution")
    if kind is None:
        return None
    return Resolution(
        kind=ResolutionKind(kind),
        by=stored.text("resolvedBy"),
        at=stored.moment("resolvedAt"),
        note=stored.maybe_text("resolutionNote") or "",
    )


def _coupon(stored: Attributes) -> HeldCoupon | None:
    code = stored.maybe_text("couponCode")
    if code is None:
        return None
    return HeldCoupon(
        code=code,
        shard=stored.maybe_whole("couponShard") or 0,
        counted=stored.flag("couponCounted", absent=True),
        sharded=stored.flag("couponSharded"),
    )
