"""All functions of a deployment, run by Lambda's own bootstrap, with students and Stripe calling them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from attrs import frozen

from scripts.stripe_emulator.webhooks.signing import signature_header
from tests.support.deployment.deployed_functions import Api
from tests.support.deployment.deployment import FUNCTIONS, STACK, Deployment
from tests.support.deployment.emulated_accounts import PAID, VISA, WEBHOOK_SECRET
from tests.support.deployment.lambda_runtime import LambdaRig, managed_runtime
from tests.support.http.api_gateway_events import claims, proxy_event, token_of


@frozen
class RunningFunctions:
    """The deployment's functions, each run by Lambda's bootstrap."""

    deployment: Deployment
    rigs: dict[str, LambdaRig]

    @property
    def api(self) -> Api:
        """Calls the API's function as API Gateway does."""
        return Api(self.rigs["api_handler"])

    def checkout(self, who: str, course: str = PAID, **more: object) -> dict[str, Any]:
        """Open a checkout for a student; returns the session as the API shows it."""
        status, opened = self.api.call("POST", "/api/enrollments", body={"courseId": course, **more}, who=who)
        assert status == 201, opened
        session: dict[str, Any] = self.api.call(
            "GET", "/api/payments/sessions/{id}", {"id": opened["paymentSessionId"]}, who=who
        )[1]
        return session

    def pay(self, session: dict[str, Any], **fields: object) -> dict[str, Any]:
        """The student pays; returns Stripe's event, without sending it. ``fields`` override the Checkout Session's."""
        stripe, checkout = self.deployment.accounts.stripe, session["stripeSessionId"]
        stripe.pay(checkout, VISA)
        stripe.control.tamper(checkout, fields)
        made = [each for each in stripe.account.events.values() if each["type"] == "checkout.session.completed"]
        event: dict[str, Any] = deepcopy(next(each for each in made if each["data"]["object"]["id"] == checkout))
        event["data"]["object"] |= fields
        return event

    def deliver(self, event: dict[str, Any]) -> tuple[int, Any]:
        """Deliver an event to the webhook; returns status and body."""
        body = json.dumps(event).encode()
        now = int(self.deployment.accounts.stripe.account.clock.base())
        headers = {"Stripe-Signature": signature_header(body, [WEBHOOK_SECRET], now)}
        return self.api.call(
            "POST", "/api/webhooks/{provider}", {"provider": "stripe"}, raw=body, headers=headers, who=None
        )

    def is_enrolled(self, who: str, course: str = PAID) -> bool:
        """Whether the student is enrolled in the course."""
        return bool(
            self.api.call("GET", "/api/enrollments/check/{courseId}", {"courseId": course}, who=who)[1]["enrolled"]
        )

    def admin(self, method: str, resource: str, params: dict[str, str] | None = None, body: object = None) -> Any:
        """The response to a request of an administrator."""
        event = proxy_event(
            method,
            resource,
            path_params=params,
            body=json.dumps(body) if body is not None else None,
            headers={"content-type": "application/json"},
            who=claims("admin-1", groups="admin", **token_of(self.rigs["api_handler"].environment)),
        )
        return self.rigs["api_handler"].invoke(event)


@contextmanager
def all_started(deployment: Deployment, directory: Path) -> Iterator[RunningFunctions]:
    """The deployment's code, unpacked into the directory, and every function started from it."""
    runtime = managed_runtime(directory / "runtime")
    task = deployment.code(STACK, directory / "task")
    with ExitStack() as started:
        rigs = {name: started.enter_context(deployment.start(name, task, runtime)) for name in FUNCTIONS}
        yield RunningFunctions(deployment, rigs)
