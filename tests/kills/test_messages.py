"""Whoever is killed while something is told, or being told: no message is lost, and the enrollment waits for none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.messages import LEASE
from scripts.stack.aws_resources import Clients
from tests.kills.rehearsal import points, sample
from tests.support.kills.kill_points import Kill
from tests.support.kills.kill_testbed import KillTestbed, Scenario
from tests.support.stack.stored_state import StoredItems

pytestmark = pytest.mark.kills

SENDER = "school@school.example"
MESSAGES = {"messages": "mail", "mail_from": SENDER, "office_email": "office@school.example"}
AFTER_THE_LEASE = LEASE.total_seconds() + 60
"""Seconds by which the clock is ahead when whoever died has surely lost what they had."""


@pytest.fixture(scope="module", autouse=True)
def sender(testbed: KillTestbed) -> None:
    """The school may send mail."""
    Clients(testbed.aws.url)("sesv2").create_email_identity(EmailIdentity=SENDER)


def play(testbed: KillTestbed, step: str, kill: Kill | None) -> Scenario:
    """A purchase and its mail, with one kill; whoever comes by a clock comes again after the lease."""
    scenario = testbed.scenario({step: kill} if kill else {}, "repeat")
    scenario.settings |= MESSAGES
    scenario.enroll()
    scenario.pay()
    scenario.hear()
    scenario.rest()
    scenario.deliver()
    scenario.deliver("later", ahead=AFTER_THE_LEASE)
    return scenario


def told(scenario: Scenario) -> int:
    """How many mails the student has got."""
    return [mail.to for mail in scenario.testbed.aws.mails.kept].count(f"{scenario.student}@example.com")


def waiting(scenario: Scenario) -> list[str]:
    """What is still in the outbox."""
    items = StoredItems(scenario.testbed.account.table).items()
    return [str(item["PK"]) for item in items if str(item["PK"]).startswith("OUTBOX#")]


@pytest.mark.parametrize("step", ["webhook", "deliver"])
def test_fault_87_no_message_is_lost_wherever_a_worker_is_killed(
    testbed: KillTestbed, emit: Callable[[str], None], step: str
) -> None:
    """Killed while settling, the student is told once. Killed while delivering, once too, but for the moment between
    sending and forgetting: SES knows no id of ours, so that mail comes twice.
    """
    rehearsal = play(testbed, step, None)
    assert (told(rehearsal), waiting(rehearsal), rehearsal.faults()) == (1, [], [])
    calls = rehearsal.calls[step]["port"]
    cases = points(rehearsal.calls[step])
    chosen = sample(cases, about=f"messages {step}", share=0.4)
    wrong = []
    for kill in chosen:
        scenario = play(testbed, step, kill)
        is_sent = kill.depth == "port" and step == "deliver" and _is_after_sending(calls, kill)
        expected: tuple[int, list[str], list[str], list[str]] = (2 if is_sent else 1, [], [], [step])
        found = (told(scenario), waiting(scenario), scenario.faults(), scenario.killed)
        wrong += [f"{kill} of {calls}: {found}"] if found != expected else []
    emit(f"{len(chosen)} of {len(cases)} kills in {step} of a purchase that is told")
    assert wrong == []


def _is_after_sending(calls: list[str], kill: Kill) -> bool:
    """Whether the mail is out and the message is not forgotten yet."""
    sent, forgotten = calls.index("Notifier.deliver"), calls.index("Outbox.delete")
    moment = kill.call * 2 + (kill.when == "after")
    return sent * 2 < moment <= forgotten * 2
