"""Dead letters listed and settled from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from adapters.event_codec import encode
from domain.payments.events import CheckoutPaid
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from tests.support.deployment.aws_account import Town


@pytest.fixture(autouse=True)
def no_letters(town: Town) -> Iterator[None]:
    """Each test leaves no dead letters behind."""
    yield
    sqs, url = town.clients("sqs"), town.account.dead_letter_url
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def news_of(session: PaymentSession) -> str:
    """What the webhook would have queued about the session's payment."""
    return encode(
        CheckoutPaid(
            provider="stripe",
            event_id=f"evt_{session.payment_session_id}",
            event_type="checkout.session.completed",
            user_id=session.user_id,
            course_id=session.course_id,
            payment_session_id=session.payment_session_id,
            provider_session_id=session.provider_session_id,
            reference=session.payment_session_id,
            livemode=session.livemode,
            amount=session.total,
            provider_payment_id=session.provider_payment_id or "pi_1",
        )
    )


def dead_letter(town: Town, body: str) -> str:
    """Put a message into the dead-letter queue; its id."""
    sent = town.clients("sqs").send_message(QueueUrl=town.account.dead_letter_url, MessageBody=body)
    return str(sent["MessageId"])


def key_of(session: PaymentSession) -> dict[str, Any]:
    """Where the session's item is."""
    return {"PK": {"S": f"USER#{session.user_id}"}, "SK": {"S": f"PAYMENT#{session.payment_session_id}"}}


def test_dead_letters_are_listed_with_their_effect(town: Town) -> None:
    """The list says what replaying each would do, changes nothing, and can be asked for again at once."""
    session = town.checkout()
    dead_letter(town, news_of(session))
    dead_letter(town, "nonsense")

    for _ in range(2):
        effects = {row["news"]: row["effect"] for row in town.emitted("redrive", "list")}
        assert effects == {"CheckoutPaid": "open -> completed", "unreadable": "x unreadable"}
    assert town.stored(session).status is Status.OPEN


def test_a_dry_run_settles_nothing(town: Town) -> None:
    """With --dry-run the effect is told and the message stays."""
    session = town.checkout()
    dead_letter(town, news_of(session))

    assert [row["effect"] for row in town.emitted("redrive", "run", "--all", "--dry-run")] == ["open -> completed"]
    assert town.stored(session).status is Status.OPEN
    assert len(town.emitted("redrive", "list")) == 1


def test_a_run_stops_at_the_first_that_fails_and_keeps_it(town: Town) -> None:
    """What came before a poison message is settled and gone; the poison and what follows it stay."""
    first, last = town.checkout(), town.checkout()
    dead_letter(town, news_of(first))
    poison = dead_letter(town, "nonsense")
    dead_letter(town, news_of(last))

    stopped = town.ops("redrive", "run", "--all", "--yes")

    assert stopped.exit_code == 1
    assert f"{poison} cannot be settled: malformed_event" in stopped.stderr
    assert town.stored(first).status is Status.COMPLETED
    assert town.stored(last).status is Status.OPEN
    assert len(town.emitted("redrive", "list")) == 2

    assert len(town.emitted("redrive", "run", "--all", "--yes", "--skip", poison)) == 1
    assert town.stored(last).status is Status.COMPLETED
    assert [row["message"] for row in town.emitted("redrive", "list")] == [poison]


def test_a_healed_message_is_settled_in_the_end(town: Town) -> None:
    """A message that fails while its session is missing is settled once the session is there again."""
    session, table = town.checkout(), town.account.table
    dynamodb = town.clients("dynamodb")
    item = dynamodb.get_item(TableName=table, Key=key_of(session))["Item"]
    dynamodb.delete_item(TableName=table, Key=key_of(session))
    dead_letter(town, news_of(session))

    assert town.ops("redrive", "run", "--count", "1", "--yes").exit_code == 1
    assert [row["effect"] for row in town.emitted("redrive", "list")] == ["x payment_session_unknown"]
    dynamodb.put_item(TableName=table, Item=item)
    assert [row["effect"] for row in town.emitted("redrive", "run", "--count", "1", "--yes")] == ["settled: completed"]

    assert town.stored(session).status is Status.COMPLETED
    assert town.emitted("redrive", "list") == []


def test_a_message_that_was_overtaken_is_deleted(town: Town) -> None:
    """News that somebody else has settled meanwhile change nothing, and are done with."""
    session = town.paid(town.checkout())
    town.emitted("reconcile", "--session", session.payment_session_id, "--user", session.user_id)
    dead_letter(town, news_of(town.stored(session)))

    assert [row["effect"] for row in town.emitted("redrive", "run", "--all", "--yes")] == ["nothing was to do"]
    assert town.emitted("redrive", "list") == []


def test_fault_42_a_second_payment_among_dead_letters_is_called_that(town: Town) -> None:
    """The session stays completed; what is told is where the money went."""
    session = town.paid(town.checkout())
    town.emitted("reconcile", "--session", session.payment_session_id, "--user", session.user_id)
    done = town.stored(session)
    dead_letter(town, news_of(evolve(done, provider_payment_id="pi_another")))

    assert [row["effect"] for row in town.emitted("redrive", "list")] == ["completed -> review (second_payment)"]
    effects = [row["effect"] for row in town.emitted("redrive", "run", "--all", "--yes")]
    assert effects == ["settled: review (second_payment)"]
    assert town.stored(session) == done


def test_fault_92_redriving_twice_settles_once(town: Town) -> None:
    """The same news among the dead letters twice: the second settles nothing, and the books stay as they are."""
    session = town.paid(town.checkout())
    for _ in range(2):
        dead_letter(town, news_of(session))

    effects = [row["effect"] for row in town.emitted("redrive", "run", "--all", "--yes")]
    assert effects == ["settled: completed", "nothing was to do"]
    settled = town.stored(session)
    dead_letter(town, news_of(session))
    assert [row["effect"] for row in town.emitted("redrive", "run", "--all", "--yes")] == ["nothing was to do"]
    assert town.stored(session) == settled


def test_only_so_many_are_settled_as_were_asked_for(town: Town) -> None:
    """--count 1 of two settles one; the other is visible at once."""
    dead_letter(town, news_of(town.checkout()))
    dead_letter(town, news_of(town.checkout()))

    assert len(town.emitted("redrive", "run", "--count", "1", "--yes")) == 1
    assert len(town.emitted("redrive", "list")) == 1


def test_without_a_yes_nothing_is_settled(town: Town) -> None:
    """Answering no leaves the message alone."""
    session = town.checkout()
    dead_letter(town, news_of(session))

    assert town.ops("redrive", "run", "--all", typed="n\n").exit_code == 1
    assert town.stored(session).status is Status.OPEN


def test_a_run_wants_a_number_or_all(town: Town) -> None:
    """Neither or both is a usage error; an empty queue is none."""
    assert town.ops("redrive", "run").exit_code == 2
    assert town.ops("redrive", "run", "--all", "--count", "1").exit_code == 2
    assert town.emitted("redrive", "run", "--all", "--yes") == []


def test_status_tells_what_needs_attention(town: Town) -> None:
    """Dead letters and a missing endpoint make status end with 1, each with the command that helps."""
    dead_letter(town, "nonsense")

    result = town.ops("status")

    assert result.exit_code == 1
    assert "1 dead letters: redrive list" in result.stdout
    assert "there is no endpoint at this address" in result.stdout
    assert "x unreadable" in result.stdout
