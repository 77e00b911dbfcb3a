"""The OpenAPI document, put together from the routes, the classes of their bodies, and the prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from adapters.http import errors as http_errors
from adapters.http import field_types, response_bodies
from adapters.http.response_bodies import Error
from adapters.http.routing import Access, Route
from domain import errors as domain_errors
from scripts.openapi.schemas import Json, reference, referred_to, schema_of_class, schema_of_type

_HERE = Path(__file__).parent
_REQUEST_ID = "0f4e8a52-5e0c-4d8b-9a52-3c1f6a2f7f10"
_SCHEME = "students"
_FIRST_ERROR = 400


def build(routes: Iterable[Route]) -> Json:
    """The document that describes these routes.

    Raises:
        KeyError: an operation, a parameter or an example has no prose.
    """
    return _Document(list(routes)).build()


class _Document:
    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self.prose: Json = _load("operations")
        self.examples: Json = _load("examples")

    def build(self) -> Json:
        paths: dict[str, Json] = {}
        for route in self.routes:
            paths.setdefault(route.path, {})[route.method.lower()] = self._operation(route)
        return {
            "openapi": "3.1.0",
            "info": self.prose["info"],
            "servers": [{"url": "/"}],
            "tags": [{"name": name, "description": text} for name, text in self.prose["tags"].items()],
            "paths": paths,
            "components": {
                "schemas": self._schemas(),
                "responses": {error["name"]: self._error(error) for error in self.prose["errors"].values()},
                "headers": {name: self._header(header) for name, header in self.prose["headers"].items()},
                "securitySchemes": {
                    _SCHEME: {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "An ID token of the school's Cognito user pool.",
                    }
                },
            },
        }

    def _operation(self, route: Route) -> Json:
        prose = self.prose["operations"][f"{route.method} {route.alias_of or route.path}"]
        parameters = [*re.findall(r"\{(\w+)\}", route.path), *prose.get("parameters", [])]
        if route.is_repeatable:
            parameters.append("idempotencyKey")
        operation: Json = {
            "operationId": prose["operationId"] + self._alias_suffix(route),
            "tags": [prose["tag"]],
            "summary": prose["summary"],
        }
        if route.alias_of:
            operation |= {"deprecated": True, "description": f"The same as {route.alias_of}, for existing callers."}
        elif "description" in prose:
            operation["description"] = prose["description"]
        if parameters:
            operation["parameters"] = [self._parameter(name) for name in parameters]
        if "request" in prose:
            schema = reference(route.body) if route.body else {"type": "object", "additionalProperties": True}
            operation["requestBody"] = {"required": True, **self._content(schema, prose["request"])}
        operation["responses"] = self._responses(route, prose)
        operation["security"] = [] if route.access is Access.PUBLIC else [{_SCHEME: []}]
        return operation

    def _alias_suffix(self, route: Route) -> str:
        if not route.alias_of:
            return ""
        aliases = [
            known.path for known in self.routes if (known.method, known.alias_of) == (route.method, route.alias_of)
        ]
        return "Alias" if len(aliases) == 1 else f"Alias{aliases.index(route.path) + 1}"

    def _responses(self, route: Route, prose: Json) -> Json:
        answered = prose["responses"]
        responses: Json = {str(status): self._response(route, status, entry) for status, entry in answered.items()}
        for status in sorted(_statuses_of_errors(route, prose) - answered.keys()):
            responses[str(status)] = self._error_reference(status)
        return {**dict(sorted(responses.items())), "default": self._error_reference("default")}

    def _response(self, route: Route, status: int, prose: Json) -> Json:
        schema = prose.get("schema") or _answer_schema(route, is_error=status >= _FIRST_ERROR)
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in prose.get("headers", [])}
        return {
            "description": prose["description"],
            **({"headers": headers} if headers else {}),
            **self._content(schema, prose.get("example"), prose.get("media", "application/json")),
        }

    def _error_reference(self, status: int | str) -> Json:
        return {"$ref": f"#/components/responses/{self.prose['errors'][status]['name']}"}

    def _error(self, prose: Json) -> Json:
        kind = getattr(http_errors, prose["error"], None) or getattr(domain_errors, prose["error"])
        example = {"error": prose.get("sentence", kind.sentence), "code": kind.code, "requestId": _REQUEST_ID}
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in prose.get("headers", [])}
        return {
            "description": prose["description"],
            **({"headers": headers} if headers else {}),
            "content": {"application/json": {"schema": reference(Error), "example": example}},
        }

    def _content(self, schema: Json, example: str | None, media_type: str = "application/json") -> Json:
        media = {"schema": schema} | ({"example": self.examples[example]} if example else {})
        return {"content": {media_type: media}}

    def _parameter(self, name: str) -> Json:
        prose: Json = self.prose["parameters"][name]
        required = {"required": True} if prose["in"] == "path" or prose.get("required") else {}
        text = prose["description"]
        return {"name": prose.get("name", name), "in": prose["in"], **required, "description": text, **_typed(prose)}

    def _header(self, prose: Json) -> Json:
        return {"description": prose["description"], **_typed(prose)}

    def _schemas(self) -> Json:
        prose = _load("schemas")
        answers = set().union(*(referred_to(_answer(route)) for route in self.routes), {Error})
        requests = set().union(*(referred_to(route.body) for route in self.routes if route.body))
        kinds = sorted(answers | requests, key=lambda kind: str(kind.__name__))
        return {kind.__name__: _described(schema_of_class(kind), kind.__name__, prose) for kind in kinds}


def _load(name: str) -> Json:
    loaded: Json = yaml.safe_load((_HERE / f"{name}.yaml").read_text("utf-8"))
    return loaded


def _statuses_of_errors(route: Route, prose: Json) -> set[int]:
    """Those that the prose names, and those that follow from who may call the route and what it takes."""
    statuses = set(prose.get("errors", []))
    if route.access is not Access.PUBLIC:
        statuses.add(401)
    if route.access is Access.OFFICE:
        statuses.add(403)
    if route.body:
        statuses |= {400, 413, 415}
    if route.is_repeatable:
        statuses |= {400, 409, 422}
    if prose.get("parameters"):
        statuses.add(400)
    return statuses


def _answer(route: Route) -> Any:
    """What the view answers: X of the annotation ``Reply[X]``. Its module knows the classes for type checking only."""
    known = {**vars(response_bodies), "bodies": response_bodies}
    [answer] = get_args(get_type_hints(route.view, localns=known)["return"])
    return answer


def _answer_schema(route: Route, *, is_error: bool) -> Json:
    """Of the classes that the view may answer with, those that report an error, or the others."""
    answer = _answer(route)
    kinds = [answer] if get_origin(answer) is list or isinstance(answer, type) else get_args(answer)
    schemas = [schema_of_type(kind) for kind in kinds if _is_error(kind) == is_error]
    if is_error:
        return {"anyOf": [*schemas, reference(Error)]}
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}


def _is_error(kind: Any) -> bool:
    return Error.__annotations__.keys() <= getattr(kind, "__annotations__", {}).keys()


def _typed(prose: Json) -> Json:
    return {"schema": prose.get("schema") or schema_of_type(getattr(field_types, prose["type"]))}


def _described(schema: Json, name: str, prose: Mapping[str, Any]) -> Json:
    texts = {**prose["properties"], **prose["schemas"].get(name, {})}
    for field, described in schema["properties"].items():
        if field in texts and "$ref" not in described:
            described["description"] = texts[field]
    return schema
