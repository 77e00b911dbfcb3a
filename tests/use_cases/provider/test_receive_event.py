"""The webhook: proven, settled, kept in the queue, or sent again; never lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.memory.payment_gateway import SIGNATURE
from domain.errors import (
    CheckoutReplaced,
    ContradictoryEvent,
    DomainError,
    InvalidSignature,
    MalformedEvent,
    PaymentSessionUnknown,
    ProviderNotFound,
    QueueUnavailable,
    SecretsUnavailable,
    StorageUnavailable,
)
from domain.payments.events import CheckoutCancelled, IgnoredEvent, IgnoreReason, PaymentEvent
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.process_event import ProcessEvent
from domain.transactions.conflicts import TransactionConflict
from domain.use_cases.provider.receive_event import ATTEMPTS, IntakePolicy, Receipt
from tests.support.factories import a_session, paid
from tests.support.memory.misbehaving import Counting, Failing, FullQueue
from tests.support.memory.school import School


def everything(school: School) -> tuple[object, ...]:
    """All that is written down."""
    store = school.store
    return (
        dict(store.students),
        dict(store.enrollments),
        dict(store.sessions),
        dict(store.checkout_locks),
        dict(store.events),
    )


def test_an_event_is_settled_at_once() -> None:
    """A genuine payment enrolls before the webhook answers, without asking the provider anything."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.gateway = counting = Counting(school.provider)
    assert school.receive(event) is Receipt.SETTLED
    assert school.enrollment() is not None
    assert not counting.asked
    assert not school.waiting.waiting


def test_while_settling_is_stopped_every_event_waits() -> None:
    """Operators have stopped it: the event is proven and kept, nothing else is written, and later it enrolls."""
    school = School(intake=IntakePolicy(settles=False))
    event = school.provider.pay(school.start().session.payment_session_id)
    before = everything(school)

    assert school.receive(event) is Receipt.QUEUED

    assert everything(school) == before
    assert school.telemetry.count(Signal.EVENT_QUEUED) == 1
    school.use_case(ProcessEvent)(school.waiting.waiting[0])
    assert school.enrollment() is not None


def test_fault_1_a_replayed_event_changes_nothing() -> None:
    """The same message again is acknowledged, and settles nothing a second time."""
    school = School()
    body, headers = school.provider.message(school.provider.pay(school.start().session.payment_session_id))
    school.receive_message(body, headers)
    before = everything(school)
    school.wait(minutes=1)
    assert school.receive_message(body, headers) is Receipt.SETTLED
    assert everything(school) == before
    assert school.signals(Signal.ENROLLED) == ["completed"]
    assert school.signals(Signal.EVENT_SETTLED) == ["unchanged"]


def test_fault_88_redelivery_after_a_crash_is_harmless() -> None:
    """When storage kept the settlement and we fell before answering, the redelivery is acknowledged."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.settle(event)
    assert school.receive(event) is Receipt.SETTLED
    assert len(school.store.enrollments) == 1


@pytest.mark.parametrize("signature", ["", "0" * 64, "\u00e9", "v0=abc"])
def test_fault_3_a_forged_event_does_nothing(signature: str) -> None:
    """Without the provider's signature nothing is written, queued or settled; it is counted and refused."""
    school = School()
    body, _ = school.provider.message(school.provider.pay(school.start().session.payment_session_id))
    before = everything(school)
    with pytest.raises(InvalidSignature):
        school.receive_message(body, {SIGNATURE: signature})
    assert everything(school) == before
    assert not school.waiting.waiting
    assert school.telemetry.count(Signal.SIGNATURE_REFUSED) == 1


def test_fault_12_a_changed_body_does_nothing() -> None:
    """The signature is over exactly these bytes: one blank more, and it is forged."""
    school = School()
    body, headers = school.provider.message(school.provider.pay(school.start().session.payment_session_id))
    with pytest.raises(InvalidSignature):
        school.receive_message(body + b" ", headers)
    assert school.enrollment() is None


def test_fault_14_a_signed_message_that_is_no_event_is_refused() -> None:
    """What the provider signed and nobody can read is refused and counted, not queued."""
    school = School()
    event = IgnoredEvent(provider="stripe", event_id="evt_1", event_type="odd", reason=IgnoreReason.UNSUBSCRIBED)
    body, headers = school.provider.message(event)
    school.provider._events.clear()
    with pytest.raises(MalformedEvent):
        school.receive_message(body, headers)
    assert school.telemetry.count(Signal.EVENT_REFUSED) == 1
    assert not school.waiting.waiting


def test_another_provider_is_not_found() -> None:
    """Nobody sends events for a provider that is not plugged in."""
    with pytest.raises(ProviderNotFound):
        School().receive_message(b"{}", {}, provider="paypal")


@pytest.mark.parametrize("reason", list(IgnoreReason))
def test_fault_18_24_events_that_change_nothing_are_counted(reason: IgnoreReason) -> None:
    """Unsubscribed types, other products, modes and accounts are acknowledged under their own names, and no more."""
    school = School()
    ignored = IgnoredEvent(provider="stripe", event_id="evt_1", event_type="charge.refunded", reason=reason)
    assert school.receive(ignored) is Receipt.IGNORED
    assert school.signals(Signal.EVENT_IGNORED) == [reason.value]
    assert not school.store.events
    assert not school.waiting.waiting


def test_fault_85_storage_that_recovers_is_waited_for() -> None:
    """A failure that passes within three attempts leaves nothing in the queue."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.unit_of_work = failing = Failing(school.unit_of_work, times=ATTEMPTS - 1)
    assert school.receive(event) is Receipt.SETTLED
    assert failing.attempts == ATTEMPTS
    assert school.backoff.pauses == [1, 2]
    assert not school.waiting.waiting


def test_fault_89_storage_that_is_down_leaves_the_event_in_the_queue() -> None:
    """After three attempts the event waits in the queue, from where it is settled later."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    honest = school.unit_of_work
    school.unit_of_work = failing = Failing(honest, times=99)
    assert school.receive(event) is Receipt.QUEUED
    assert failing.attempts == ATTEMPTS
    assert school.waiting.waiting == [event]
    assert school.signals(Signal.EVENT_QUEUED) == [StorageUnavailable.code]
    school.unit_of_work = honest
    for waiting in school.waiting.take():
        assert isinstance(waiting, PaymentEvent)
        school.settle(waiting)
    assert school.enrollment() is not None


def test_fault_89_when_the_queue_fails_too_the_provider_sends_again() -> None:
    """Neither settled nor kept: the failure is recorded and raised, so that the provider delivers once more."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.unit_of_work = Failing(school.unit_of_work, times=99)
    school.queue = FullQueue()
    with pytest.raises(QueueUnavailable):
        school.receive(event)
    assert school.telemetry.count(Signal.EVENT_NOT_KEPT) == 1
    assert school.telemetry.count(Signal.EVENT_QUEUED) == 0


def test_fault_25_an_event_of_an_unknown_session_waits_in_the_queue() -> None:
    """A session that is not there may be there later: three attempts, then the queue."""
    school = School()
    assert school.receive(paid(a_session())) is Receipt.QUEUED
    assert school.signals(Signal.EVENT_QUEUED) == [PaymentSessionUnknown.code]
    assert len(school.backoff.pauses) == ATTEMPTS - 1


def test_a_contradiction_goes_to_the_queue_at_once() -> None:
    """What trying again cannot help is kept for a person without a second attempt."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.receive(event)
    cancelled = CheckoutCancelled(
        provider="stripe",
        event_id="evt_9",
        event_type="any",
        user_id=event.user_id,
        course_id=event.course_id,
        payment_session_id=event.payment_session_id,
        livemode=False,
    )
    assert school.receive(cancelled) is Receipt.QUEUED
    assert school.waiting.waiting == [cancelled]
    assert school.signals(Signal.EVENT_QUEUED) == [ContradictoryEvent.code]
    assert not school.backoff.pauses


@pytest.mark.parametrize(
    "failure", [StorageUnavailable, lambda: TransactionConflict((CheckoutReplaced(),))], ids=["down", "refused"]
)
def test_attempts_at_an_event_are_bounded(failure: Callable[[], DomainError]) -> None:
    """However storage fails, the number of attempts has an end."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.unit_of_work = failing = Failing(school.unit_of_work, times=1_000, failure=failure)
    assert school.receive(event) is Receipt.QUEUED
    assert failing.attempts <= 15


def test_fault_93_without_keys_nothing_is_queued() -> None:
    """While the signature cannot be checked nothing is done, and the provider sends again."""
    school = School()

    class Locked(Counting):
        """Its keys cannot be read."""

        def read_event(self, body: bytes, headers: object) -> IgnoredEvent:
            raise SecretsUnavailable

    body, headers = school.provider.message(school.provider.pay(school.start().session.payment_session_id))
    school.gateway = Locked(school.provider)
    with pytest.raises(SecretsUnavailable):
        school.receive_message(body, headers)
    assert not school.waiting.waiting
    assert school.enrollment() is None


def test_fault_90_the_queue_may_deliver_twice_and_out_of_order() -> None:
    """An expiry that waited in the queue while the payment was settled changes nothing, however often it comes."""
    school = School()
    session_id = school.start().session.payment_session_id
    promise = school.provider.promise(session_id)
    payment = school.provider.pay(session_id)
    for event in (payment, promise, payment, promise):
        school.settle(event)
    assert school.session(session_id).status is Status.COMPLETED


def test_what_waits_in_the_queue_is_no_secret() -> None:
    """A queued event carries ids and amounts: no e-mail address, no name, no body."""
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.unit_of_work = Failing(school.unit_of_work, times=99)
    school.receive(event)
    kept = repr(school.waiting.waiting)
    assert "@" not in kept
    assert "Sam" not in kept


def test_a_bug_of_ours_sends_the_event_to_the_queue() -> None:
    """What nobody foresaw is not tried again at once; the event waits in the queue, and is reported by its
    kind.
    """
    school = School()
    event = school.provider.pay(school.start().session.payment_session_id)
    school.unit_of_work = failing = Failing(school.unit_of_work, times=9, failure=lambda: KeyError("oops"))
    assert school.receive(event) is Receipt.QUEUED
    assert failing.attempts == 1
    assert list(school.waiting.waiting) == [event]
    assert school.telemetry.emitted[-1].reason == "unforeseen_KeyError"
