"""The routes and handlers that API Gateway and Lambda get: guarded, addressable, and named in app.py."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from chalice.app import Chalice, CognitoUserPoolAuthorizer
from chalice.deploy.validate import (
    validate_route_content_types,
    validate_routes,
    validate_sqs_configuration,
)

from scripts.stack.app_loader import lambda_process, load_app
from tests.support.deployment.variables import ENVIRONMENT
from tests.support.http.openapi import operations

PUBLIC = {
    ("GET", "/api/health"),
    ("GET", "/api/config"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/courses"),
    ("GET", "/api/courses/{courseId}"),
    ("POST", "/api/courses/{courseId}/interest"),
    ("GET", "/api/certificates/{number}"),
    ("GET", "/api/payments/coupons/active"),
    ("GET", "/api/payments/sessions/{id}/{checkoutId}"),
    ("GET", "/api/payments/sessions/stripe/{stripeSessionId}"),
    ("POST", "/api/webhooks/{provider}"),
    ("POST", "/api/payments/webhooks/stripe"),
    ("POST", "/api/stripe/webhooks"),
}
"""All that anybody may call. Adding to this list is a decision."""


@pytest.fixture(scope="module")
def module() -> Iterator[ModuleType]:
    """app.py, as Lambda imports it."""
    with lambda_process(ENVIRONMENT):
        load_app()
        yield sys.modules["app"]


@pytest.fixture(scope="module")
def app(module: ModuleType) -> Chalice:
    """The Chalice app in it."""
    found: Chalice = module.app
    return found


def test_every_route_is_authorized_but_the_listed_ones(app: Chalice) -> None:
    """A route without an authorizer is open to the world, so each is named here."""
    found = {(method, path) for path, entries in app.routes.items() for method, entry in entries.items()}
    guarded = {
        (method, path)
        for path, entries in app.routes.items()
        for method, entry in entries.items()
        if isinstance(entry.authorizer, CognitoUserPoolAuthorizer)
    }
    assert found - guarded == PUBLIC


def test_tokens_are_id_tokens_of_the_one_pool(app: Chalice) -> None:
    """No scopes, so that the gateway expects an ID token; one authorizer, of the pool in the settings."""
    guards = {entry.authorizer for entries in app.routes.values() for entry in entries.values() if entry.authorizer}
    [lock] = guards
    assert lock.scopes == []
    assert lock.to_swagger()["x-amazon-apigateway-authorizer"]["providerARNs"] == [ENVIRONMENT["USER_POOL_ARN"]]


def test_chalice_can_deploy_the_routes(app: Chalice) -> None:
    """Its own validation before a deployment."""
    validate_routes(app.routes)
    validate_route_content_types(app.routes, app.api.binary_types)
    validate_sqs_configuration(app)


def test_every_handler_is_found_on_app_py(app: Chalice, module: ModuleType) -> None:
    """Lambda imports app.py and looks the handler up there; whatever is registered elsewhere would never run."""
    handlers: list[Any] = [*app.event_sources, *app.pure_lambda_functions]
    assert {handler.handler_string for handler in handlers} == {
        "app.settle_queued_event",
        "app.reconcile",
        "app.catch_up",
        "app.recount",
    }
    for handler in handlers:
        name = handler.handler_string.removeprefix("app.")
        assert getattr(module, name) is app.handler_map[handler.name]


def siblings(paths: list[str]) -> dict[str, set[str]]:
    """The names of the variables by the place where they stand."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for variable in re.finditer(r"\{[^}]*\}", path):
            found[re.sub(r"\{[^}]*\}", "{}", path[: variable.start()])].add(variable[0])
    return found


def test_variables_in_one_place_have_one_name(app: Chalice) -> None:
    """API Gateway refuses /a/{x} beside /a/{y}/b; Chalice does not notice."""
    assert all(len(names) == 1 for names in siblings(list(app.routes)).values())
    assert max(len(names) for names in siblings(["/a/{x}", "/a/{y}/b"]).values()) == 2


def test_no_path_is_greedy_or_ends_in_a_slash(app: Chalice) -> None:
    """Chalice binds no greedy parameter, and /x/ is not /x at the gateway."""
    assert not [path for path in app.routes if "+}" in path or path.endswith("/")]


def test_nobody_answers_options_or_head(app: Chalice) -> None:
    """Preflights are the gateway's."""
    assert {method for entries in app.routes.values() for method in entries} == {
        "GET",
        "POST",
        "PATCH",
        "PUT",
        "DELETE",
    }


def test_all_methods_of_a_path_have_one_cors(app: Chalice) -> None:
    """The gateway answers one preflight per path."""
    for path, entries in app.routes.items():
        assert len({id(entry.cors) for entry in entries.values()}) == 1, path


def test_the_contracts_paths_are_all_there() -> None:
    """Those that existing front ends call, aliases included; the OpenAPI tests hold them to the routes."""
    described = {path for _, path in operations()}
    assert {
        "/api/students/me",
        "/api/enrollments",
        "/api/enrollments/check/{courseId}",
        "/api/enrollments/{courseId}",
        "/api/payments/enrollments",
        "/api/payments/enrollments/course/{courseId}",
        "/api/payments/sessions",
        "/api/payments/sessions/{id}",
        "/api/payments/sessions/{id}/cancel",
        "/api/bookings/create",
        "/api/bookings/user",
        "/api/bookings/{id}",
        "/api/checkout/session/{stripeSessionId}",
        "/api/payments/coupons/validate",
        "/api/admin/coupons",
        "/api/admin/coupons/{code}",
    } <= described
