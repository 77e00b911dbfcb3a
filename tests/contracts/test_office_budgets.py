"""What each route of the office costs: calls of DynamoDB, its units, questions to the provider. Growth fails here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, frozen

from adapters.http.permissions import PERMISSIONS
from adapters.memory.clock import MemoryClock
from adapters.memory.payment_gateway import MemoryPaymentGateway
from tests.support.aws.backends import DynamoBackend, a_client
from tests.support.aws.call_counter import Calls
from tests.support.aws.capacity_units import Meter
from tests.support.aws.stored_office import WHY, StoredHttpSchool, furnish
from tests.support.factories import NOW, PROVIDER
from tests.support.http.http_school import ADA
from tests.support.memory.misbehaving import Counting

DAYS = "from=2026-01-01&to=2026-01-31"
GET, BATCH, QUERY = "GetItem", "BatchGetItem", "Query"
PUT, DELETE, TRANSACTION = "PutItem", "DeleteItem", "TransactWriteItems"


@frozen
class Budget:
    """What one request may use: operations of DynamoDB, write and read units, and what the provider is asked for."""

    calls: dict[str, int]
    writes: int = 0
    reads: float = 0
    asked: tuple[str, ...] = ()


@define(eq=False)
class Office:
    """The school, and everything that its requests use."""

    school: StoredHttpSchool
    gateway: Counting
    meter: Meter
    calls: Calls
    names: dict[str, str]

    def spent(self, method: str, path: str, body: dict[str, Any] | None) -> Budget:
        """What one request of an administrator used; it must succeed."""
        self.meter.reset()
        self.calls.forget()
        self.gateway.asked.clear()
        answer = self.school.call(method, path.format(**self.names), body, who=ADA)
        assert answer.status in (200, 201), answer
        reads = float(self.meter.read)
        return Budget(dict(Counter(self.calls.made)), self.meter.written, reads, tuple(self.gateway.asked))


@pytest.fixture(scope="module")
def clients(dynamodb_url: str) -> Iterator[tuple[Any, Meter, Calls]]:
    """A client that is listened to."""
    client, peek = a_client(dynamodb_url), a_client(dynamodb_url)
    yield client, Meter(peek).listen_to(client), Calls().listen_to(client)
    client.close()
    peek.close()


@pytest.fixture
def office(clients: tuple[Any, Meter, Calls]) -> Iterator[Office]:
    """Sam has paid and was granted and lost the free course; Kim's payment waits for a decision."""
    client, meter, calls = clients
    stored, clock = DynamoBackend(client), MemoryClock(NOW)
    provider = MemoryPaymentGateway(clock, name=PROVIDER)
    gateway = Counting(provider)
    school = StoredHttpSchool(stored=stored, clock=clock, provider=provider, gateway=gateway)
    yield Office(school, gateway, meter, calls, furnish(school))
    stored.drop()


ENDED = "/api/admin/students/user-1/enrollments/free-1"
ACTIVE = "/api/admin/students/user-1/enrollments/course-1"
GRANTED = "/api/admin/students/user-2/enrollments/free-1"
NEW_COURSE = WHY | {"courseId": "new-1", "name": "New", "pricingModel": "paid", "price": 9_900}
NEW_COUPON = WHY | {"code": "NEW", "discountType": "fixed", "discountValue": 100, "maxUses": 10}
PRICE_BODY = WHY | {"price": 9_900, "currency": "usd"}
INVITED = WHY | {"email": "kim@example.com"}
REFUND = WHY | {"amount": 100}
BUDGETS: list[tuple[str, str, dict[str, Any] | None, Budget]] = [
    ("GET", "/api/admin/audit", None, Budget({QUERY: 1}, reads=0.5)),
    ("GET", "/api/admin/audit?by=admin-1", None, Budget({QUERY: 1}, reads=0.5)),
    ("GET", "/api/admin/audit?user=user-1", None, Budget({QUERY: 1}, reads=1)),
    ("GET", "/api/admin/audit/records.csv?month=2026-01", None, Budget({QUERY: 1}, reads=0.5)),
    ("GET", "/api/admin/students?email=user-1@example.com", None, Budget({QUERY: 1}, reads=0.5)),
    ("GET", "/api/admin/students/user-1", None, Budget({QUERY: 1}, reads=1)),
    ("PUT", GRANTED, WHY, Budget({BATCH: 1, TRANSACTION: 1}, writes=11, reads=6)),
    ("POST", f"{ACTIVE}/revoke", WHY, Budget({GET: 3, TRANSACTION: 1}, writes=12, reads=3)),
    ("POST", f"{ENDED}/reinstate", WHY, Budget({GET: 3, TRANSACTION: 1}, writes=14, reads=3)),
    ("POST", f"{ENDED}/unbar", WHY, Budget({GET: 2, TRANSACTION: 1}, writes=6, reads=2)),
    ("POST", "/api/admin/students/user-1/export", WHY, Budget({QUERY: 2, GET: 4, PUT: 1}, writes=2, reads=5.5)),
    (
        "POST",
        "/api/admin/students/user-1/deletion",
        WHY,
        Budget({QUERY: 8, GET: 11, TRANSACTION: 2}, writes=19, reads=17.5, asked=("delete_customer",)),
    ),
    ("GET", "/api/admin/payments", None, Budget({QUERY: 13, BATCH: 1}, reads=8.5)),
    ("GET", "/api/admin/payments?status=review", None, Budget({QUERY: 1, BATCH: 1}, reads=1.5)),
    ("GET", "/api/admin/payments?email=user-1@example.com", None, Budget({QUERY: 2, BATCH: 1}, reads=2.5)),
    ("GET", "/api/admin/payments?find={sam}", None, Budget({QUERY: 3, BATCH: 1}, reads=2.5)),
    ("GET", "/api/admin/payments?find=cs_000001", None, Budget({QUERY: 2, GET: 2, BATCH: 1}, reads=4)),
    ("GET", "/api/admin/payments?find=pi_000001", None, Budget({QUERY: 2, GET: 3, BATCH: 1}, reads=5)),
    (
        "GET",
        "/api/admin/payments?find=re_000009",
        None,
        Budget({QUERY: 2, GET: 2}, reads=3, asked=("payment_named_by",)),
    ),
    ("GET", "/api/admin/disputes", None, Budget({QUERY: 1}, reads=0.5)),
    ("GET", "/api/admin/payments/{sam}", None, Budget({QUERY: 3}, reads=1.5)),
    ("GET", "/api/admin/payments/{sam}/history", None, Budget({QUERY: 5, GET: 2}, reads=5.5, asked=("payment_state",))),
    (
        "POST",
        "/api/admin/payments/{kim}/resolve",
        {"resolution": "enrolled", "note": "Agreed."},
        Budget({QUERY: 3, GET: 3, TRANSACTION: 1}, writes=17, reads=4.5, asked=("close_checkout",)),
    ),
    (
        "PUT",
        "/api/admin/payments/{sam}/refunds/r-1",
        REFUND,
        Budget({QUERY: 5, GET: 6, TRANSACTION: 2}, writes=18, reads=9.5, asked=("refund", "payment_state")),
    ),
    (
        "PUT",
        "/api/admin/payments/{sam}/repayments/r-1",
        REFUND,
        Budget({QUERY: 4, GET: 3, TRANSACTION: 1}, writes=11, reads=5.5),
    ),
    ("GET", "/api/admin/courses", None, Budget({QUERY: 1}, reads=0.5)),
    ("POST", "/api/admin/courses", NEW_COURSE, Budget({TRANSACTION: 1}, writes=6)),
    ("GET", "/api/admin/courses/course-1", None, Budget({GET: 1}, reads=1)),
    (
        "PATCH",
        "/api/admin/courses/course-1",
        WHY | {"name": "Other"},
        Budget({GET: 1, TRANSACTION: 1}, writes=6, reads=1),
    ),
    ("PUT", "/api/admin/courses/course-1/price", PRICE_BODY, Budget({GET: 1, TRANSACTION: 1}, writes=6, reads=1)),
    (
        "PUT",
        "/api/admin/courses/course-1/sales",
        WHY | {"closed": True},
        Budget({GET: 1, TRANSACTION: 1}, writes=6, reads=1),
    ),
    ("GET", "/api/admin/courses/course-1/enrollments", None, Budget({QUERY: 1, BATCH: 1}, reads=1.5)),
    ("GET", "/api/admin/courses/soon-1/interest", None, Budget({QUERY: 1, PUT: 1}, writes=2, reads=1)),
    (
        "POST",
        "/api/admin/courses/soon-1/interest/forget",
        {"email": "sam-1@example.com"},
        Budget({DELETE: 1}, writes=2),
    ),
    ("GET", f"/api/admin/figures?{DAYS}&by=day,course", None, Budget({QUERY: 13}, reads=7)),
    ("GET", f"/api/admin/analytics?{DAYS}", None, Budget({QUERY: 13}, reads=7)),
    ("GET", f"/api/admin/figures/ledger.csv?{DAYS}", None, Budget({QUERY: 1}, reads=0.5)),
    (
        "PUT",
        "/api/admin/courses/course-1/capacity",
        WHY | {"capacity": 20},
        Budget({GET: 4, QUERY: 4, TRANSACTION: 1}, writes=6, reads=6),
    ),
    ("GET", "/api/admin/courses/course-1/waitlist", None, Budget({GET: 1, QUERY: 2}, reads=2)),
    ("GET", "/api/admin/courses/private/invitations", None, Budget({GET: 1, QUERY: 1}, reads=2)),
    (
        "POST",
        "/api/admin/courses/private/invitations",
        INVITED,
        Budget({GET: 1, BATCH: 1, TRANSACTION: 1}, writes=5, reads=2),
    ),
    (
        "DELETE",
        "/api/admin/courses/private/invitations/{invitation}",
        None,
        Budget({BATCH: 1, TRANSACTION: 1}, writes=5, reads=1),
    ),
    ("GET", "/api/admin/sales", None, Budget({GET: 1}, reads=1)),
    ("PUT", "/api/admin/sales", WHY | {"closed": True}, Budget({GET: 1, TRANSACTION: 1}, writes=5, reads=1)),
    ("GET", "/api/admin/coupons", None, Budget({QUERY: 1}, reads=0.5)),
    ("POST", "/api/admin/coupons", NEW_COUPON, Budget({TRANSACTION: 1}, writes=6)),
    ("GET", "/api/admin/coupons/SPRING", None, Budget({GET: 1}, reads=1)),
    (
        "PATCH",
        "/api/admin/coupons/SPRING",
        WHY | {"isActive": False},
        Budget({GET: 1, TRANSACTION: 1}, writes=6, reads=1),
    ),
]
"""Method, path, body and budget; in paths the payments of Sam and Kim, and Sam's invitation, by their names."""

CHANGES = [row for row in BUDGETS if row[0] != "GET"]


def test_every_route_of_the_office_has_a_budget() -> None:
    """A new one needs a row."""
    templates = {route: re.compile(re.sub(r"{\w+}", "[^/?]+", route) + r"(\?.*)?") for route in PERMISSIONS}
    for route, template in templates.items():
        assert any(template.fullmatch(f"{method} {path}") for method, path, _, _ in BUDGETS), route


def test_reading_stays_within_its_budgets(office: Office) -> None:
    """Exactly what each list and each page costs today, whatever is stored beside."""
    wanted = {path: budget for method, path, _, budget in BUDGETS if method == "GET"}
    assert {path: office.spent("GET", path, None) for path in wanted} == wanted


def test_a_dispute_in_the_list_costs_its_session(office: Office) -> None:
    """However many payments there are beside."""
    office.school.provider.bank.dispute("pi_000001", NOW)
    assert office.school.receive(office.school.provider.reported("pi_000001")).status == 200
    budget = Budget({QUERY: 1, GET: 1, BATCH: 1}, reads=2.5)
    assert office.spent("GET", "/api/admin/disputes", None) == budget


@pytest.mark.parametrize(("method", "path", "body", "budget"), CHANGES, ids=[f"{row[0]} {row[1]}" for row in CHANGES])
def test_a_change_stays_within_its_budget(
    office: Office, method: str, path: str, body: dict[str, Any] | None, budget: Budget
) -> None:
    """Exactly what it costs today, whatever is stored beside."""
    assert office.spent(method, path, body) == budget


def test_the_counters_count(office: Office) -> None:
    """The control: a list of more costs more, and nothing costs nothing."""
    none = office.spent("GET", "/api/admin/courses/free-1/interest", None)
    some = office.spent("GET", "/api/admin/courses/soon-1/interest", None)
    assert (none.writes, none.reads) < (some.writes, some.reads)
    assert Decimal(str(some.reads)) > 0
