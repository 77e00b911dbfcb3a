"""The CloudFormation template as data, and as the text that CloudFormation takes."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).with_name("template.yaml")
INLINE_LIMIT = 51_200
"""Bytes of a template that CloudFormation takes within a request; a larger one would have to lie in a bucket."""

OPTIONAL, REQUIRED = "optional", "required-for-office"
"""The choices of ``provision --second-factor``: whoever wants one has it, or nobody is in the office without one."""

_ON_REQUEST = {
    "RequiresSecondFactor": {"SecondFactor": REQUIRED},
    "HasFirewall": {"Firewall": "yes"},
    "HasAccessLogs": {"AccessLogs": "yes"},
}
"""Conditions, and the parameter that makes each hold."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, such as ``!Ref``."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def read_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """The template with its long forms, such as ``{"Ref": "Table"}``."""
    # A subclass of the safe loader, which makes plain values only.
    read: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506
    return read


def template_body(parameters: Mapping[str, str] | None = None) -> str:
    """The template for a stack with these parameters, as CloudFormation takes it.

    It lacks what is for its readers alone: comments, spaces, descriptions of parameters and outputs. What a stage gets
    on request only, such as a firewall, is left out where the parameters do not ask for it, so that the rest is small
    enough for a request.
    """
    template = read_template()
    for described in (*template["Parameters"].values(), *template["Outputs"].values()):
        described.pop("Description", None)
    for resource in template["Resources"].values():
        resource.pop("Metadata", None)
    board = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    board["Fn::Sub"] = _dense(json.loads(board["Fn::Sub"]))
    pages = template["Resources"]["PagesFunction"]["Properties"]["FunctionCode"]
    pages["Fn::Sub"] = _without_comments(pages["Fn::Sub"])
    code = template["Resources"]["SecondFactorFunction"]["Properties"]["Code"]
    code["ZipFile"] = _without_docstrings(TEMPLATE.with_name(code["ZipFile"]).read_text("utf-8"))
    asked_for = (parameters or {}).items()
    for condition, parameter in _ON_REQUEST.items():
        if not parameter.items() <= asked_for:
            template = _without(template, condition)
    return _dense(template)


def _without(template: dict[str, Any], condition: str) -> dict[str, Any]:
    """The template where this condition never holds, without the condition itself."""
    left_out = {name for name, each in template["Resources"].items() if each.get("Condition") == condition}
    for resource in template["Resources"].values():
        if resource.get("DependsOn") in left_out:
            del resource["DependsOn"]
    for section in ("Resources", "Outputs"):
        template[section] = {
            name: each for name, each in template[section].items() if each.get("Condition") != condition
        }
    del template["Conditions"][condition]
    found: dict[str, Any] = _chosen(template, condition)
    return found


def _chosen(value: Any, condition: str) -> Any:
    """The value with the second branch of every Fn::If of the condition."""
    if isinstance(value, list):
        return [_chosen(each, condition) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Fn::If": [name, _, otherwise]} if name == condition:
            return _chosen(otherwise, condition)
    return {name: _chosen(each, condition) for name, each in value.items()}


def _without_comments(script: str) -> str:
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _without_docstrings(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef):
            node.body = [each for each in node.body if not _is_text(each)]
    return ast.unparse(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def saved_queries() -> Mapping[str, str]:
    """The queries that the stack saves for CloudWatch Logs Insights, by their names without the stage."""
    found = (
        resource["Properties"]
        for resource in read_template()["Resources"].values()
        if resource["Type"] == "AWS::Logs::QueryDefinition"
    )
    return {each["Name"]["Fn::Sub"].rpartition("/")[2]: each["QueryString"] for each in found}
