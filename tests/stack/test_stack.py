"""A running stack is the whole product: pages, API, users, queue."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.ops.stage import Stage
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.support.stack import small_app


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """A running stack around a small app."""
    with LocalStack(ports=Ports.free(), load=small_app.build) as running:
        yield running


def fetch(url: str, **headers: str) -> Any:
    """The JSON at an address."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return json.loads(answer.read())


def test_the_pages_are_configured_with_the_api(stack: LocalStack) -> None:
    """The web server's configuration leads to the API."""
    config = fetch(f"{stack.web_url}/config.json")
    assert config["apiBase"] == stack.api_url
    assert config["school"]["name"]
    assert fetch(f"{stack.api_url}/api/echo/hello")["name"] == "hello"


@pytest.mark.parametrize(
    ("email", "groups"), [("student@example.com", None), ("second@example.com", None), ("admin@example.com", "admin")]
)
def test_the_seeded_users_can_sign_in(stack: LocalStack, email: str, groups: str | None) -> None:
    """Each of the three gets a token that the API accepts; only the administrator is in the group."""
    claims = fetch(f"{stack.api_url}/api/me", Authorization=f"Bearer {stack.sign_in(email)}")
    assert claims["email"] == email
    assert claims.get("cognito:groups") == groups


def test_the_lambda_function_uses_the_emulators(stack: LocalStack) -> None:
    """The process sees the emulators' addresses while the stack runs."""
    assert os.environ["AWS_ENDPOINT_URL"] == stack.aws_url
    assert os.environ["STRIPE_API_BASE"] == f"http://127.0.0.1:{stack.ports.stripe}"
    assert os.environ["WEB_ORIGIN"] == stack.web_url


def test_operators_see_the_stack_that_runs(stack: LocalStack) -> None:
    """Commands for the local stage use its table, and leave the messages that its worker delivers."""
    variables = dict(Stage.named("local").variables)
    environment = stack.environment()
    assert {"TABLE_NAME", "QUEUE_NAME", "MESSAGES", "MAIL_FROM", "OFFICE_EMAIL"} <= variables.keys()
    shared = variables.keys() - {"POWERTOOLS_LOG_LEVEL"}
    assert {name: environment.get(name) for name in shared} == {name: variables[name] for name in shared}


def test_queued_messages_reach_the_apps_handler(stack: LocalStack) -> None:
    """The queue is served by the handler that the app registered, and its schedules can be fired."""
    stack.clients("sqs").send_message(QueueUrl=stack.account.queue_url, MessageBody="hello")
    stack.drain_queue()
    assert stack.schedules["sweep"].fire() == "swept aws.events"


def test_the_ready_line_says_where_and_who(stack: LocalStack) -> None:
    """One line: four addresses, three users and their password."""
    line = stack.ready_line
    assert "\n" not in line
    for part in (stack.web_url, stack.api_url, stack.aws_url, "student@example.com", "Learn-2026!"):
        assert part in line


def test_the_inbox_is_a_page_of_the_school(stack: LocalStack) -> None:
    """Empty at first; without scripts."""
    with urllib.request.urlopen(f"{stack.web_url}/inbox", timeout=30) as answer:
        page, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
    assert "None yet." in page
    assert policy.startswith("default-src 'none'")
