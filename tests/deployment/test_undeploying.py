"""Taking a deployment away again; after this nothing is left of it for other tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deployment.deployment import FUNCTIONS, STACK, STAGE, Deployment

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]


def test_undeploying_removes_functions_and_keeps_data(deployed: Deployment) -> None:
    """Functions, roles, rules and API go; table, queue and pages stay; a dry run and a no remove nothing."""
    accounts, words = deployed.accounts, ("undeploy", "--chalice", str(deployed.chalice))
    assert accounts.ops(*words, "--dry-run", stage=STAGE).exit_code == 0
    assert accounts.ops(*words, stage=STAGE, answer="n\n").exit_code == 1
    assert len(deployed.functions()) == len(FUNCTIONS)

    removed = accounts.ops(*words, "--yes", stage=STAGE)

    assert removed.exit_code == 0, removed.output
    assert deployed.functions() == {}
    assert accounts.clients("apigateway").get_rest_apis()["items"] == []
    assert accounts.clients("events").list_rules()["Rules"] == []
    assert _roles(deployed) == []
    assert accounts.clients("dynamodb").describe_table(TableName=STACK)["Table"]["ItemCount"] > 0
    assert "index.html" in deployed.pages()
    assert deployed.record()["resources"] == []


def _roles(deployed: Deployment) -> list[Any]:
    roles = deployed.accounts.clients("iam").list_roles()["Roles"]
    return [role for role in roles if role["RoleName"].startswith(STACK)]
