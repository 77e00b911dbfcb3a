"""The CloudFormation template as data, and as the text that CloudFormation takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).with_name("template.yaml")
INLINE_LIMIT = 51_200
"""Bytes of a template that CloudFormation takes within a request; a larger one would have to lie in a bucket."""


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


def template_body() -> str:
    """The template without what is for its readers alone: comments, spaces, descriptions of parameters and outputs."""
    template = read_template()
    for described in (*template["Parameters"].values(), *template["Outputs"].values()):
        described.pop("Description", None)
    for resource in template["Resources"].values():
        resource.pop("Metadata", None)
    board = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    board["Fn::Sub"] = _dense(json.loads(board["Fn::Sub"]))
    return _dense(template)


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
