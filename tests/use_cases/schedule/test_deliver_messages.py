"""Messages follow from what happened, are delivered once, and are lost by no crash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import define, evolve

from adapters.memory.notifier import MemoryNotifier
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.reversed_money import TIME_TO_RESPOND
from adapters.memory.students import MemoryStudentRepo
from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.errors import NotifierUnavailable, RecipientRefused
from domain.messages import GIVE_UP, LEASE, Message, MessageKind, Recipient
from domain.payments.reversals import DisputeStatus
from domain.ports.notifier import Notifiers
from domain.ports.outbox import Outbox
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Signal
from domain.services.announcing import AnnouncingUnitOfWork
from domain.use_cases.schedule.deliver_messages import ROUND, Deliveries, DeliverMessages
from tests.support.factories import a_coupon
from tests.support.memory.memory_ports import MemoryPorts
from tests.support.memory.school import SAM, School, enrollment_order
from tests.support.messages import a_message

ONE = "ps_000001"
OFFICE = Recipient(email="office@school.example")
BUDGET = timedelta(seconds=50)


def a_school() -> School:
    """One that sends messages."""
    school = School()
    school.unit_of_work = AnnouncingUnitOfWork(MemoryUnitOfWork(school.store))
    return school


def deliver(school: MemoryPorts) -> Deliveries:
    """The worker runs."""
    school.clock.advance(timedelta(seconds=1))
    ports = school.ports()
    outbox, notifiers = ports[Outbox], ports[Notifiers]
    assert isinstance(outbox, MemoryOutbox)
    assert isinstance(notifiers, Notifiers)
    return DeliverMessages(
        outbox=outbox,
        students=MemoryStudentRepo(school.store),
        notifiers=notifiers,
        clock=school.clock,
        telemetry=school.telemetry,
        office=OFFICE,
    )(time_budget=BUDGET)


def mailed(school: MemoryPorts) -> list[tuple[MessageKind, str]]:
    """What was mailed, and to whom."""
    assert isinstance(school.mail, MemoryNotifier)
    return [(message.kind, recipient.email) for message, recipient in school.mail.deliveries]


def pay(school: School) -> None:
    """Sam buys."""
    school.start()
    school.settle(school.provider.pay(ONE))


def pay_slowly(school: School) -> None:
    """A bank debit arrives after days."""
    school.start()
    school.settle(school.provider.promise(ONE))
    school.wait(days=3)
    school.settle(school.provider.pay(ONE))


def bounce(school: School) -> None:
    """A bank debit does not arrive."""
    school.start()
    school.settle(school.provider.promise(ONE))
    school.settle(school.provider.bounce(ONE))


def redeem(school: School) -> None:
    """A coupon leaves nothing to pay."""
    school.issue(a_coupon(discount_value=Decimal(100)))
    school.enrolled(coupon_code="SPRING")


def refund_all(school: School) -> None:
    """The money goes back, and the enrollment ends."""
    pay(school)
    school.refund()


def refund_a_part(school: School) -> None:
    """The enrollment stays."""
    pay(school)
    school.refund(amount=1_000)


def revoke(school: School) -> None:
    """A person ends the enrollment."""
    school.enrolled(course_id="free-1")
    school.revoke(course_id="free-1")


def pay_twice(school: School) -> None:
    """A person has to decide."""
    pay(school)
    school.settle(school.pay_again())


def dispute(school: School) -> None:
    """A bank takes money back."""
    pay(school)
    school.provider.bank.dispute("pi_000001", school.clock.now())
    school.report()


def inquire_and_dispute(school: School) -> None:
    """A bank asks and is answered, and takes the money all the same; then it is answered again."""
    pay(school)
    bank, payment = school.provider.bank, "pi_000001"
    inquiry = bank.dispute(payment, school.clock.now(), inquiry=True)
    school.report()
    bank.respond(payment, inquiry)
    school.report()
    bank.decide(payment, inquiry, DisputeStatus.OPEN, school.clock.now())
    school.report()
    bank.respond(payment, inquiry)
    school.report()


STUDENT, OFFICE_MAIL = SAM.email, OFFICE.email
WELCOME = (MessageKind.ENROLLED, STUDENT)
FACTS: list[tuple[Callable[[School], None], list[tuple[MessageKind, str]]]] = [
    (pay, [WELCOME]),
    (pay_slowly, [WELCOME]),
    (bounce, [(MessageKind.PAYMENT_FAILED, STUDENT)]),
    (redeem, [WELCOME]),
    (refund_all, [WELCOME, (MessageKind.REFUND_MADE, STUDENT)]),
    (refund_a_part, [WELCOME, (MessageKind.REFUND_MADE, STUDENT)]),
    (revoke, [WELCOME, (MessageKind.ACCESS_ENDED, STUDENT)]),
    (pay_twice, [WELCOME, (MessageKind.REVIEW_OPENED, OFFICE_MAIL)]),
    (dispute, [WELCOME, (MessageKind.DISPUTE_OPENED, OFFICE_MAIL)]),
    (inquire_and_dispute, [WELCOME, *2 * [(MessageKind.DISPUTE_OPENED, OFFICE_MAIL)]]),
]


@pytest.mark.parametrize(("happens", "expected"), FACTS, ids=[happens.__name__ for happens, _ in FACTS])
def test_what_happened_is_one_message(
    happens: Callable[[School], None], expected: list[tuple[MessageKind, str]]
) -> None:
    """To whom it concerns; afterwards the outbox is empty."""
    school = a_school()
    happens(school)
    assert deliver(school) == Deliveries(delivered=len(expected))
    assert sorted(mailed(school)) == sorted(expected)
    assert deliver(school) == Deliveries()
    assert not school.store.outbox


def test_with_messages_off_nothing_is_stored() -> None:
    """As by default."""
    school = School()
    refund_all(school)
    assert not school.store.outbox


def test_repeated_reports_are_one_message() -> None:
    """The fact is of one transaction; a report that changes nothing tells nothing."""
    school = a_school()
    school.start()
    paid = school.provider.pay(ONE)
    for _ in range(3):
        school.settle(paid)
    school.refund(amount=1_000)
    school.report()
    school.sync()
    deliver(school)
    assert [kind for kind, _ in mailed(school)] == [MessageKind.ENROLLED, MessageKind.REFUND_MADE]


def test_a_slow_payment_says_that_it_has_arrived() -> None:
    """A quick one does not."""
    school = a_school()
    pay_slowly(school)
    [message] = school.store.outbox.values()
    assert message.delayed
    quick = a_school()
    pay(quick)
    [message] = quick.store.outbox.values()
    assert not message.delayed


def test_a_refund_says_whether_access_ended() -> None:
    """One mail, not two."""
    for happens, ended in ((refund_all, True), (refund_a_part, False)):
        school = a_school()
        happens(school)
        [message] = [one for one in school.store.outbox.values() if one.kind is MessageKind.REFUND_MADE]
        assert message.access_ended is ended


def test_the_office_reads_until_when_a_dispute_is_to_be_answered() -> None:
    """As the provider says."""
    school = a_school()
    dispute(school)
    [message] = [one for one in school.store.outbox.values() if one.kind is MessageKind.DISPUTE_OPENED]
    assert message.respond_by == (school.clock.now() + TIME_TO_RESPOND).replace(microsecond=0)


def test_a_message_holds_nothing_personal() -> None:
    """Ids and amounts; address and name are read when it is delivered."""
    school = a_school()
    pay_twice(school)
    school.grant(course_id="free-1")
    assert enrollment_order().reason not in repr(school.store.outbox)
    assert SAM.email not in repr(school.store.outbox)
    assert SAM.name not in [word for one in school.store.outbox.values() for word in repr(one).split("'")]


def test_the_newest_address_is_used() -> None:
    """A student may have changed it meanwhile."""
    school = a_school()
    pay(school)
    student = school.store.students[SAM.user_id]
    school.store.students[SAM.user_id] = evolve(student, email="new@example.com")
    deliver(school)
    assert mailed(school) == [(MessageKind.ENROLLED, "new@example.com")]


def test_a_student_who_is_gone_gets_no_mail() -> None:
    """And the message does not stay for ever."""
    school = a_school()
    pay(school)
    del school.store.students[SAM.user_id]
    deliver(school)
    assert mailed(school) == []
    assert not school.store.outbox


@define(eq=False)
class Unsteady(MemoryNotifier):
    """Fails while it has an error to raise."""

    error: Exception | None = None

    def deliver(self, message: Message, recipient: Recipient) -> None:
        """Deliver it, or fail."""
        if self.error is not None:
            raise self.error
        MemoryNotifier.deliver(self, message, recipient)


@pytest.mark.parametrize("error", [NotifierUnavailable(), ZeroDivisionError()])
def test_fault_125_a_channel_that_is_down_is_tried_again_later_and_later(error: Exception) -> None:
    """The other channel delivered it, and does not again, though it would not know the id."""
    school = a_school()
    school.events = MemoryNotifier(knows_ids=False)
    school.mail = broken = Unsteady(error=error)
    pay(school)
    assert deliver(school) == Deliveries(postponed=1)
    assert deliver(school) == Deliveries()
    [message] = school.store.outbox.values()
    assert message.delivered == ("events",)
    school.wait(minutes=1)
    assert deliver(school) == Deliveries(postponed=1)
    broken.error = None
    school.wait(minutes=2)
    assert deliver(school) == Deliveries(delivered=1)
    assert isinstance(school.events, MemoryNotifier)
    assert len(school.events.deliveries) == len(broken.deliveries) == 1
    assert len(school.signals(Signal.MESSAGE_FAILED)) == 2


def test_fault_125_what_cannot_be_delivered_for_days_is_laid_aside() -> None:
    """A person looks at it; no attempt is made any more."""
    school = a_school()
    school.mail = Unsteady(error=NotifierUnavailable())
    pay(school)
    for _ in range(int(GIVE_UP.total_seconds() // 3600) + 2):
        school.wait(hours=1)
        deliver(school)
    assert not school.store.outbox
    [message] = school.store.undelivered.values()
    assert message.attempts > 20
    assert school.signals(Signal.MESSAGE_LAID_ASIDE) == ["notifier_unavailable"]


def test_fault_125_an_address_that_is_refused_is_laid_aside_at_once() -> None:
    """Trying again cannot help."""
    school = a_school()
    school.mail = Unsteady(error=RecipientRefused())
    pay(school)
    assert deliver(school) == Deliveries(laid_aside=1)
    assert list(school.store.undelivered) == [f"{ONE}.enrolled"]


def test_fault_125_poison_messages_do_not_stand_before_the_others() -> None:
    """As many as are taken at once are due later each time, and the next one is delivered in the same run."""
    school = a_school()

    class Picky(MemoryNotifier):
        def deliver(self, message: Message, recipient: Recipient) -> None:
            if message.message_id.startswith("poison"):
                raise ValueError(message.message_id)
            MemoryNotifier.deliver(self, message, recipient)

    school.mail = Picky()
    pay(school)
    now = school.clock.now() - timedelta(days=1)
    for name in (f"poison-{number}" for number in range(ROUND)):
        school.store.outbox[name] = a_message(message_id=name, due_at=now, created_at=now)
    assert deliver(school) == Deliveries(delivered=1, postponed=ROUND)


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


STEPS = ("claim", "events", "keep_progress", "mail", "delete")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_fault_87_and_125_a_worker_that_is_killed_loses_no_message(step: str, when: str) -> None:
    """Killed before or after any step: once the lease has ended, the next run delivers what is left. The event is
    delivered once by its id; the mail twice only where the worker died between sending and forgetting.
    """
    school = a_school()
    pay(school)
    rest = (school.events, school.mail, school.ports()[Outbox])
    school.clock.advance(timedelta(seconds=1))
    events, mail, outbox = (
        _Deadly(one, step, when, name) for one, name in zip(rest, ("events", "mail", ""), strict=True)
    )
    with pytest.raises(Killed):
        DeliverMessages(
            outbox=outbox,  # type: ignore[arg-type]
            students=_students(school),
            notifiers=Notifiers({"events": lambda: events, "mail": lambda: mail}),  # type: ignore[dict-item, return-value]
            clock=school.clock,
            telemetry=school.telemetry,
            office=OFFICE,
        )(time_budget=BUDGET)
    school.clock.advance(LEASE)
    deliver(school)
    assert not school.store.outbox
    assert isinstance(school.events, MemoryNotifier)
    assert isinstance(school.mail, MemoryNotifier)
    assert len(school.events.deliveries) == 1
    twice = (step, when) in {("mail", "after"), ("delete", "before")}
    assert len(school.mail.deliveries) == (2 if twice else 1)


def _students(school: MemoryPorts) -> StudentRepo:
    return MemoryStudentRepo(school.store)


class _Deadly:
    """An adapter before or after one of whose calls the process is killed."""

    def __init__(self, adapter: object, step: str, when: str, name: str) -> None:
        self._adapter, self._step, self._when, self._name = adapter, step, when, name

    def __getattr__(self, method: str) -> object:
        found = getattr(self._adapter, method)
        is_step = method == self._step or (method == "deliver" and self._name == self._step)

        def call(*given: object, **named: object) -> object:
            if is_step and self._when == "before":
                raise Killed
            answer = found(*given, **named)
            if is_step:
                raise Killed
            return answer

        return call
