"""What goes over the wire to Stripe, held against its OpenAPI description without the emulator's own checks."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen
from jsonschema import Draft202012Validator

from adapters.stripe.transport import BoundedClient

_OPENAPI = Path(__file__).parents[3] / "scripts" / "stripe_emulator" / "openapi.json"


@frozen
class Exchange:
    """A request and its answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: dict[str, str]
    status: int
    answer: Any


class RecordingClient(BoundedClient):
    """The HTTP client of the gateway, which remembers every exchange and refuses any that Stripe does not describe."""

    def __init__(self, timeout: tuple[float, float]) -> None:
        super().__init__(timeout)
        self.exchanges: list[Exchange] = []

    def _sleep_time_seconds(self, num_retries: int) -> float:
        """Next to nothing: tests do not wait for retries."""
        return 0.01 * num_retries

    def request(  # type: ignore[override]  # as in the gateway's
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send, and check both directions."""
        parts = urlsplit(url)
        params = dict(parse_qsl(post_data or parts.query, keep_blank_values=True, strict_parsing=bool(post_data)))
        check_request(method, parts.path, params)
        content, status, answered = super().request(method, url, headers, post_data)
        answer = json.loads(content)
        check_answer(method, parts.path, status, answer)
        self.exchanges.append(Exchange(method, parts.path, headers or {}, params, status, answer))
        return content, status, answered


def check_request(method: str, path: str, params: dict[str, str]) -> None:
    """Raise jsonschema's ValidationError where the parameters are not what the call takes."""
    operation = _operation(method, path)
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    else:
        query = {p["name"]: p["schema"] for p in operation["parameters"] if p["in"] == "query"}
        schema = {"type": "object", "properties": query, "additionalProperties": False}
    _validate(_typed(_nested(params), schema), schema)


def check_answer(method: str, path: str, status: int, answer: object) -> None:
    """Raise jsonschema's ValidationError where the answer is not what the call gives."""
    responses = _operation(method, path)["responses"]
    described = responses.get(str(status), responses["default"])
    _validate(answer, described["content"]["application/json"]["schema"])


@cache
def _document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_OPENAPI.read_text("utf-8"))
    return loaded


def _operation(method: str, path: str) -> dict[str, Any]:
    for template, item in _document()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            found: dict[str, Any] = item[method.lower()]
            return found
    raise LookupError(path)


@cache
def _components() -> dict[str, Any]:
    components: dict[str, Any] = _plain(copy.deepcopy(_document()["components"]))
    return components


def _validate(instance: object, schema: dict[str, Any]) -> None:
    whole = {**_plain(copy.deepcopy(schema)), "components": _components()}
    Draft202012Validator(whole).validate(instance)


def _plain(schema: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items()}
    if plain.pop("nullable", None) is True:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain


def _nested(params: dict[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in params.items():
        *path, last = re.findall(r"[^\[\]]+", name)
        node = nested
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return nested


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """Form strings as the schema's types; what does not fit stays text, for the validator to find."""
    if "$ref" in schema:
        return _typed(value, _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for branch in schema.get("anyOf", []):
        if isinstance(value, dict) == ("$ref" in branch or branch.get("type") in ("object", "array")):
            return _typed(value, branch)
    if isinstance(value, dict):
        return _typed_parts(value, schema)
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _typed_parts(value: dict[str, Any], schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return [_typed(value[str(index)], schema["items"]) for index in range(len(value))]
    properties = schema.get("properties", {})
    return {key: _typed(item, properties.get(key, {})) for key, item in value.items()}
