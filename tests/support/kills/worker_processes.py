"""Processes that do one task each and can be made to die in the middle of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Self

from attrs import asdict, define, field, frozen

from scripts.aws_emulator.server import REGION
from scripts.stack.app_loader import ROOT
from tests.support.kills.kill_points import Depth, Kill

_LONGEST = 600
"""Seconds for the parent to end, however busy the machine is."""


class WorkerKilled(Exception):
    """The worker died where it was meant to; nobody has heard what it did."""


@frozen
class Done:
    """What a worker reported at its end: its answer or the refusal's code, and the calls it made."""

    answer: Any
    refused: str | None
    calls: Mapping[Depth, list[str]]


@define(eq=False)
class Workers:
    """The parent of all workers, which calls nobody itself. Use it in `with`."""

    aws_url: str
    settings: Mapping[str, object]
    _parent: subprocess.Popen[str] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.support.kills.worker_program"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._parent is not None:
            self._parent.communicate(timeout=_LONGEST)
            self._parent = None

    def run(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        kill: Kill | None = None,
        ahead: float = 0,
        settings: Mapping[str, object] | None = None,
    ) -> Done:
        """Let a worker do one operation; its clock is `ahead` by so many seconds, `settings` differ from the common.

        Raises:
            WorkerKilled: it was killed as told.
        """
        task = {
            "operation": operation,
            "arguments": arguments,
            "kill": asdict(kill) if kill else None,
            "ahead": ahead,
            "settings": {**self.settings, **(settings or {})},
        }
        emitted = self._emit(task)
        if emitted.get("killed"):
            raise WorkerKilled
        return Done(emitted.get("answer"), emitted.get("refused"), emitted["calls"])

    def _emit(self, task: dict[str, Any]) -> dict[str, Any]:
        parent = self._parent
        if parent is None or parent.stdin is None or parent.stdout is None:
            raise RuntimeError("no workers outside of `with`")
        parent.stdin.write(json.dumps(task) + "\n")
        parent.stdin.flush()
        emitted: dict[str, Any] = json.loads(parent.stdout.readline())
        return emitted
