"""The other side of the pages: API, Cognito and Stripe.js behind one origin, with answers that a test can script."""

from __future__ import annotations

import base64
import json
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from scripts.stack.http_server import HttpRequest, HttpResponse

FREE = {
    "courseId": "FREE-1",
    "name": "React for Beginners",
    "description": "Components, state and effects, one small app at a time.",
    "instructor": "Tomás Herrera",
    "pricingModel": "free",
    "imageUrl": "",
    "estimatedDuration": "7 hours",
    "totalLessons": 9,
    "learningObjectives": ["Break a page into components", "Keep state where it belongs"],
    "curriculum": [
        {"title": "Components", "lessons": [{"lessonId": "L1", "title": "JSX without magic", "minutes": 18}]},
        {
            "moduleName": "State",
            "videos": [
                {"videoId": "L2", "title": "useState", "lengthInMins": 22},
                {"videoId": "L3", "title": "Lifting state up", "lengthInMins": 50},
            ],
        },
    ],
}
PAID = {
    "courseId": "PAID-1",
    "name": "AWS Cloud Mastery",
    "description": "Design, build and operate serverless systems.",
    "instructor": "Grace Adeyemi",
    "pricingModel": "paid",
    "price": 149.99,
    "currency": "usd",
    "imageUrl": "https://127.0.0.1:9/missing.png",
    "learningObjectives": [],
}
SOON = {
    "courseId": "SOON-1",
    "name": "Machine Learning in Production",
    "description": "Take a model out of the notebook.",
    "pricingModel": "paid",
    "price": 199.0,
    "comingSoon": True,
}
CERTIFICATE = {
    "number": "7F3K-9M2P-QX4T-1B8C",
    "studentName": "Ada Lovelace",
    "courseId": "FREE-1",
    "courseName": "React for Beginners",
    "completedAt": "2026-11-20T10:00:00Z",
    "issuedAt": "2026-11-20T10:00:00Z",
}
EXPORT = {"userId": "s-1", "student": {"name": "Ada Lovelace"}, "complete": True}
PENDING = {
    "status": "pending",
    "clientSecret": "cs_test_1_secret_1",
    "paymentSessionId": "ps_1",
    "amount": 14999,
    "discountAmount": 0,
    "currency": "usd",
    "expiresAt": "2999-01-01T00:00:00Z",
}
_PLAIN_OPERATIONS = (
    "SignUp",
    "ConfirmSignUp",
    "ResendConfirmationCode",
    "ForgotPassword",
    "ConfirmForgotPassword",
    "RevokeToken",
    "GlobalSignOut",
    "DeleteUser",
    "GetUser",
    "VerifySoftwareToken",
    "SetUserMFAPreference",
)
_STRIPE_JS = Path(__file__).with_name("fake_stripe.js")
_CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "authorization,content-type,x-amz-target"),
    ("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE"),
    ("Access-Control-Expose-Headers", "Retry-After,X-Next-Cursor"),
)


@frozen
class Reply:
    """One answer in JSON, or a text as it is."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


def refusal(status: int, sentence: str, code: str = "refused", retry_after: str | None = None) -> Reply:
    """An error in the API's envelope."""
    headers = (("Retry-After", retry_after),) if retry_after is not None else ()
    return Reply(status, {"error": sentence, "code": code, "requestId": "req-42"}, headers)


def tokens(
    name: str = "Ada Lovelace", expires_in: int = 3600, groups: tuple[str, ...] = (), lacks_factor: str | None = None
) -> dict[str, Any]:
    """What Cognito answers to a right password. The ID token is shaped like one and signed by nobody.

    ``lacks_factor`` is why the groups of the office are gone.
    """
    who = {"sub": "s-1", "name": name, "email": "ada@example.com"} | ({"cognito:groups": groups} if groups else {})
    who |= {"officeSecondFactor": lacks_factor} if lacks_factor else {}
    claims = base64.urlsafe_b64encode(json.dumps(who).encode()).decode().rstrip("=")
    return {
        "IdToken": f"e30.{claims}.x",
        "AccessToken": "access-1",
        "RefreshToken": "refresh-1",
        "ExpiresIn": expires_in,
    }


@define
class FakeSchool:
    """Answers like a school with three courses; `script` changes what one call answers, `calls` is what was asked."""

    features: dict[str, bool] = field(factory=dict)
    publishable_key: str = "pk_test_1"
    timezone: str = "UTC"
    providers: tuple[str, ...] = ("stripe",)
    calls: list[tuple[str, str, Any]] = field(factory=list)
    authorizations: list[str | None] = field(factory=list)
    url: str = ""
    _scripts: dict[tuple[str, str], deque[Reply]] = field(factory=lambda: defaultdict(deque))

    def script(self, method: str, path: str, *replies: Reply) -> None:
        """Answer this call with these replies in turn; the last one stays. A path may end in * for any rest of it."""
        self._scripts[method, path] = deque(replies)

    def is_scripted(self, method: str, path: str) -> bool:
        """Whether a test said what this call answers."""
        return bool(self._scripts[method, path])

    def bodies(self, method: str, path: str) -> list[Any]:
        """What was sent to this call, oldest first."""
        return [body for called, at, body in self.calls if (called, at) == (method, path)]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request."""
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=_CORS)
        if request.path == "/endive/stripe.js":
            return HttpResponse(
                status=200, headers=(("Content-Type", "text/javascript"),), body=_STRIPE_JS.read_bytes()
            )
        headers = {name.lower(): value for name, value in request.headers}
        path = request.path
        if path == "/cognito/":
            path += headers["x-amz-target"].rpartition(".")[2]
        self.calls.append((request.method, path, json.loads(request.body) if request.body else None))
        self.authorizations.append(headers.get("authorization"))
        reply = self._reply(request.method, path)
        is_text = isinstance(reply.body, str)
        body = (reply.body if is_text else json.dumps(reply.body)).encode()
        content = (("Content-Type", "text/csv" if is_text else "application/json"), ("Cache-Control", "no-store"))
        return HttpResponse(status=reply.status, headers=(*_CORS, *content, *reply.headers), body=body)

    def _reply(self, method: str, path: str) -> Reply:
        scripted = self._scripts[method, path] or self._beginning_of(method, path)
        if scripted:
            return scripted.popleft() if len(scripted) > 1 else scripted[0]
        usual = self._usual().get((method, path))
        return Reply(200, usual) if usual is not None else refusal(404, "Not found.", "not_found")

    def _beginning_of(self, method: str, path: str) -> deque[Reply]:
        known = ((key, replies) for key, replies in self._scripts.items() if key[0] == method and key[1].endswith("*"))
        return next((replies for (_, start), replies in known if path.startswith(start[:-1])), deque())

    def _usual(self) -> dict[tuple[str, str], Any]:
        courses = [FREE, PAID, SOON]
        return {
            ("GET", "/api/config"): self._settings(),
            ("GET", "/api/courses"): courses,
            **{("GET", f"/api/courses/{course['courseId']}"): course for course in courses},
            ("GET", "/api/enrollments"): [],
            ("GET", "/api/payments/sessions"): [],
            ("GET", "/api/payments/coupons/active"): [],
            ("GET", "/api/students/me"): {"userId": "s-1", "name": "Ada Lovelace", "email": "ada@example.com"},
            ("POST", "/api/students/me/export"): EXPORT,
            ("POST", "/api/students/me/deletion"): {"userId": "s-1", "enrollmentsEnded": 2, "paymentsKept": 1},
            ("POST", "/api/enrollments"): PENDING,
            ("POST", "/cognito/InitiateAuth"): {"AuthenticationResult": tokens()},
            ("POST", "/cognito/RespondToAuthChallenge"): {"AuthenticationResult": tokens()},
            **{("POST", f"/cognito/{operation}"): {} for operation in _PLAIN_OPERATIONS},
        }

    def _settings(self) -> dict[str, Any]:
        return {
            "stripePublishableKey": self.publishable_key,
            "providers": [{"name": name, "publishableKey": self.publishable_key} for name in self.providers],
            "stripeJsUrl": f"{self.url}/endive/stripe.js",
            "currency": "usd",
            "timezone": self.timezone,
            "features": self.features,
            "auth": {"region": "us-east-1", "userPoolClientId": "client-1", "endpoint": f"{self.url}/cognito/"},
        }
