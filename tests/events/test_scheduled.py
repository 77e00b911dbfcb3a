"""What the clock sets off, as Lambda calls it: what the handlers do, return, and let through to the alarms."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from punq import Container

from adapters import deadline
from adapters.events.scheduled import TIME_BUDGET, Handler, make_catch_up, make_reconcile, make_recount
from adapters.memory.payment_gateway import MemoryPaymentGateway
from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from domain.errors import ProviderUnavailable, StorageUnavailable
from domain.payments.states import Status
from domain.ports.coupons import CouponRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal
from tests.support.factories import PROVIDER, a_coupon, an_enrollment
from tests.support.http.api_gateway_events import claims
from tests.support.http.http_school import HttpSchool
from tests.support.memory.misbehaving import Overtaken, Unreachable

TICK = {
    "version": "0",
    "id": "cdc73f9d-aea9-11e3-9d5a-835b769c0d9c",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-01-15T12:04:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/learnermax-reconcile"],
    "detail": {},
}
"""A tick as EventBridge sends it."""


def tick(school: HttpSchool, make: Callable[[Container], Handler]) -> Any:
    """What Lambda gets back from the handler, by way of Chalice; it must be JSON."""
    handler = school.app.schedule("rate(4 minutes)", name=make.__name__)(make(school.container))
    return json.loads(json.dumps(handler(TICK, None)))


def test_reconcile_settles_what_no_webhook_reported() -> None:
    """It returns how many it looked at, how many failed, and how many wait for a person."""
    school = HttpSchool()
    school.provider.pay(school.start())
    school.clock.advance(timedelta(minutes=4))
    assert tick(school, make_reconcile) == {"checked": 1, "failed": 0, "in_review": 0}
    assert school.get("/api/enrollments/check/course-1").body == {"enrolled": True}
    assert tick(school, make_reconcile) == {"checked": 0, "failed": 0, "in_review": 0}


def test_reconcile_returns_what_failed_and_what_waits() -> None:
    """Neither is an error of the run: each has a metric, and an alarm, of its own."""
    school = HttpSchool()
    first = school.start()
    school.store.enrollments["user-1", "course-1"] = an_enrollment()
    school.provider.pay(first)
    school.clock.advance(timedelta(minutes=4))
    assert tick(school, make_reconcile) == {"checked": 1, "failed": 0, "in_review": 1}
    del school.store.enrollments["user-1", "course-1"]
    school.store.checkout_locks.clear()
    down = HttpSchool(store=school.store, clock=school.clock, gateway=Unreachable(school.provider))
    school.start()
    school.clock.advance(timedelta(minutes=4))
    assert tick(down, make_reconcile) == {"checked": 0, "failed": 1, "in_review": 1}


def test_reconcile_begins_nothing_it_could_not_finish() -> None:
    """The function ends at 240 seconds: after 200 no new look begins, and one may take half a minute."""
    school = HttpSchool()
    slow = Overtaken(
        school.provider, on="look_up", times=99, meanwhile=lambda: school.clock.advance(timedelta(seconds=35))
    )
    for number in range(9):
        assert school.post("/api/enrollments", {"courseId": "course-1"}, who=claims(f"user-{number}")).status == 201
    school.clock.advance(timedelta(minutes=4))
    before = school.clock.now()
    patient = HttpSchool(store=school.store, clock=school.clock, gateway=slow)
    assert tick(patient, make_reconcile)["checked"] == 6
    assert TIME_BUDGET <= school.clock.now() - before < timedelta(seconds=240)


class _NoIndex(MemoryPaymentSessionRepo):
    def due(self, **_: Any) -> Any:
        raise StorageUnavailable


def test_a_run_that_cannot_begin_fails_loudly() -> None:
    """The error reaches Lambda, which counts it: the alarm on errors of the function sees it."""
    school = HttpSchool()
    school.container.register(PaymentSessionRepo, instance=_NoIndex(school.store))
    with pytest.raises(StorageUnavailable):
        tick(school, make_reconcile)


def test_catch_up_returns_the_differences_of_each_provider() -> None:
    """One for the payment that was not reported to us; none the next day. The ledger agrees each time."""
    school = HttpSchool()
    school.provider.pay(school.start())
    assert tick(school, make_catch_up) == {PROVIDER: 1, f"{PROVIDER}_ledger": 0, "days_closed": 35, "failed": 0}
    assert school.get("/api/enrollments/check/course-1").body == {"enrolled": True}
    assert tick(school, make_catch_up) == {PROVIDER: 0, f"{PROVIDER}_ledger": 0, "days_closed": 0, "failed": 0}


def plug_in(school: HttpSchool, **gateways: MemoryPaymentGateway) -> None:
    """These providers, in this order, and no others."""
    factories = {name: lambda gateway=gateway: gateway for name, gateway in gateways.items()}
    school.container.register(Gateways, instance=Gateways(factories))


def test_catch_up_asks_every_provider() -> None:
    """Each that is plugged in, under its own name: for its records, and for its list of movements."""
    school = HttpSchool()
    plug_in(school, **{PROVIDER: school.provider, "other": MemoryPaymentGateway(school.clock, name="other")})
    counts = tick(school, make_catch_up)
    none = {PROVIDER: 0, "other": 0, f"{PROVIDER}_ledger": 0, "other_ledger": 0}
    assert counts == none | {"days_closed": 35, "failed": 0}


class _NoRecords(MemoryPaymentGateway):
    def undelivered_events(self, **_: Any) -> Any:
        raise ProviderUnavailable


class _NoMovements(MemoryPaymentGateway):
    def movements(self, **_: Any) -> Any:
        raise ZeroDivisionError


def test_a_provider_that_fails_stops_no_other() -> None:
    """Whatever is raised: the others are compared, the ledger is proven, and an alarm says what could not be done."""
    school = HttpSchool()
    school.provider.pay(school.start())
    broken = {"silent": _NoRecords(school.clock, name="silent"), "odd": _NoMovements(school.clock, name="odd")}
    plug_in(school, **broken, **{PROVIDER: school.provider})
    counts = tick(school, make_catch_up)
    found = {"odd": 0, PROVIDER: 1, "silent_ledger": 0, f"{PROVIDER}_ledger": 0}
    assert counts == found | {"days_closed": 35, "failed": 2}
    assert school.get("/api/enrollments/check/course-1").body == {"enrolled": True}
    failed = [each.reason for each in school.telemetry.emitted if each.signal is Signal.COMPARISON_FAILED]
    assert failed == ["silent_provider_unavailable", "odd_ledger_unforeseen_ZeroDivisionError"]


class _UsesItsTime(MemoryPaymentGateway):
    left: list[float]

    def undelivered_events(self, **_: Any) -> Any:
        self.left.append(deadline.remaining())
        return ()

    def movements(self, **_: Any) -> Any:
        self.left.append(deadline.remaining())


def test_each_comparison_has_its_share_of_the_time() -> None:
    """Of 900 seconds catching up may use a third, and the proof half of the rest: a long list costs no other."""
    school = HttpSchool()
    slow = _UsesItsTime(school.clock, name=PROVIDER)
    slow.left = []
    plug_in(school, **{PROVIDER: slow})

    class Lambda:
        def get_remaining_time_in_millis(self) -> int:
            return 900_000

    handler = school.app.schedule("rate(1 day)", name="timed")(make_catch_up(school.container))
    handler(TICK, Lambda())
    caught_up, proved = slow.left
    assert 250 < caught_up <= 300
    assert 400 < proved <= 450


def test_recount_returns_how_many_counters_differ() -> None:
    """None while all is well; one that was put wrong is reported, and stays as it is."""
    school = HttpSchool()
    school.store.coupons |= {code: a_coupon(code=code) for code in ("SPRING", "SUMMER")}
    school.start(couponCode="SPRING")
    assert tick(school, make_recount) == {"coupons": 0}
    school.store.coupons["SUMMER"] = evolve(a_coupon(code="SUMMER"), current_uses=3)
    assert tick(school, make_recount) == {"coupons": 1}
    assert school.telemetry.count(Signal.DIFFERENCE_FOUND) == 1
    assert school.store.coupons["SUMMER"].current_uses == 3


def test_a_recount_without_a_database_fails_loudly() -> None:
    """Nothing was counted, so nothing was right."""
    school = HttpSchool()

    class NoCoupons:
        def all(self) -> Any:
            raise StorageUnavailable

    school.container.register(CouponRepo, instance=NoCoupons())
    with pytest.raises(StorageUnavailable):
        tick(school, make_recount)


def test_ticks_do_not_care_when_they_were_meant() -> None:
    """A tick that comes late, or twice, looks at what is there then."""
    school = HttpSchool()
    session_id = school.start()
    school.provider.pay(session_id)
    school.clock.advance(timedelta(days=2))
    for _ in range(2):
        tick(school, make_reconcile)
    assert school.store.sessions["user-1", session_id].status is Status.COMPLETED
    assert school.telemetry.count(Signal.ENROLLED) == 1
