"""The example pipeline: what its role allows, and that its files are what GitHub and AWS take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from scripts.ops.cli import ops
from scripts.ops.deploy.template import read_template
from scripts.ops.stage import ROOT

PIPELINE = ROOT / "scripts" / "ops" / "deploy" / "pipeline"
ROLE = PIPELINE / "operator-role.yaml"


def test_the_role_passes_cfn_lint() -> None:
    """The template of the operator's role has no errors and no warnings."""
    linter = Path(sys.executable).with_name("cfn-lint")

    lint = subprocess.run([str(linter), str(ROLE)], capture_output=True, text=True, check=False)

    assert (lint.returncode, lint.stdout) == (0, "")


def test_the_role_is_taken_by_one_environment_of_one_repository() -> None:
    """GitHub's token must be for AWS, and of this repository's environment; nobody else's is taken."""
    role = read_template(ROLE)["Resources"]["Role"]["Properties"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    host = "token.actions.githubusercontent.com"

    assert statement["Condition"] == {
        "StringEquals": {
            f"{host}:aud": "sts.amazonaws.com",
            f"{host}:sub": {"Fn::Sub": "repo:${Repository}:environment:${Environment}"},
        }
    }


def test_no_policy_is_larger_than_iam_takes() -> None:
    """6,144 characters without spaces, with the longest names there are."""
    for name in ("Deploying", "Operating"):
        policy = read_template(ROLE)["Resources"][name]["Properties"]["PolicyDocument"]
        assert len("".join(str(policy).split())) < 6_144


def test_the_pipeline_checks_before_it_deploys() -> None:
    """A pull request is checked by .ci/run and takes no role; a push deploys to dev first, and then to prod."""
    written: dict[Any, Any] = yaml.safe_load((PIPELINE / "github-actions.yml").read_text("utf-8"))
    check, deploy = written["jobs"]["check"], written["jobs"]["deploy"]
    commands = [step["run"].split()[1] for step in deploy["steps"] if step.get("run", "").startswith(".venv/bin/ops")]

    assert [step["run"] for step in check["steps"] if "run" in step] == [".ci/run"]
    assert "permissions" not in check
    assert written["permissions"] == {"contents": "read"}
    assert (deploy["needs"], deploy["if"]) == ("check", "github.event_name == 'push'")
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    assert (deploy["strategy"]["matrix"]["stage"], deploy["strategy"]["max-parallel"]) == (["dev", "prod"], 1)
    assert set(commands) <= ops.commands.keys()
    assert commands == ["deploy", "deploy", "status"]
