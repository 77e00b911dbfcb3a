"""A second factor that is required of the office: what its function asks, and the template that deploys it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.aws_emulator.faults import INTERNAL_ERROR, Fault
from scripts.ops.deploy import second_factor
from scripts.ops.deploy.template import REQUIRED, template_body
from scripts.stack.aws_resources import PASSWORD
from tests.support.aws.cloudformation import cloudformation, compute_outputs
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.stack.authenticator import authenticator

_REQUIRED = {"SecondFactor": REQUIRED}
_ALL = {**_REQUIRED, "Firewall": "yes", "AccessLogs": "yes"}
_OF_IT = {f"SecondFactor{name}" for name in ("Call", "ErrorsAlarm", "Function", "Logs", "Policy", "Role", "Unknown")}
STACK = "learnermax-education-dev"
_PSEUDO = ("AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::URLSuffix", "AWS::StackName")


@pytest.fixture
def admin(accounts: EmulatedAccounts) -> Iterator[tuple[str, str]]:
    """The pool and the user name of the local administrator, who has an app meanwhile."""
    cognito, pool = accounts.clients("cognito-idp"), accounts.account.pool_id
    signed_in = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=accounts.account.client_id,
        AuthParameters={"USERNAME": "admin@example.com", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    with authenticator(accounts.emulated.accounts.factors) as app:
        app.register(cognito, signed_in["AccessToken"])
        yield pool, "admin@example.com"
    cognito.admin_set_user_mfa_preference(
        UserPoolId=pool, Username="admin@example.com", SoftwareTokenMfaSettings={"Enabled": False}
    )


def test_the_factors_are_asked_of_the_pool(accounts: EmulatedAccounts, admin: tuple[str, str]) -> None:
    """What the user has switched on, by AdminGetUser; a user without one has an empty list."""
    pool, name = admin
    assert second_factor.factors_of(pool, name) == ["SOFTWARE_TOKEN_MFA"]
    assert second_factor.factors_of(pool, "student@example.com") == []


def test_a_pool_that_does_not_answer_says_nothing_about_its_users(
    accounts: EmulatedAccounts, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused, broken or unknown: None, asked once, and no name in the log."""
    pool = accounts.account.pool_id
    before = accounts.emulated.faults.calls().count("cognito-idp:AdminGetUser")
    accounts.emulated.faults.add(Fault(operation="cognito-idp:AdminGetUser", error=INTERNAL_ERROR))
    assert second_factor.factors_of(pool, "admin@example.com") is None
    assert accounts.emulated.faults.calls().count("cognito-idp:AdminGetUser") == before + 1
    assert second_factor.factors_of(pool, "nobody@example.com") is None
    assert second_factor.factors_of("us-east-1_none", "admin@example.com") is None
    written = capsys.readouterr().out
    assert "@" not in written
    resources = json.loads(template_body(_REQUIRED))["Resources"]
    counted = resources["SecondFactorUnknown"]["Properties"]
    assert written.count(counted["FilterPattern"].strip('"')) == 3
    alarm = resources["SecondFactorErrorsAlarm"]["Properties"]["Metrics"]
    [transformation] = counted["MetricTransformations"]
    assert transformation["MetricName"] in [
        each["MetricStat"]["Metric"]["MetricName"] for each in alarm if "MetricStat" in each
    ]


# -- the template ------------------------------------------------------------------------------------------------------


def test_the_function_fits_into_the_template() -> None:
    """CloudFormation takes 4 MB of code now and took 4,096 characters for long; deployed is what is tested above."""
    code = json.loads(template_body(_REQUIRED))["Resources"]["SecondFactorFunction"]["Properties"]["Code"]["ZipFile"]
    assert len(code) < 4_096
    assert '"""' not in code


def test_a_stage_that_does_not_ask_for_it_has_nothing_of_it() -> None:
    """Whoever wants an app registers one; no function, no role, no trigger."""
    template = json.loads(template_body())
    pool = template["Resources"]["Users"]["Properties"]

    assert "SecondFactor" not in "".join(name for name in template["Resources"])
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    assert pool["LambdaConfig"] == {}
    assert "DependsOn" not in template["Resources"]["Users"]
    assert template["Parameters"]["SecondFactor"]["Default"] == "optional"
    assert {each["Type"] for each in template["Resources"].values()}.isdisjoint(
        {"AWS::IAM::Role", "AWS::Lambda::Function"}
    )


def test_the_pool_calls_the_function_before_it_makes_tokens() -> None:
    """With the first version of the event, and only once Cognito may call it."""
    resources = json.loads(template_body(_REQUIRED))["Resources"]
    config = resources["Users"]["Properties"]["LambdaConfig"]["Fn::If"]
    call = resources["SecondFactorCall"]["Properties"]

    assert config[:2] == [
        "RequiresSecondFactor",
        {
            "PreTokenGenerationConfig": {
                "LambdaArn": {"Fn::GetAtt": ["SecondFactorFunction", "Arn"]},
                "LambdaVersion": "V1_0",
            }
        },
    ]
    assert resources["Users"]["DependsOn"] == "SecondFactorCall"
    assert (call["Principal"], call["SourceAccount"]) == ("cognito-idp.amazonaws.com", {"Ref": "AWS::AccountId"})
    assert resources["SecondFactorFunction"]["Properties"]["Timeout"] <= 5


def test_the_function_may_look_up_users_of_its_pool_and_nothing_else() -> None:
    """Beside writing its own log."""
    resources = json.loads(template_body(_REQUIRED))["Resources"]
    [lookup, logs] = resources["SecondFactorPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    role = resources["SecondFactorRole"]["Properties"]

    assert lookup["Action"] == "cognito-idp:AdminGetUser"
    assert lookup["Resource"]["Fn::If"][:2] == ["MakesUsers", {"Fn::GetAtt": ["Users", "Arn"]}]
    assert lookup["Resource"]["Fn::If"][2]["Fn::Sub"].endswith(":userpool/${ExistingUserPoolId}")
    assert set(logs["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert not {"Policies", "ManagedPolicyArns"} & role.keys()


@pytest.mark.parametrize("parameters", [{}, _REQUIRED, {"Firewall": "yes"}, {"AccessLogs": "yes"}, _ALL])
def test_what_is_left_out_is_missed_by_nothing(parameters: dict[str, str]) -> None:
    """Every name that the template uses is one that it has, and every condition holds together."""
    template = json.loads(template_body(parameters))
    known = {*template["Resources"], *template["Parameters"], *_PSEUDO}
    refs, conditions = set[str](), set[str]()
    for each in _objects(template):
        refs |= {each["Ref"]} if "Ref" in each else set()
        refs |= {each["Fn::GetAtt"][0]} if "Fn::GetAtt" in each else set()
        conditions |= {each["Fn::If"][0]} if "Fn::If" in each else set()
        conditions |= {each["Condition"]} if isinstance(each.get("Condition"), str) else set()
        refs |= {each["DependsOn"]} if isinstance(each.get("DependsOn"), str) else set()

    assert refs <= known
    assert conditions == template["Conditions"].keys()


@pytest.mark.parametrize("parameters", [{}, _ALL])
def test_what_is_sent_passes_cfn_lint(tmp_path: Path, parameters: dict[str, str]) -> None:
    """The linter of CloudFormation finds no error in what it gets, with and without what is there on request."""
    body = tmp_path / "template.json"
    body.write_text(template_body(parameters), "utf-8")
    linter = Path(sys.executable).with_name("cfn-lint")
    # E3005: the users' pool waits for what is there under the same condition, see template.yaml.
    ignored = ("--ignore-checks", "W", "E3005", "--")

    lint = subprocess.run([str(linter), *ignored, str(body)], capture_output=True, text=True, check=False)

    assert (lint.returncode, lint.stdout) == (0, "")


def test_provisioning_with_the_option_makes_it(accounts: EmulatedAccounts) -> None:
    """The pool calls the function that was made; a run without the option keeps it, one that says optional drops it."""
    with cloudformation(accounts.clients):
        planned = accounts.ops_json("provision", "--dry-run", "--second-factor", REQUIRED, stage="dev")
        made = accounts.ops("provision", "--yes", "--second-factor", REQUIRED, stage="dev")
        assert made.exit_code == 0, made.output
        compute_outputs(STACK)
        outputs = accounts.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        arns = {each["OutputKey"]: each["OutputValue"] for each in outputs}
        function = accounts.clients("lambda").get_function(FunctionName=f"{STACK}-second_factor")["Configuration"]
        pool = accounts.clients("cognito-idp").describe_user_pool(UserPoolId=arns["UserPoolArn"].rpartition("/")[2])
        again = accounts.ops_json("provision", "--dry-run", stage="dev")
        dropped = accounts.ops_json("provision", "--dry-run", "--second-factor", "optional", stage="dev")

    assert {each["resource"] for each in planned if "SecondFactor" in each["resource"]} == _OF_IT
    assert pool["UserPool"]["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaArn"] == function["FunctionArn"]
    assert arns["SecondFactorFunction"] == function["FunctionArn"]
    assert not {each["resource"] for each in again} & _OF_IT
    removed = {each["resource"] for each in dropped if each["action"] == "Remove"}
    assert removed == _OF_IT


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
