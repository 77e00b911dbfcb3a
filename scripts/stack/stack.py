"""The whole local stack in one process: AWS, Stripe, the API, the queue's worker, schedules, the pages."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from attrs import define, field
from chalice.app import Chalice, ScheduledEventConfig, SQSEventConfig

from adapters.paypal.events import SUBSCRIBED as PAYPAL_EVENTS
from adapters.stripe.events import SUBSCRIBED as STRIPE_EVENTS
from scripts.aws_emulator.server import REGION, AwsEmulator
from scripts.ops.deploy import second_factor
from scripts.ops.stage import LOCAL_SETTINGS
from scripts.paypal_emulator import PayPalEmulator
from scripts.stack.app_loader import ROOT, lambda_process, load_app
from scripts.stack.aws_resources import (
    PASSWORD,
    SECOND_FACTOR_FUNCTION,
    USERS,
    Account,
    Clients,
    provision,
    put_secret,
)
from scripts.stack.course_pages import CourseFacts
from scripts.stack.engine import Engine
from scripts.stack.gateway import LARGEST_BODY, Gateway
from scripts.stack.http_server import HttpRequest, HttpResponse, HttpServer
from scripts.stack.lessons import SECRET as LESSON_SECRET
from scripts.stack.lessons import Lessons
from scripts.stack.paypal_keys import PayPalKeys
from scripts.stack.ports import Ports
from scripts.stack.school_settings import settings_given
from scripts.stack.seed import courses, seed_catalog, seed_table
from scripts.stack.stripe_keys import StripeKeys
from scripts.stack.tokens import TokenVerifier
from scripts.stack.web import Pages
from scripts.stack.worker import QueuePump, Schedule
from scripts.stripe_emulator import StripeEmulator

STAGE = "local"
PAYPAL_SECRET = "learnermax/paypal"
SENDER, OFFICE = "school@learnermax.example", "office@learnermax.example"
STRIPE_JS = "https://js.stripe.com/endive/stripe.js"


@define(eq=False)
class LocalStack:
    """The running product, as a context manager; one at a time per process, because it sets environment variables.

    For tests: ``aws.faults`` injects errors into AWS calls, ``queue`` pauses and drains the worker, ``emulator`` is
    the Stripe emulator and ``paypal`` PayPal's (each None with a sandbox's keys), ``clients`` and ``account`` read
    what is stored, ``schedules`` are fired by hand. ``bank_debit_seconds`` is how long an emulated bank debit
    takes, None until it is settled by hand. ``engine`` stores the tables. ``pages`` is the folder that the pages
    are in, ``web_origin`` the origin of a front end that is used instead of them. ``requires_second_factor`` keeps who
    has no authenticator app out of the office. ``load`` loads the Chalice app; ``log`` gets one line per request.
    """

    ports: Ports = field(factory=Ports)
    keys: StripeKeys = field(factory=StripeKeys)
    paypal_keys: PayPalKeys = field(factory=PayPalKeys)
    engine: Engine = field(factory=Engine)
    log: Callable[[str], None] = field(default=lambda _: None)
    load: Callable[[], Chalice] = field(default=load_app)
    bank_debit_seconds: float | None = None
    pages: Path = ROOT / "frontend"
    web_origin: str | None = None
    requires_second_factor: bool = False

    aws: AwsEmulator = field(init=False)
    clients: Clients = field(init=False)
    account: Account = field(init=False)
    lessons: Lessons = field(init=False)
    emulator: StripeEmulator | None = field(default=None, init=False)
    paypal: PayPalEmulator | None = field(default=None, init=False)
    app: Chalice = field(init=False)
    queue: QueuePump = field(init=False)
    schedules: dict[str, Schedule] = field(factory=dict, init=False)
    _running: ExitStack = field(factory=ExitStack, init=False)

    def start(self) -> Self:
        """Start all servers and return when they listen. Raises StackError for a port that is in use."""
        emulated = {"stripe": self.keys.emulated, "paypal": self.paypal_keys.emulated}
        self.ports.require_free("web", "api", "aws", *(name for name, is_here in emulated.items() if is_here))
        with ExitStack() as starting:
            self._start_aws(starting)
            self._start_stripe(starting)
            self._start_paypal(starting)
            self._start_app(starting)
            self._start_web(starting)
            self._running = starting.pop_all()
        return self

    def stop(self) -> None:
        """Stop all servers and restore the environment. Harmless when repeated."""
        self._running.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def web_url(self) -> str:
        """The URL of the pages, which is also the only origin that CORS allows."""
        return f"http://127.0.0.1:{self.ports.web}"

    @property
    def api_url(self) -> str:
        """The API's base URL, without /api."""
        return f"http://127.0.0.1:{self.ports.api}"

    @property
    def aws_url(self) -> str:
        """The URL of the AWS emulator."""
        return f"http://127.0.0.1:{self.ports.aws}"

    @property
    def stripe_js(self) -> str:
        """The URL of Stripe.js."""
        return f"{self.emulator.url}/endive/stripe.js" if self.emulator else STRIPE_JS

    @property
    def ready_line(self) -> str:
        """One line with the URLs of all servers and the users who can sign in."""
        stripe = self.emulator.url if self.emulator else "real, with the keys of your sandbox"
        paypal = self.paypal.url if self.paypal else "real, with the keys of your sandbox"
        aws = f"{self.aws_url} (tables in {self.engine.name})" if self.aws.dynamodb else self.aws_url
        return (
            f"Ready: web {self.web_url} | API {self.api_url} | AWS {aws} | Stripe {stripe} | PayPal {paypal} | "
            f"sign in as {', '.join(user.email for user in USERS)} with {PASSWORD}"
        )

    def sign_in(self, email: str, password: str = PASSWORD) -> str:
        """Sign in as a seeded user; returns the ID token."""
        answer = self.clients("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self.account.client_id,
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        token: str = answer["AuthenticationResult"]["IdToken"]
        return token

    def gateway(self, app: Chalice) -> Gateway:
        """An API Gateway for an app: this stack's own, or another instance of it."""
        jwks = f"{self.aws_url}/{self.account.pool_id}/.well-known/jwks.json"
        return Gateway(app, TokenVerifier(self.account.issuer, jwks), STAGE)

    def drain_queue(self, deadline: float = 10.0) -> None:
        """Return when no event is queued any more. Raises TimeoutError after ``deadline`` seconds."""
        self.queue.drain(deadline)

    def environment(self) -> dict[str, str]:
        """The environment variables of the Lambda functions."""
        emulated = {"STRIPE_API_BASE": self.emulator.url} if self.emulator else {}
        if self.paypal:
            emulated |= {"PAYPAL_API_BASE": self.paypal.url, "PAYPAL_CERTIFICATE_ROOTS": self.paypal.roots}
        return {
            # Whoever tries it out, and every test, comes from this machine.
            "CHECKOUTS_PER_STUDENT": "1000",
            "CHECKOUTS_PER_ADDRESS": "0",
            "STAGE": STAGE,
            "TABLE_NAME": self.account.table,
            "QUEUE_NAME": self.account.queue,
            "PAYMENT_PROVIDERS": "stripe,paypal",
            "STRIPE_SECRET_NAME": self.account.secret,
            "WEB_ORIGIN": self.web_origin or self.web_url,
            "USER_POOL_ARN": self.account.pool_arn,
            "USER_POOL_CLIENT_ID": self.account.client_id,
            "COGNITO_ENDPOINT": self.aws_url,
            "DELETE_SIGN_INS": "yes",
            "LESSON_URL": self.lessons.pattern,
            "LESSON_SECRET_NAME": LESSON_SECRET,
            "STRIPE_JS_URL": self.stripe_js,
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "POWERTOOLS_SERVICE_NAME": "learnermax-education",
            "POWERTOOLS_LOG_LEVEL": "WARNING",
            "MESSAGES": "mail",
            "MAIL_FROM": SENDER,
            "OFFICE_EMAIL": OFFICE,
            **emulated,
        }

    def _start_aws(self, running: ExitStack) -> None:
        self.aws = AwsEmulator(self.ports.aws, dynamodb=running.enter_context(self.engine.running())).start()
        self.aws.accounts.on_mail = lambda mail: self.log(f"E-mail to {mail.to}: {mail.subject}, code {mail.code}")
        running.callback(self.aws.stop)
        self.clients = Clients(self.aws.url)
        self.aws.accounts.factors.triggers[SECOND_FACTOR_FUNCTION] = second_factor.handler
        self.account = provision(
            self.clients,
            stage=STAGE,
            secret=self.keys.as_secret(),
            requires_second_factor=self.requires_second_factor,
        )
        self.clients("sesv2").create_email_identity(EmailIdentity=SENDER)
        self.lessons = Lessons(origin=self.web_url)
        put_secret(self.clients("secretsmanager"), LESSON_SECRET, self.lessons.as_secret())
        seed_table(self.clients("dynamodb"), self.account.table, courses())

    def _start_stripe(self, running: ExitStack) -> None:
        if not self.keys.emulated:
            return
        self.emulator = StripeEmulator(
            port=self.ports.stripe,
            secret_key=self.keys.secret_key,
            publishable_key=self.keys.publishable_key,
            settle_after=self.bank_debit_seconds,
        )
        self.emulator.start()
        running.callback(self.emulator.stop)
        # Registered as an operator does it, so that `ops webhook-endpoint` finds it, rolls it and ends the roll.
        self.emulator.endpoint(
            url=f"{self.api_url}/api/webhooks/stripe",
            secret=self.keys.webhook_secret,
            events=STRIPE_EVENTS,
            metadata={"stage": STAGE},
        )
        seed_catalog(self.emulator, courses())

    def _start_paypal(self, running: ExitStack) -> None:
        put_secret(self.clients("secretsmanager"), PAYPAL_SECRET, self.paypal_keys.as_secret())
        if not self.paypal_keys.emulated:
            return
        self.paypal = PayPalEmulator(
            port=self.ports.paypal,
            client_id=self.paypal_keys.client_id,
            client_secret=self.paypal_keys.client_secret,
            webhook_id=self.paypal_keys.webhook_id,
            webhook_url=f"{self.api_url}/api/webhooks/paypal",
            webhook_events=PAYPAL_EVENTS,
        )
        running.enter_context(self.paypal)

    def _start_app(self, running: ExitStack) -> None:
        variables = self.environment()
        put_secret(self.clients("secretsmanager"), LOCAL_SETTINGS, settings_given(os.environ, variables))
        running.enter_context(lambda_process(variables))
        self.app = self.load()
        gateway = self.gateway(self.app)
        running.enter_context(
            HttpServer(gateway, self.ports.api, LARGEST_BODY, too_large=gateway.too_large, log=self.log)
        )
        for source in self.app.event_sources:
            handler = self.app.handler_map[source.name]
            if isinstance(source, SQSEventConfig):
                self.queue = QueuePump(self.clients("sqs"), self.account.queue_url, handler)
                self.queue.start()
                running.callback(self.queue.stop)
            elif isinstance(source, ScheduledEventConfig):
                schedule = Schedule(source.name, _expression(source), handler)
                self.schedules[source.name] = schedule
                schedule.start()
                running.callback(schedule.stop)

    def _start_web(self, running: ExitStack) -> None:
        pages = Pages(
            root=self.pages,
            api_base=self.api_url,
            stripe_js=self.stripe_js,
            connect=(self.api_url, self.aws_url),
            origin=self.web_url,
            courses=lambda: map(CourseFacts.from_json, courses()),
        )

        content = self.lessons.before(pages)

        def serve(request: HttpRequest) -> HttpResponse:
            return self._inbox() if request.path == "/inbox" else content(request)

        running.enter_context(HttpServer(serve, self.ports.web, log=self.log))

    def _inbox(self) -> HttpResponse:
        """The mails that were sent; those that wait for the next minute are sent now."""
        if worker := self.schedules.get("deliver_messages"):
            worker.fire()
        headers = (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"),
        )
        return HttpResponse(status=200, headers=headers, body=self.aws.mails.page().encode())


def _expression(source: ScheduledEventConfig) -> str:
    expression = source.schedule_expression
    return expression if isinstance(expression, str) else expression.to_string()
