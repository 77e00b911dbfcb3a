"""The smoke command against the running product."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from scripts.ops.cli import ops
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.support.stack.running_stack import PAID, LiveSchool


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


def smoke(school: LiveSchool, *more: str) -> Result:
    """Run the smoke command."""
    return run_ops("smoke", "--api", school.stack.api_url, "--web", school.stack.web_url, *more)


def test_smoke_walks_through_the_running_product(school: LiveSchool) -> None:
    """Every check passes, a checkout is opened and cancelled, and the user made for it is gone."""
    users = school.stack.clients("cognito-idp")

    result = smoke(school, "--journey", PAID)

    assert result.exit_code == 0, result.output
    checks = json.loads(result.stdout)
    assert len(checks) == 13
    assert checks[-1]["check"] == f"a checkout of {PAID} was opened and cancelled"
    emails = json.dumps(users.list_users(UserPoolId=school.stack.account.pool_id)["Users"], default=str)
    assert "smoke-" not in emails


def test_smoke_hears_an_event_that_paypal_signed(school: LiveSchool) -> None:
    """The last one, sent again; before there is one, the check says so."""
    words = {"none": "no event was sent yet", "one": "signed and sent again, is accepted"}
    before = smoke(school)
    opened = school.student().enroll(provider="paypal").body
    assert school.stack.paypal is not None
    school.stack.paypal.account.approve(opened["providerSessionId"])
    assert school.stack.paypal.deliveries.drained()

    after = smoke(school)

    assert (before.exit_code, after.exit_code) == (0, 0), after.output
    assert words["none"] in before.stdout
    assert words["one"] in after.stdout


def test_smoke_says_when_paypals_events_are_not_taken(school: LiveSchool) -> None:
    """The stored id is another webhook's: nothing of PayPal's could be proven."""
    assert school.stack.paypal is not None
    webhook = school.stack.paypal.account.webhooks[school.stack.paypal.webhook_id]
    url, webhook["url"] = webhook["url"], webhook["url"].replace("/paypal", "/nobody")

    result = smoke(school)

    webhook["url"] = url
    wrong = {check["check"]: check["problem"] for check in json.loads(result.stdout) if check["problem"]}
    assert wrong.keys() == {"signed paypal webhook"}


@pytest.mark.parametrize(
    ("words", "failed", "problem"),
    [
        (("--web", "http://127.0.0.1:9"), {"cors", "pages"}, "got no answer"),
        (("--journey", "TEST-COURSE-001"), {"journey"}, "needs no payment"),
    ],
)
def test_smoke_reports_what_is_wrong(
    school: LiveSchool, words: tuple[str, ...], failed: set[str], problem: str
) -> None:
    """A page server that is not there, and a course that costs nothing, each fail their checks and the command."""
    result = smoke(school, *words)

    assert result.exit_code == 1
    wrong = {check["check"]: check["problem"] for check in json.loads(result.stdout) if check["problem"]}
    assert wrong.keys() == failed
    assert any(problem in sentence for sentence in wrong.values())
