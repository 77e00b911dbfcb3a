"""Restoring a table: from a point, from the backup of a table that was deleted, and only what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, field

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.table_restore import TableRestore
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage
from scripts.stack.aws_resources import create_table
from tests.support.deployment.emulated_accounts import EmulatedAccounts

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def a_table(accounts: EmulatedAccounts, name: str, *, recoverable: bool = True) -> str:
    """A table with one item."""
    client = accounts.clients("dynamodb")
    create_table(client, name)
    client.put_item(TableName=name, Item={"PK": {"S": "A"}, "SK": {"S": "B"}})
    if recoverable:
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    return name


def restoring(source: str, target: str) -> tuple[TableRestore, list[str]]:
    """The restore, and what it says."""
    said: list[str] = []
    return TableRestore(aws=AwsClients(), source=source, target=target, say=said.append), said


def test_a_table_without_recovery_cannot_be_restored(accounts: EmulatedAccounts) -> None:
    """Nothing is begun that would fail half-way."""
    restore, _ = restoring(a_table(accounts, "plain", recoverable=False), "plain-2")

    with pytest.raises(OpsError, match="Point-in-time recovery is not enabled on plain"):
        restore.point(None)


def test_a_point_before_the_backups_begin_is_refused(accounts: EmulatedAccounts) -> None:
    """The sentence says since when there are backups; a point to come is the latest one."""
    restore, _ = restoring(a_table(accounts, "young"), "young-2")

    with pytest.raises(OpsError, match="can be restored since"):
        restore.point(LONG_AGO)
    assert restore.point(datetime.now(UTC) + timedelta(days=1)) <= datetime.now(UTC)


def test_a_deleted_table_comes_back_from_its_backup(accounts: EmulatedAccounts) -> None:
    """DynamoDB keeps a backup of a table that was deleted; it is found by the table's name."""
    client = accounts.clients("dynamodb")
    a_table(accounts, "deleted")
    client.create_backup(TableName="deleted", BackupName="as of its end")
    client.delete_table(TableName="deleted")
    restore, said = restoring("deleted", "deleted-2")

    restore.restore(restore.point(None))
    restore.carry_settings()

    assert "deleted was deleted: restoring its last backup as deleted-2." in said
    assert client.scan(TableName="deleted-2")["Count"] == 1
    ttl = client.describe_time_to_live(TableName="deleted-2")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_without_table_and_backup_there_is_nothing_to_restore(accounts: EmulatedAccounts) -> None:
    """A misspelt name ends the command."""
    restore, _ = restoring("never-was", "never-was-2")

    with pytest.raises(OpsError, match="neither a table never-was nor a backup"):
        restore.point(None)
    assert accounts.clients("dynamodb").list_tables()["TableNames"]


@define
class _SlowTable:
    """DynamoDB, of which one table is being restored for some looks."""

    states: list[str] = field(factory=lambda: ["CREATING", "CREATING", "CREATING", "ACTIVE"])

    def describe_table(self, **_: Any) -> dict[str, Any]:
        return {"Table": {"TableStatus": self.states.pop(0)}}


def test_a_long_restore_is_waited_for() -> None:
    """Until the table is active nothing else is done; each look is said."""
    said, pauses, table = list[str](), list[float](), _SlowTable()
    restore = TableRestore(
        aws=lambda _: table,  # type: ignore[arg-type]
        source="slow",
        target="slow-2",
        say=said.append,
        pause=pauses.append,
    )

    restore.restore(LONG_AGO)

    assert said[0] == "The table slow-2 is there already; going on with it."
    assert len(pauses) == len(said) - 1 == 2


def test_another_stages_table_is_not_taken_for_a_restored_one(accounts: EmulatedAccounts) -> None:
    """One letter in --to must not let prod serve from the table of dev."""
    refused = accounts.ops("restore", "--latest", "--to", "learnermax-education-dev", "--yes", stage="prod")

    assert refused.exit_code == 1
    assert "learnermax-education-dev is the table of the stage dev" in refused.stderr
    assert Stage.named("prod").table == "learnermax-education-prod"
