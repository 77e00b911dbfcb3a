"""What each path costs in capacity units. Every enrollment is paid for in these, so growth fails here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, evolve
from punq import Container

from adapters.container import build_container
from adapters.memory.backoff import MemoryBackoff
from adapters.memory.checkouts import KeptCheckout
from adapters.memory.clock import MemoryClock
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.payment_gateway import MemoryPaymentGateway
from adapters.memory.telemetry import MemoryTelemetry
from domain.courses import FREE
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, Enrolled
from domain.payments.events import PaymentEvent
from domain.payments.session import PaymentSession
from domain.ports.backoff import Backoff
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import Identity, Student
from domain.transactions.writes import AddCoupon
from domain.use_cases.provider.receive_event import ReceiveEvent
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.show_checkout import ShowCheckout
from scripts.stack.seed import courses
from tests.support.aws.backends import DynamoBackend, a_client
from tests.support.aws.capacity_units import Meter, index_units, item_size, read_units, value_size, write_units
from tests.support.factories import NOW, PROVIDER, a_coupon
from tests.support.wiring import SETTINGS

COURSE = max((course for course in courses() if course["pricingModel"] != FREE), key=lambda found: len(str(found)))
OTHER_COURSE = next(
    course for course in courses() if course["pricingModel"] != FREE and course["courseId"] != COURSE["courseId"]
)
FREE_COURSE = next(course for course in courses() if course["pricingModel"] == FREE)
SAM = Identity(user_id="7f9c2ba4-e88f-4271-bb49-17c3f1a4e2d0", email="sam.student@school.example", name="Sam Student")
TERMS: dict[str, Any] = {
    "return_url": "https://learn.school.example/return.html?session_id={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://learn.school.example/course.html",
}


@define(eq=False)
class WithLongIds(MemoryPaymentGateway):
    """A provider whose ids are as long as Stripe's: cs_test_ and 58 letters, 66 in all."""

    def _new(self, session: PaymentSession, buyer: Student) -> KeptCheckout:
        made = MemoryPaymentGateway._new(self, session, buyer)
        return evolve(made, number=10**62 + made.number)


@define(eq=False)
class Shop:
    """The product's use cases over one table, and what its calls cost."""

    container: Container
    provider: WithLongIds
    clock: MemoryClock
    meter: Meter
    table: str

    def begin(self, course_id: str = COURSE["courseId"], coupon: str | None = None) -> AwaitingPayment | Enrolled:
        """Sam enrolls."""
        return self.container.resolve(Enroll)(SAM, course_id, CheckoutOptions(**TERMS, coupon_code=coupon))

    @property
    def checkout(self) -> KeptCheckout:
        """Sam's checkout at the provider."""
        return list(self.provider.checkouts.values())[-1]

    def hear_of_payment(self) -> None:
        """The webhook tells that the checkout is paid; once more if it was told before."""
        kept = self.checkout
        paid = kept.customer_id is not None
        self._hear(kept.event("checkout.paid") if paid else self.provider.pay(kept.opened_for.payment_session_id))

    def hear_of_expiry(self) -> None:
        """The webhook tells that nobody can pay any more."""
        self._hear(self.provider.expire(self.checkout.opened_for.payment_session_id))

    def _hear(self, event: PaymentEvent) -> None:
        self.container.resolve(ReceiveEvent)(PROVIDER, *self.provider.message(event))

    def require(self, *, writes: int, reads: float) -> None:
        """Since last asked, no more units than these were used."""
        used = (self.meter.written, self.meter.read)
        self.meter.reset()
        assert used[0] <= writes, used
        assert used[1] <= Decimal(reads), used


@pytest.fixture(scope="module")
def metered(dynamodb_url: str) -> Iterator[tuple[Any, Meter]]:
    """A client whose calls are measured."""
    client, peek = a_client(dynamodb_url), a_client(dynamodb_url)
    yield client, Meter(peek).listen_to(client)
    client.close()
    peek.close()


@pytest.fixture
def shop(metered: tuple[Any, Meter]) -> Iterator[Shop]:
    """A student known from before, a paid course as large as any, a free one, and a coupon."""
    client, meter = metered
    storage = DynamoBackend(client)
    for course in (COURSE, OTHER_COURSE, FREE_COURSE):
        storage.put({**_course_keys(course["courseId"]), **course})
    clock = MemoryClock(NOW)
    provider = WithLongIds(clock, name=PROVIDER)
    container = build_container(SETTINGS)
    fakes: dict[object, object] = {
        Clock: clock,
        Backoff: MemoryBackoff(),
        Telemetry: MemoryTelemetry(),
        EventQueue: MemoryEventQueue(),
        Gateways: Gateways({PROVIDER: lambda: provider}),
        CourseRepo: storage.courses,
        EnrollmentRepo: storage.enrollments,
        PaymentSessionRepo: storage.sessions,
        CouponRepo: storage.coupons,
        StudentRepo: storage.students,
        UnitOfWork: storage.unit_of_work,
    }
    for port, fake in fakes.items():
        container.register(port, instance=fake)
    container.resolve(GetOrCreateStudent)(SAM)
    storage.commit(AddCoupon(a_coupon()))
    meter.reset()
    yield Shop(container, provider, clock, meter, storage.name)
    storage.drop()


def _course_keys(course_id: str) -> dict[str, str]:
    return {"PK": f"COURSE#{course_id}", "SK": "METADATA", "GSI1PK": "COURSE", "GSI1SK": f"COURSE#{course_id}"}


def test_a_free_enrollment_costs_two_units(shop: Shop) -> None:
    """One put and its place in the index; four items are read to decide."""
    shop.begin(FREE_COURSE["courseId"])
    shop.require(writes=2, reads=4)


def test_a_paid_enrollment_costs_twenty_six_units(shop: Shop) -> None:
    """Reserve and attach 12, fulfil 14; being told twice, and the return page, read and write nothing."""
    shop.begin()
    shop.require(writes=12, reads=5)
    shop.hear_of_payment()
    shop.require(writes=14, reads=1)
    shop.hear_of_payment()
    shop.require(writes=0, reads=1)
    shop.container.resolve(ShowCheckout)(SAM, shop.checkout.provider_session_id)
    shop.require(writes=0, reads=1)


def test_a_paid_enrollment_with_a_coupon_costs_thirty_seven_units(shop: Shop) -> None:
    """The coupon's counter, its use and the try are eight more at the start, the redemption three at the end."""
    shop.begin(coupon="SPRING")
    shop.require(writes=20, reads=7)
    shop.hear_of_payment()
    shop.require(writes=17, reads=1)


def test_the_second_course_costs_two_units_less(shop: Shop) -> None:
    """A customer known from before is not written into the indexes again."""
    shop.begin()
    shop.hear_of_payment()
    shop.meter.reset()
    shop.begin(OTHER_COURSE["courseId"])
    shop.require(writes=12, reads=5)
    shop.hear_of_payment()
    shop.require(writes=12, reads=1)


@pytest.mark.parametrize(("coupon", "writes"), [(None, 7), ("SPRING", 13)])
def test_a_checkout_that_nobody_pays_is_given_back_in_one_go(shop: Shop, coupon: str | None, writes: int) -> None:
    """Session, lock and event; with a coupon its counter and its use."""
    shop.begin(coupon=coupon)
    shop.meter.reset()
    shop.hear_of_expiry()
    shop.require(writes=writes, reads=1)


def test_a_click_on_what_is_open_writes_nothing(shop: Shop) -> None:
    """The second click reads what the first one reserved: the decision's four items and the session."""
    shop.begin()
    shop.meter.reset()
    shop.begin()
    shop.require(writes=0, reads=5)


def test_a_look_at_an_open_session_costs_three_units(shop: Shop) -> None:
    """Its place in the index moves to the back: one put in the table, two in the index. A run reads nine indexes."""
    reconcile = shop.container.resolve(Reconcile)
    reconcile(time_budget=timedelta(minutes=1))
    shop.require(writes=0, reads=4.5)
    shop.begin()
    shop.clock.advance(timedelta(minutes=4))
    shop.meter.reset()
    assert len(reconcile(time_budget=timedelta(minutes=1)).results) == 1
    shop.require(writes=3, reads=6.5)


def test_a_new_student_costs_three_units_once(shop: Shop) -> None:
    """One put, and a place in each of the two indexes."""
    kim = evolve(SAM, user_id="00000000-e88f-4271-bb49-17c3f1a4e2d0", email="kim.student@school.example")
    shop.container.resolve(Enroll)(kim, FREE_COURSE["courseId"], CheckoutOptions(**TERMS))
    shop.require(writes=2 + 3, reads=4)


def test_a_session_leaves_room_below_a_kilobyte(shop: Shop) -> None:
    """Beyond it every write of a session would cost twice. Long names and addresses have about a hundred bytes left."""
    shop.begin(coupon="SPRING")
    shop.hear_of_payment()
    (session,) = [
        item for item in shop.meter.peek.scan(TableName=shop.table)["Items"] if item["SK"]["S"].startswith("PAYMENT#")
    ]
    assert item_size(session) <= 1024 - 100


# -- the rules that the figures are made of ---------------------------------------------------------------------------


def test_sizes_are_counted_as_documented() -> None:
    """Names and values in UTF-8, two digits of a number to a byte and one more, three bytes for a list or a map."""
    assert item_size({"Name": {"S": "Zoë"}, "Ok": {"BOOL": True}}) == 4 + 4 + 2 + 1
    sizes = {"7": 2, "14999": 4, "-14999": 5, "149.99": 4, "1000000": 2, "0": 2}
    assert {text: value_size({"N": text}) for text in sizes} == sizes
    assert value_size({"L": [{"S": "ab"}, {"S": "c"}]}) == 3 + 3 + 2
    assert value_size({"M": {"a": {"S": "bc"}}}) == 3 + 3 + 1


def _of(size: int, **more: str) -> dict[str, dict[str, str]]:
    keys = {name: {"S": value} for name, value in more.items()}
    return {**keys, "x": {"S": "x" * (size - 1 - item_size(keys))}}


def test_writes_are_counted_by_the_kilobyte_and_twice_in_a_transaction() -> None:
    """The larger of before and after counts; what is not there costs as much as the smallest item."""
    assert [write_units(None, _of(size), transacted=False) for size in (20, 1024, 1025, 2049)] == [1, 1, 2, 3]
    assert write_units(_of(1025), None, transacted=False) == 2
    assert write_units(None, None, transacted=False) == 1
    assert write_units(_of(20), _of(30), transacted=True) == 2


def test_an_index_costs_where_it_changes() -> None:
    """In, out and changed cost one; moved costs two; unchanged, or not in it before or after, costs nothing."""
    here, there = _of(50, K="here"), _of(50, K="there")
    costs = [(None, here), (here, None), (here, _of(60, K="here")), (here, there), (here, here), (_of(9), _of(10))]
    assert [index_units(before, after, ("K",)) for before, after in costs] == [1, 1, 1, 2, 0, 0]
    assert index_units(None, here, ("K", "L")) == 0


def test_reads_are_counted_by_four_kilobytes() -> None:
    """Half for an eventual one; looking in vain costs the least read."""
    assert [read_units(size, consistent=True) for size in (0, 4096, 4097)] == [1, 1, 2]
    assert read_units(10, consistent=False) == Decimal("0.5")
