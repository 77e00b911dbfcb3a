"""Rolling the webhook's secret while students pay."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scripts.ops.cli import ops
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.support.stack.running_stack import OTHER_PAID, LiveSchool
from tests.support.waiting import until

PAYMENTS = 12


@pytest.fixture(scope="module")
def school() -> Iterator[LiveSchool]:
    """The running product."""
    with LocalStack(ports=Ports.free()) as stack:
        running = LiveSchool(stack)
        yield running
        running.http.clear()


def run_ops(*words: str) -> Result:
    """Run a command for the running stage."""
    return CliRunner().invoke(ops, [*words, "--stage", "local", "--json"])


def test_a_running_stack_has_the_endpoint_that_the_commands_expect(school: LiveSchool) -> None:
    """So what the runbook says can be practised: verify finds nothing wrong, and ensure has nothing to do."""
    url = f"{school.stack.api_url}/api/webhooks/stripe"
    before = endpoints(school)

    verified = run_ops("webhook-endpoint", "verify", "--url", url)
    ensured = run_ops("webhook-endpoint", "ensure", "--url", url)

    assert (verified.exit_code, json.loads(verified.stdout)["problems"]) == (0, [])
    assert "nothing was changed" in ensured.stderr
    assert endpoints(school) == before


def test_rolling_the_secret_while_students_pay_loses_no_payment(school: LiveSchool) -> None:
    """A dozen students pay before, during and after a roll, reported by webhooks alone; every one is enrolled."""
    url = f"{school.stack.api_url}/api/webhooks/stripe"
    assert len(endpoints(school)) == 1
    students = [school.student(f"payer-{number}") for number in range(PAYMENTS)]
    checkouts = [student.checkout(OTHER_PAID)[1] for student in students]
    rolled = threading.Event()
    results: list[Result] = []

    def roll() -> None:
        results.append(run_ops("webhook-endpoint", "roll", "--url", url, "--yes"))
        rolled.set()

    for number, checkout in enumerate(checkouts):
        if number == PAYMENTS // 3:
            threading.Thread(target=roll).start()
        if number == 2 * PAYMENTS // 3:
            assert rolled.wait(60)
        school.pay(checkout)
    # An instance that has cached the secret rejects the new one for up to a minute; the old endpoint delivers.
    until(lambda: enrolled(students) == PAYMENTS, deadline=60)
    assert [result.exit_code for result in results] == [0]
    assert len(endpoints(school)) == 2


def test_after_a_roll_both_secrets_are_accepted(school: LiveSchool) -> None:
    """An instance that starts after the roll takes messages under the new secret and the one before, and no other."""
    secrets = list(school.emulator.account.endpoint_secrets.values())
    event = {"id": "evt_rolled", "object": "event", "type": "roll.test", "livemode": False, "data": {"object": {}}}
    body = json.dumps(event).encode()

    with school.another_instance() as api_url:
        client = school.stranger(api_url=api_url)
        answers = [
            client.send("POST", "/api/webhooks/stripe", body, Stripe_Signature=school.sign(body, secret=secret)).status
            for secret in (*secrets, "whsec_of_nobody")
        ]

    assert answers == [200, 200, 400]


def test_after_the_end_of_a_roll_one_endpoint_is_left(school: LiveSchool) -> None:
    """It signs with the secret that is stored, and nothing else delivers: no event comes with the secret before."""
    url = f"{school.stack.api_url}/api/webhooks/stripe"
    finished = run_ops("webhook-endpoint", "roll", "--finish", "--url", url, "--yes")

    assert finished.exit_code == 0, finished.output
    stored = school.stack.clients("secretsmanager").get_secret_value(SecretId=school.stack.account.secret)
    assert [*school.emulator.account.endpoint_secrets.values()] == [
        json.loads(stored["SecretString"])["STRIPE_WEBHOOK_SECRET"]
    ]
    assert school.emulator.webhooks.url is None


def endpoints(school: LiveSchool) -> dict[str, Any]:
    """Stripe's endpoints."""
    with school.emulator.account.lock:
        return dict(school.emulator.account.endpoints)


def enrolled(students: list[Any]) -> int:
    """How many of them are in the course."""
    return sum(student.is_enrolled(OTHER_PAID) for student in students)
