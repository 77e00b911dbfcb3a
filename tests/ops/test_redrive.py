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
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.deployment.operators import operator_of


@pytest.fixture(autouse=True)
def no_letters(accounts: EmulatedAccounts) -> Iterator[None]:
    """Each test leaves no dead letters behind."""
    yield
    sqs, url = accounts.clients("sqs"), accounts.account.dead_letter_url
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def event_about(session: PaymentSession) -> str:
    """The message that the webhook would have queued about the session's payment."""
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
            provider_payment_id=session.provider_payment_id or f"pi_{session.payment_session_id.removeprefix('ps_')}",
        )
    )


def dead_letter(accounts: EmulatedAccounts, body: str) -> str:
    """Put a message into the dead-letter queue; its id."""
    sent = accounts.clients("sqs").send_message(QueueUrl=accounts.account.dead_letter_url, MessageBody=body)
    return str(sent["MessageId"])


def key_of(session: PaymentSession) -> dict[str, Any]:
    """Where the session's item is."""
    return {"PK": {"S": f"USER#{session.user_id}"}, "SK": {"S": f"PAYMENT#{session.payment_session_id}"}}


def test_dead_letters_are_listed_with_their_effect(accounts: EmulatedAccounts) -> None:
    """The list says what settling each would change, changes nothing, and can be repeated at once."""
    session = accounts.checkout()
    dead_letter(accounts, event_about(session))
    dead_letter(accounts, "nonsense")

    for _ in range(2):
        effects = {row["event"]: row["effect"] for row in accounts.ops_json("redrive", "list")}
        assert effects == {"CheckoutPaid": "open -> completed", "unreadable": "x unreadable"}
    assert accounts.stored(session).status is Status.OPEN


def test_a_dry_run_settles_nothing(accounts: EmulatedAccounts) -> None:
    """With --dry-run the effect is printed and the message stays."""
    session = accounts.checkout()
    dead_letter(accounts, event_about(session))

    assert [row["effect"] for row in accounts.ops_json("redrive", "run", "--all", "--dry-run")] == ["open -> completed"]
    assert accounts.stored(session).status is Status.OPEN
    assert len(accounts.ops_json("redrive", "list")) == 1


def test_a_run_stops_at_the_first_that_fails_and_keeps_it(accounts: EmulatedAccounts) -> None:
    """What came before a poison message is settled and gone; the poison and what follows it stay."""
    first, last = accounts.checkout(), accounts.checkout()
    dead_letter(accounts, event_about(first))
    poison = dead_letter(accounts, "nonsense")
    dead_letter(accounts, event_about(last))

    stopped = accounts.ops("redrive", "run", "--all", "--yes")

    assert stopped.exit_code == 1
    assert f"{poison} cannot be settled: malformed_event" in stopped.stderr
    assert accounts.stored(first).status is Status.COMPLETED
    assert accounts.stored(last).status is Status.OPEN
    assert len(accounts.ops_json("redrive", "list")) == 2

    assert len(accounts.ops_json("redrive", "run", "--all", "--yes", "--skip", poison)) == 1
    assert accounts.stored(last).status is Status.COMPLETED
    assert [row["message"] for row in accounts.ops_json("redrive", "list")] == [poison]


def test_a_message_is_settled_once_its_cause_is_repaired(accounts: EmulatedAccounts) -> None:
    """A message that fails while its session is missing is settled once the session is restored."""
    session, table = accounts.checkout(), accounts.account.table
    dynamodb = accounts.clients("dynamodb")
    item = dynamodb.get_item(TableName=table, Key=key_of(session))["Item"]
    dynamodb.delete_item(TableName=table, Key=key_of(session))
    dead_letter(accounts, event_about(session))

    assert accounts.ops("redrive", "run", "--count", "1", "--yes").exit_code == 1
    assert [row["effect"] for row in accounts.ops_json("redrive", "list")] == ["x payment_session_unknown"]
    dynamodb.put_item(TableName=table, Item=item)
    assert [row["effect"] for row in accounts.ops_json("redrive", "run", "--count", "1", "--yes")] == [
        "settled: completed"
    ]

    assert accounts.stored(session).status is Status.COMPLETED
    assert accounts.ops_json("redrive", "list") == []


def test_a_message_that_changes_nothing_any_more_is_deleted(accounts: EmulatedAccounts) -> None:
    """An event whose session was settled meanwhile changes nothing, and its message is deleted."""
    session = accounts.pay(accounts.checkout())
    accounts.ops_json("reconcile", "--session", session.payment_session_id, "--user", session.user_id)
    dead_letter(accounts, event_about(accounts.stored(session)))

    assert [row["effect"] for row in accounts.ops_json("redrive", "run", "--all", "--yes")] == ["nothing to do"]
    assert accounts.ops_json("redrive", "list") == []


def test_fault_42_a_second_payment_among_dead_letters_is_called_that(accounts: EmulatedAccounts) -> None:
    """The session stays completed; the effect is the review of the second payment."""
    session = accounts.pay(accounts.checkout())
    accounts.ops_json("reconcile", "--session", session.payment_session_id, "--user", session.user_id)
    done = accounts.stored(session)
    dead_letter(accounts, event_about(evolve(done, provider_payment_id="pi_another")))

    assert [row["effect"] for row in accounts.ops_json("redrive", "list")] == ["completed -> review (second_payment)"]
    effects = [row["effect"] for row in accounts.ops_json("redrive", "run", "--all", "--yes")]
    assert effects == ["settled: review (second_payment)"]
    assert accounts.stored(session) == done


def test_fault_92_redriving_twice_settles_once(accounts: EmulatedAccounts) -> None:
    """The same event twice among the dead letters: the second changes nothing in the store."""
    session = accounts.pay(accounts.checkout())
    for _ in range(2):
        dead_letter(accounts, event_about(session))

    effects = [row["effect"] for row in accounts.ops_json("redrive", "run", "--all", "--yes")]
    assert effects == ["settled: completed", "nothing to do"]
    settled = accounts.stored(session)
    dead_letter(accounts, event_about(session))
    assert [row["effect"] for row in accounts.ops_json("redrive", "run", "--all", "--yes")] == ["nothing to do"]
    assert accounts.stored(session) == settled


def test_count_limits_how_many_are_settled(accounts: EmulatedAccounts) -> None:
    """--count 1 of two settles one; the other is visible at once."""
    dead_letter(accounts, event_about(accounts.checkout()))
    dead_letter(accounts, event_about(accounts.checkout()))

    assert len(accounts.ops_json("redrive", "run", "--count", "1", "--yes")) == 1
    assert len(accounts.ops_json("redrive", "list")) == 1


def test_without_confirmation_nothing_is_settled(accounts: EmulatedAccounts) -> None:
    """Answering no leaves the message alone."""
    session = accounts.checkout()
    dead_letter(accounts, event_about(session))

    assert accounts.ops("redrive", "run", "--all", answer="n\n").exit_code == 1
    assert accounts.stored(session).status is Status.OPEN


def test_a_run_takes_a_number_or_all(accounts: EmulatedAccounts) -> None:
    """Neither or both is a usage error; an empty queue is none."""
    assert accounts.ops("redrive", "run").exit_code == 2
    assert accounts.ops("redrive", "run", "--all", "--count", "1").exit_code == 2
    assert accounts.ops_json("redrive", "run", "--all", "--yes") == []


def test_status_names_what_needs_attention(accounts: EmulatedAccounts) -> None:
    """Dead letters make status end with 1, with the command that helps."""
    dead_letter(accounts, "nonsense")

    result = accounts.ops("status")

    assert result.exit_code == 1
    assert "1 dead letters: redrive list" in result.stdout
    assert "there is no endpoint at this address" in result.stdout
    assert "x unreadable" in result.stdout


def test_a_poison_message_is_shown_and_dropped_with_its_reason(accounts: EmulatedAccounts) -> None:
    """Its body can be read, nothing that it holds reaches the terminal, and the table keeps why it was dropped."""
    message = dead_letter(accounts, "nonsense \x1b[2J")
    other = dead_letter(accounts, "other")

    assert accounts.ops_json("redrive", "show", message)["body"] == "nonsense \x1b[2J"
    assert "\x1b" not in accounts.ops("redrive", "show", message).output
    assert accounts.ops("redrive", "drop", message, "--reason", "noise", "--dry-run").exit_code == 0
    assert accounts.ops("redrive", "drop", message, "--reason", "noise", answer="n\n").exit_code == 1
    assert len(accounts.ops_json("redrive", "list")) == 2

    dropped = accounts.ops("redrive", "drop", message, "--reason", "somebody's typing", "--yes")

    assert dropped.exit_code == 0, dropped.output
    assert [row["message"] for row in accounts.ops_json("redrive", "list")] == [other]
    key = {"PK": {"S": f"DEADLETTER#{message}"}, "SK": {"S": "METADATA"}}
    kept = accounts.clients("dynamodb").get_item(TableName=accounts.account.table, Key=key)["Item"]
    assert (kept["body"]["S"], kept["reason"]["S"], kept["by"]["S"]) == (
        "nonsense \x1b[2J",
        "somebody's typing",
        operator_of(accounts),
    )
    assert int(kept["ttl"]["N"]) > 0


def test_an_unknown_message_is_neither_shown_nor_dropped(accounts: EmulatedAccounts) -> None:
    """And all others stay visible."""
    dead_letter(accounts, "other")

    for words in (("show", "no-such"), ("drop", "no-such", "--reason", "x", "--yes")):
        result = accounts.ops("redrive", *words)
        assert (result.exit_code, "There is no dead letter no-such" in result.output) == (1, True)
    assert len(accounts.ops_json("redrive", "list")) == 1
