"""`smoke`: call a running stage from outside, as browsers, Stripe and strangers do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import click
from attrs import frozen

from adapters.http.errors import Forbidden, NotAuthenticated
from domain.errors import InvalidSignature
from scripts.ops.command import Operator, operated
from scripts.ops.errors import OpsError
from scripts.ops.outside import Outside
from scripts.ops.preflight import Check, outputs_of
from scripts.ops.stripe_account import WEBHOOK_SECRET, Keys
from scripts.ops.visitor import Visitor, a_visitor

WEBHOOKS = "/api/webhooks/stripe"
_EVENT = '{"id":"evt_smoke","object":"event","type":"smoke.test","livemode":%s,"api_version":null,"data":{"object":{}}}'


class NotSoError(Exception):
    """The stage does not answer as it should; the text says how it does."""


@click.command()
@click.option("--api", "api_url", help="Where the API is, without /api; found out unless given.")
@click.option("--web", "web_url", help="Where the pages are; found out unless given.")
@click.option(
    "--journey", help="Also open and cancel a checkout of this course, as a user made for it and removed again."
)
@operated
def smoke(operator: Operator, api_url: str | None, web_url: str | None, journey: str | None) -> None:
    """Call the running stage: health, catalogue, tokens, CORS, the webhook's signature, pages. Charges nobody."""
    web = web_url or _web_of(operator)
    checks = list(smoke_checks(operator, web, api_url, journey))
    operator.out.table([{"check": check.what, "problem": check.problem or ""} for check in checks])
    if wrong := [check for check in checks if check.problem]:
        raise OpsError(f"{len(wrong)} of {len(checks)} checks failed.")


def smoke_checks(
    operator: Operator, web_url: str, api_url: str | None = None, journey: str | None = None
) -> Iterator[Check]:
    """The checks one by one, each made when it is asked for."""
    looks = _Looks(operator, Outside(api_url or web_url), Outside(web_url))
    for look in looks.all():
        yield _checked(look)
    if journey:
        yield _checked(lambda: looks.journey(journey))


@frozen
class _Looks:
    operator: Operator
    api: Outside
    web: Outside

    def all(self) -> tuple[Callable[[], str], ...]:
        return (
            self.health,
            self.settings,
            self.catalogue,
            self.no_token,
            self.unknown_path,
            self.cors,
            self.forged_webhook,
            self.signed_webhook,
            self.pages,
        )

    def health(self) -> str:
        self.api.get("/api/health").must_be(200)
        return "health"

    def settings(self) -> str:
        key = str(self.api.get("/api/config").must_be(200).json.get("stripePublishableKey"))
        if not key.startswith("pk_"):
            raise NotSoError("/api/config has no publishable key")
        return f"settings, Stripe in {'live' if '_live_' in key else 'test'} mode"

    def catalogue(self) -> str:
        courses = self.api.get("/api/courses").must_be(200).json
        if not courses:
            raise NotSoError("there are no courses")
        return f"catalogue of {len(courses)} courses"

    def no_token(self) -> str:
        self.api.post("/api/enrollments", b"{}").must_be(401, code=NotAuthenticated.code)
        return "without a token nobody enrolls"

    def unknown_path(self) -> str:
        self.api.get("/api/no-such-thing").must_be(403, code=Forbidden.code)
        return "unknown addresses answer in the product's words"

    def cors(self) -> str:
        answer = self.api.ask("OPTIONS", "/api/enrollments", headers={"Origin": self.web.url}).must_be(200)
        allowed = answer.headers.get("access-control-allow-origin")
        if allowed != self.web.url:
            raise NotSoError(f"browsers are let in from {allowed}, and the pages are at {self.web.url}")
        return "browsers are let in from the pages"

    def forged_webhook(self) -> str:
        headers = {"Stripe-Signature": "t=1,v1=00"}
        self.api.post(WEBHOOKS, b"{}", headers).must_be(400, code=InvalidSignature.code)
        return "a forged webhook is refused"

    def signed_webhook(self) -> str:
        import stripe

        keys = Keys(self.operator.stage, self.operator.aws).read()
        body = _EVENT % ("true" if "_live_" in keys["STRIPE_SECRET_KEY"] else "false")
        signature = stripe.WebhookSignature.generate_signature_header(body, keys[WEBHOOK_SECRET])
        self.api.post(WEBHOOKS, body.encode(), {"Stripe-Signature": signature}).must_be(200)
        return "a webhook signed with the stored secret is taken"

    def pages(self) -> str:
        answer = self.web.get("/checkout.html").must_be(200)
        policy = answer.headers.get("content-security-policy", "")
        if "default-src 'none'" not in policy:
            raise NotSoError("the pages have no content security policy")
        self.web.get("/config.json").must_be(200)
        self.web.get("/no/such/page").must_be(404)
        return "pages, under their content security policy"

    def journey(self, course_id: str) -> str:
        auth = self.api.get("/api/config").must_be(200).json["auth"]
        with a_visitor(self.operator.aws, self.api, auth["userPoolId"], auth["userPoolClientId"]) as visitor:
            _open_and_cancel(visitor, course_id)
        return f"a checkout of {course_id} was opened and cancelled"


def _open_and_cancel(visitor: Visitor, course_id: str) -> None:
    opened = visitor.post("/api/enrollments", {"courseId": course_id}).must_be(201).json
    if not opened.get("clientSecret"):
        raise NotSoError(f"{course_id} asks for no payment; choose a paid course")
    path = f"/api/payments/sessions/{opened['paymentSessionId']}"
    visitor.post(f"{path}/cancel", {}).must_be(200)
    if (status := visitor.get(path).must_be(200).json["status"]) != "cancelled":
        raise NotSoError(f"the cancelled checkout is {status}")


def _checked(look: Callable[[], str]) -> Check:
    try:
        return Check(what=look())
    except (NotSoError, OpsError) as error:
        name = getattr(look, "__name__", "").replace("<lambda>", "journey").replace("_", " ")
        return Check(what=name, problem=str(error))


def _web_of(operator: Operator) -> str:
    if operator.stage.is_local:
        return f"http://127.0.0.1:{os.environ.get('WEB_PORT') or '3000'}"
    outputs = outputs_of(operator.stage, operator.aws)
    if not outputs:
        raise OpsError(f"The stack {operator.stage.stack} is not there; run provision first.")
    return outputs["WebOrigin"]
