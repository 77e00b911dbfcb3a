"""The use cases as ``adapters.container`` wires them, over the ports that a test gives.

The container is the only composition root: a new use case is registered there and nowhere in the tests. It is asked
once per process, over placeholders, because it takes milliseconds; what it built is then built anew over a test's own
ports, which takes microseconds and so suits the thousands of schools of the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

from attrs import fields, has
from punq import Container

from adapters.container import build_container
from adapters.settings import Settings
from domain.ports.audit import AuditRepo
from domain.ports.backoff import Backoff
from domain.ports.certificates import CertificateRepo
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.interest import InterestRepo
from domain.ports.invitations import InvitationRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.lesson_content import LessonLibrary
from domain.ports.notifier import Notifiers
from domain.ports.outbox import Outbox
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.price_catalogue import PriceCatalogues
from domain.ports.reversals import ReversalRepo
from domain.ports.school import SchoolRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.sign_ins import SignIns
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.ports.unit_of_work import UnitOfWork

T = TypeVar("T")

SETTINGS = Settings(
    stage="test",
    table_name="learnermax-education-test",
    queue_name="learnermax-payment-events-test",
    web_origin="https://school.example",
    user_pool_arn="arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI",
    user_pool_client_id="client-1",
    app_version="1.2.3",
    app_commit="4f61513",
)
PORTS: tuple[type, ...] = (
    AuditRepo,
    Backoff,
    CheckoutHistory,
    CertificateRepo,
    Clock,
    CouponRepo,
    CourseRepo,
    EnrollmentRepo,
    EventQueue,
    FiguresRepo,
    Gateways,
    IdGenerator,
    InterestRepo,
    InvitationRepo,
    LedgerRepo,
    LessonLibrary,
    Notifiers,
    Outbox,
    PaymentSessionRepo,
    PriceCatalogues,
    ReversalRepo,
    SchoolRepo,
    SeatClaimRepo,
    SignIns,
    StudentHistoryRepo,
    StudentRepo,
    Telemetry,
    UnitOfWork,
)
"""What use cases are wired to; the container's own adapters for these are never built here."""


class WiredUseCases:
    """Use cases and services over these ports, by class; each is built when first resolved, and once.

    What the container builds itself, such as settings, may be given like a port.
    """

    def __init__(self, ports: Mapping[type, object]) -> None:
        self._built: dict[int, object] = {_key_of(kind): adapter for kind, adapter in ports.items()}

    def resolve(self, kind: type[T]) -> T:
        """The use case or service of this class.

        Raises:
            LookupError: it needs a port that was not given.
        """
        wanted: Any = kind  # mypy does not take every type[T] for hashable
        return cast("T", self._over_ports(_recipe_of(wanted)))

    def _over_ports(self, recipe: _Recipe) -> object:
        built = self._built
        if recipe.key not in built:
            for _, part in recipe.parts:
                if part.key not in built:
                    self._over_ports(part)
            built[recipe.key] = recipe.make(**{name: built[part.key] for name, part in recipe.parts})
        return built[recipe.key]


class _Recipe:
    """How to build an object of the container anew: ``make``, called with its parts by name."""

    __slots__ = ("key", "make", "parts")

    def __init__(self, original: Any) -> None:
        kind: Any = type(original)
        self.key = id(original)
        self.make: Callable[..., object] = kind
        parts: dict[str, Any] = {}
        if kind is dict:
            parts = original
        elif has(kind):
            parts = {field.name: getattr(original, field.name) for field in fields(kind)}
        elif kind is _Placeholder:
            self.make = original.missing
        else:
            self.make = lambda: original
        self.parts = tuple((name, _Recipe(part)) for name, part in parts.items())


class _Placeholder:
    """Stands where a port belongs."""

    def __init__(self, port: type) -> None:
        self.port = port

    def missing(self) -> object:
        """Called where the port was not given."""
        raise LookupError(f"no {self.port.__name__} was given")


@cache
def _placeholder(port: type) -> _Placeholder:
    return _Placeholder(port)


def _key_of(kind: type) -> int:
    return id(_placeholder(kind)) if kind in PORTS else _recipe_of(kind).key


@cache
def _container() -> Container:
    container = build_container(SETTINGS)
    for port in PORTS:
        container.register(port, instance=_placeholder(port))  # of two registrations the later one counts
    return container


@cache
def _recipe_of(kind: type) -> _Recipe:
    return _Recipe(_container().resolve(kind))
