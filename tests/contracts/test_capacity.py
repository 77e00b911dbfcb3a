"""What each path costs in capacity units. Every enrollment is paid for in these, so growth fails here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, evolve

from adapters.memory.notifier import MemoryNotifier
from domain.courses import FREE
from domain.enrollment_requests import AwaitingPayment
from domain.messages import Recipient
from domain.payments.reversals import DisputeStatus, RefundStatus
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.notifier import Notifiers
from domain.services.announcing import AnnouncingUnitOfWork
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.services.refund_payment import RefundPayment
from domain.transactions.writes import AddCoupon, AddSession
from domain.use_cases.office.manage_enrollments import (
    GrantEnrollment,
    LiftBar,
    ReinstateEnrollment,
    RevokeEnrollment,
)
from domain.use_cases.office.record_repayment import RecordRepayment
from domain.use_cases.schedule.deliver_messages import DeliverMessages
from domain.use_cases.schedule.prove_ledger import ProveLedger
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.student.show_checkout import ShowCheckout
from scripts.stack.seed import courses
from tests.support.aws.backends import DynamoBackend, a_client
from tests.support.aws.capacity_units import Meter, index_units, item_size, read_units, value_size, write_units
from tests.support.aws.stored_school import SAM, StoredSchool, order_about, refund_of
from tests.support.factories import PROVIDER, a_coupon, a_session

COURSE = max((course for course in courses() if course["pricingModel"] != FREE), key=lambda found: len(str(found)))
OTHER_COURSE = next(
    course for course in courses() if course["pricingModel"] != FREE and course["courseId"] != COURSE["courseId"]
)
FREE_COURSE = next(course for course in courses() if course["pricingModel"] == FREE)
PAID, OTHER, GRATIS = (course["courseId"] for course in (COURSE, OTHER_COURSE, FREE_COURSE))


@define(eq=False)
class Metered:
    """A school, and what its calls cost."""

    school: StoredSchool
    table: str
    meter: Meter

    def begin(self, coupon: str | None = None) -> PaymentSession:
        """Sam begins to pay."""
        began = self.school.enroll(PAID, coupon)
        assert isinstance(began, AwaitingPayment)
        return began.session

    def require(self, *, writes: int, reads: float) -> None:
        """Since last asked, exactly these units were used."""
        used = (self.meter.written, self.meter.read)
        self.meter.reset()
        assert used == (writes, Decimal(str(reads)))


@pytest.fixture(scope="module")
def metered(dynamodb_url: str) -> Iterator[tuple[Any, Meter]]:
    """A client whose calls are measured."""
    client, peek = a_client(dynamodb_url), a_client(dynamodb_url)
    yield client, Meter(peek).listen_to(client)
    client.close()
    peek.close()


OpenShop = Callable[..., Metered]


@pytest.fixture
def open_shop(metered: tuple[Any, Meter]) -> Iterator[OpenShop]:
    """Opens schools: a student known from before, a paid course as large as any, another, a free one, and a coupon."""
    client, meter = metered
    storages = []

    def make(*, messages: bool = False, **policy: bool) -> Metered:
        storages.append(storage := DynamoBackend(client))
        for course in (COURSE, OTHER_COURSE, FREE_COURSE):
            storage.put({**_course_keys(course["courseId"]), **course})
        if messages:
            storage.unit_of_work = AnnouncingUnitOfWork(storage.unit_of_work)
        school = StoredSchool(storage, **policy)
        school.use_cases.resolve(GetOrCreateStudent)(SAM)
        storage.commit(AddCoupon(a_coupon()))
        meter.reset()
        return Metered(school, storage.name, meter)

    yield make
    for storage in storages:
        storage.drop()


@pytest.fixture
def shop(open_shop: OpenShop) -> Metered:
    """A school that lets students keep access during a dispute."""
    return open_shop()


def _course_keys(course_id: str) -> dict[str, str]:
    return {"PK": f"COURSE#{course_id}", "SK": "METADATA", "GSI1PK": "COURSE", "GSI1SK": f"COURSE#{course_id}"}


# -- enrolling --------------------------------------------------------------------------------------------------------


def test_a_free_enrollment_costs_six_units(shop: Metered) -> None:
    """The enrollment and its seat in the ledger, each with its place in the index; five items are read to decide."""
    shop.school.enroll(GRATIS)
    shop.require(writes=6, reads=6)


def test_a_paid_enrollment_costs_thirty_units(shop: Metered) -> None:
    """Reserve and attach 14, fulfil 16; being told twice, and the return page, read and write nothing."""
    session = shop.begin()
    shop.require(writes=14, reads=7)
    paid = shop.school.provider.pay(session.payment_session_id)
    shop.school.receive(paid)
    shop.require(writes=16, reads=1)
    shop.school.receive(paid)
    shop.require(writes=0, reads=1)
    stored = shop.school.session(session)
    shop.meter.reset()
    shop.school.use_cases.resolve(ShowCheckout)(SAM, stored.provider_session_id or "")
    shop.require(writes=0, reads=2)


def test_a_paid_enrollment_with_a_coupon_costs_forty_one_units(shop: Metered) -> None:
    """The coupon's counter, its use and the attempt are eight more at the start, the redemption three at the end."""
    session = shop.begin("SPRING")
    shop.require(writes=22, reads=9)
    shop.school.receive(shop.school.provider.pay(session.payment_session_id))
    shop.require(writes=19, reads=1)


def test_the_second_course_costs_two_units_less(shop: Metered) -> None:
    """A customer known from before is not written into the indexes again."""
    shop.school.buy(PAID)
    shop.meter.reset()
    shop.school.buy(OTHER)
    shop.require(writes=14 + 14, reads=7 + 1 + 1)


def test_earlier_checkouts_make_no_checkout_dearer(shop: Metered) -> None:
    """Thirty that ran out are not read when a new one is opened; one that is open in another course is."""
    for number in range(30):
        over = a_session(user_id=SAM.user_id, payment_session_id=f"ps_{number}", status=Status.EXPIRED, due_at=None)
        shop.school.storage.commit(AddSession(over))
    shop.meter.reset()
    shop.begin()
    shop.require(writes=14, reads=7)
    shop.school.enroll(OTHER)
    shop.require(writes=14, reads=7 + 1)


@pytest.mark.parametrize(("coupon", "writes"), [(None, 8), ("SPRING", 14)])
def test_a_checkout_that_nobody_pays_is_given_back_in_one_go(shop: Metered, coupon: str | None, writes: int) -> None:
    """Session, lock and event; with a coupon its counter and its use."""
    session = shop.begin(coupon)
    shop.meter.reset()
    shop.school.receive(shop.school.provider.expire(session.payment_session_id))
    shop.require(writes=writes, reads=1)


def test_a_click_on_what_is_open_writes_nothing(shop: Metered) -> None:
    """The second click reads what the first one reserved: the decision's five items and the session."""
    shop.begin()
    shop.meter.reset()
    shop.begin()
    shop.require(writes=0, reads=7)


def test_a_look_at_an_open_session_costs_three_units(shop: Metered) -> None:
    """Its place in the index moves to the back: one put in the table, two in the index. A run reads nine indexes, the
    session and whether its student is enrolled by other means.
    """
    reconcile = shop.school.use_cases.resolve(Reconcile)
    reconcile(time_budget=timedelta(minutes=1))
    shop.require(writes=0, reads=4.5)
    shop.begin()
    shop.school.wait(4)
    shop.meter.reset()
    assert len(reconcile(time_budget=timedelta(minutes=1)).results) == 1
    shop.require(writes=3, reads=7.5)


def test_a_new_student_costs_three_units_once(shop: Metered) -> None:
    """One put, and a place in each of the two indexes; they are looked for once more before."""
    kim = evolve(SAM, user_id="00000000-e88f-4271-bb49-17c3f1a4e2d0", email="kim.student@school.example")
    shop.school.enroll(GRATIS, who=kim)
    shop.require(writes=6 + 3, reads=7)


def test_a_message_costs_four_units(open_shop: OpenShop) -> None:
    """Two in the transaction that it tells of, a lease and a deletion; each look reads eight empty partitions."""
    shop = open_shop(messages=True)
    session = shop.begin()
    shop.meter.reset()
    shop.school.receive(shop.school.provider.pay(session.payment_session_id))
    shop.require(writes=16 + 2, reads=1)
    shop.school.wait()
    mail = MemoryNotifier()
    deliver = DeliverMessages(
        outbox=shop.school.storage.outbox,
        students=shop.school.storage.students,
        notifiers=Notifiers({"mail": lambda: mail}),
        clock=shop.school.clock,
        telemetry=shop.school.telemetry,
        office=Recipient(email="office@school.example"),
    )
    assert deliver(time_budget=timedelta(seconds=50)).delivered == len(mail.deliveries) == 1
    shop.require(writes=2, reads=8 + 1 + 8)


# -- money that goes back, and access that ends -----------------------------------------------------------------------


def test_a_partial_refund_costs_eighteen_units(shop: Metered) -> None:
    """Requested: session 2, its move in the index 2, refund 2, audit record 2 and its place in the index 1. Synced: the
    same of the session, the refund 2, the ledger entry 2 and its place in the index 1. Repeating the order reads what
    is there.
    """
    session = shop.school.buy(PAID)
    shop.meter.reset()
    shop.school.use_cases.resolve(RefundPayment)(refund_of(session, 1000))
    shop.require(writes=9 + 9, reads=8)
    shop.school.use_cases.resolve(RefundPayment)(refund_of(session, 1000))
    shop.require(writes=0, reads=4)


@pytest.mark.parametrize(("coupon", "writes"), [(None, 24), ("SPRING", 30)])
def test_a_full_refund_ends_the_enrollment(shop: Metered, coupon: str | None, writes: int) -> None:
    """Beside what a partial refund costs the enrollment moves, 3 away and 3 into the ended ones; the coupon's counter
    and its use take 3 each, with their places in the index.
    """
    session = shop.school.buy(PAID, coupon)
    shop.meter.reset()
    shop.school.use_cases.resolve(RefundPayment)(refund_of(session))
    shop.require(writes=writes, reads=8)


def test_a_refund_in_the_dashboard_is_written_once(shop: Metered) -> None:
    """The report reads the sale, which leads to the session; a repeated report reads the same and writes nothing."""
    session = shop.school.buy(PAID)
    shop.school.provider.bank.refund(session.provider_payment_id or "", 1000, shop.school.clock.now())
    shop.meter.reset()
    shop.school.report(session)
    shop.require(writes=8, reads=6)
    shop.school.report(session)
    shop.require(writes=0, reads=6)


def test_a_refund_that_fails_is_written_once_more(shop: Metered) -> None:
    """Session, refund and ledger entry; the session keeps its place in the index, where its copy changes."""
    session = shop.school.buy(PAID)
    bank = shop.school.provider.bank
    refund = bank.refund(session.provider_payment_id or "", 1000, shop.school.clock.now())
    shop.school.report(session)
    bank.change_refund(
        session.provider_payment_id or "", refund.provider_reversal_id, RefundStatus.FAILED, shop.school.clock.now()
    )
    shop.meter.reset()
    shop.school.report(session)
    shop.require(writes=8, reads=6)


@pytest.mark.parametrize(("keeps_access", "opened", "won"), [(True, 10, 10), (False, 16, 16)])
def test_a_dispute_that_is_won(open_shop: OpenShop, keeps_access: bool, opened: int, won: int) -> None:
    """Session and its move in the index, dispute and its place there, ledger; the enrollment, if it is suspended."""
    shop = open_shop(access_during_dispute=keeps_access)
    session = shop.school.buy(PAID)
    bank, payment_id = shop.school.provider.bank, session.provider_payment_id or ""
    dispute = bank.dispute(payment_id, shop.school.clock.now())
    shop.meter.reset()
    shop.school.report(session)
    shop.require(writes=opened, reads=6)
    bank.decide(payment_id, dispute, DisputeStatus.WON, shop.school.clock.now())
    shop.school.report(session)
    shop.require(writes=won, reads=6)


def test_a_dispute_that_is_lost_ends_the_enrollment(shop: Metered) -> None:
    """As it was opened, and the enrollment moves; the money moved before, so the entry in the ledger is the seat's."""
    session = shop.school.buy(PAID)
    bank, payment_id = shop.school.provider.bank, session.provider_payment_id or ""
    dispute = bank.dispute(payment_id, shop.school.clock.now())
    shop.school.report(session)
    bank.decide(payment_id, dispute, DisputeStatus.LOST, shop.school.clock.now())
    shop.meter.reset()
    shop.school.report(session)
    shop.require(writes=16, reads=6)
    shop.school.use_cases.resolve(LiftBar)(order_about(PAID))
    shop.require(writes=2 + 1 + 3, reads=2)


def test_a_grant_costs_eleven_units(shop: Metered) -> None:
    """The enrollment, its seat in the ledger and the audit record, each with its place in the index; whether the
    student is still there is asked for two.
    """
    shop.school.use_cases.resolve(GrantEnrollment)(order_about(PAID))
    shop.require(writes=11, reads=6)


def test_an_enrollment_is_revoked_and_given_back(shop: Metered) -> None:
    """Moving it costs six either way, audit record and seat three each; whether the payment is kept, and the student is
    still there, is asked for two each. The session, or the course where there is none, is read for the seat.
    """
    shop.school.buy(PAID)
    shop.meter.reset()
    shop.school.use_cases.resolve(RevokeEnrollment)(order_about(PAID))
    shop.require(writes=12, reads=3)
    shop.school.use_cases.resolve(ReinstateEnrollment)(order_about(PAID))
    shop.require(writes=16, reads=4)


def test_ending_a_second_enrollment_keeps_the_first(shop: Metered) -> None:
    """The one that ended before goes under its own date, for two units and the latest one's move in the index."""
    for _ in range(2):
        shop.school.use_cases.resolve(GrantEnrollment)(order_about(PAID))
        shop.school.wait()
        shop.meter.reset()
        shop.school.use_cases.resolve(RevokeEnrollment)(order_about(PAID))
    shop.require(writes=12 + 2 + 1, reads=3)


def test_buying_again_gives_the_progress_back(shop: Metered) -> None:
    """One more item is read when the payment arrives, and only where an enrollment had ended."""
    shop.school.buy(PAID)
    shop.school.use_cases.resolve(RevokeEnrollment)(order_about(PAID))
    shop.meter.reset()
    shop.school.buy(PAID)
    shop.require(writes=14 + 14, reads=7 + 1 + 1 + 1)


def test_a_repayment_by_bank_transfer(shop: Metered) -> None:
    """Session, repayment, ledger and its index, audit record and its index; and the session in the index."""
    session = shop.school.buy(PAID)
    shop.meter.reset()
    shop.school.use_cases.resolve(RecordRepayment)(refund_of(session, 1000))
    shop.require(writes=11, reads=4)


def test_the_nightly_proof_books_a_fee_per_payment(shop: Metered) -> None:
    """One put and its place in the index; a fee that is booked is refused, which costs the unit of a put."""
    shop.school.buy(PAID)
    shop.meter.reset()
    prove = shop.school.use_cases.resolve(ProveLedger)
    shop.school.wait()
    assert prove(PROVIDER).is_proven
    shop.require(writes=2, reads=3)
    assert prove(PROVIDER).is_proven
    shop.require(writes=1, reads=3)


def test_any_payment_is_found_by_its_id(shop: Metered) -> None:
    """Its month is read at the time that its id carries."""
    session = shop.school.buy(PAID)
    shop.meter.reset()
    assert shop.school.storage.sessions.find_any(session.payment_session_id) == session
    shop.require(writes=0, reads=1.5)


# -- sizes ------------------------------------------------------------------------------------------------------------


def _largest(shop: Metered, prefix: str) -> int:
    items = shop.meter.peek.scan(TableName=shop.table)["Items"]
    return max(
        item_size(item) for item in items if item["SK"]["S"].startswith(prefix) or item["PK"]["S"].startswith(prefix)
    )


@pytest.mark.parametrize("amount", [1000, None])
def test_items_leave_room_below_a_kilobyte(shop: Metered, amount: int | None) -> None:
    """Beyond it every write would cost twice. Long names and addresses have so many bytes left."""
    session = shop.school.buy(PAID, "SPRING")
    shop.school.use_cases.resolve(RefundPayment)(refund_of(session, amount))
    sizes = {prefix: _largest(shop, prefix) for prefix in ("PAYMENT#", "REVERSAL#", "MONEY#", "AUDIT#")}
    assert sizes["PAYMENT#"] <= 1024 - 70
    assert sizes["REVERSAL#"] <= 1024 - 500
    assert sizes["MONEY#"] <= 1024 - 250
    assert sizes["AUDIT#"] <= 1024 - 500


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
