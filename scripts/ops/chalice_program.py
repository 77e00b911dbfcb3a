"""Chalice's own command line, run on an assembled build."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import fields, frozen

from adapters.settings import Settings
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage

PROGRAM = Path(sys.executable).with_name("chalice")
_LONGEST = 900  # seconds


@frozen
class Chalice:
    """The program, and the project and stage that it is run on. ``variables`` are the stack's."""

    program: Path
    project: Path
    stage: Stage
    variables: Mapping[str, str]

    def run(self, *words: str) -> str:
        """What Chalice said to this command.

        Raises:
            OpsError: it failed, or left a package out, which it takes for a warning.
        """
        # A setting that this shell happens to hold would get into what Chalice declares, the schedule's rate for one.
        stray = {attribute.name.upper() for attribute in fields(Settings)}
        environment = {name: value for name, value in os.environ.items() if name not in stray}
        done = subprocess.run(
            [str(self.program), "--project-dir", str(self.project), *words, "--stage", self.stage.name],
            env={**environment, **self.variables, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
        )
        said = f"{done.stdout}{done.stderr}".strip()
        if done.returncode != 0 or "Could not install dependencies" in said:
            raise OpsError(f"chalice {' '.join(words)} failed:\n{said}")
        return said
