"""The function that a user pool calls for tokens where a second factor is required of the office."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from adapters.http.permissions import Role
from scripts.ops.deploy import second_factor
from scripts.ops.deploy.second_factor import CLAIM, MISSING, OFFICE, UNKNOWN
from scripts.ops.deploy.template import REQUIRED, template_body
from scripts.ops.stage import ROOT

Event = dict[str, Any]
Checked = Callable[[Event, Callable[[str, str], list[str] | None]], Event]


def _event(*groups: str) -> Event:
    """What Cognito gives to the function (V1_0 of the trigger) for a user of these groups."""
    return {
        "version": "1",
        "triggerSource": "TokenGeneration_Authentication",
        "region": "us-east-1",
        "userPoolId": "us-east-1_AbCdEfGhI",
        "userName": "user-1",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "client-1"},
        "request": {
            "userAttributes": {"sub": "user-1", "email": "ada@example.com"},
            "groupConfiguration": {"groupsToOverride": [*groups], "iamRolesToOverride": [], "preferredRole": None},
        },
        "response": {"claimsOverrideDetails": None},
    }


def _deployed() -> dict[str, Any]:
    """The names of the code that the template carries, run as Lambda runs it."""
    code = json.loads(template_body({"SecondFactor": REQUIRED}))["Resources"]["SecondFactorFunction"]["Properties"][
        "Code"
    ]["ZipFile"]
    names: dict[str, Any] = {"__name__": "index"}
    exec(compile(code, "index.py", "exec"), names)  # noqa: S102 - it is our own
    return names


@pytest.fixture(params=["as written", "as deployed"])
def checked(request: pytest.FixtureRequest) -> Checked:
    """What decides about an event."""
    found: Checked = second_factor.checked if request.param == "as written" else _deployed()["checked"]
    return found


def _nobody(_pool: str, _user: str) -> list[str] | None:
    raise AssertionError("nobody of the office: Cognito is not asked")


@pytest.mark.parametrize("groups", [(), ("teachers",), ("administrators", "Admin")])
def test_students_are_let_in_without_a_question(checked: Checked, groups: tuple[str, ...]) -> None:
    """Who is in no group of the office gets tokens as ever, and cannot be kept out by what Cognito answers."""
    assert checked(_event(*groups), _nobody) == _event(*groups)


@pytest.mark.parametrize(
    "configuration", [{}, {"groupConfiguration": {}}, {"groupConfiguration": {"groupsToOverride": None}}]
)
def test_a_user_without_any_group_is_let_in(checked: Checked, configuration: Event) -> None:
    """However Cognito writes that there are none."""
    event = _event() | {"request": {"userAttributes": {}, **configuration}}
    assert checked(event, _nobody)["response"] == {"claimsOverrideDetails": None}


@pytest.mark.parametrize("group", OFFICE)
def test_the_office_is_let_in_with_an_authenticator_app(checked: Checked, group: str) -> None:
    """Beside other factors or alone."""
    for factors in (["SOFTWARE_TOKEN_MFA"], ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]):
        assert checked(_event(group), lambda _pool, _user, found=factors: found) == _event(group)  # type: ignore[misc]


@pytest.mark.parametrize("group", OFFICE)
@pytest.mark.parametrize("factors", [[], ["SMS_MFA"]])
def test_the_office_without_an_app_is_in_no_group_of_the_office(
    checked: Checked, group: str, factors: list[str]
) -> None:
    """The groups that are none of the product's business stay; the claim says why the others are gone."""
    asked: list[tuple[str, str]] = []

    def look(pool: str, user: str) -> list[str]:
        asked.append((pool, user))
        return factors

    answer = checked(_event(group, "teachers"), look)
    assert asked == [("us-east-1_AbCdEfGhI", "user-1")]
    assert answer["response"]["claimsOverrideDetails"] == {
        "claimsToAddOrOverride": {CLAIM: MISSING},
        "groupOverrideDetails": {"groupsToOverride": ["teachers"]},
    }
    assert answer["request"] == _event(group, "teachers")["request"]


def test_where_cognito_does_not_say_the_office_stays_outside(checked: Checked) -> None:
    """It fails closed, and says that it does not know instead of claiming that there is none."""
    answer = checked(_event(*OFFICE), lambda _pool, _user: None)
    assert answer["response"]["claimsOverrideDetails"] == {
        "claimsToAddOrOverride": {CLAIM: UNKNOWN},
        "groupOverrideDetails": {"groupsToOverride": []},
    }


def test_the_groups_are_those_that_the_api_and_the_pages_know() -> None:
    """One list of three; the function cannot import the product's."""
    script = (ROOT / "frontend" / "js" / "logic" / "common.js").read_text("utf-8")
    [listed] = re.findall(r"OFFICE = \[(.*?)\]", script)

    assert set(OFFICE) == {role.value for role in Role} == set(re.findall(r"\w+", listed))
    assert f"claims.{CLAIM}" in script
