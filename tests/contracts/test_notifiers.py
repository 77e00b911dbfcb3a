"""Every channel: a mail by SES, an event by SNS, and memory's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from adapters.memory.notifier import MemoryNotifier
from adapters.ses.letters import LANGUAGES, Letterhead, letter
from adapters.ses.notifier import SesNotifier
from adapters.ses.texts import Texts
from adapters.sns.notifier import SnsNotifier
from adapters.timestamps import iso
from domain.enrollments import EndCause
from domain.errors import NotifierUnavailable, RecipientRefused
from domain.messages import Message, MessageKind, Recipient
from domain.money import Money
from domain.payments.reviews import ReviewReason
from domain.ports.notifier import Notifier
from scripts.aws_emulator.faults import SERVICE_UNAVAILABLE, THROTTLED, AwsError, Fault
from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Clients
from tests.support.factories import NOW
from tests.support.messages import a_message

SENDER = "school@school.example"
HEAD = Letterhead(school="The School", web="https://school.example", colour="#123abc", contact="help@school.example")
SAM = Recipient(email="sam@example.com", name="Sam")
GERMAN = evolve(HEAD, language="de", zone=ZoneInfo("Europe/Berlin"))
HOSTILE = '<script>alert("1")</script>\nBcc: all@example.com {school} {0}'


@pytest.fixture(scope="module")
def clients(emulator: AwsEmulator) -> Clients:
    """Clients of the emulator."""
    made = Clients(emulator.url)
    made("sesv2").create_email_identity(EmailIdentity=SENDER)
    return made


@pytest.fixture
def ses(clients: Clients) -> Notifier:
    """Mail."""
    return SesNotifier(lambda: clients("sesv2"), SENDER, HEAD)


@pytest.fixture
def topic(clients: Clients) -> Iterator[tuple[Notifier, Callable[[], list[dict[str, Any]]]]]:
    """A topic, and what its subscriber has got."""
    sns, sqs = clients("sns"), clients("sqs")
    arn = sns.create_topic(Name="enrollments")["TopicArn"]
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)

    def got() -> list[dict[str, Any]]:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in answer.get("Messages", [])]

    yield SnsNotifier(lambda: clients("sns"), arn), got
    sqs.delete_queue(QueueUrl=queue)


def test_memory_keeps_what_it_got() -> None:
    """Once for each id, if it knows ids."""
    forgetful, exact = MemoryNotifier(), MemoryNotifier(knows_ids=True)
    for notifier in (forgetful, exact):
        notifier.deliver(a_message(), SAM)
        notifier.deliver(a_message(), SAM)
    assert (len(forgetful.deliveries), len(exact.deliveries)) == (2, 1)


def test_a_mail_is_sent_as_text_and_html(ses: Notifier, emulator: AwsEmulator) -> None:
    """From the school, to the student."""
    ses.deliver(a_message(), SAM)
    mail = emulator.mails.kept[0]
    assert (mail.to, mail.sender) == (SAM.email, SENDER)
    assert mail.subject == "You are enrolled: AWS Cloud Mastery"
    assert "Hello Sam," in mail.text
    assert "149.99 USD" in mail.text
    assert "149.99 USD" in mail.html
    assert HEAD.colour in mail.html


@pytest.mark.parametrize("error", [SERVICE_UNAVAILABLE, THROTTLED, AwsError(400, "MessageRejected")])
def test_what_may_pass_is_tried_again(ses: Notifier, emulator: AwsEmulator, error: AwsError) -> None:
    """Also a sender that is not verified yet: the address is not at fault."""
    emulator.faults.add(Fault(operation="sesv2:SendEmail", error=error, times=None))
    with pytest.raises(NotifierUnavailable):
        ses.deliver(a_message(), SAM)
    emulator.faults.clear()


@pytest.mark.parametrize("email", ["", "no address"])
def test_an_address_that_is_none_is_refused(ses: Notifier, emulator: AwsEmulator, email: str) -> None:
    """For ever, and without quoting it."""
    emulator.faults.add(Fault(operation="sesv2:SendEmail", error=AwsError(400, "BadRequestException"), times=None))
    with pytest.raises(RecipientRefused) as refused:
        ses.deliver(a_message(), Recipient(email=email))
    emulator.faults.clear()
    assert refused.value.__cause__ is None
    assert "no address" not in str(refused.value)


def test_an_enrollment_is_published_as_other_back_ends_do(
    topic: tuple[Notifier, Callable[[], list[dict[str, Any]]]],
) -> None:
    """The same five fields, and an id by which a subscriber knows a repetition. Nothing personal."""
    notifier, got = topic
    notifier.deliver(a_message(), SAM)
    [envelope] = got()
    assert json.loads(envelope["Message"]) == {
        "eventType": "EnrollmentCompleted",
        "studentId": "user-1",
        "courseId": "course-1",
        "enrollmentType": "paid",
        "enrolledAt": iso(NOW),
    }
    assert envelope["MessageAttributes"] == {"messageId": {"Type": "String", "Value": "ps_1.enrolled"}}
    assert SAM.email not in json.dumps(envelope)


@pytest.mark.parametrize("kind", MessageKind)
def test_only_enrollments_are_published(
    topic: tuple[Notifier, Callable[[], list[dict[str, Any]]]], ses: Notifier, kind: MessageKind
) -> None:
    """Everything is mailed."""
    notifier, _ = topic
    assert notifier.wants(a_message(kind=kind)) == (kind is MessageKind.ENROLLED)
    assert ses.wants(a_message(kind=kind))


def test_a_topic_that_is_not_there_is_tried_again(clients: Clients) -> None:
    """Whoever set it up wrongly has three days."""
    with pytest.raises(NotifierUnavailable):
        SnsNotifier(lambda: clients("sns"), "arn:aws:sns:us-east-1:123456789012:nowhere").deliver(a_message(), SAM)


SAID = {
    MessageKind.ENROLLED: ("You are enrolled", "You can start now", "Paid", "Reference"),
    MessageKind.PAYMENT_FAILED: ("did not arrive", "you are not enrolled", "Try again"),
    MessageKind.REFUND_MADE: ("Your refund", "You keep your enrollment", "Refunded"),
    MessageKind.ACCESS_ENDED: ("has ended", "Your progress is kept", "help@school.example"),
    MessageKind.REVIEW_OPENED: ("needs your decision", "Student", "user-1", "Payment", "ps_1"),
    MessageKind.REFUND_FAILED: ("refund failed", "record it as a repayment", "ps_1"),
    MessageKind.DISPUTE_OPENED: ("is disputed", "answer with evidence", "ps_1"),
    MessageKind.WAITLIST_SEAT: ("A seat is free", "there is one for you", "the next in line", "Take your seat"),
}


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_says_what_has_happened(kind: MessageKind) -> None:
    """In both bodies, with whole sentences."""
    written = letter(a_message(kind=kind), SAM, HEAD)
    for words in SAID[kind]:
        assert words in written.subject + written.text
    for line in written.text.strip().splitlines()[2:4]:
        assert line.strip()[-1:] in ".:" or "  " in line or line == ""
    assert "None" not in written.text + written.html


def test_a_slow_payment_and_an_end_by_a_refund_are_said() -> None:
    """In the mail that is sent anyway."""
    assert "has arrived" in letter(a_message(delayed=True), SAM, HEAD).text
    ended = letter(a_message(kind=MessageKind.REFUND_MADE, access_ended=True), SAM, HEAD).text
    assert "your enrollment in AWS Cloud Mastery has ended" in ended


def test_a_dispute_says_until_when_it_is_to_be_answered() -> None:
    """By the school's clock; a bank that takes no answer sets no time."""
    disputed = a_message(kind=MessageKind.DISPUTE_OPENED, respond_by=datetime(2026, 2, 9, 23, 59, 59, tzinfo=UTC))
    berlin = evolve(HEAD, language="de", zone=ZoneInfo("Europe/Berlin"))
    assert re.search(r"Answer by +2026-02-09, 23:59 UTC", letter(disputed, SAM, HEAD).text)
    assert re.search(r"Antwort bis +10\.02\.2026, 00:59 CET", letter(disputed, SAM, berlin).text)
    assert "Answer by" not in letter(evolve(disputed, respond_by=None), SAM, HEAD).text


def test_a_discount_is_on_the_receipt_and_a_free_course_has_none() -> None:
    """Nothing was paid, so there is nothing to show."""
    assert "Discount   15.00 USD" in letter(a_message(discount=1_500), SAM, HEAD).text
    free = letter(a_message(amount=None, payment_session_id=""), SAM, HEAD).text
    assert "Paid" not in free
    assert "USD" not in free


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MessageKind)
def test_every_language_has_every_mail(kind: MessageKind, language: str) -> None:
    """Filled in whole, and under its own name: no place is left empty, and no other language shines through."""
    head = evolve(HEAD, language=language)
    for changes in ({}, {"delayed": True}, {"discount": 1_500}, {"access_ended": True}, {"amount": None}):
        written = letter(a_message(kind=kind, **changes), SAM, head)
        assert not re.search(r"[{}]", written.subject + written.text + written.html.partition("</style>")[2])
        assert f'<html lang="{language}">' in written.html
        assert "AWS Cloud Mastery" in written.subject
    for other in set(LANGUAGES) - {language}:
        assert letter(a_message(kind=kind), SAM, evolve(HEAD, language=other)).subject != written.subject


@pytest.mark.parametrize("texts", LANGUAGES.values())
def test_every_reason_has_words(texts: Texts) -> None:
    """Why a payment awaits a decision; why an enrollment ended, unless a person of the office knows better."""
    assert set(texts.reviews) == set(ReviewReason)
    assert set(texts.ends) == set(EndCause) - {EndCause.REVOKED}


def test_a_german_school_writes_german() -> None:
    """Also its numbers and dates: the day is that of the school's zone."""
    written = letter(a_message(discount=1_500, created_at=NOW.replace(hour=23)), SAM, GERMAN)
    assert written.subject == "Sie sind eingeschrieben: AWS Cloud Mastery"
    assert "Guten Tag Sam," in written.text
    for line in ("Datum    16.01.2026", "Preis    164,99 USD", "Rabatt   15,00 USD", "Bezahlt  149,99 USD"):
        assert line in written.text
    assert "Jetzt lernen: https://school.example/course.html?id=course-1" in written.text


def test_the_office_opens_the_payment_from_its_mail() -> None:
    """And reads why it needs a decision, in words."""
    opened = a_message(kind=MessageKind.REVIEW_OPENED, reason="second_payment")
    written = letter(opened, Recipient(email="office@school.example"), HEAD)
    assert "paid for the course a second time" in written.text
    assert "https://school.example/office.html?view=payment&id=ps_1" in written.text
    assert "zum zweiten" not in written.text
    assert "ein zweites Mal bezahlt" in letter(opened, SAM, GERMAN).text


@pytest.mark.parametrize(("colour", "ink"), [("#1f4fd8", "#ffffff"), ("#ffe14d", "#14181f"), ("#000000", "#ffffff")])
def test_the_button_can_be_read_in_every_colour(colour: str, ink: str) -> None:
    """White letters on a dark one, dark letters on a bright one."""
    assert f"background:{colour};color:{ink}" in letter(a_message(), SAM, evolve(HEAD, colour=colour)).html


@pytest.mark.parametrize("head", [HEAD, GERMAN])
@pytest.mark.parametrize("kind", MessageKind)
def test_hostile_names_stay_text(kind: MessageKind, head: Letterhead) -> None:
    """No markup, no line of their own in the subject, nothing filled into them, no link but the school's."""
    message: Message = a_message(kind=kind, course_name=HOSTILE, reason=HOSTILE, amount=Money(1, "jpy"))
    written = letter(message, Recipient(email="x@example.com", name=HOSTILE), head)
    assert "{school} {0}" in written.subject
    assert "\n" not in written.subject
    assert "<script>" not in written.html
    assert "\nBcc" not in written.text
    assert written.html.count("href=") <= 1
    assert 'href="https://school.example/' in written.html or "href=" not in written.html
