"""The OpenAPI document is generated from the code, valid, served, and fit for generators of clients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters.http import field_types
from adapters.http.errors import STATUS
from adapters.http.route_list import ROUTES
from scripts.openapi.__main__ import document_text, routes_text
from tests.support.http.http_school import HttpSchool
from tests.support.http.openapi import DOCUMENT, document, operations, problems, resolved, response_problems

every_operation = pytest.mark.parametrize(("method", "path"), sorted(operations()))


def test_the_checked_in_document_is_the_generated_one() -> None:
    """Where this fails, run make openapi and look at the difference: it is what clients will see."""
    assert DOCUMENT.read_text("utf-8") == document_text()


def test_the_checked_in_routes_are_those_of_the_views() -> None:
    """Where this fails, run make openapi: a route that is not in the list is not served."""
    assert ROUTES.read_text("utf-8") == routes_text()


def test_the_document_is_valid() -> None:
    """By the rules of OpenAPI 3.1, schemas and defaults included."""
    assert document()["openapi"].startswith("3.1.")
    assert not list(OpenAPIV31SpecValidator(document()).iter_errors())


def test_the_document_is_served_to_everybody(school: HttpSchool) -> None:
    """As it is in the file."""
    assert school.get("/api/openapi.json", who=None).body == document()
    assert DOCUMENT.name == "openapi.json"


def test_routes_and_document_name_the_same_calls(school: HttpSchool) -> None:
    """Every path and method, aliases included, both ways."""
    routes = {(method, path) for path, entries in school.app.routes.items() for method in entries}
    assert routes == operations().keys()


@every_operation
def test_security_is_where_the_authorizer_is(school: HttpSchool, method: str, path: str) -> None:
    """Public in the document is public at the gateway, and the scheme has the authorizer's name."""
    authorizer = school.app.routes[path][method].authorizer
    assert operations()[method, path]["security"] == ([{authorizer.name: []}] if authorizer else [])
    assert ("401" in operations()[method, path]["responses"]) == (authorizer is not None)


@every_operation
def test_path_parameters_are_those_of_the_path(method: str, path: str) -> None:
    """Each is described, required, and there is no other."""
    described = [resolved(parameter) for parameter in operations()[method, path].get("parameters", [])]
    in_path = [parameter["name"] for parameter in described if parameter["in"] == "path"]
    assert in_path == re.findall(r"\{(\w+)\}", path)
    assert all(parameter["required"] for parameter in described if parameter["in"] == "path")


def test_every_operation_has_a_name_of_its_own() -> None:
    """Tools make function names of them."""
    names = [operation["operationId"] for operation in operations().values()]
    assert len(names) == len(set(names))


@every_operation
def test_examples_are_what_they_exemplify(method: str, path: str) -> None:
    """Each example of a body or an answer fits its schema."""
    operation = operations()[method, path]
    contents = [resolved(response)["content"] for response in operation["responses"].values()]
    contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
    for content in contents:
        media: dict[str, Any]
        [media] = content.values()
        if "example" in media:
            assert not problems(media["schema"], media["example"]), media["example"]


@every_operation
def test_bodies_can_be_refused_in_every_way_described(method: str, path: str) -> None:
    """A call that takes a body describes 400 and 413, and one that takes JSON of ours 415 too; all end in default."""
    responses = operations()[method, path]["responses"]
    if "requestBody" in operations()[method, path]:
        wanted = {"400", "413"} if "webhooks" in path else {"400", "413", "415"}
        assert wanted <= responses.keys()
    assert responses["default"] == {"$ref": "#/components/responses/Error"}


def test_described_statuses_are_those_of_the_table() -> None:
    """No error status is documented that no error has."""
    described = {
        int(status)
        for operation in operations().values()
        for status in operation["responses"]
        if status.isdigit() and int(status) >= 400
    }
    assert described <= set(STATUS.values())


def every_schema(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document that has or could have the keywords of a schema, examples left out."""
    if isinstance(node, list):
        for entry in node:
            yield from every_schema(entry)
    if isinstance(node, dict):
        yield node
        for name, entry in node.items():
            if name != "example":
                yield from every_schema(entry)


def test_generators_of_clients_stumble_over_nothing() -> None:
    """No constant, which some write as invalid code; no default, which makes an optional property required; a type for
    whatever has values listed.
    """
    for schema in every_schema(document()):
        assert "const" not in schema
        assert "default" not in schema or "responses" in schema or "$ref" in schema["default"], schema
        assert "enum" not in schema or "type" in schema


@every_operation
def test_aliases_are_deprecated_and_nothing_else_is(method: str, path: str) -> None:
    """Whoever writes a new client is led to the canonical path."""
    operation = operations()[method, path]
    assert operation.get("deprecated", False) == ("Alias" in operation["operationId"])


ADDRESSED = ("courseId", "userId", "paymentSessionId", "couponCode", "currency", "cursor", "returnUrl", "redirectUrl")


def test_ids_codes_cursors_currencies_and_urls_have_patterns() -> None:
    """A client that checks before it sends refuses what the API would refuse."""
    named = [
        (name, resolved(schema))
        for known in document()["components"]["schemas"].values()
        for name, schema in known["properties"].items()
    ]
    named += [
        (described["name"], described["schema"])
        for operation in operations().values()
        for described in operation.get("parameters", [])
    ]
    for name in ADDRESSED:
        assert all("pattern" in schema for known, schema in named if known == name), name
        assert any(known == name for known, _ in named), name


@pytest.mark.parametrize(
    "pattern", [field_types.Id, field_types.StoredCouponCode, field_types.OwnUrl, field_types.Cursor]
)
def test_a_pattern_holds_from_the_first_character_to_the_last(pattern: Any) -> None:
    """One that is not anchored would let anything through."""
    [keywords] = [entry.keywords for entry in pattern.__metadata__]
    assert not any(re.search(keywords["pattern"], wrong) for wrong in ("", " ABC", "ABC ", "A BC"))
    assert re.search(keywords["pattern"], "ABC")


def test_an_answer_with_an_unknown_field_would_be_noticed() -> None:
    """Control: the judge of every answer in these tests does refuse."""
    good = {"enrolled": True}
    path = "/api/enrollments/check/{courseId}"
    assert not response_problems("GET", path, 200, {}, good)
    for wrong in ({}, {"enrolled": 1}, good | {"email": "x"}):
        assert response_problems("GET", path, 200, {}, wrong)
    assert response_problems("GET", path, 204, {}, good)
    assert response_problems("GET", path, 404, {}, {"message": "Missing Authentication Token"})
