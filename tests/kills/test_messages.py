"""Workers killed while a message is stored or delivered: none is lost, and the enrollment waits for none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.messages import LEASE
from scripts.stack.aws_resources import Clients
from tests.kills.rehearsal import points, sample
from tests.support.kills.kill_points import Kill
from tests.support.kills.kill_testbed import DEBIT, KillTestbed, Scenario
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
    """Killed while settling, the student gets one mail. Killed while delivering, one too, but for the moment between
    sending and forgetting: SES knows no id of ours, so that mail comes twice.
    """
    rehearsal = play(testbed, step, None)
    assert (told(rehearsal), waiting(rehearsal), rehearsal.faults()) == (1, [], [])
    calls = rehearsal.calls[step]["port"]
    cases = points(rehearsal.calls[step])
    chosen = sample(cases, about=f"messages {step}", share=0.02)
    wrong = []
    for kill in chosen:
        scenario = play(testbed, step, kill)
        is_sent = kill.depth == "port" and step == "deliver" and _is_after_sending(calls, kill)
        expected: tuple[int, list[str], list[str], list[str]] = (2 if is_sent else 1, [], [], [step])
        found = (told(scenario), waiting(scenario), scenario.faults(), scenario.killed)
        wrong += [f"{kill} of {calls}: {found}"] if found != expected else []
    emit(f"{len(chosen)} of {len(cases)} kills in {step} of a purchase that sends mail")
    assert wrong == []


def _bought(scenario: Scenario) -> None:
    scenario.enroll(step="before")
    scenario.pay()
    scenario.hear(step="paid")


def slow_payment_that_arrives(scenario: Scenario) -> None:
    """A bank debit is carried out days later."""
    scenario.enroll(step="before")
    scenario.pay(DEBIT)
    scenario.hear(step="announced")
    scenario.testbed.stripe.control.settle_delayed(scenario.checkouts()[-1]["id"], "succeeded")
    scenario.hear("checkout.session.async_payment_succeeded")


def slow_payment_that_fails(scenario: Scenario) -> None:
    """A bank debit bounces."""
    scenario.enroll(step="before")
    scenario.pay(DEBIT)
    scenario.hear(step="announced")
    scenario.testbed.stripe.control.settle_delayed(scenario.checkouts()[-1]["id"], "failed")
    scenario.hear("checkout.session.async_payment_failed")


def refund(scenario: Scenario) -> None:
    """It ends the enrollment, and says so itself."""
    _bought(scenario)
    scenario.refund()


def refund_that_fails(scenario: Scenario) -> None:
    """The bank sends it back: the office has to find another way."""
    _bought(scenario)
    scenario.refund(step="first")
    (made,) = scenario.refunds()
    scenario.testbed.stripe.fail_refund(made["id"])
    scenario.hear("refund.failed")


def review(scenario: Scenario) -> None:
    """Other money came than was agreed."""
    scenario.enroll(step="before")
    scenario.testbed.stripe.control.tamper(scenario.checkouts()[-1]["id"], {"amount_total": 7_450, "currency": "eur"})
    scenario.pay()
    scenario.hear()


def dispute(scenario: Scenario) -> None:
    """A bank takes the money back; access is kept until it decides."""
    _bought(scenario)
    scenario.testbed.stripe.open_dispute(scenario.payment())
    scenario.hear("charge.dispute.created")


def revocation(scenario: Scenario) -> None:
    """The office ends an enrollment."""
    _bought(scenario)
    scenario.office("revoke")


def grant(scenario: Scenario) -> None:
    """The office gives an enrollment."""
    scenario.enroll("free-1", step="before")
    scenario.office("grant")


STORIES: list[tuple[Callable[[Scenario], None], str, list[str]]] = [
    (slow_payment_that_arrives, "webhook", ["You are enrolled"]),
    (slow_payment_that_fails, "webhook", ["Your payment did not arrive"]),
    (refund, "refund", ["You are enrolled", "Your refund"]),
    (
        refund_that_fails,
        "webhook",
        ["A payment needs your decision", "A refund failed", "You are enrolled", "Your refund"],
    ),
    (review, "webhook", ["A payment needs your decision"]),
    (dispute, "webhook", ["A payment is disputed", "You are enrolled"]),
    (revocation, "office", ["You are enrolled", "Your enrollment has ended"]),
    (grant, "office", ["You are enrolled", "You are enrolled"]),
]


def mails_of(
    testbed: KillTestbed, story: Callable[[Scenario], None], kills: dict[str, Kill]
) -> tuple[Scenario, list[str]]:
    """The scenario played with its kills, and what the mails that were sent are about."""
    testbed.aws.mails.kept.clear()
    scenario = testbed.scenario(kills, "repeat")
    scenario.settings |= MESSAGES
    story(scenario)
    scenario.rest()
    scenario.deliver()
    scenario.deliver("later", ahead=AFTER_THE_LEASE)
    return scenario, sorted(mail.subject.partition(":")[0] for mail in testbed.aws.mails.kept)


@pytest.mark.parametrize(("story", "step", "mails"), STORIES, ids=[story.__name__ for story, _, _ in STORIES])
def test_fault_87_every_kind_of_message_is_sent_once_wherever_its_cause_is_killed(
    testbed: KillTestbed,
    emit: Callable[[str], None],
    story: Callable[[Scenario], None],
    step: str,
    mails: list[str],
) -> None:
    """To the student and to the office: what is done again after the kill sends nothing twice."""
    rehearsal, sent = mails_of(testbed, story, {})
    assert (sent, waiting(rehearsal)) == (mails, [])
    cases = points(rehearsal.calls[step])
    chosen = sample(cases, about=story.__name__, share=0.005)
    wrong = []
    for kill in chosen:
        scenario, sent = mails_of(testbed, story, {step: kill})
        if (sent, waiting(scenario), scenario.killed) != (mails, [], [step]):
            wrong.append(f"{kill}: {sent}, {waiting(scenario)}, {scenario.killed}")
    emit(f"{len(chosen)} of {len(cases)} kills in {step} of {story.__name__}, which sends mail")
    assert wrong == []


def _is_after_sending(calls: list[str], kill: Kill) -> bool:
    """Whether the mail is out and the message is not forgotten yet."""
    sent, forgotten = calls.index("Notifier.deliver"), calls.index("Outbox.delete")
    moment = kill.call * 2 + (kill.when == "after")
    return sent * 2 < moment <= forgotten * 2
