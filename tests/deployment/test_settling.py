"""Settling stopped and resumed on a deployed stage."""

from __future__ import annotations

import pytest

from tests.support.deployment.deployment import FUNCTIONS, STACK, STAGE, Deployment

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]


def _state(deployed: Deployment) -> tuple[str | None, str, set[str]]:
    aws = deployed.accounts.clients
    variables = _serving(deployed)
    [mapping] = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    rules = {
        aws("events").describe_rule(Name=f"{FUNCTIONS[name]}-event")["State"] for name in ("reconcile", "catch_up")
    }
    return variables.get("WEBHOOKS"), mapping["State"], rules


def _serving(deployed: Deployment) -> dict[str, str]:
    """The variables of the API's version that serves."""
    found = deployed.accounts.clients("lambda").get_function_configuration(FunctionName=STACK, Qualifier="live")
    variables: dict[str, str] = found["Environment"]["Variables"]
    return variables


def test_settling_stops_within_seconds_and_resumes(deployed: Deployment) -> None:
    """Webhooks queue, worker and schedules stand still; every other variable stays; status says so until it is over."""
    before = _state(deployed)
    variables = _serving(deployed)
    assert deployed.accounts.ops("settling", "pause", "--dry-run", stage=STAGE).exit_code == 0
    assert deployed.accounts.ops("settling", "pause", stage=STAGE, answer="n\n").exit_code == 1
    assert _state(deployed) == before

    assert deployed.accounts.ops("settling", "pause", "--yes", stage=STAGE).exit_code == 0

    assert _state(deployed) == ("queue", "Disabled", {"DISABLED"})
    assert _serving(deployed) == {**variables, "WEBHOOKS": "queue"}
    assert "settling is stopped: settling resume" in deployed.accounts.ops("status", stage=STAGE).output

    assert deployed.accounts.ops("settling", "resume", "--dry-run", stage=STAGE).exit_code == 0
    assert "settling is stopped: settling resume" in deployed.accounts.ops("status", stage=STAGE).output
    assert deployed.accounts.ops("settling", "resume", stage=STAGE).exit_code == 0

    assert _state(deployed) == (None, "Enabled", {"ENABLED"})
    assert "settling is stopped" not in deployed.accounts.ops("status", stage=STAGE).output
