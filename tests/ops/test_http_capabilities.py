"""Whatever the office can do over HTTP, an operator can do on the command line, and with the same terms."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest

from scripts.ops.cli import ops
from tests.support.http.openapi import document, operations

PAGE = Path(__file__).resolve().parents[2] / "docs" / "office.md"
COMMANDS = {
    route: re.findall(r"`ops ([a-z ]+)`", commands)
    for route, commands in re.findall(r"^\| `(\w+ /api/admin[^`]*)` \|(.*?)\|", PAGE.read_text("utf-8"), re.MULTILINE)
}
"""The commands of each route, as the page about the office has them."""

OPTIONS = {
    "amount": "--amount",
    "applicableCourses": "--course",
    "bar": "--bar",
    "by": "--by",
    "comingSoon": "--coming-soon",
    "course": "--course",
    "coupon": "--coupon",
    "currency": "--currency",
    "curriculum": "--curriculum",
    "description": "--description",
    "discountType": "--percent",
    "discountValue": "--amount",
    "estimatedDuration": "--duration",
    "expiresAt": "--until",
    "from": "--from",
    "imageUrl": "--image-url",
    "instructor": "--instructor",
    "learningObjectives": "--objective",
    "listed": "--listed",
    "maxUses": "--max-uses",
    "maximumDiscount": "--at-most",
    "minimumAmount": "--minimum",
    "month": "--month",
    "name": "--name",
    "note": "--note",
    "pricingModel": "--model",
    "provider": "--provider",
    "reason": "--reason",
    "resolution": "--as",
    "status": "--status",
    "to": "--to",
    "totalLessons": "--lessons",
    "user": "--user",
    "userId": "--user",
    "validFrom": "--from",
    "validUntil": "--until",
}
"""The option that says the same as a query parameter or as a field of a body."""

ARGUMENTS = {"capacity": "seats", "code": "code", "courseId": "course_id", "email": "email", "price": "price"}
"""The argument that does."""

OTHERWISE = {
    ("GET /api/admin/payments", "find"): "payments show",
    ("PATCH /api/admin/coupons/{code}", "isActive"): "coupons activate",
    ("POST /api/admin/coupons", "isActive"): "coupons create",  # --inactive
    ("PUT /api/admin/courses/{courseId}/sales", "closed"): "courses close",
    ("PUT /api/admin/sales", "closed"): "sales close",
}
"""What is a command, or an option of another sense."""

SHOWN = {"limit", "cursor", "before"}
"""Pages are read to their end, and an operator changes what the command has just read."""


def command(words: str) -> click.Command:
    """The command of these words."""
    found: click.Command = ops
    for word in words.split():
        assert isinstance(found, click.Group), words
        found = found.commands[word]
    assert not isinstance(found, click.Group), f"{words} is a group"
    return found


def asked_of(route: str) -> set[str]:
    """The query parameters and the fields of the body that a route takes."""
    method, path = route.split(" ")
    operation = operations()[method, path]
    found = {one["name"] for one in map(resolved, operation.get("parameters", [])) if one["in"] == "query"}
    if "requestBody" in operation:
        schema = resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        found |= set(schema["properties"])
    return found - SHOWN


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference of the document leads to."""
    while "$ref" in part:
        found: Any = document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


@pytest.mark.parametrize("route", sorted(COMMANDS))
def test_every_route_of_the_office_has_a_command(route: str) -> None:
    """With --json; where it changes something, with --dry-run too."""
    assert COMMANDS[route], route
    for words in COMMANDS[route]:
        options = {option for parameter in command(words).params for option in parameter.opts}
        assert "--json" in options
        assert route.startswith("GET ") or route.endswith("/export") or "--dry-run" in options, words


@pytest.mark.parametrize("route", sorted(COMMANDS))
def test_the_command_takes_what_the_route_takes(route: str) -> None:
    """Each parameter and each field has an option or an argument in one of the commands."""
    known = {name for words in COMMANDS[route] for parameter in command(words).params for name in names(parameter)}
    for asked in asked_of(route):
        if (route, asked) in OTHERWISE:
            assert command(OTHERWISE[route, asked]).params
        else:
            assert known & {OPTIONS.get(asked), ARGUMENTS.get(asked), f"--{asked}"}, f"{route}: {asked}"


def names(parameter: click.Parameter) -> set[str]:
    """How a parameter is given: an option by its flags, an argument by its name."""
    return (
        {*parameter.opts, *parameter.secondary_opts} if isinstance(parameter, click.Option) else {str(parameter.name)}
    )
