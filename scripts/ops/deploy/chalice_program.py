"""The chalice command line, run on an assembled build."""

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
_TIMEOUT = 900  # seconds


@frozen
class ChaliceProgram:
    """The chalice program for one project and stage. ``variables`` are added to its environment."""

    program: Path
    project: Path
    stage: Stage
    variables: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        """Run a chalice command; returns its output.

        Raises:
            OpsError: it failed, or left a package out, which Chalice only warns of.
        """
        # app.py reads its settings from the environment: one left in this shell would change what is deployed.
        settings = {attribute.name.upper() for attribute in fields(Settings)}
        environment = {name: value for name, value in os.environ.items() if name not in settings}
        done = subprocess.run(
            [str(self.program), "--project-dir", str(self.project), *arguments, "--stage", self.stage.name],
            env={**environment, **self.variables, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
        output = f"{done.stdout}{done.stderr}".strip()
        if done.returncode != 0 or "Could not install dependencies" in output:
            raise OpsError(f"chalice {' '.join(arguments)} failed:\n{output}")
        return output
