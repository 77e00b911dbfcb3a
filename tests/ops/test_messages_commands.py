"""Messages that could not be delivered, on the command line."""

from __future__ import annotations

import pytest

from adapters.dynamodb.outbox import DynamoOutbox
from adapters.dynamodb.table import Table
from adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from adapters.memory.backoff import MemoryBackoff
from adapters.memory.telemetry import MemoryTelemetry
from domain.transactions.writes import AddMessage
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.messages import a_message


@pytest.fixture
def outbox(accounts: EmulatedAccounts) -> DynamoOutbox:
    """Two messages were laid aside."""
    table = Table(lambda: accounts.clients("dynamodb"), accounts.account.table, MemoryBackoff())
    made = DynamoOutbox(table, MemoryTelemetry())
    for old in made.laid_aside(at_most=99):
        made.drop(old)
    for message_id in ("ps_1.enrolled", "ps_2.enrolled"):
        message = a_message(message_id=message_id)
        DynamoUnitOfWork(table).commit((AddMessage(message),))
        made.lay_aside(message)
    return made


def ids(outbox: DynamoOutbox) -> list[str]:
    """What is laid aside."""
    return [one.message_id for one in outbox.laid_aside(at_most=9)]


def test_what_was_laid_aside_is_listed_retried_and_dropped(accounts: EmulatedAccounts, outbox: DynamoOutbox) -> None:
    """A dry run changes nothing."""
    listed = accounts.ops_json("messages", "list")
    assert [one["message"] for one in listed] == ["ps_1.enrolled", "ps_2.enrolled"]
    assert "@" not in str(listed)
    assert accounts.ops("messages", "retry", "--all", "--dry-run").exit_code == 0
    assert accounts.ops("messages", "drop", "ps_1.enrolled", "--dry-run").exit_code == 0
    assert ids(outbox) == ["ps_1.enrolled", "ps_2.enrolled"]
    accounts.ops_json("messages", "retry", "ps_1.enrolled")
    assert ids(outbox) == ["ps_2.enrolled"]
    accounts.ops_json("messages", "drop", "ps_2.enrolled")
    assert ids(outbox) == []
    assert accounts.ops_json("messages", "list") == []
    delivered = accounts.ops_json("messages", "deliver")
    assert delivered["postponed"] == delivered["laid_aside"] == 0


@pytest.mark.usefixtures("outbox")
def test_a_message_that_is_unknown_or_not_named_is_refused(accounts: EmulatedAccounts) -> None:
    """With a sentence."""
    assert "was laid aside" in accounts.ops("messages", "drop", "ps_9.enrolled").stderr
    assert accounts.ops("messages", "retry", "ps_9.enrolled").exit_code == 1
    assert accounts.ops("messages", "retry").exit_code == 2
    assert accounts.ops("messages", "retry", "ps_1.enrolled", "--all").exit_code == 2
