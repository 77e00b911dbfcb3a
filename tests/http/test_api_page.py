"""docs/api.md shows every call of the contract, with bodies that fit, and every setting."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from attrs import fields

from adapters.settings import Settings
from tests.support.http.openapi import operations, request_problems
from tests.support.sources import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
CALL = re.compile(r"^(public|student|admin) (\w+) \"?(/[^\s\"?]*)[^\s]*(?: -d '([^']*)')?", re.MULTILINE)
CALLS = [(who, method, path, body) for who, method, path, body in CALL.findall(PAGE)]


def operation_of(method: str, path: str) -> str:
    """The path of the described operation that this call goes to."""
    for known_method, template in sorted(operations(), key=lambda known: known[1].replace("{", "~")):
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if known_method == method and re.fullmatch(pattern, path):
            return template
    raise AssertionError(f"{method} {path} is not an operation")


@pytest.mark.parametrize(("who", "method", "path", "body"), CALLS)
def test_a_call_on_the_page_is_one_of_the_contract(who: str, method: str, path: str, body: str) -> None:
    """Its path exists, its body fits the schema, and it is made by somebody who may."""
    template = operation_of(method, path)
    operation = operations()[method, template]
    assert not operation.get("deprecated")
    assert ("requestBody" in operation) == bool(body)
    if body:
        assert not request_problems(method, template, json.loads(body))
    allowed = "admin" if template.startswith("/api/admin/") else "student" if operation["security"] else "public"
    assert who == allowed


def test_every_call_is_on_the_page() -> None:
    """Aliases are left out, and the webhook, which is the provider's call."""
    shown = {(method, operation_of(method, path)) for _, method, path, _ in CALLS}
    wanted: dict[tuple[str, str], Any] = {
        key: operation for key, operation in operations().items() if not operation.get("deprecated")
    }
    assert shown == wanted.keys() - {("POST", "/api/webhooks/{provider}")}


def test_every_setting_is_on_the_page_with_its_default() -> None:
    """The table names each variable of the environment once."""
    rows = re.findall(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|\s*(.*?)\s*\|", PAGE, re.MULTILINE)
    shown = {name: default.strip("`") for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    kinds = {attribute.name.upper(): attribute.default for attribute in fields(Settings)}
    defaults = {name: default for name, default in kinds.items() if name != "PROVIDER_VARIABLES"}
    assert shown.keys() == defaults.keys()
    for name, default in defaults.items():
        listed = ",".join(default) if isinstance(default, tuple) else default
        assert shown[name] == (str(listed) if isinstance(listed, str | int) else ""), name
