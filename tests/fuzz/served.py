"""A school with something in every drawer, behind API Gateway's rules, as a WSGI application that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from attrs import define, field

from adapters.memory.store import Store
from scripts.stack.gateway import Gateway
from scripts.stack.http_server import HttpRequest
from tests.support.factories import a_course, a_free_course
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import ADA, JSON, KIM, SAM, HttpSchool

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROLES = ("student", "admin", "nobody")
CLAIMS: Mapping[str, dict[str, Any]] = {
    "student": SAM,
    "admin": ADA,
    "support": claims("support-1", groups="support"),
    "finance": claims("finance-1", groups="finance"),
}
"""The claims of each role's token; nobody has none."""

KNOWN: Mapping[str, tuple[str, ...]] = {
    "courseId": ("course-1", "free-1", "course-2", "no-such-course"),
    "userId": ("user-1", "user-2", "no-such-user"),
    "user": ("user-1", "user-2"),
    "course": ("course-1", "free-1"),
    "id": ("ps_000001", "ps_000002", "ps_000003", "user-1:ps_000001", "user-2:ps_000002"),
    "find": ("ps_000001", "cs_000001", "pi_000001", "user-1@example.com"),
    "email": ("user-1@example.com", "user-2@example.com"),
    "stripeSessionId": ("cs_000001", "cs_000002"),
    "checkoutId": ("cs_000001", "cs_000002"),
    "code": ("HALF", "half", "GONE"),
    "coupon": ("HALF", "GONE"),
    "lessonId": ("intro", "first"),
    "refundId": ("refund-1", "refund-2"),
    "provider": ("stripe", "paypal"),
    "from": ("2026-01-01", "2026-01-15"),
    "to": ("2026-01-15", "2026-02-28"),
    "month": ("2026-01",),
    "by": ("day", "month", "course", "admin-1"),
}
"""Parameters by name with values that lead somewhere: made-up ids alone would never get past "not found"."""


@define(eq=False)
class ServedSchool:
    """One school; called as a WSGI application. A bearer token is the name of a role."""

    school: HttpSchool = field(factory=lambda: HttpSchool(store=a_store()))
    _gateway: Callable[[HttpRequest], Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        furnish(self.school)
        self._gateway = Gateway(self.school.app, lambda header: CLAIMS.get(header.removeprefix("Bearer ")))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, a minute after the one before: limits by the minute would hide the rest."""
        self.school.clock.advance(timedelta(minutes=1))
        query = environ.get("QUERY_STRING", "")
        path = str(environ.get("REQUEST_URI") or environ["PATH_INFO"]).partition("?")[0]
        response = self._gateway(
            HttpRequest(
                method=environ["REQUEST_METHOD"],
                target=f"{path}?{query}" if query else path,
                headers=tuple(_headers(environ)),
                body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            )
        )
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(response.headers))
        return [response.body]


def a_store() -> Store:
    """A paid course, a free one, and one that is only announced."""
    courses = (a_course(), a_free_course(), a_course(course_id="course-2", name="Not yet", coming_soon=True))
    return Store(courses={course.course_id: course for course in courses})


def furnish(school: HttpSchool) -> None:
    """Sam has paid, Kim's checkout is open, both are in the free course; there are two coupons and some interest."""
    for code, active in (("HALF", True), ("GONE", False)):
        coupon = {
            "code": code,
            "discountType": "percentage",
            "discountValue": 50,
            "maxUses": 10_000,
            "isActive": active,
        }
        assert school.post("/api/admin/coupons", coupon, who=ADA).status == 201
    school.pay(school.start())
    kim = school.post("/api/enrollments", {"courseId": "course-1", "couponCode": "HALF"}, who=KIM)
    assert kim.status == 201, kim
    for who in (SAM, KIM):
        assert school.post("/api/enrollments", {"courseId": "free-1"}, who=who).status == 201
    school.post("/api/courses/course-2/interest", {"email": "lee@example.com"}, headers=JSON, who=None)


def _headers(environ: WSGIEnvironment) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").lower(), str(value)
    if environ.get("CONTENT_TYPE"):
        yield "content-type", str(environ["CONTENT_TYPE"])
