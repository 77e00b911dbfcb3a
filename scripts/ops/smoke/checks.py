"""The checks of the smoke test: requests as browsers, payment providers and unauthenticated callers send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from adapters.http.errors import Forbidden, NotAuthenticated
from adapters.paypal.api import PayPalRefusedError
from domain.errors import DomainError, InvalidSignature
from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.checks import Check
from scripts.ops.errors import OpsError
from scripts.ops.paypal.account import NAME as PAYPAL
from scripts.ops.paypal.account import PayPalAccount
from scripts.ops.paypal.account import mode_problem as paypal_mode_problem
from scripts.ops.paypal.webhooks import PATH as PAYPAL_WEBHOOKS
from scripts.ops.paypal.webhooks import Webhooks
from scripts.ops.providers import providers_of
from scripts.ops.smoke.http_client import HttpClient
from scripts.ops.smoke.temporary_user import SignedInUser, temporary_user
from scripts.ops.stage import Stage
from scripts.ops.stripe.secret import SECRET_KEY, WEBHOOK_SECRET, StripeSecret, mode_problem

WEBHOOKS = "/api/webhooks/stripe"
_EVENT = '{"id":"evt_smoke","object":"event","type":"smoke.test","livemode":%s,"api_version":null,"data":{"object":{}}}'


class CheckFailedError(Exception):
    """The stage does not respond as expected; the message says how it does."""


def smoke_checks(
    stage: Stage, aws: AwsClients, web_url: str, api_url: str | None = None, journey: str | None = None
) -> Iterator[Check]:
    """The checks one by one, each made when it is asked for.

    ``api_url`` is where the API is if not at the pages' origin; ``journey`` is the id of a paid course to open and
    cancel a checkout of.
    """
    checks = _SmokeChecks(stage, aws, HttpClient(api_url or web_url), HttpClient(web_url))
    for check in checks.all():
        yield _result(check.__name__.replace("_", " "), check)
    if journey:
        yield _result("journey", lambda: checks.journey(journey))


@frozen
class _SmokeChecks:
    """Each method makes one check; it returns what was checked, or raises CheckFailedError or OpsError."""

    stage: Stage
    aws: AwsClients
    api: HttpClient
    web: HttpClient

    def all(self) -> tuple[Callable[[], str], ...]:
        providers = providers_of(self.stage)
        stripe = (self.settings, self.forged_webhook, self.signed_webhook) if "stripe" in providers else ()
        paypal = (self.paypal_settings, self.forged_paypal_webhook, self.signed_paypal_webhook)
        return (
            self.health,
            self.catalogue,
            self.no_token,
            self.unknown_path,
            self.cors,
            *stripe,
            *(paypal if PAYPAL in providers else ()),
            self.pages,
        )

    def health(self) -> str:
        self.api.get("/api/health").expect(200)
        return "health"

    def settings(self) -> str:
        key = str(self.api.get("/api/config").expect(200).json.get("stripePublishableKey"))
        if not key.startswith("pk_"):
            raise CheckFailedError("/api/config has no publishable key")
        live = "_live_" in key
        if problem := mode_problem(self.stage, live=live):
            raise CheckFailedError(problem)
        return f"settings, Stripe in {'live' if live else 'test'} mode"

    def catalogue(self) -> str:
        courses = self.api.get("/api/courses").expect(200).json
        if not courses:
            raise CheckFailedError("there are no courses")
        return f"catalogue of {len(courses)} courses"

    def no_token(self) -> str:
        self.api.post("/api/enrollments", b"{}").expect(401, code=NotAuthenticated.code)
        return "enrolling requires a token"

    def unknown_path(self) -> str:
        self.api.get("/api/no-such-thing").expect(403, code=Forbidden.code)
        return "unknown paths get the error envelope"

    def cors(self) -> str:
        answer = self.api.request("OPTIONS", "/api/enrollments", headers={"Origin": self.web.url}).expect(200)
        allowed = answer.headers.get("access-control-allow-origin")
        if allowed != self.web.url:
            raise CheckFailedError(f"CORS allows {allowed}, but the pages are at {self.web.url}")
        return "CORS allows the pages' origin"

    def forged_webhook(self) -> str:
        headers = {"Stripe-Signature": "t=1,v1=00"}
        self.api.post(WEBHOOKS, b"{}", headers).expect(400, code=InvalidSignature.code)
        return "a webhook with a forged signature is rejected"

    def signed_webhook(self) -> str:
        import stripe

        secret = StripeSecret(self.stage, self.aws).read()
        body = _EVENT % ("true" if "_live_" in secret[SECRET_KEY] else "false")
        signature = stripe.WebhookSignature.generate_signature_header(body, secret[WEBHOOK_SECRET])
        self.api.post(WEBHOOKS, body.encode(), {"Stripe-Signature": signature}).expect(200)
        return "a webhook signed with the stored secret is accepted"

    def paypal_settings(self) -> str:
        if problem := paypal_mode_problem(self.stage):
            raise CheckFailedError(problem)
        account = PayPalAccount.of(self.stage, self.aws)
        account.require_taken()
        listed = self.api.get("/api/config").expect(200).json.get("providers", [])
        offered = PAYPAL in {one.get("name") for one in listed}
        return f"PayPal in {account.mode} mode, {'offered to students' if offered else 'not offered to students'}"

    def forged_paypal_webhook(self) -> str:
        names = ("Transmission-Id", "Transmission-Time", "Transmission-Sig")
        url = "https://api.paypal.com/v1/notifications/certs/CERT-smoke"
        headers = {f"PayPal-{name}": "smoke" for name in names}
        headers |= {"PayPal-Cert-Url": f"{url}?forged", "PayPal-Auth-Algo": "SHA256withRSA"}
        self.api.post(PAYPAL_WEBHOOKS, b"{}", headers).expect(400, code=InvalidSignature.code)
        return "a PayPal webhook with a forged signature is rejected"

    def signed_paypal_webhook(self) -> str:
        repeated = Webhooks.at(self.stage, self.aws, self.api.url + PAYPAL_WEBHOOKS).repeat_last_event()
        if repeated is None:
            return "PayPal webhook: no event was sent yet that PayPal could send again"
        return "PayPal's last event, signed and sent again, is accepted"

    def pages(self) -> str:
        answer = self.web.get("/checkout.html").expect(200)
        policy = answer.headers.get("content-security-policy", "")
        if "default-src 'none'" not in policy:
            raise CheckFailedError("the pages have no content security policy")
        self.web.get("/config.json").expect(200)
        self.web.get("/no/such/page").expect(404)
        return "pages, with their content security policy"

    def journey(self, course_id: str) -> str:
        auth = self.api.get("/api/config").expect(200).json["auth"]
        with temporary_user(self.aws, self.api, auth["userPoolId"], auth["userPoolClientId"]) as user:
            _open_and_cancel(user, course_id)
        return f"a checkout of {course_id} was opened and cancelled"


def _open_and_cancel(user: SignedInUser, course_id: str) -> None:
    opened = user.post("/api/enrollments", {"courseId": course_id}).expect(201).json
    if not (opened.get("clientSecret") or opened.get("redirectUrl")):
        raise CheckFailedError(f"{course_id} needs no payment; choose a paid course")
    path = f"/api/payments/sessions/{opened['paymentSessionId']}"
    user.post(f"{path}/cancel", {}).expect(200)
    if (status := user.get(path).expect(200).json["status"]) != "cancelled":
        raise CheckFailedError(f"the cancelled checkout is {status}")


def _result(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(what=check())
    except (CheckFailedError, OpsError, DomainError, PayPalRefusedError) as error:
        return Check(what=name, problem=str(error))
