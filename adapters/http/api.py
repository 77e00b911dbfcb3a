"""The Chalice app with every route, built from the container."""

from __future__ import annotations

from typing import Protocol

from chalice.app import Chalice, CognitoUserPoolAuthorizer, CORSConfig
from punq import Container

from adapters.http.admin_audit import AdminAuditViews
from adapters.http.admin_coupons import AdminCouponViews
from adapters.http.admin_courses import AdminCourseViews
from adapters.http.admin_enrollments import AdminEnrollmentViews
from adapters.http.admin_figures import AdminFiguresViews
from adapters.http.admin_payments import AdminPaymentViews
from adapters.http.admin_students import AdminStudentViews
from adapters.http.checkout import CheckoutViews
from adapters.http.checks import RequestChecks
from adapters.http.coupons import CouponViews
from adapters.http.courses import CourseViews
from adapters.http.enrollments import EnrollmentViews
from adapters.http.interest import InterestViews
from adapters.http.learning import LearningViews
from adapters.http.meta import MetaViews
from adapters.http.payments import PaymentViews
from adapters.http.personal_data import PersonalDataViews
from adapters.http.routing import Router
from adapters.http.students import StudentViews
from adapters.http.webhooks import WebhookViews
from adapters.settings import Settings

APP_NAME = "learnermax-education"


class Views(Protocol):
    """The routes of one module."""

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        ...


VIEWS: tuple[type[Views], ...] = (
    MetaViews,
    CourseViews,
    InterestViews,
    StudentViews,
    EnrollmentViews,
    LearningViews,
    CheckoutViews,
    PaymentViews,
    CouponViews,
    AdminAuditViews,
    AdminCouponViews,
    AdminPaymentViews,
    AdminCourseViews,
    AdminEnrollmentViews,
    AdminStudentViews,
    PersonalDataViews,
    AdminFiguresViews,
    WebhookViews,
)


def create_app(settings: Settings, container: Container) -> Chalice:
    """The app with all its routes. Building it opens no connection and imports no vendor's library."""
    return create_router(settings, container).app


def create_router(settings: Settings, container: Container) -> Router:
    """The router with all routes, on an app of its own."""
    app = Chalice(APP_NAME, configure_logs=False)
    cors = CORSConfig(allow_origin=settings.web_origin, expose_headers=["X-Next-Cursor", "Retry-After"], max_age=600)
    authorizer = CognitoUserPoolAuthorizer("students", provider_arns=[settings.user_pool_arn])
    router = Router(app, authorizer, cors, container.instantiate(RequestChecks))
    for views in VIEWS:
        container.instantiate(views).add_to(router)
    app.middleware("http")(router.put_into_envelope)
    return router
