"""Processing an event of a provider, whether it comes from a webhook or from the queue."""

from __future__ import annotations

from attrs import frozen

from domain.payments.events import PaymentEvent, ProviderEvent
from domain.services.settle_payment import SettlePayment
from domain.services.sync_reported import SyncReported


@frozen(kw_only=True)
class ProcessEvent:
    """Settles a payment event; syncs the payment that a report about a refund or dispute names."""

    settle: SettlePayment
    sync_reported: SyncReported

    def __call__(self, event: ProviderEvent) -> None:
        """Process the event. Safe to repeat.

        Raises: what settling and syncing raise.
        """
        if isinstance(event, PaymentEvent):
            self.settle(event)
        else:
            self.sync_reported(event)
