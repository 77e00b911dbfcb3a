"""Clock, ids, telemetry, and the rules that the settings choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from punq import Container

from adapters.settings import Settings

if TYPE_CHECKING:
    from domain.payment_sync import SyncPolicy
    from domain.ports.backoff import Backoff
    from domain.ports.clock import Clock
    from domain.ports.identifiers import IdGenerator
    from domain.ports.sign_ins import SignIns
    from domain.ports.telemetry import Telemetry
    from domain.transactions.rate_limits import CheckoutLimits
    from domain.use_cases.provider.receive_event import IntakePolicy


class SystemFactories:
    """How they are made."""

    def __init__(self, container: Container, settings: Settings) -> None:
        self._container, self._settings = container, settings

    def clock(self) -> Clock:
        from adapters.system.clock import SystemClock

        return SystemClock()

    def backoff(self) -> Backoff:
        from adapters.system.backoff import FullJitterBackoff

        return FullJitterBackoff()

    def ids(self) -> IdGenerator:
        from adapters.system.identifiers import SystemIdGenerator
        from domain.ports.clock import Clock

        return SystemIdGenerator(self._container.resolve(Clock))

    def telemetry(self) -> Telemetry:
        from adapters.cloudwatch.telemetry import CloudWatchTelemetry
        from domain.ports.clock import Clock

        settings = self._settings
        return CloudWatchTelemetry(stage=settings.stage, service=settings.service, clock=self._container.resolve(Clock))

    def sign_ins(self) -> SignIns:
        from adapters import aws
        from adapters.cognito.sign_ins import CognitoSignIns, KeptSignIns

        settings = self._settings
        if settings.delete_sign_ins == "no":
            return KeptSignIns()
        return CognitoSignIns(lambda: aws.client("cognito-idp"), settings.user_pool_id)

    def sync_policy(self) -> SyncPolicy:
        from domain.ledger import SchoolCalendar
        from domain.payment_sync import SyncPolicy

        settings = self._settings
        return SyncPolicy(
            access_during_dispute=settings.access_during_dispute == "keep",
            calendar=SchoolCalendar(settings.zone),
            currency=settings.currency,
        )

    def checkout_limits(self) -> CheckoutLimits:
        from domain.transactions.rate_limits import CheckoutLimits

        settings = self._settings
        return CheckoutLimits(per_student=settings.checkouts_per_student, per_address=settings.checkouts_per_address)

    def intake_policy(self) -> IntakePolicy:
        from domain.use_cases.provider.receive_event import IntakePolicy

        return IntakePolicy(settles=self._settings.webhooks == "settle")
