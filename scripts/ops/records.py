"""Chalice's record of what it deployed, kept in the stage's bucket, and the lock that makes deployments take turns.

Without the record the next deployment would make a second API under a new address. Versions of it are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from scripts.ops.aws import Aws
from scripts.ops.errors import OpsError
from scripts.ops.stage import ROOT, Stage

_LOCK = "deploying.lock"

Resources = list[dict[str, Any]]


@frozen
class Records:
    """The bucket of this name."""

    aws: Aws
    bucket: str
    stage: Stage

    def read(self) -> str | None:
        """The record as Chalice wrote it, None before the first deployment.

        A record that an earlier deployment left in the repository counts too.
        """
        committed = ROOT / ".chalice" / "deployed" / f"{self.stage.name}.json"
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=self._key)
        except self._client.exceptions.NoSuchKey:
            return committed.read_text("utf-8") if committed.exists() else None
        text: str = answer["Body"].read().decode()
        return text

    def resources(self) -> Resources:
        """What is deployed, one entry per resource; empty before the first deployment."""
        written = self.read()
        found: Resources = json.loads(written)["resources"] if written else []
        return found

    def hand_to(self, project: Path) -> None:
        """Put the record where Chalice looks for it, in a directory of the project's own."""
        directory = project / ".chalice" / "deployed"
        if directory.is_symlink():
            directory.unlink()
        directory.mkdir(exist_ok=True)
        if (written := self.read()) is not None:
            (directory / f"{self.stage.name}.json").write_text(written)

    def take_from(self, project: Path) -> None:
        """Keep what Chalice has written in the project; a deployment that failed may have written nothing."""
        written = project / ".chalice" / "deployed" / f"{self.stage.name}.json"
        if written.exists():
            self.write(written.read_text("utf-8"))

    def write(self, text: str) -> None:
        """Keep this record; the one before stays as an older version."""
        self._client.put_object(Bucket=self.bucket, Key=self._key, Body=text.encode(), ContentType="application/json")

    @contextmanager
    def locked(self, who: str) -> Iterator[None]:
        """Let nobody else deploy this stage meanwhile.

        Raises:
            OpsError: somebody does already.
        """
        note = json.dumps({"by": who, "since": datetime.now(UTC).isoformat(timespec="seconds")})
        try:
            self._client.put_object(Bucket=self.bucket, Key=_LOCK, Body=note.encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "PreconditionFailed":
                raise
            holder = self._client.get_object(Bucket=self.bucket, Key=_LOCK)["Body"].read().decode()
            raise OpsError(
                f"Somebody is deploying: {holder}. If that run is dead: aws s3 rm s3://{self.bucket}/{_LOCK}"
            ) from error
        try:
            yield
        finally:
            self._client.delete_object(Bucket=self.bucket, Key=_LOCK)

    @property
    def _key(self) -> str:
        return f"{self.stage.name}.json"

    @property
    def _client(self) -> Any:
        return self.aws("s3")
