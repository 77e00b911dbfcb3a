"""All functions of a deployment under Lambda's own bootstrap, and what people and Stripe do to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from attrs import frozen

from scripts.stripe_emulator.webhooks.signing import signature_header
from tests.support.deployment.aws_account import PAID, VISA, WEBHOOK_SECRET
from tests.support.deployment.deployed_functions import Api
from tests.support.deployment.deployment import FUNCTIONS, STACK, Deployment
from tests.support.deployment.lambda_runtime import LambdaRig, managed_runtime
from tests.support.http.api_gateway_events import claims, proxy_event


@frozen
class Running:
    """Every function of the deployment under its bootstrap, and the deployment."""

    deployment: Deployment
    rigs: dict[str, LambdaRig]

    @property
    def api(self) -> Api:
        """The API's function behind its gateway."""
        return Api(self.rigs["api_handler"])

    def checkout(self, who: str, course: str = PAID, **more: object) -> dict[str, Any]:
        """A student's open checkout, as the API tells of it."""
        status, opened = self.api.call("POST", "/api/enrollments", body={"courseId": course, **more}, who=who)
        assert status == 201, opened
        session: dict[str, Any] = self.api.call(
            "GET", "/api/payments/sessions/{id}", {"id": opened["paymentSessionId"]}, who=who
        )[1]
        return session

    def pay(self, session: dict[str, Any], **facts: object) -> dict[str, Any]:
        """The student pays; the event that Stripe makes of it, told to nobody. ``facts`` are other than usual."""
        stripe, checkout = self.deployment.town.stripe, session["stripeSessionId"]
        stripe.pay(checkout, VISA)
        stripe.backstage.tamper(checkout, facts)
        made = [each for each in stripe.world.events.values() if each["type"] == "checkout.session.completed"]
        event: dict[str, Any] = deepcopy(next(each for each in made if each["data"]["object"]["id"] == checkout))
        event["data"]["object"] |= facts
        return event

    def hear(self, event: dict[str, Any]) -> tuple[int, Any]:
        """Stripe calls the webhook."""
        body = json.dumps(event).encode()
        now = int(self.deployment.town.stripe.world.clock.base())
        headers = {"Stripe-Signature": signature_header(body, [WEBHOOK_SECRET], now)}
        return self.api.call(
            "POST", "/api/webhooks/{provider}", {"provider": "stripe"}, raw=body, headers=headers, who=None
        )

    def is_enrolled(self, who: str, course: str = PAID) -> bool:
        """Whether the student is in the course."""
        return bool(
            self.api.call("GET", "/api/enrollments/check/{courseId}", {"courseId": course}, who=who)[1]["enrolled"]
        )

    def admin(self, method: str, resource: str, params: dict[str, str] | None = None, body: object = None) -> Any:
        """What an administrator is answered."""
        event = proxy_event(
            method,
            resource,
            path_params=params,
            body=json.dumps(body) if body is not None else None,
            headers={"content-type": "application/json"},
            who=claims("admin-1", groups="admin"),
        )
        return self.rigs["api_handler"].invoke(event)


@contextmanager
def all_started(deployment: Deployment, directory: Path) -> Iterator[Running]:
    """The deployment's code, unpacked into the directory, and every function started from it."""
    runtime = managed_runtime(directory / "runtime")
    task = deployment.code(STACK, directory / "task")
    with ExitStack() as started:
        rigs = {name: started.enter_context(deployment.start(name, task, runtime)) for name in FUNCTIONS}
        yield Running(deployment, rigs)
