"""The checks of this checkout before a deployment: policies name what the stage's variables name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from attrs import evolve

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.preflight import Preflight
from scripts.ops.stage import LOCAL, ROOT, Stage, read_config

STAGES = sorted(set(read_config()["stages"]) - {LOCAL})


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is checked."""
    shutil.copytree(ROOT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deployments"))
    shutil.copytree(ROOT / "vendor", tmp_path / "vendor", symlinks=True)
    for name in ("domain", "adapters"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    return tmp_path


def problems(root: Path, stage: Stage) -> list[str]:
    """What the checks of this checkout find."""
    checks = Preflight(stage, AwsClients(), root).local_checks()
    return [check.problem for check in checks if check.problem]


@pytest.mark.parametrize("name", STAGES)
def test_the_checkout_can_be_deployed(checkout: Path, name: str) -> None:
    """Every configured stage passes."""
    assert problems(checkout, Stage.named(name)) == []


@pytest.mark.parametrize(
    ("variable", "file"), [("TABLE_NAME", "api"), ("QUEUE_NAME", "api"), ("STRIPE_SECRET_NAME", "api")]
)
@pytest.mark.parametrize("name", STAGES)
def test_a_stage_whose_policies_name_something_else_is_not_deployed(
    checkout: Path, name: str, variable: str, file: str
) -> None:
    """A restored table has another name: with the old policies every call would be refused."""
    stage = Stage.named(name)
    renamed = evolve(stage, variables={**stage.variables, variable: "restored"})
    (problem,) = problems(checkout, renamed)
    assert problem.startswith(f"policy-{name}-{file}.json allows ")


def test_one_policy_that_was_forgotten_is_named(checkout: Path) -> None:
    """The index is named on its own."""
    policy = checkout / ".chalice" / "policy-prod-catchup.json"
    text = policy.read_text("utf-8")
    policy.write_text(text.replace("/index/GSI1", "-old/index/GSI1"), "utf-8")
    assert json.loads(policy.read_text("utf-8")) != json.loads(text)
    (problem,) = problems(checkout, Stage.named("prod"))
    assert problem.startswith("policy-prod-catchup.json allows table/learnermax-education-prod-old/index/GSI1,")
