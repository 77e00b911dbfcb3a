"""Alarms for a small school: what one incident emits, through the real code, turns its alarm on."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load

from domain.errors import DomainError, InvalidSignature, ProviderRejected
from domain.ports.telemetry import Signal
from scripts.ops.deploy.template import TEMPLATE
from tests.support.aws.alarms import ever_on
from tests.support.memory.misbehaving import Refusing
from tests.support.memory.school import School

STRIPES_TRIES = (timedelta(0), timedelta(minutes=5), timedelta(minutes=35))
"""When Stripe tries an event that was refused in the first hour, counted from the payment."""


def alarm(name: str) -> dict[str, Any]:
    """The alarm's properties in the template."""
    properties: dict[str, Any] = load(str(TEMPLATE))["Resources"][f"{name}Alarm"]["Properties"]
    return properties


def emitted(school: School, signal: Signal, at: list[datetime]) -> list[datetime]:
    """The timestamps, one for each time that the signal was emitted."""
    assert school.telemetry.count(signal) == len(at)
    return at


def test_one_payment_with_a_wrong_secret_is_noticed() -> None:
    """Two events of one payment, refused at each of Stripe's tries: the alarm is on within the hour."""
    school, at = School(), list[datetime]()
    begun = school.clock.now()
    for tried in STRIPES_TRIES:
        school.wait(seconds=(begun + tried - school.clock.now()).total_seconds())
        for _ in ("checkout.session.completed", "payment_intent.succeeded"):
            with pytest.raises(InvalidSignature):
                school.receive_message(b"{}", {"Stripe-Signature": "t=1,v1=00"})
            at.append(school.clock.now())

    assert ever_on(alarm("SignatureRefused"), emitted(school, Signal.SIGNATURE_REFUSED, at))
    assert not ever_on(alarm("SignatureRefused"), at[:2])


def test_one_student_at_a_dead_price_is_noticed() -> None:
    """A sale that fails for good is a sale lost; a second try in the same hour is no second mail."""
    school = School()
    school.gateway = Refusing(school.provider, refusal=ProviderRejected)
    with suppress(DomainError):
        school.enroll()

    assert ever_on(alarm("ProviderRejected"), emitted(school, Signal.PROVIDER_REJECTED, [school.clock.now()]))


def test_three_students_in_half_an_hour_notice_a_revoked_key() -> None:
    """Each failed checkout counts once; a moment's trouble at the provider wakes nobody."""
    begun = School().clock.now().replace(minute=0, second=0)
    failed = [begun + timedelta(minutes=minute) for minute in (1, 6, 11, 16, 21, 26)]

    assert ever_on(alarm("ProviderError"), failed)
    assert not ever_on(alarm("ProviderError"), failed[:3])
    assert not ever_on(alarm("ProviderError"), [begun] * 40)


def test_visitors_of_a_broken_course_cause_one_mail() -> None:
    """It is on for as long as somebody looks at it in each hour, instead of going on and off by visitor."""
    begun = School().clock.now().replace(minute=0, second=0)
    views = [begun + timedelta(minutes=20 * number) for number in range(9)]
    changes = [ever_on(alarm("RecordUnreadable"), views[: number + 1]) for number in range(len(views))]

    assert changes == [True] * len(views)
    assert int(alarm("RecordUnreadable")["Period"]) == 3600


def test_a_catch_up_that_never_ends_is_noticed() -> None:
    """Lambda counts one error for each of its three tries, minutes apart: the first is enough."""
    nightly = alarm("NightlyFailed")
    watched = {metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Fn::Sub"] for metric in nightly["Metrics"][1:]}

    assert watched == {"${Service}-${Stage}-catch_up", "${Service}-${Stage}-recount"}
    assert (nightly["Threshold"], nightly["EvaluationPeriods"]) == (1, 1)
