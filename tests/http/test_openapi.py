"""The OpenAPI document is valid, complete and served; the code and the document say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from attrs import fields
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters.http import request_bodies as bodies
from adapters.http.errors import STATUS
from tests.support.http.http_school import HttpSchool
from tests.support.http.openapi import DOCUMENT, document, operations, problems, resolved, response_problems

REQUESTS = {
    "EnrollRequest": bodies.EnrollBody,
    "RenameRequest": bodies.RenameBody,
    "ProgressRequest": bodies.ProgressBody,
    "SessionRequest": bodies.SessionBody,
    "ValidateCouponRequest": bodies.ValidateBody,
    "CouponRequest": bodies.CouponBody,
    "CouponTermsRequest": bodies.CouponTermsBody,
    "ResolveRequest": bodies.ResolveBody,
}
every_operation = pytest.mark.parametrize(("method", "path"), sorted(operations()))


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
    expected: list[dict[str, list[str]]] | None = [{authorizer.name: []}] if authorizer else None
    assert operations()[method, path].get("security") == expected
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
        media: dict[str, Any] = content["application/json"]
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
    """Nobody is told of an error status that no error has."""
    described = {
        int(status)
        for operation in operations().values()
        for status in operation["responses"]
        if status.isdigit() and int(status) >= 400
    }
    assert described <= set(STATUS.values())


@pytest.mark.parametrize(("name", "kind"), REQUESTS.items())
def test_request_schemas_have_the_fields_of_the_code(name: str, kind: type) -> None:
    """The same names, the same required ones, and no others allowed."""
    schema = document()["components"]["schemas"][name]
    known = {attribute.alias: attribute for attribute in fields(kind)}
    assert schema["properties"].keys() == known.keys()
    required = [alias for alias, attribute in known.items() if repr(attribute.default) == "NOTHING"]
    assert sorted(schema.get("required", [])) == sorted(required)
    assert schema["additionalProperties"] is False


def test_an_answer_with_an_unknown_field_would_be_noticed() -> None:
    """Control: the judge of every answer in these tests does refuse."""
    good = {"enrolled": True}
    path = "/api/enrollments/check/{courseId}"
    assert not response_problems("GET", path, 200, {}, good)
    for wrong in ({}, {"enrolled": 1}, good | {"email": "x"}):
        assert response_problems("GET", path, 200, {}, wrong)
    assert response_problems("GET", path, 204, {}, good)
    assert response_problems("GET", path, 404, {}, {"message": "Missing Authentication Token"})
