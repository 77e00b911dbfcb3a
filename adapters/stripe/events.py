"""From the verified bytes of a webhook message to what it means here."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from adapters.strict_json import load_object
from adapters.stripe import translation, values
from adapters.stripe.translation import EventFields
from adapters.stripe.values import Json
from domain.errors import MalformedEvent
from domain.payments.events import IgnoredEvent, IgnoreReason, PaymentEvent

API_VERSION = "2026-10-28.endive"

_CHECKOUT_EVENTS: dict[str, Callable[[EventFields, Json], PaymentEvent]] = {
    "checkout.session.completed": translation.completed,
    "checkout.session.async_payment_succeeded": translation.paid,
    "checkout.session.async_payment_failed": translation.failed,
    "checkout.session.expired": translation.expired,
}
_PAYMENT_EVENTS: dict[str, Callable[[EventFields, Json], PaymentEvent]] = {
    "payment_intent.succeeded": translation.received
}

# A declined card is not the end: the student may try another one in the same checkout.
_IGNORED_EVENT_TYPES = {
    "payment_intent.payment_failed": IgnoreReason.ATTEMPT_FAILED,
    "payment_intent.canceled": IgnoreReason.PAYMENT_CANCELLED,
}

SUBSCRIBED = frozenset({*_CHECKOUT_EVENTS, *_PAYMENT_EVENTS, *_IGNORED_EVENT_TYPES})
"""The event types that a webhook endpoint must subscribe to; any other is acknowledged and does nothing."""


@frozen(kw_only=True)
class StripeEvent:
    """A snapshot event. ``account`` is set when it happened in an account connected to ours."""

    event_id: str
    event_type: str
    api_version: str | None
    livemode: bool
    account: str | None
    data: Json

    @classmethod
    def parse(cls, body: bytes) -> StripeEvent:
        """The event in the bytes.

        Raises:
            MalformedEvent: not strict JSON, or not a snapshot event; thin events belong to endpoints of another kind.
        """
        try:
            return cls.of(load_object(body))
        except ValueError:
            raise MalformedEvent from None

    @classmethod
    def of(cls, event: Json) -> StripeEvent:
        """The event in a JSON object, as Stripe's list of events has it too.

        Raises:
            MalformedEvent: it is not a snapshot event.
        """
        if event.get("object") != "event":
            raise MalformedEvent
        return cls(
            event_id=values.name(event, "id"),
            event_type=values.name(event, "type"),
            api_version=values.text(event, "api_version"),
            livemode=values.flag(event, "livemode"),
            account=values.text(event, "account"),
            data=values.inner(event, "data"),
        )

    def meaning(self, *, provider: str, livemode: bool) -> PaymentEvent | IgnoredEvent:
        """What the event says to an account of that mode.

        Raises:
            MalformedEvent: it is about a payment session of ours and lacks what Stripe documents.
        """
        if self.livemode != livemode:
            return self._ignored(provider, IgnoreReason.OTHER_MODE)
        if self.account is not None:
            return self._ignored(provider, IgnoreReason.OTHER_ACCOUNT)
        if self.event_type not in SUBSCRIBED:
            return self._ignored(provider, IgnoreReason.UNSUBSCRIBED)
        thing = values.inner(self.data, "object")
        names = translation.names_in(thing)
        if names is None:
            return self._ignored(provider, IgnoreReason.FOREIGN)
        if self.event_type in _IGNORED_EVENT_TYPES:
            return self._ignored(provider, _IGNORED_EVENT_TYPES[self.event_type])
        return self._payment_event(provider, names, thing)

    def _payment_event(self, provider: str, names: translation.Names, thing: Json) -> PaymentEvent:
        is_checkout = self.event_type in _CHECKOUT_EVENTS
        fields = EventFields(
            **names,
            provider=provider,
            event_id=self.event_id,
            event_type=self.event_type,
            provider_session_id=values.name(thing, "id") if is_checkout else None,
            reference=values.text(thing, "client_reference_id") if is_checkout else None,
            livemode=self.livemode,
        )
        return {**_CHECKOUT_EVENTS, **_PAYMENT_EVENTS}[self.event_type](fields, thing)

    def _ignored(self, provider: str, reason: IgnoreReason) -> IgnoredEvent:
        return IgnoredEvent(provider=provider, event_id=self.event_id, event_type=self.event_type, reason=reason)
