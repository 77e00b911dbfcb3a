"""Chalice's record of deployed resources, kept in a bucket of the stage, and the deployment lock.

Without the record, the next deployment would create a second API at a new address. The bucket keeps old versions.
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

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError
from scripts.ops.stage import ROOT, Stage

_LOCK = "deploying.lock"

Resources = list[dict[str, Any]]


@frozen
class DeploymentRecord:
    """The record of a stage in the bucket of this name."""

    aws: AwsClients
    bucket: str
    stage: Stage

    def read(self) -> str | None:
        """The record as Chalice wrote it, or None before the first deployment.

        A record that an earlier deployment left in the repository is read if the bucket has none.
        """
        committed = ROOT / ".chalice" / "deployed" / f"{self.stage.name}.json"
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=self._key)
        except self._client.exceptions.NoSuchKey:
            return committed.read_text("utf-8") if committed.exists() else None
        text: str = answer["Body"].read().decode()
        return text

    def resources(self) -> Resources:
        """The deployed resources; empty before the first deployment."""
        written = self.read()
        found: Resources = json.loads(written)["resources"] if written else []
        return found

    def copy_to(self, project: Path) -> None:
        """Write the record into the project, where Chalice reads it."""
        directory = project / ".chalice" / "deployed"
        if directory.is_symlink():
            directory.unlink()
        directory.mkdir(exist_ok=True)
        if (written := self.read()) is not None:
            (directory / f"{self.stage.name}.json").write_text(written)

    def save_from(self, project: Path) -> None:
        """Save the record that Chalice has written in the project; a failed deployment may have written none."""
        written = project / ".chalice" / "deployed" / f"{self.stage.name}.json"
        if written.exists():
            self.write(written.read_text("utf-8"))

    def write(self, text: str) -> None:
        """Save this record; the bucket keeps the previous one as an older version."""
        self._client.put_object(Bucket=self.bucket, Key=self._key, Body=text.encode(), ContentType="application/json")

    @contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        """Hold the stage's deployment lock.

        Raises:
            OpsError: another deployment holds it; the message names its holder.
        """
        note = json.dumps({"by": holder, "since": datetime.now(UTC).isoformat(timespec="seconds")})
        try:
            self._client.put_object(Bucket=self.bucket, Key=_LOCK, Body=note.encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "PreconditionFailed":
                raise
            current = self._client.get_object(Bucket=self.bucket, Key=_LOCK)["Body"].read().decode()
            raise OpsError(
                f"Another deployment is running: {current}. If that process is gone: aws s3 rm s3://{self.bucket}/{_LOCK}"
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
