"""What the API checks of every request itself: the token's pool, client and use; the way it came; how often."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from attrs import evolve

from adapters.http.api import create_app
from adapters.http.client_address import client_of
from adapters.settings import Settings, SettingsError
from domain.transactions.rate_limits import CheckoutLimits
from tests.support.http.api_gateway_events import claims, proxy_event
from tests.support.http.http_school import SAM, HttpSchool
from tests.support.http.openapi import operations
from tests.support.wiring import SETTINGS

SECRET = "edge-secret"
SOURCE = "203.0.113.7"  # as in proxy_event


def school_with(
    *, more_client_ids: str = "", edge_secret: str = "", edge_required: str = "no", per_address: int = 60
) -> HttpSchool:
    """The API with other settings."""
    settings = evolve(
        SETTINGS,
        more_client_ids=more_client_ids,
        edge_secret=edge_secret,
        edge_required=edge_required,
        checkouts_per_address=per_address,
    )
    school = HttpSchool()
    school.container.register(Settings, instance=settings)
    school.container.register(CheckoutLimits, instance=CheckoutLimits(per_address=per_address))
    school.app = create_app(settings, school.container, environment={})
    return school


# -- the token ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another-client"},
        {"aud": ""},
        {"aud": None},
        {"aud": ["client-1"]},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another00"},
        {"iss": None},
        {"token_use": "access"},
        {"token_use": None},
    ],
)
def test_fault_73_a_token_of_another_client_pool_or_use_is_401(school: HttpSchool, wrong: dict[str, Any]) -> None:
    """Whatever the gateway in front has let in; with the right claims the same caller is answered."""
    given = {name: value for name, value in claims("user-1", **wrong).items() if value is not None}

    answer = school.get("/api/students/me", who=given)

    assert (answer.status, answer.code) == (401, "unauthorized")
    assert school.get("/api/students/me", who=claims("user-1")).status == 200


def test_a_school_can_accept_more_clients() -> None:
    """An app of the school's own with a client of its own: named in the settings, and nobody else."""
    school = school_with(more_client_ids="app-client, other-client")

    assert school.get("/api/students/me", who=claims("user-1", aud="app-client")).status == 200
    assert school.get("/api/students/me", who=claims("user-1", aud="client-1")).status == 200
    assert school.get("/api/students/me", who=claims("user-1", aud="foreign")).status == 401
    assert school.get("/api/students/me", who=claims("user-1", aud="")).status == 401


# -- the edge ----------------------------------------------------------------------------------------------------------


def test_fault_127_what_did_not_come_through_the_edge_is_refused_where_the_school_asks_for_it() -> None:
    """Public routes and webhooks too: around CloudFront there would be no firewall."""
    school = school_with(edge_secret=SECRET, edge_required="yes")

    for headers in ({}, {"X-Edge-Secret": "guess"}, {"X-Edge-Secret": "é"}):
        assert school.get("/api/health", headers=headers).status == 403
    assert school.get("/api/health", headers={"X-Edge-Secret": SECRET}).status == 200


def test_requiring_the_edge_needs_its_secret() -> None:
    """Without one no request at all would be answered."""
    variables = {
        "STAGE": "test",
        "TABLE_NAME": "table",
        "QUEUE_NAME": "queue",
        "WEB_ORIGIN": "https://school.example",
        "USER_POOL_ARN": "pool",
        "USER_POOL_CLIENT_ID": "client",
        "EDGE_REQUIRED": "yes",
    }
    with pytest.raises(SettingsError, match="EDGE_SECRET"):
        Settings.from_environment(variables)
    assert Settings.from_environment({**variables, "EDGE_SECRET": SECRET}).edge_required == "yes"


def named(source: str, secret: str = SECRET, **headers: str) -> str:
    """The client's pseudonym."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client_of({"identity": {"sourceIp": source}}, given, secret)


def test_fault_127_behind_the_edge_clients_are_distinguished() -> None:
    """The address that CloudFront has added counts, whatever the client claims before it."""
    edge, other_edge, client = "198.51.100.1", "198.51.100.2", "192.0.2.1"
    one = named(edge, x_edge_secret=SECRET, x_forwarded_for=f"{client}, {edge}")

    assert one == named(other_edge, x_edge_secret=SECRET, x_forwarded_for=f"{client}, {other_edge}")
    assert one == named(edge, x_edge_secret=SECRET, x_forwarded_for=f"8.8.8.8, {client}, {edge}")
    assert one == named(edge, x_edge_secret=SECRET, x_forwarded_for=client)
    assert one == named(client)
    assert one != named(edge, x_edge_secret=SECRET, x_forwarded_for=f"192.0.2.2, {edge}")


def test_fault_127_without_the_edges_secret_nobody_chooses_their_address() -> None:
    """A header that anybody can send is not believed."""
    plain = named(SOURCE)

    assert named(SOURCE, x_forwarded_for="192.0.2.1") == plain
    assert named(SOURCE, x_forwarded_for="192.0.2.1", x_edge_secret="guess") == plain
    assert named(SOURCE, secret="", x_forwarded_for="192.0.2.1", x_edge_secret="") == named(SOURCE, secret="")


def test_a_pseudonym_depends_on_the_secret_and_hides_the_address() -> None:
    """Four thousand million addresses are tried in minutes, but not without the key."""
    assert named(SOURCE) != named(SOURCE, secret="another")
    assert SOURCE not in named(SOURCE)


def test_a_client_has_its_whole_ipv6_network() -> None:
    """One client usually has 2^64 addresses; the next network is another client's."""
    assert named("2001:db8:1:2::1") == named("2001:db8:1:2:ffff::9")
    assert named("2001:db8:1:2::1") != named("2001:db8:1:3::1")
    assert named("not an address") == named("not an address")


# -- how often ---------------------------------------------------------------------------------------------------------


def request(number: int, source: str = SOURCE, who: str = "user-1") -> dict[str, Any]:
    """One request to cancel a checkout that does not exist, from an address."""
    event = proxy_event(
        "POST", "/api/payments/sessions/{id}/cancel", path_params={"id": "ps_1"}, who=claims(who), body="{}"
    )
    event["requestContext"] |= {"requestId": f"request-{number}", "identity": {"sourceIp": source}}
    return event


def test_fault_128_one_address_has_a_bounded_number_of_requests_that_cost(school: HttpSchool) -> None:
    """Beyond it everybody there gets 429 with a time to wait, whichever account; another address is served."""
    answers = [
        school.invoke(request(number, who=f"user-{number % 7}")) for number in range(SETTINGS.checkouts_per_address + 1)
    ]

    assert [answer.status for answer in answers[:-1]] == [404] * SETTINGS.checkouts_per_address
    assert (answers[-1].status, answers[-1].code) == (429, "rate_limited")
    assert answers[-1].headers["retry-after"]
    assert school.invoke(request(1, source="198.51.100.9")).status == 404


def test_a_school_may_count_no_addresses() -> None:
    """With 0 nobody is refused, and nothing is written."""
    school = school_with(per_address=0)

    assert school.invoke(request(1)).status == 404
    assert school.store.rate_limits == {}


# -- what every answer says, and what is logged ------------------------------------------------------------------------


SECURITY_HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


@pytest.mark.parametrize(("method", "path"), sorted(operations()))
def test_fault_132_every_answer_has_the_security_headers(school: HttpSchool, method: str, path: str) -> None:
    """Good answers, refusals, and those that Chalice makes itself."""
    concrete = path.format_map(_Any())
    for answer in (school.call(method, concrete, who=SAM), school.call("DELETE", concrete, who=None)):
        assert answer.headers.items() >= SECURITY_HEADERS.items()


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "one-1"


def test_who_is_refused_is_logged_without_a_name(school: HttpSchool, caplog: pytest.LogCaptureFixture) -> None:
    """401, 403 and forged webhooks leave a line: the route, the user's id, a pseudonym of the address."""
    with caplog.at_level(logging.WARNING, logger="learnermax.http"):
        school.get("/api/admin/coupons")
        school.get("/api/students/me", who=None)
        school.post("/api/webhooks/stripe", {}, headers={"Stripe-Signature": "t=1,v1=00"})

    lines = [json.loads(record.message) for record in caplog.records]
    assert [(line["route"], line["reason"]) for line in lines] == [
        ("GET /api/admin/coupons", "forbidden"),
        ("GET /api/students/me", "unauthorized"),
        ("POST /api/webhooks/{provider}", "signature_invalid"),
    ]
    assert lines[0]["user_id"] == "user-1"
    assert {line["client"] for line in lines} == {named(SOURCE, secret="")}
    assert "example.com" not in caplog.text
    assert SOURCE not in caplog.text
