"""Parsing of webhook events, and their translation into payment events of the domain."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from adapters.strict_json import load_object
from adapters.stripe import metadata, translation, values
from adapters.stripe.translation import EventFields
from adapters.stripe.values import JsonObject
from domain.errors import MalformedEvent
from domain.payments.events import IgnoredEvent, IgnoreReason, PaymentEvent, ReversalReported

API_VERSION = "2026-10-28.endive"

_CHECKOUT_EVENTS: dict[str, Callable[[EventFields, JsonObject], PaymentEvent]] = {
    "checkout.session.completed": translation.checkout_completed,
    "checkout.session.async_payment_succeeded": translation.checkout_paid,
    "checkout.session.async_payment_failed": translation.payment_failed,
    "checkout.session.expired": translation.checkout_expired,
}
_PAYMENT_EVENTS: dict[str, Callable[[EventFields, JsonObject], PaymentEvent]] = {
    "payment_intent.succeeded": translation.payment_received,
    "payment_intent.payment_failed": translation.payment_declined,
}

_REVERSAL_EVENTS = frozenset(
    {
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)

# Checkout cancels a PaymentIntent of its own accord, too; what it means for the checkout comes as a checkout's event.
_IGNORED_EVENT_TYPES = {"payment_intent.canceled": IgnoreReason.PAYMENT_CANCELLED}

SUBSCRIBED = frozenset({*_CHECKOUT_EVENTS, *_PAYMENT_EVENTS, *_REVERSAL_EVENTS, *_IGNORED_EVENT_TYPES})
"""The event types that a webhook endpoint must subscribe to; all others are acknowledged and ignored."""


@frozen(kw_only=True)
class StripeEvent:
    """A snapshot event. ``account`` is set if it belongs to a connected account (Stripe Connect)."""

    event_id: str
    event_type: str
    api_version: str | None
    livemode: bool
    account: str | None
    data: JsonObject

    @classmethod
    def parse(cls, body: bytes) -> StripeEvent:
        """Parses the body of a webhook request.

        Raises:
            MalformedEvent: the body is not strict JSON, or not a snapshot event (thin events are not supported).
        """
        try:
            return cls.from_json(load_object(body))
        except ValueError:
            raise MalformedEvent from None

    @classmethod
    def from_json(cls, event: JsonObject) -> StripeEvent:
        """Parses an event object, as a webhook or Stripe's list of events contains it.

        Raises:
            MalformedEvent: the object is not a snapshot event.
        """
        if event.get("object") != "event":
            raise MalformedEvent
        return cls(
            event_id=values.identifier(event, "id"),
            event_type=values.identifier(event, "type"),
            api_version=values.optional_text(event, "api_version"),
            livemode=values.boolean(event, "livemode"),
            account=values.optional_text(event, "account"),
            data=values.nested(event, "data"),
        )

    def meaning(self, *, provider: str, livemode: bool, stage: str) -> PaymentEvent | ReversalReported | IgnoredEvent:
        """The event for the domain, or why it is ignored, in an account of that mode and a deployment of that stage.

        Raises:
            MalformedEvent: it is about one of our payment sessions, or a refund or dispute, and lacks a documented
                field.
        """
        if self.livemode != livemode:
            return self._ignored(provider, IgnoreReason.OTHER_MODE)
        if self.account is not None:
            return self._ignored(provider, IgnoreReason.OTHER_ACCOUNT)
        if self.event_type not in SUBSCRIBED:
            return self._ignored(provider, IgnoreReason.UNSUBSCRIBED)
        resource = values.nested(self.data, "object")
        if metadata.is_of_other_stage(resource, stage):
            return self._ignored(provider, IgnoreReason.OTHER_STAGE)
        if self.event_type in _REVERSAL_EVENTS:
            return self._reversal(provider, resource)
        return self._of_session(provider, resource)

    def _of_session(self, provider: str, resource: JsonObject) -> PaymentEvent | IgnoredEvent:
        ids = metadata.ids_in(resource)
        if ids is None:
            return self._ignored(provider, IgnoreReason.FOREIGN)
        if self.event_type in _IGNORED_EVENT_TYPES:
            return self._ignored(provider, _IGNORED_EVENT_TYPES[self.event_type])
        return self._payment_event(provider, ids, resource)

    def _reversal(self, provider: str, resource: JsonObject) -> ReversalReported | IgnoredEvent:
        """Refunds and disputes name their payment. Our ids are on refunds that we asked for, not on other ones."""
        payment_id = values.related_id(resource, "payment_intent")
        if payment_id is None:
            # A charge without a PaymentIntent, which Checkout never makes.
            return self._ignored(provider, IgnoreReason.FOREIGN)
        named = metadata.reference_in(resource)
        return ReversalReported(
            provider=provider,
            event_id=self.event_id,
            event_type=self.event_type,
            provider_payment_id=payment_id,
            provider_reversal_id=values.identifier(resource, "id"),
            user_id=named.user_id if named else None,
            payment_session_id=named.payment_session_id if named else None,
            livemode=self.livemode,
        )

    def _payment_event(self, provider: str, ids: metadata.SessionIds, resource: JsonObject) -> PaymentEvent:
        is_checkout = self.event_type in _CHECKOUT_EVENTS
        fields = EventFields(
            **ids,
            provider=provider,
            event_id=self.event_id,
            event_type=self.event_type,
            provider_session_id=values.identifier(resource, "id") if is_checkout else None,
            reference=values.optional_text(resource, "client_reference_id") if is_checkout else None,
            livemode=self.livemode,
        )
        return {**_CHECKOUT_EVENTS, **_PAYMENT_EVENTS}[self.event_type](fields, resource)

    def _ignored(self, provider: str, reason: IgnoreReason) -> IgnoredEvent:
        return IgnoredEvent(provider=provider, event_id=self.event_id, event_type=self.event_type, reason=reason)
