"""What every school in memory has: two courses, a clock that stands still, and a provider that a test plays."""

from __future__ import annotations

from attrs import define, field

from adapters.memory.clock import MemoryClock
from adapters.memory.payment_gateway import MemoryPaymentGateway
from adapters.memory.store import Store
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.ports.payment_gateway import PaymentGateway
from domain.ports.unit_of_work import UnitOfWork
from tests.support.factories import NOW, PROVIDER, a_course, a_free_course


def _catalogue() -> Store:
    return Store(courses={course.course_id: course for course in (a_course(), a_free_course())})


@define(kw_only=True, eq=False)
class SchoolInMemory:
    """One paid course (``course-1``), one free (``free-1``), nobody enrolled.

    ``provider`` is what happens at the payment provider; ``gateway`` and ``unit_of_work`` are what the stories see, and
    may be given a bad habit.
    """

    store: Store = field(factory=_catalogue)
    clock: MemoryClock = field(factory=lambda: MemoryClock(NOW))
    telemetry: MemoryTelemetry = field(factory=MemoryTelemetry)
    provider: MemoryPaymentGateway = field()
    gateway: PaymentGateway = field()
    unit_of_work: UnitOfWork = field()

    @provider.default
    def _provider(self) -> MemoryPaymentGateway:
        return MemoryPaymentGateway(self.clock, name=PROVIDER)

    @gateway.default
    def _gateway(self) -> PaymentGateway:
        return self.provider

    @unit_of_work.default
    def _unit_of_work(self) -> UnitOfWork:
        return MemoryUnitOfWork(self.store)
