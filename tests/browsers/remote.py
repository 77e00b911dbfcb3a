"""A browser at the other end of a pipe: driving/commands.mjs obeys what is asked here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from attrs import frozen

_DRIVING = Path(__file__).with_name("driving")
_END_TIMEOUT = 30  # seconds


class Unanswered(AssertionError):
    """The browser could not do it, or what was waited for did not come about; the message says what."""


@frozen
class Remote:
    """One running browser."""

    commands: IO[str]
    answers: IO[str]

    def do(self, name: str, *values: object) -> Any:
        """The answer of this command.

        Raises:
            Unanswered: it was not obeyed.
        """
        self.commands.write(json.dumps({"do": name, "with": values}) + "\n")
        self.commands.flush()
        line = self.answers.readline()
        if not line:
            raise Unanswered(f"{name} {values}: the browser's driver has ended.")
        said = json.loads(line)
        if "error" in said:
            raise Unanswered(f"{name} {values}: {said['error']}")
        return said["answer"]


@contextmanager
def running(
    name: str, packages: Path, directory: Path, given: dict[str, object], display: str = ""
) -> Iterator[Remote]:
    """The browser of driving/NAME.mjs, whose npm packages are in ``packages``, until the end of the block."""
    shutil.copytree(_DRIVING, directory, dirs_exist_ok=True)
    (directory / "node_modules").symlink_to(packages / "node_modules")
    with (directory / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            ["node", "commands.mjs", name, json.dumps(given)],
            cwd=directory,
            env={**os.environ, "DISPLAY": display},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Remote(process.stdin, process.stdout)
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """Let it close its browser; whatever is left of its session after half a minute is killed."""
    try:
        process.communicate(timeout=_END_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
