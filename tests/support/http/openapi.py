"""The product's own OpenAPI document as a judge of what it answers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(__file__).resolve().parents[3] / "adapters" / "http" / "openapi.json"
_URI = "urn:school"
_JSON = "application/json"

Json = dict[str, Any]


@cache
def document() -> Json:
    """The document as it is served."""
    loaded: Json = json.loads(DOCUMENT.read_text("utf-8"))
    return loaded


def operations() -> dict[tuple[str, str], Json]:
    """Every operation by method (in capitals) and path."""
    return {
        (method.upper(), path): operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


def response_problems(method: str, path: str, status: int, headers: dict[str, str], body: object) -> list[str]:
    """What is wrong with an answer: an undescribed status, missing, mistyped or unknown fields, unknown headers."""
    if (method, path) not in operations():
        return problems({"$ref": "#/components/schemas/Error"}, body)  # no route: the envelope all the same
    described = operations()[method, path]["responses"]
    if str(status) not in described and status < 400:
        return [f"{status} is not described"]
    response = resolved(described.get(str(status), described["default"]))
    kind = str(headers.get("content-type", _JSON)).partition(";")[0]
    wrong = problems(response["content"][kind]["schema"], body)
    if "x-next-cursor" in headers and "X-Next-Cursor" not in response.get("headers", {}):
        wrong.append("X-Next-Cursor is not described")
    if "retry-after" in headers and str(status) in described and "Retry-After" not in response.get("headers", {}):
        wrong.append("Retry-After is not described")
    return wrong


def request_problems(method: str, path: str, body: object) -> list[str]:
    """What the document has against a request's body."""
    return problems(operations()[method, path]["requestBody"]["content"][_JSON]["schema"], body)


def resolved(node: Json) -> Json:
    """The node, or what its $ref leads to."""
    if "$ref" not in node:
        return node
    found: Any = document()
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found)


def problems(schema: Json, body: object) -> list[str]:
    """What a schema of the document has against a value; objects with fields that it does not name are refused."""
    key = json.dumps(schema, sort_keys=True)
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(key).iter_errors(body)]


@cache
def _validator(key: str) -> Draft202012Validator:
    resource = Resource.from_contents(_closed(document()), default_specification=DRAFT202012)
    schema = _closed(json.loads(key))
    checker = FormatChecker(["date-time"])
    return Draft202012Validator(schema, registry=Registry().with_resource(_URI, resource), format_checker=checker)


def _closed(node: Any) -> Any:
    """The schemas with every object closed: an answer with a field that nobody described is a mistake."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _closed(value) for name, value in node.items() if name != "example"}
    if isinstance(node.get("$ref"), str):
        schema["$ref"] = _URI + node["$ref"]
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return schema
