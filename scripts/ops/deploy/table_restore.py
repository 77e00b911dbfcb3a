"""Restoring the table from its backups, with the settings that a restored table lacks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import field, frozen
from botocore.exceptions import ClientError

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError

_TTL = {"Enabled": True, "AttributeName": "ttl"}
_POLL = 10.0
"""Seconds between two looks at a table that is being restored; a large one takes hours."""


@frozen(kw_only=True)
class TableRestore:
    """Restores ``source`` as ``target``. Each step looks first, so a restore that was interrupted goes on.

    ``say`` is given a sentence for each step.
    """

    aws: AwsClients
    source: str
    target: str
    say: Callable[[str], None]
    pause: Callable[[float], None] = field(default=time.sleep)

    def point(self, wanted: datetime | None) -> datetime:
        """The point in time of the restored state: ``wanted``, or the latest one that can be restored.

        Raises:
            OpsError: the table cannot be restored to it.
        """
        if self._described(self.source) is None:
            created: datetime = self._backup_of_deleted()["BackupCreationDateTime"]
            return created
        answer = self._client.describe_continuous_backups(TableName=self.source)
        found = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if found.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise OpsError(f"Point-in-time recovery is not enabled on {self.source}; it has no state to restore.")
        earliest: datetime | None = found.get("EarliestRestorableDateTime")
        latest: datetime = found["LatestRestorableDateTime"]
        if wanted is not None and earliest is not None and wanted < earliest:
            raise OpsError(f"{self.source} can be restored since {earliest:%Y-%m-%dT%H:%M:%SZ} only.")
        return min(wanted, latest) if wanted is not None else latest

    def restore(self, point: datetime) -> None:
        """Create the target in the source's state at that point, unless it is there, and wait until it can be used."""
        if self._described(self.target) is not None:
            self.say(f"The table {self.target} is there already; going on with it.")
        elif self._described(self.source) is None:
            backup = self._backup_of_deleted()["BackupArn"]
            self.say(f"{self.source} was deleted: restoring its last backup as {self.target}.")
            self._client.restore_table_from_backup(TargetTableName=self.target, BackupArn=backup)
        else:
            self.say(f"Restoring {self.source} as of {point:%Y-%m-%dT%H:%M:%SZ} as {self.target}.")
            self._client.restore_table_to_point_in_time(
                SourceTableName=self.source, TargetTableName=self.target, RestoreDateTime=point
            )
        while (state := (self._described(self.target) or {}).get("TableStatus")) != "ACTIVE":
            self.say(f"{self.target} is {state}; looking again in {_POLL:.0f} seconds.")
            self.pause(_POLL)

    def carry_settings(self) -> None:
        """Set what a restore leaves out: time to live, point-in-time recovery, deletion protection."""
        which = {"TableName": self.target}
        ttl = self._client.describe_time_to_live(**which)["TimeToLiveDescription"]
        if ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            self._client.update_time_to_live(**which, TimeToLiveSpecification=_TTL)
        self._client.update_continuous_backups(
            **which, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        if not (self._described(self.target) or {}).get("DeletionProtectionEnabled"):
            self._client.update_table(**which, DeletionProtectionEnabled=True)
        self.say(f"{self.target} has time to live, point-in-time recovery and deletion protection.")

    def _backup_of_deleted(self) -> dict[str, Any]:
        """The newest backup of a table that was deleted; DynamoDB makes one and keeps it for 35 days.

        Raises:
            OpsError: there is none.
        """
        found: list[dict[str, Any]] = self._client.list_backups(TableName=self.source, BackupType="ALL")[
            "BackupSummaries"
        ]
        if not found:
            raise OpsError(
                f"There is neither a table {self.source} nor a backup of it. If it was deleted just now, DynamoDB "
                "is still making the backup: try again in some minutes. If there is none: provision, courses seed, "
                "payments rebuild --from ... --to ... --apply."
            )
        return max(found, key=lambda each: each["BackupCreationDateTime"])

    def _described(self, table: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.describe_table(TableName=table)["Table"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                return None
            raise
        return found

    @property
    def _client(self) -> Any:
        return self.aws("dynamodb")
