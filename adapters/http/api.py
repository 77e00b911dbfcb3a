"""The Chalice app with every route. Views are imported and built when a request first needs one of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field
from chalice.app import Chalice, CognitoUserPoolAuthorizer, CORSConfig
from punq import Container

from adapters.http.boundary import Boundary
from adapters.http.checks import RequestChecks
from adapters.http.route_list import RouteEntry, listed_routes
from adapters.http.routing import Route, Router
from adapters.settings import Settings

if TYPE_CHECKING:
    from adapters.http.address_limit import AddressLimit
    from adapters.http.idempotency import Idempotency

APP_NAME = "learnermax-education"


class Views(Protocol):
    """The routes of one module."""

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        ...


VIEWS = (
    "health.HealthViews",
    "meta.MetaViews",
    "courses.CourseViews",
    "interest.InterestViews",
    "waitlist.WaitlistViews",
    "students.StudentViews",
    "enrollments.EnrollmentViews",
    "learning.LearningViews",
    "checkout.CheckoutViews",
    "payments.PaymentViews",
    "coupons.CouponViews",
    "admin_audit.AdminAuditViews",
    "admin_coupons.AdminCouponViews",
    "admin_payments.AdminPaymentViews",
    "admin_disputes.AdminDisputeViews",
    "admin_courses.AdminCourseViews",
    "admin_invitations.AdminInvitationViews",
    "admin_seats.AdminSeatViews",
    "admin_enrollments.AdminEnrollmentViews",
    "admin_students.AdminStudentViews",
    "personal_data.PersonalDataViews",
    "admin_figures.AdminFiguresViews",
    "webhooks.WebhookViews",
)
"""The classes that have views, by module and name."""


def create_app(settings: Settings, container: Container, *, environment: dict[str, str] | None = None) -> Chalice:
    """The app with all its routes. Building it opens no connection, and imports no view and no vendor's library.

    ``environment`` is what Chalice adds its name to, in ``AWS_EXECUTION_ENV``, which AWS's SDK sends with every
    request; None: the process's own. A process that builds many apps gives each one of its own.
    """
    app = Chalice(APP_NAME, configure_logs=False, env=environment)
    views = LoadedViews(container)

    def address_limit() -> AddressLimit:
        limit: AddressLimit = views.built("address_limit.AddressLimit")
        return limit

    def idempotency() -> Idempotency:
        kept: Idempotency = views.built("idempotency.Idempotency")
        return kept

    boundary = Boundary(
        app=app,
        authorizer=CognitoUserPoolAuthorizer("students", provider_arns=[settings.user_pool_arn]),
        cors=CORSConfig(
            allow_origin=settings.web_origin,
            allow_headers=["Idempotency-Key"],
            expose_headers=["X-Next-Cursor", "Retry-After", "Idempotent-Replayed"],
            max_age=600,
        ),
        checks=RequestChecks(settings=settings, address_limit=address_limit),
        idempotency=idempotency,
        load=views.route_of,
    )
    for entry in listed_routes():
        boundary.serve(entry)
    app.middleware("http")(boundary.put_into_envelope)
    return app


@define
class LoadedViews:
    """What was imported and built so far."""

    container: Container
    _built: dict[str, Any] = field(factory=dict)
    _routes: dict[str, dict[tuple[str, str], Route]] = field(factory=dict)

    def route_of(self, entry: RouteEntry) -> Route:
        """The route with its view.

        Raises:
            KeyError: the views do not have it: ``routes.json`` is out of date.
        """
        if entry.views not in self._routes:
            self._routes[entry.views] = {(route.method, route.path): route for route in self.routes_of(entry.views)}
        return self._routes[entry.views][entry.method, entry.path]

    def routes_of(self, views: str) -> list[Route]:
        """All routes of these views."""
        router = Router()
        found: Views = self.built(views)
        found.add_to(router)
        return router.routes

    def built(self, name: str) -> Any:  # noqa: ANN401 - of the class that the name names
        """The object of this class of ``adapters.http``, by module and name; built once."""
        if name not in self._built:
            module, _, kind = name.rpartition(".")
            self._built[name] = self.container.instantiate(getattr(import_module(f"adapters.http.{module}"), kind))
        return self._built[name]
