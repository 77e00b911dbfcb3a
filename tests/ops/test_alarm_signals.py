"""Every alarm on the product's own metrics, set off by what its incident makes the product emit.

The metrics are those that CloudWatch takes from the lines of the product's telemetry, and the alarms those of the
template, evaluated as CloudWatch documents it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from adapters.cloudwatch.telemetry import NAMESPACE, CloudWatchTelemetry
from adapters.memory.checkouts import Stage
from adapters.memory.telemetry import MemoryTelemetry
from domain.errors import DomainError, ProviderRejected
from domain.payments.events import CheckoutCancelled, IgnoredEvent, IgnoreReason
from domain.payments.reversals import RefundStatus
from domain.ports.clock import Clock
from domain.ports.telemetry import Gauge, Signal
from scripts.ops.deploy.template import read_template
from scripts.ops.stage import ROOT
from tests.support.aws.alarms import Points, changes, ever_on, metrics_of
from tests.support.factories import an_enrollment
from tests.support.memory.misbehaving import Failing, FullQueue, Refusing, Unreachable
from tests.support.memory.school import School, somebody

ONE, PAYMENT = "ps_000001", "pi_000001"


@define(eq=False)
class WrittenTelemetry(MemoryTelemetry):
    """Also writes what CloudWatch takes its metrics from."""

    clock: Clock
    stream: io.StringIO = field(factory=io.StringIO)

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Record and write the signal."""
        super().emit(signal, reason=reason, provider=provider, **ids)
        self._writer().emit(signal, reason=reason, provider=provider, **ids)

    def measure(self, gauge: Gauge, value: int) -> None:
        """Record and write the gauge's value."""
        super().measure(gauge, value)
        self._writer().measure(gauge, value)

    def _writer(self) -> CloudWatchTelemetry:
        return CloudWatchTelemetry(stage="test", service="alarms", clock=self.clock, output=self.stream)

    def points(self) -> Points:
        """What was written to each metric with no dimensions but service and stage, which alarms look at."""
        found: dict[str, list[tuple[datetime, float]]] = {}
        for line in map(json.loads, self.stream.getvalue().splitlines()):
            for metrics in line.get("_aws", {}).get("CloudWatchMetrics", ()):
                if {"service", "stage"} in map(set, metrics["Dimensions"]):
                    at = datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC)
                    for metric in metrics["Metrics"]:
                        found.setdefault(metric["Name"], []).append((at, float(line[metric["Name"]][0])))
        return found


def a_school() -> tuple[School, WrittenTelemetry]:
    """A school at the beginning of a day some days ago: CloudWatch takes no metric of the future, or of weeks ago."""
    school = School()
    school.clock.at = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=4)
    telemetry = WrittenTelemetry(school.clock)
    school.telemetry = telemetry
    return school, telemetry


def alarms() -> dict[str, dict[str, Any]]:
    """The template's alarms by name."""
    resources = read_template()["Resources"]
    return {
        name.removesuffix("Alarm"): resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def namespaces(alarm: dict[str, Any]) -> set[str]:
    """The namespaces of the alarm's metrics."""
    if "Namespace" in alarm:
        return {alarm["Namespace"]}
    return {each["MetricStat"]["Metric"]["Namespace"] for each in alarm["Metrics"] if "MetricStat" in each}


# -- incidents ---------------------------------------------------------------------------------------------------------


def bought(school: School) -> None:
    """A student has paid and is enrolled by a webhook."""
    school.start()
    school.receive(school.provider.pay(ONE))


def a_wrong_secret(school: School) -> None:
    """Two events of one payment, refused at each of the provider's three tries in the first hour."""
    for minutes in (0, 5, 30):
        school.wait(minutes=minutes)
        for _ in range(2):
            with suppress(DomainError):
                school.receive_message(b"{}", {"Stripe-Signature": "t=1,v1=00"})


def nothing_can_be_stored(school: School) -> None:
    """An event comes while neither table nor queue answer."""
    event = school.provider.pay(school.start().session.payment_session_id)
    school.unit_of_work = Failing(school.unit_of_work, times=99)
    school.queue = FullQueue()
    with suppress(DomainError):
        school.receive(event)


def an_unreadable_event(school: School) -> None:
    """The provider signs something that is no event."""
    event = IgnoredEvent(provider="stripe", event_id="evt_1", event_type="odd", reason=IgnoreReason.UNSUBSCRIBED)
    body, headers = school.provider.message(event)
    school.provider._events.clear()
    with suppress(DomainError):
        school.receive_message(body, headers)


def a_contradiction(school: School) -> None:
    """What was paid is reported as cancelled."""
    bought(school)
    session = school.session(ONE)
    with suppress(DomainError):
        school.settle(
            CheckoutCancelled(
                provider=session.provider,
                event_id="evt_9",
                event_type="any",
                user_id=session.user_id,
                course_id=session.course_id,
                payment_session_id=ONE,
                provider_session_id=str(session.provider_session_id),
                livemode=session.livemode,
            )
        )


def two_reviews(school: School) -> None:
    """Two students have paid for what they have already; an hour lies between them, and nobody decides."""
    for _ in range(3):
        school.reconcile()
        school.wait(minutes=4)
    for number in (1, 2):
        who = somebody(number)
        school.start(who)
        school.store.enrollments[who.user_id, "course-1"] = an_enrollment(user_id=who.user_id)
        school.settle(school.provider.pay(f"ps_{number:06}"))
        for _ in range(15):
            school.wait(minutes=4)
            school.reconcile()


def a_provider_that_never_answers(school: School) -> None:
    """A student's checkout is past its end and cannot be asked for."""
    school.start()
    school.gateway = Unreachable(school.provider)
    school.clock.at = school.session(ONE).expires_at
    for _ in range(6):
        school.wait(minutes=4)
        school.reconcile()


def many_that_cannot_be_reconciled(school: School) -> None:
    """Two runs over three checkouts fail within a quarter of an hour."""
    for number in range(3):
        school.start(somebody(number))
    school.gateway = Unreachable(school.provider)
    for _ in range(2):
        school.wait(minutes=2)
        school.reconcile()


def no_run(school: School) -> None:
    """The reconciliation ran, and then no more."""
    school.reconcile()
    school.wait(minutes=40)
    school.telemetry.emit(Signal.EVENT_IGNORED)


def no_webhook(school: School) -> None:
    """A student pays, and no webhook comes."""
    school.start()
    school.provider.pay(ONE)
    school.wait(minutes=4)
    school.reconcile()


def missed_by_all(school: School) -> None:
    """The nightly comparison finds a payment that nobody has reported."""
    school.start()
    school.provider.message(school.provider.pay(ONE))
    school.catch_up()


def late_money(school: School) -> None:
    """Released here, paid there all the same."""
    school.start()
    school.settle(school.provider.expire(ONE))
    school.provider.checkouts[ONE] = evolve(school.provider.checkouts[ONE], stage=Stage.PAID)
    school.catch_up()


def another_price(school: School) -> None:
    """The provider would charge more than was agreed."""
    school.provider.surcharge = 1
    with suppress(DomainError):
        school.enroll()


def a_dead_price(school: School) -> None:
    """The provider refuses to open the checkout for good."""
    school.gateway = Refusing(school.provider, refusal=ProviderRejected)
    with suppress(DomainError):
        school.enroll()


def a_failed_refund(school: School) -> None:
    """The bank gives a refund back, days after it succeeded."""
    bought(school)
    school.refund()
    [made] = school.reversals()
    assert made.provider_reversal_id is not None
    school.provider.bank.change_refund(PAYMENT, made.provider_reversal_id, RefundStatus.FAILED, school.clock.now())
    school.report()


def a_rejected_refund(school: School) -> None:
    """The provider refuses a refund: the payment is disputed."""
    bought(school)
    school.provider.bank.dispute(PAYMENT, school.clock.now(), amount=1)
    school.refund()


def a_dispute(school: School) -> None:
    """A payer disputes a payment."""
    bought(school)
    school.provider.bank.dispute(PAYMENT, school.clock.now())
    school.report()


def unexplained_money(school: School) -> None:
    """The provider lists a movement that no entry explains."""
    bought(school)
    school.wait(days=1)
    school.store.sessions.clear()
    school.store.ledger.clear()
    school.prove_ledger()


def a_guesser(school: School) -> None:
    """Twenty accounts try ten codes each within five minutes."""
    for number in range(20):
        for guess in range(10):
            with suppress(DomainError):
                school.enroll(somebody(number), coupon_code=f"GUESS-{guess}")


def emitted(signal: Signal, times: int = 1, every: timedelta = timedelta(minutes=10)) -> Callable[[School], None]:
    """An adapter, or a handler of the functions, emits the signal; their own tests hold when."""

    def incident(school: School) -> None:
        for _ in range(times):
            school.telemetry.emit(signal)
            school.clock.advance(every)

    return incident


INCIDENTS: dict[str, Callable[[School], None]] = {
    "SignatureRefused": a_wrong_secret,
    "EventNotKept": nothing_can_be_stored,
    "EventRefused": an_unreadable_event,
    "EventContradicts": a_contradiction,
    "SessionsInReview": two_reviews,
    "OldestUnenrolled": a_provider_that_never_answers,
    "ReconcilerSilent": no_run,
    "ReconcileFailed": many_that_cannot_be_reconciled,
    "WebhooksSilent": no_webhook,
    "DifferenceFound": missed_by_all,
    "PaymentLate": late_money,
    "PriceMismatch": another_price,
    "ProviderRejected": a_dead_price,
    "RefundFailed": a_failed_refund,
    "RefundRejected": a_rejected_refund,
    "DisputeOpened": a_dispute,
    "LedgerMismatch": unexplained_money,
    "CouponRefused": a_guesser,
    # emitted by adapters and handlers: tests/stripe, tests/contracts, tests/events, tests/use_cases/schedule
    "ProviderError": emitted(Signal.PROVIDER_ERROR, times=6, every=timedelta(minutes=5)),
    "SecretsStale": emitted(Signal.SECRETS_STALE),
    "RecordUnreadable": emitted(Signal.RECORD_UNREADABLE),
    "ComparisonFailed": emitted(Signal.COMPARISON_FAILED),
    "MessageLaidAside": emitted(Signal.MESSAGE_LAID_ASIDE),
    "SeatOverCapacity": emitted(Signal.SEAT_OVER_CAPACITY),
}


def test_every_alarm_on_our_metrics_has_its_incident() -> None:
    """None is left out, and none is tried that is no more."""
    ours = {name for name, alarm in alarms().items() if namespaces(alarm) == {NAMESPACE}}

    assert ours == INCIDENTS.keys()


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_sets_its_alarm_off(name: str) -> None:
    """What the product emits meanwhile turns the alarm on."""
    school, telemetry = a_school()

    INCIDENTS[name](school)

    assert ever_on(alarms()[name], telemetry.points())


def test_a_good_day_sets_nothing_off() -> None:
    """Students buy, webhooks come, the reconciliation runs, the night compares: no alarm."""
    school, telemetry = a_school()
    for number in range(12):
        who = somebody(number)
        school.start(who)
        school.receive(school.provider.pay(f"ps_{number + 1:06}"))
        school.wait(minutes=4)
        school.reconcile()
    school.catch_up()

    on = [
        name
        for name, alarm in alarms().items()
        if name in INCIDENTS.keys() - {"ReconcilerSilent"} and ever_on(alarm, telemetry.points())
    ]
    assert on == []


def test_a_review_that_waits_does_not_hide_the_next() -> None:
    """The alarm is on for each review that is added, and off again soon, though both still wait."""
    school, telemetry = a_school()
    two_reviews(school)

    found = [on for _, on in changes(alarms()["SessionsInReview"], telemetry.points())]

    assert found == [True, False, True, False]
    assert not ever_on(alarms()["OldestUnenrolled"], telemetry.points())


def test_dead_letters_that_stay_do_not_hide_the_next() -> None:
    """Each one that is added is a ticket; listing them, which hides them for a moment, is none."""
    begun = datetime(2026, 1, 31, tzinfo=UTC)
    visible = [0, 0, 1, 1, 0, 1, 1, 2, 2, 2]
    hidden = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    points: Points = {
        name: [(begun + timedelta(minutes=5 * at), float(count)) for at, count in enumerate(counts)]
        for name, counts in (
            ("ApproximateNumberOfMessagesVisible", visible),
            ("ApproximateNumberOfMessagesNotVisible", hidden),
        )
    }

    found = [((at - begun).total_seconds() // 60, on) for at, on in changes(alarms()["DeadLetters"], points)]

    assert found == [(10, True), (15, False), (35, True), (40, False)]


def test_a_webhook_in_the_same_hour_is_a_sign_of_life() -> None:
    """A run of the reconciliation may be faster than a webhook: that alone says nothing."""
    school, telemetry = a_school()
    no_webhook(school)
    school.receive(school.provider.pay(school.start(somebody(7)).session.payment_session_id))

    assert telemetry.count(Signal.ENROLLED_BY_RECONCILIATION) == 1
    assert not ever_on(alarms()["WebhooksSilent"], telemetry.points())


def test_two_nights_without_a_run_are_noticed() -> None:
    """Of the catch-up and the recount, either."""
    begun = datetime(2026, 1, 31, 4, 30, tzinfo=UTC)
    alarm = alarms()["NightlySilent"]
    good = {"Invocations": [(begun + timedelta(days=day), 1.0) for day in range(6)]}

    assert metrics_of(alarm) == {"Invocations"}
    assert not [on for at, on in changes(alarm, good) if begun + timedelta(days=1) < at < begun + timedelta(days=5)]
    assert changes(alarm, {"Invocations": [*good["Invocations"][:2], *good["Invocations"][5:]]})[-2:] != []


def test_every_mail_has_the_address_of_its_heading() -> None:
    """The description ends with the runbook's address and a heading that is there; what may wait is a ticket."""
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    headings = dict(re.findall(r"^### (\w+)\n\n(.{6})", runbook, flags=re.MULTILINE))
    tickets = set()
    for name, alarm in alarms().items():
        described = alarm["AlarmDescription"]["Fn::Sub"]
        assert described.endswith(f" See ${{Runbook}}#{name.lower()}")
        assert alarm["AlarmName"]["Fn::Sub"].endswith(f"-{name}")
        if alarm["AlarmActions"] == [{"Ref": "Tickets"}]:
            tickets.add(name)
            assert "OKActions" not in alarm
        else:
            assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Alarms"}]

    assert headings.keys() == alarms().keys()
    assert {name for name, begins in headings.items() if begins == "Ticket"} == tickets
