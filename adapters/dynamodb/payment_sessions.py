"""Payment sessions as items."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from attrs import frozen

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import Attributes, readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import cursor_after, dated_key_in, last_before
from adapters.dynamodb.payment_lists import SessionItems, sort_key
from adapters.dynamodb.session_search import sessions_named
from adapters.dynamodb.table import MOST_ITEMS, Table
from adapters.timestamps import iso
from domain.coupons import HeldCoupon
from domain.identifiers import is_id
from domain.money import Money
from domain.paging import Page
from domain.payments.reversals import ReversedSums
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import PAYABLE, Status
from domain.ports.payment_sessions import PaymentQuery, PaymentSessionRepo
from domain.ports.telemetry import Telemetry
from domain.pricing import Quote

SUMS = {
    "refunded": "refunded",
    "repaid": "repaid",
    "refundRequested": "refund_requested",
    "disputed": "disputed",
    "chargedBack": "charged_back",
}
"""What went back of a payment: the attribute of each sum, and the field that it is read into."""


def session_item(session: PaymentSession) -> Item:
    """The item of a payment session."""
    return {
        **keys.payment_session(session.user_id, session.payment_session_id).attributes,
        **session_attributes(session),
        **sums_attributes(session.reversed_sums),
        **capture_attributes(session),
    }


def sums_attributes(sums: ReversedSums) -> Item:
    """What went back of a payment. A sum of nothing is not stored."""
    return {name: getattr(sums, field) or None for name, field in SUMS.items()}


def capture_attributes(session: PaymentSession) -> Item:
    """How many captures were begun. None is not stored."""
    return {"captureAttempts": session.capture_attempts or None}


def decision_attributes(resolution: Resolution | None) -> Item:
    """What a person decided about a session in review: each is None as long as nobody has."""
    return {
        "resolution": resolution.kind.value if resolution else None,
        "resolvedBy": resolution.by if resolution else None,
        "resolvedAt": iso(resolution.at) if resolution else None,
        "resolutionNote": (resolution.note or None) if resolution else None,
    }


def settlement_attributes(session: PaymentSession) -> Item:
    """What money that comes in or goes back changes about a session, but for the sums and the decision."""
    return {
        **_index(session),
        "status": session.status.value,
        "received": session.received,
        "receivedCurrency": None if session.received_currency == session.total.currency else session.received_currency,
        "updatedAt": iso(session.updated_at),
        "dueAt": iso(session.due_at) if session.due_at else None,
        "reviewReason": session.review_reason.value if session.review_reason else None,
    }


def session_attributes(session: PaymentSession) -> Item:
    """Everything but the key, the sums of what went back and the number of captures, which have writes of their own.

    What is as usual is left out, to keep each write of a session within one unit.
    """
    provider, coupon = session.provider, session.coupon
    return {
        **settlement_attributes(session),
        **decision_attributes(session.resolution),
        "paymentSessionId": session.payment_session_id,
        "userId": session.user_id,
        "courseId": session.course_id,
        "courseName": session.course_name,
        "provider": provider,
        "listAmount": session.quote.list_price.amount,
        "discountAmount": session.quote.discount,
        "amount": session.total.amount,
        "currency": session.total.currency,
        "couponCode": coupon.code if coupon else None,
        "couponShard": (coupon.shard or None) if coupon else None,
        "couponCounted": None if coupon is None or coupon.counted else False,
        "couponSharded": (coupon.sharded or None) if coupon else None,
        "uiMode": session.ui_mode,
        "source": session.source,
        "referral": session.referral,
        "returnUrl": session.return_url,
        "cancelUrl": session.cancel_url,
        f"{provider}PriceId": session.provider_price_id,
        f"{provider}CustomerId": session.customer_id,
        f"{provider}SessionId": session.provider_session_id,
        f"{provider}PaymentIntentId": session.provider_payment_id,
        "livemode": session.livemode,
        "account": session.account,
        "createdAt": iso(session.created_at),
        "expiresAt": iso(session.expires_at),
        "completedAt": iso(session.completed_at) if session.completed_at else None,
        "cancelRequestedAt": iso(session.cancel_requested_at) if session.cancel_requested_at else None,
        "declineCode": session.decline_code,
        "resumes": session.resumes or None,
        "seat": session.seat or None,
    }


def _index(session: PaymentSession) -> Item:
    if session.reconcile_at:
        return {**keys.due_index(session.payment_session_id, session.reconcile_at)}
    if session.awaits_decision:
        return {**keys.review_index(session.payment_session_id, session.updated_at)}
    return {**keys.sessions_index(session.payment_session_id, session.created_at)}


def session_from_item(item: Item) -> PaymentSession:
    """The payment session in an item.

    Raises:
        RecordUnreadable: it is no payment session.
    """
    with reading("payment session", item) as stored:
        provider = stored.text("provider")
        reason, received = stored.maybe_text("reviewReason"), stored.maybe_integer("received")
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
            referral=stored.maybe_text("referral"),
            return_url=stored.text("returnUrl"),
            cancel_url=stored.maybe_text("cancelUrl"),
            provider_price_id=stored.maybe_text(f"{provider}PriceId"),
            customer_id=stored.maybe_text(f"{provider}CustomerId"),
            provider_session_id=stored.maybe_text(f"{provider}SessionId"),
            provider_payment_id=stored.maybe_text(f"{provider}PaymentIntentId"),
            livemode=stored.boolean("livemode"),
            account=stored.maybe_text("account"),
            created_at=stored.timestamp("createdAt"),
            updated_at=stored.timestamp("updatedAt"),
            expires_at=stored.timestamp("expiresAt"),
            completed_at=stored.maybe_timestamp("completedAt"),
            due_at=stored.maybe_timestamp("dueAt"),
            cancel_requested_at=stored.maybe_timestamp("cancelRequestedAt"),
            decline_code=stored.maybe_text("declineCode"),
            capture_attempts=stored.maybe_integer("captureAttempts") or 0,
            resumes=stored.boolean("resumes"),
            seat=stored.boolean("seat"),
            received=received,
            received_currency=_currency(stored, received),
            reversed_sums=ReversedSums(**{field: stored.maybe_integer(name) or 0 for name, field in SUMS.items()}),
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
        """Anybody's session with this checkout, found by its provider reference."""
        if not (is_id(provider) and keys.is_foreign_id(provider_session_id)):
            return None
        provider_reference = self.table.get(keys.provider_reference(provider, provider_session_id))
        return (
            self.find(str(provider_reference["userId"]), str(provider_reference["paymentSessionId"]))
            if provider_reference
            else None
        )

    def due(self, *, before: datetime, at_most: int) -> tuple[PaymentSession, ...]:
        """Sessions that were to be reconciled before this moment, the earliest first."""
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

    def reviews(self, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """Sessions that wait for a person's decision, the oldest first; the cursor hides where the last page ended."""
        after = keys.review_after(dated_key_in(cursor) if cursor is not None else None)
        page = self.table.index_page(after, limit=limit)
        found = tuple(readable(page.items, session_from_item, self.telemetry))
        more = None if page.is_last or not page.items else cursor_after(keys.index_of(page.items[-1])["GSI1SK"])
        return Page(found, more)

    def search(self, query: PaymentQuery, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """The sessions that match, the newest first. What is settled is read month by month, at most so much."""
        items = SessionItems(self.table, query, last_before(cursor))
        read = {
            sort_key(item): item for item in items.read(limit) if "createdAt" in item and sort_key(item) <= items.end
        }
        known = [item for key, item in sorted(read.items(), reverse=True) if key >= items.known_to]
        sessions = [one for one in readable(known, session_from_item, self.telemetry) if query.matches(one)]
        if len(sessions) > limit:
            end = sessions[limit - 1]
            return Page(tuple(sessions[:limit]), cursor_after(f"{iso(end.created_at)}#{end.payment_session_id}"))
        return Page(tuple(sessions), cursor_after(items.known_to) if items.known_to else None)

    def find_any(self, payment_session_id: str) -> PaymentSession | None:
        """Anybody's session by our id alone."""
        items = sessions_named(self.table, payment_session_id) if is_id(payment_session_id) else ()
        found = readable(items, session_from_item, self.telemetry)
        return next(iter(found), None)

    def count_open(self, user_id: str, *, at_most: int) -> int:
        """How many checkouts of the student can still be paid: by their locks, since earlier sessions may be many."""
        locks = self.table.query(keys.students_partition(user_id), keys.CHECKOUT_LOCKS) if is_id(user_id) else ()
        named = {str(lock.get("paymentSessionId")) for lock in locks}
        sessions = iter([keys.payment_session(user_id, name) for name in sorted(named) if is_id(name)])
        opened = 0
        while opened < at_most and (some := list(islice(sessions, MOST_ITEMS))):
            opened += sum(item.get("status") in PAYABLE for item in self.table.get_many(some).values())
        return min(opened, at_most)

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """All sessions of a student, newest first."""
        items = self.table.query(keys.students_partition(user_id), keys.PAYMENTS) if is_id(user_id) else ()
        own = readable(items, session_from_item, self.telemetry)
        return tuple(sorted(own, key=lambda session: (session.created_at, session.payment_session_id), reverse=True))


def _currency(stored: Attributes, received: int | None) -> str | None:
    """What was received is in the currency of the sale, unless another one is stored."""
    return None if received is None else stored.maybe_text("receivedCurrency") or stored.text("currency")


def _quote(stored: Attributes) -> Quote:
    price = Money(stored.integer("listAmount"), stored.text("currency"))
    return Quote(list_price=price, discount=stored.integer("discountAmount"))


def _resolution(stored: Attributes) -> Resolution | None:
    kind = stored.maybe_text("resolution")
    if kind is None:
        return None
    return Resolution(
        kind=ResolutionKind(kind),
        by=stored.text("resolvedBy"),
        at=stored.timestamp("resolvedAt"),
        note=stored.maybe_text("resolutionNote") or "",
    )


def _coupon(stored: Attributes) -> HeldCoupon | None:
    code = stored.maybe_text("couponCode")
    if code is None:
        return None
    return HeldCoupon(
        code=code,
        shard=stored.maybe_integer("couponShard") or 0,
        counted=stored.boolean("couponCounted", absent=True),
        sharded=stored.boolean("couponSharded"),
    )
