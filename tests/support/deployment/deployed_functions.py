"""Deployed functions in an emulated account, called as API Gateway calls them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, frozen

from scripts.aws_emulator.server import REGION, AwsEmulator
from scripts.stack.aws_resources import Account, Clients, provision
from scripts.stack.seed import courses, seed_catalog, seed_table
from scripts.stack.stripe_keys import StripeKeys
from scripts.stripe_emulator import StripeEmulator
from tests.support.deployment.lambda_runtime import LambdaRig
from tests.support.http.api_gateway_events import claims, proxy_event, token_of

JSON = {"content-type": "application/json"}


@frozen
class EmulatedServices:
    """What the functions call: the AWS emulator with one account, and the Stripe emulator."""

    aws: AwsEmulator
    account: Account
    stripe: StripeEmulator
    keys: StripeKeys

    def environment(self) -> dict[str, str]:
        """The functions' variables, in the emulated account."""
        return {
            "STAGE": "test",
            "TABLE_NAME": self.account.table,
            "QUEUE_NAME": self.account.queue,
            "STRIPE_SECRET_NAME": self.account.secret,
            "WEB_ORIGIN": "https://school.example",
            "USER_POOL_ARN": self.account.pool_arn,
            "USER_POOL_CLIENT_ID": self.account.client_id,
            "STRIPE_API_BASE": self.stripe.url,
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "POWERTOOLS_SERVICE_NAME": "learnermax-education",
        }


@define(eq=False)
class Api:
    """The API's function, called as API Gateway calls it."""

    rig: LambdaRig

    def call(
        self,
        method: str,
        resource: str,
        params: dict[str, str] | None = None,
        *,
        body: object = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        who: str | None = "user-1",
    ) -> tuple[int, Any]:
        """Status and body of one request."""
        event = proxy_event(
            method,
            resource,
            path_params=params,
            body=raw if raw is not None else json.dumps(body) if body is not None else None,
            headers=headers or JSON,
            who=claims(who, **token_of(self.rig.environment)) if who else None,
            in_base64=raw is not None,
        )
        answer = self.rig.invoke(event)
        return answer["statusCode"], json.loads(answer["body"])


@contextmanager
def emulated_services() -> Iterator[EmulatedServices]:
    """The emulators, seeded with the courses."""
    keys = StripeKeys()
    stripe = StripeEmulator(secret_key=keys.secret_key, publishable_key=keys.publishable_key)
    with AwsEmulator() as aws, stripe:
        clients = Clients(aws.url)
        account = provision(clients, stage="test", secret=keys.as_secret())
        seed_table(clients("dynamodb"), account.table, courses())
        seed_catalog(stripe, courses())
        yield EmulatedServices(aws, account, stripe, keys)
