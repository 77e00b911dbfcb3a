"""The payment providers, their secrets and prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from punq import Container

from adapters import aws
from adapters.settings import Settings, SettingsError

if TYPE_CHECKING:
    from domain.ports.payment_gateway import Gateways, PaymentGateway
    from domain.ports.price_catalogue import PriceCatalogue, PriceCatalogues
    from domain.ports.secret_store import SecretStore
    from domain.use_cases.office.rebuild_payments import RebuildPayments
    from domain.use_cases.student.enroll import Strategies

PROVIDERS: Mapping[str, str] = {
    "stripe": "stripe.payment_gateway.StripeGateway",
    "paypal": "paypal.payment_gateway.PayPalGateway",
}
"""The payment gateway of each provider: its class in ``adapters``, made by its ``plugged_in``. ``PAYMENT_PROVIDERS``
switches on which of them are used."""


def _stripe_prices(container: Container) -> PriceCatalogue:
    from adapters.circuit_breaker import CircuitBreaker
    from adapters.stripe.api import StripeApi
    from adapters.stripe.price_catalogue import StripePriceCatalogue
    from domain.ports.clock import Clock
    from domain.ports.secret_store import SecretStore
    from domain.ports.telemetry import Telemetry

    return StripePriceCatalogue(
        StripeApi(
            provider="stripe",
            secrets=container.resolve(SecretStore),
            telemetry=container.resolve(Telemetry),
            breaker=CircuitBreaker(container.resolve(Clock)),
            base=container.resolve(Settings).stripe_api_base,
        )
    )


PRICE_CATALOGUES: Mapping[str, Callable[[Container], PriceCatalogue]] = {"stripe": _stripe_prices}
"""Where a provider keeps prices of its own, by its name."""


class PaymentFactories:
    """How payments are reached and rebuilt."""

    def __init__(self, container: Container, settings: Settings) -> None:
        self._container, self._settings = container, settings

    def secrets(self) -> SecretStore:
        from adapters.secrets_manager.secret_store import SecretsManagerStore
        from domain.ports.clock import Clock
        from domain.ports.telemetry import Telemetry

        return SecretsManagerStore(
            client=lambda: aws.client("secretsmanager"),
            names={name: self._settings.secret_name(name) for name in PROVIDERS},
            clock=self._container.resolve(Clock),
            telemetry=self._container.resolve(Telemetry),
        )

    def gateways(self) -> Gateways:
        from domain.ports.payment_gateway import Gateways

        offered, retired = self._settings.payment_providers, self._settings.retired_providers
        if unknown := {*offered, *retired} - PROVIDERS.keys():
            raise SettingsError(f"No such payment provider: {', '.join(sorted(unknown))}.")
        return Gateways({name: self._gateway(name) for name in (*offered, *retired)}, offered)

    def price_catalogues(self) -> PriceCatalogues:
        from domain.ports.price_catalogue import PriceCatalogues

        return PriceCatalogues(
            {name: lambda build=build: build(self._container) for name, build in PRICE_CATALOGUES.items()}  # type: ignore[misc]
        )

    def strategies(self) -> Strategies:
        from domain.courses import FREE, INVITATION, PAID, WAITLIST
        from domain.services.enroll_by_invitation import EnrollByInvitation
        from domain.services.enroll_with_seat import EnrollWithSeat
        from domain.services.enrollment_strategies import EnrollByPayment, EnrollForFree, EnrollmentStrategy
        from domain.services.hold_seat import HoldSeats
        from domain.use_cases.student.enroll import Strategies

        resolve = self._container.resolve
        plain: dict[str, EnrollmentStrategy] = {
            FREE: resolve(EnrollForFree),
            PAID: resolve(EnrollByPayment),
            INVITATION: resolve(EnrollByInvitation),
        }
        with_seat = EnrollWithSeat(by_pricing_model=plain, seats=resolve(HoldSeats))
        return Strategies(by_pricing_model={**plain, WAITLIST: with_seat})

    def rebuild_payments(self) -> RebuildPayments:
        from attrs import evolve

        from domain.payment_sync import SyncPolicy
        from domain.ports.clock import Clock
        from domain.ports.coupons import CouponRepo
        from domain.ports.courses import CourseRepo
        from domain.ports.enrollments import EnrollmentRepo
        from domain.ports.identifiers import IdGenerator
        from domain.ports.ledger import LedgerRepo
        from domain.ports.payment_gateway import Gateways
        from domain.ports.payment_sessions import PaymentSessionRepo
        from domain.ports.reversals import ReversalRepo
        from domain.ports.students import StudentRepo
        from domain.ports.telemetry import Telemetry
        from domain.ports.unit_of_work import UnitOfWork
        from domain.services.announcing import silent
        from domain.services.restore_session import RestoreSession
        from domain.services.settle_payment import SettlePayment
        from domain.services.sync_payment import SyncPayment
        from domain.use_cases.office.rebuild_payments import RebuildPayments

        resolve = self._container.resolve
        # What is rebuilt is old: no message is sent about it.
        quiet = silent(resolve(UnitOfWork))
        return RebuildPayments(
            sessions=resolve(PaymentSessionRepo),
            courses=resolve(CourseRepo),
            coupons=resolve(CouponRepo),
            students=resolve(StudentRepo),
            ledger=resolve(LedgerRepo),
            gateways=resolve(Gateways),
            settle=evolve(resolve(SettlePayment), unit_of_work=quiet),
            sync=evolve(resolve(SyncPayment), unit_of_work=quiet),
            restore=RestoreSession(
                reversals=resolve(ReversalRepo), enrollments=resolve(EnrollmentRepo), unit_of_work=quiet
            ),
            unit_of_work=quiet,
            clock=resolve(Clock),
            ids=resolve(IdGenerator),
            telemetry=resolve(Telemetry),
            policy=resolve(SyncPolicy),
            stage=self._settings.stage,
        )

    def _gateway(self, name: str) -> Callable[[], PaymentGateway]:
        from domain.ports.clock import Clock
        from domain.ports.secret_store import SecretStore
        from domain.ports.telemetry import Telemetry

        def build() -> PaymentGateway:
            module, _, kind = PROVIDERS[name].rpartition(".")
            gateway: PaymentGateway = getattr(import_module(f"adapters.{module}"), kind).plugged_in(
                secrets=self._container.resolve(SecretStore),
                clock=self._container.resolve(Clock),
                telemetry=self._container.resolve(Telemetry),
                stage=self._settings.stage,
                variables=self._settings.variables_of(name),
            )
            return gateway

        return build
