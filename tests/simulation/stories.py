"""Every story of the money, unmodified, over the simulated ports."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import TypeVar

from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.identifiers import MemoryIdGenerator
from adapters.memory.store import Store
from domain.courses import FREE, PAID
from domain.ports.payment_gateway import Gateways
from domain.ports.telemetry import Gauge, Signal, Telemetry
from domain.services.checkout import CheckoutService
from domain.services.enrollment_strategies import EnrollByPayment, EnrollForFree
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.services.rate_limiter import RateLimiter
from domain.services.reconcile_session import ReconcileSession
from domain.services.reservation import Reserve
from domain.services.settle_payment import SettlePayment
from domain.use_cases.office.manage_coupons import ChangeCouponTerms
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.provider.receive_event import ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll, Strategies
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.rename_student import RenameStudent
from domain.use_cases.student.show_checkout import ShowCheckout
from domain.use_cases.student.validate_coupon import ValidateCoupon
from tests.simulation import ports
from tests.simulation.gateway import SimulatedGateway
from tests.simulation.provider import Provider
from tests.simulation.telling import PROVIDER
from tests.simulation.world import World

S = TypeVar("S")


class CountingTelemetry(Telemetry):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.counts: dict[tuple[Signal, str], int] = {}

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Count the signal."""
        key = (signal, reason)
        self.counts[key] = self.counts.get(key, 0) + 1

    def measure(self, gauge: Gauge, value: int) -> None:
        """Let it go."""


class Stories:
    """The stories, wired as the container wires them: each field gets the part of its name."""

    def __init__(self, world: World, store: Store, provider: Provider, check: Callable[[], None]) -> None:
        index, gateway = ports.Index(world, store), SimulatedGateway(world, provider)
        self.queue = MemoryEventQueue()
        clock = ports.SimulatedClock(world)
        self._parts: dict[str, object] = {
            "clock": clock,
            "backoff": ports.SimulatedBackoff(world),
            "ids": MemoryIdGenerator(),
            "unit_of_work": ports.SimulatedUnitOfWork(world, store, check),
            "sessions": ports.SimulatedSessions(world, store, index),
            "students": ports.SimulatedStudents(world, store),
            "enrollments": ports.SimulatedEnrollments(world, store),
            "coupons": ports.SimulatedCoupons(world, store, index),
            "gateways": Gateways({PROVIDER: lambda: gateway}),
            "telemetry": CountingTelemetry(),
            "queue": ports.SimulatedQueue(world, self.queue),
            "provider": PROVIDER,
        }
        self.settle = self._service("settle", SettlePayment)
        self._service("get_or_create_student", GetOrCreateStudent)
        self._service("rate_limiter", RateLimiter)
        self._service("checkout_service", CheckoutService)
        self._service("reconcile_session", ReconcileSession)
        self._service("reserve", Reserve)
        by_payment, for_free = self._made(EnrollByPayment), self._made(EnrollForFree)
        self._parts["strategies"] = Strategies(by_pricing_model={FREE: for_free, PAID: by_payment})
        self.enroll = self._made(Enroll)
        self.receive = self._made(ReceiveEvent)
        self.show = self._made(ShowCheckout)
        self.cancel = self._made(CancelPayment)
        self.reconcile = self._made(Reconcile)
        self.catch_up = self._made(CatchUp)
        self.recount = self._made(RecountCoupons)
        self.resolve = self._made(ResolveReview)
        self.change_coupon = self._made(ChangeCouponTerms)
        self.progress = self._made(RecordProgress)
        self.rename = self._made(RenameStudent)
        self.validate = self._made(ValidateCoupon)

    def _service(self, name: str, kind: Callable[..., S]) -> S:
        made = self._made(kind)
        self._parts[name] = made
        return made

    def _made(self, kind: Callable[..., S]) -> S:
        return kind(**{name: self._parts[name] for name in _fields(kind)})


@cache
def _fields(kind: Callable[..., object]) -> tuple[str, ...]:
    return tuple(signature(kind).parameters)
