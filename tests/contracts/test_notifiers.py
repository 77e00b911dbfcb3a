"""Every channel: a mail by SES, an event by SNS, and memory's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.memory.notifier import MemoryNotifier
from adapters.ses.letters import Letterhead, letter
from adapters.ses.notifier import SesNotifier
from adapters.sns.notifier import SnsNotifier
from adapters.timestamps import iso
from domain.errors import NotifierUnavailable, RecipientRefused
from domain.messages import Message, MessageKind, Recipient
from domain.money import Money
from domain.ports.notifier import Notifier
from scripts.aws_emulator.faults import SERVICE_UNAVAILABLE, THROTTLED, AwsError, Fault
from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Clients
from tests.support.factories import NOW
from tests.support.messages import a_message

SENDER = "school@school.example"
HEAD = Letterhead(school="The School", web="https://school.example", colour="#123abc", contact="help@school.example")
SAM = Recipient(email="sam@example.com", name="Sam")
HOSTILE = '<script>alert("1")</script>\nBcc: all@example.com'


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


def test_memory_keeps_what_it_was_told() -> None:
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


def test_a_discount_is_on_the_receipt_and_a_free_course_has_none() -> None:
    """Nothing was paid, so there is nothing to show."""
    assert "Discount   15.00 USD" in letter(a_message(discount=1_500), SAM, HEAD).text
    free = letter(a_message(amount=None, payment_session_id=""), SAM, HEAD).text
    assert "Paid" not in free
    assert "USD" not in free


@pytest.mark.parametrize("kind", MessageKind)
def test_hostile_names_stay_text(kind: MessageKind) -> None:
    """No markup, no line of their own in the subject, no link but the school's."""
    message: Message = a_message(kind=kind, course_name=HOSTILE, reason=HOSTILE, amount=Money(1, "jpy"))
    written = letter(message, Recipient(email="x@example.com", name=HOSTILE), HEAD)
    assert "\n" not in written.subject
    assert "<script>" not in written.html
    assert "\nBcc" not in written.text
    assert written.html.count("href=") <= 1
    assert 'href="https://school.example/' in written.html or "href=" not in written.html
