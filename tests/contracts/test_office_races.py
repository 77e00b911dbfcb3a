"""Two or more people of the office at the same moment: what is stored is what some order of their requests stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import pytest

from adapters.http.permissions import PERMISSIONS
from tests.support.aws.backends import a_client
from tests.support.aws.office_races import OfficeRaces, Outcome, Request
from tests.support.aws.stored_office import WHY
from tests.support.http.http_school import KIM, SAM

pytestmark = pytest.mark.races

CALLERS = 4
HONEST = {403, 404, 409}
"""How a request may be refused that came too late, a student's without an invitation too. Busy (503) is repeated."""

ACTIVE = "/api/admin/students/user-1/enrollments/course-1"
ENDED = "/api/admin/students/user-1/enrollments/free-1"
GRANTED = "/api/admin/students/user-2/enrollments/free-1"
COURSE = "/api/admin/courses/course-1"
PRIVATE = "/api/admin/courses/private/invitations"
COUPON = "/api/admin/coupons/SPRING"
SAMS, KIMS = "/api/admin/payments/{sam}", "/api/admin/payments/{kim}"
NEW_COURSE = WHY | {"courseId": "new-1", "name": "New", "pricingModel": "paid", "price": 9_900}
NEW_COUPON = WHY | {"code": "NEW", "discountType": "fixed", "discountValue": 100, "maxUses": 10}


def asked(route: str, **body: object) -> Request:
    """A request with a reason."""
    return Request(route=route, body=WHY | body)


def resolved(resolution: str) -> Request:
    """A decision about Kim's payment."""
    return Request(route=f"POST {KIMS}/resolve", body={"resolution": resolution, "note": "Agreed."})


REQUESTS: Mapping[str, Request] = {
    "POST /api/admin/students/{userId}/export": asked("POST /api/admin/students/user-1/export"),
    "POST /api/admin/students/{userId}/deletion": asked("POST /api/admin/students/user-1/deletion"),
    "PUT /api/admin/students/{userId}/enrollments/{courseId}": asked(f"PUT {GRANTED}"),
    "POST /api/admin/students/{userId}/enrollments/{courseId}/revoke": asked(f"POST {ACTIVE}/revoke"),
    "POST /api/admin/students/{userId}/enrollments/{courseId}/reinstate": asked(f"POST {ENDED}/reinstate"),
    "POST /api/admin/students/{userId}/enrollments/{courseId}/unbar": asked(f"POST {ENDED}/unbar"),
    "POST /api/admin/payments/{id}/resolve": resolved("enrolled"),
    "PUT /api/admin/payments/{id}/refunds/{refundId}": asked(f"PUT {SAMS}/refunds/r-1", amount=100),
    "PUT /api/admin/payments/{id}/repayments/{refundId}": asked(f"PUT {SAMS}/repayments/r-1", amount=100),
    "POST /api/admin/courses": Request(route="POST /api/admin/courses", body=NEW_COURSE),
    "PATCH /api/admin/courses/{courseId}": asked(f"PATCH {COURSE}", name="Other"),
    "PUT /api/admin/courses/{courseId}/price": asked(f"PUT {COURSE}/price", price=9_900, currency="usd"),
    "PUT /api/admin/courses/{courseId}/sales": asked(f"PUT {COURSE}/sales", closed=True),
    "PUT /api/admin/courses/{courseId}/capacity": asked(f"PUT {COURSE}/capacity", capacity=20),
    "POST /api/admin/courses/{courseId}/invitations": asked(f"POST {PRIVATE}", email="kim@example.com"),
    "DELETE /api/admin/courses/{courseId}/invitations/{invitationId}": Request(
        route=f"DELETE {PRIVATE}/{{invitation}}"
    ),
    "POST /api/admin/courses/{courseId}/interest/forget": Request(
        route="POST /api/admin/courses/soon-1/interest/forget", body={"email": "sam-1@example.com"}
    ),
    "PUT /api/admin/sales": asked("PUT /api/admin/sales", closed=True),
    "POST /api/admin/coupons": Request(route="POST /api/admin/coupons", body=NEW_COUPON),
    "PATCH /api/admin/coupons/{code}": asked(f"PATCH {COUPON}", isActive=False),
}
"""One request for every route of the office that changes something."""

RECORDED_EACH_TIME = {"POST /api/admin/students/{userId}/export"}
"""Not a change: every time that somebody takes data out is on record."""

REVOKED = asked(f"POST {ACTIVE}/revoke")
FULL_REFUND = asked(f"PUT {SAMS}/refunds/all")
CAPACITY_2 = asked(f"PUT {COURSE}/capacity", capacity=2)
BUYING = Request(route="POST /api/enrollments", body={"courseId": "course-1"})
BY_INVITATION = Request(route="POST /api/enrollments", body={"courseId": "private"}, who=SAM)
FREE_FOR_KIM = Request(route="POST /api/enrollments", body={"courseId": "free-1"}, who=KIM)
DELETED = asked("POST /api/admin/students/user-1/deletion")
INVITED = asked(f"POST {PRIVATE}", userId="user-2")
WITHDRAWN = Request(route=f"DELETE {PRIVATE}/{{invitation}}")
PAIRS: Mapping[str, tuple[tuple[Request, ...], tuple[Request, ...]]] = {
    "grant and revoke": ((asked(f"PUT {ACTIVE}"), REVOKED), ()),
    "revoke with a bar and without": ((REVOKED, asked(f"POST {ACTIVE}/revoke", bar=True)), ()),
    "grant and reinstate": ((asked(f"PUT {ENDED}"), asked(f"POST {ENDED}/reinstate")), ()),
    "reinstate and unbar": ((asked(f"POST {ENDED}/reinstate"), asked(f"POST {ENDED}/unbar")), ()),
    "grant and unbar": ((asked(f"PUT {ENDED}"), asked(f"POST {ENDED}/unbar")), ()),
    "revoke and refund in full": ((REVOKED, FULL_REFUND), ()),
    "reinstate and refund in full": ((asked(f"POST {ACTIVE}/reinstate"), FULL_REFUND), (REVOKED,)),
    "grant and refund in full": ((asked(f"PUT {ACTIVE}"), FULL_REFUND), (REVOKED,)),
    "grant and the student enrolls": ((asked(f"PUT {GRANTED}"), FREE_FOR_KIM), ()),
    "parts that are too much together": (
        tuple(asked(f"PUT {SAMS}/refunds/r-{number}", amount=10_000) for number in range(3)),
        (),
    ),
    "one refund of two amounts": (tuple(asked(f"PUT {SAMS}/refunds/r-1", amount=each) for each in (100, 200)), ()),
    "a refund and a repayment by hand": (
        (asked(f"PUT {SAMS}/refunds/r-1", amount=10_000), asked(f"PUT {SAMS}/repayments/r-2", amount=10_000)),
        (),
    ),
    "all that can be decided": (tuple(resolved(each) for each in ("enrolled", "refunded", "dismissed")), ()),
    "decide and grant": ((resolved("enrolled"), asked("PUT /api/admin/students/user-2/enrollments/course-1")), ()),
    "decide and refund": ((resolved("enrolled"), asked(f"PUT {KIMS}/refunds/r-1")), ()),
    "three prices": (tuple(asked(f"PUT {COURSE}/price", price=each, currency="usd") for each in (700, 800, 900)), ()),
    "a price and a name": (
        (asked(f"PUT {COURSE}/price", price=9_900, currency="usd"), asked(f"PATCH {COURSE}", name="Other")),
        (),
    ),
    "two names": (tuple(asked(f"PATCH {COURSE}", name=each) for each in ("One", "Other")), ()),
    "a price and sales closed": (
        (asked(f"PUT {COURSE}/price", price=9_900, currency="usd"), asked(f"PUT {COURSE}/sales", closed=True)),
        (),
    ),
    "a course is closed and opened": (
        tuple(asked(f"PUT {COURSE}/sales", closed=each) for each in (True, False)),
        (asked(f"PUT {COURSE}/sales", closed=True),),
    ),
    "the school is closed and opened": (
        tuple(asked("PUT /api/admin/sales", closed=each) for each in (True, False)),
        (),
    ),
    "two limits of a coupon": (tuple(asked(f"PATCH {COUPON}", maxUses=each) for each in (5, 7)), ()),
    "two terms of a coupon": ((asked(f"PATCH {COUPON}", maxUses=5), asked(f"PATCH {COUPON}", isActive=False)), ()),
    "one code for two coupons": (
        tuple(Request(route="POST /api/admin/coupons", body=NEW_COUPON | {"maxUses": each}) for each in (1, 2)),
        (),
    ),
    "one id for two courses": (
        tuple(Request(route="POST /api/admin/courses", body=NEW_COURSE | {"name": each}) for each in ("One", "Other")),
        (),
    ),
    "an invitation of two lengths": (
        (asked(f"POST {PRIVATE}", userId="user-2", expiresAt="2027-01-01T00:00:00Z"), INVITED),
        (),
    ),
    "withdraw and invite anew": (
        (WITHDRAWN, asked(f"POST {PRIVATE}", userId="user-1", expiresAt="2027-01-01T00:00:00Z")),
        (),
    ),
    "withdraw and use": ((WITHDRAWN, BY_INVITATION), ()),
    "two capacities": (tuple(asked(f"PUT {COURSE}/capacity", capacity=each) for each in (5, 7)), ()),
    "two other capacities": (tuple(asked(f"PUT {COURSE}/capacity", capacity=each) for each in (5, 7)), (CAPACITY_2,)),
    "a capacity and a grant": (
        (asked(f"PUT {COURSE}/capacity", capacity=1), asked("PUT /api/admin/students/user-3/enrollments/course-1")),
        (CAPACITY_2,),
    ),
    "a capacity and a name": ((CAPACITY_2, asked(f"PATCH {COURSE}", name="Other")), ()),
    "a capacity and a price": ((CAPACITY_2, asked(f"PUT {COURSE}/price", price=9_900, currency="usd")), ()),
    "a capacity and a revocation": ((asked(f"PUT {COURSE}/capacity", capacity=1), REVOKED), (CAPACITY_2,)),
    "delete and grant": ((DELETED, asked(f"PUT {ENDED}")), ()),
    "delete and reinstate": ((DELETED, asked(f"POST {ENDED}/reinstate")), ()),
    "delete and revoke": ((DELETED, REVOKED), ()),
    "delete and refund": ((DELETED, asked(f"PUT {SAMS}/refunds/r-1", amount=100)), ()),
    "delete and invite": ((DELETED, asked(f"POST {PRIVATE}", userId="user-1")), (WITHDRAWN,)),
}
"""Requests that do not get on, and what came before them."""


@pytest.fixture(scope="module")
def races(dynamodb_url: str) -> Iterator[OfficeRaces]:
    """A furnished school."""
    client = a_client(dynamodb_url)
    yield OfficeRaces(client)
    client.close()


def test_every_route_that_changes_something_is_raced() -> None:
    """A new one needs a row, and an old one goes with its route."""
    assert sorted(REQUESTS) == sorted(route for route in PERMISSIONS if not route.startswith("GET "))


@pytest.mark.parametrize("route", REQUESTS)
def test_fault_146_one_change_is_made_once_however_many_ask(races: OfficeRaces, route: str) -> None:
    """What is stored then, audit records and messages included, is what one request alone stores."""
    request = REQUESTS[route]
    alone = races.in_turn([request] * (CALLERS if route in RECORDED_EACH_TIME else 1))
    raced = races.at_once([request] * CALLERS)
    assert alone.made
    assert raced.made
    assert {answer.status for answer in raced.answers} <= {200, 201, *HONEST}
    assert raced.stored == alone.stored


def test_the_requests_do_race(races: OfficeRaces) -> None:
    """The control: in turn every price is set, at once a single one; and a second change would be seen."""
    prices, _ = PAIRS["three prices"]
    in_turn, at_once = races.in_turn(prices), races.at_once(prices)
    assert (len(in_turn.made), len(at_once.made)) == (3, 1)
    assert len(in_turn.stored) == len(at_once.stored) + 2


@pytest.mark.parametrize("pair", PAIRS)
def test_fault_146_what_contradicts_itself_ends_as_if_it_came_in_turn(races: OfficeRaces, pair: str) -> None:
    """A request that was accepted has done its work once; one that was refused has changed nothing."""
    requests, before = PAIRS[pair]
    raced = races.at_once(requests, before)
    assert {answer.status for answer in raced.answers} <= {200, 201, *HONEST}
    assert raced.made
    made = [request for number, request in enumerate(requests) if number in raced.made]
    orders: list[Outcome] = []
    for order in permutations(made):
        orders.append(races.in_turn(order, before))
        if len(orders[-1].made) == len(made) and orders[-1].stored == raced.stored:
            return
    pytest.fail(f"No order of the requests ends like this: {_differences(raced, orders)}")


def _differences(raced: Outcome, orders: list[Outcome]) -> Any:
    statuses = [(answer.status, answer.text) for answer in raced.answers]
    found = [
        ([(answer.status, answer.text) for answer in order.answers], sorted(set(raced.stored) ^ set(order.stored)))
        for order in orders
    ]
    return statuses, found
