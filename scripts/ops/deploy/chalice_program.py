"""The chalice command line, run on an assembled build, with functions called through their alias."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import fields, frozen

from adapters.settings import Settings
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage

PROGRAM = Path(__file__).with_name("chalice_live.py")
_TIMEOUT = 900  # seconds


@frozen
class ChaliceProgram:
    """The chalice program for one project and stage. ``variables`` are added to its environment."""

    program: Path
    project: Path
    stage: Stage
    variables: Mapping[str, str]

    def run(self, *arguments: str, say: Callable[[str], None] | None = None) -> str:
        """Run a chalice command; returns its output. ``say`` is given each line as soon as it is written.

        Raises:
            OpsError: it failed, or left a package out, which Chalice only warns of.
        """
        # app.py reads its settings from the environment: one left in this shell would change what is deployed.
        settings = {attribute.name.upper() for attribute in fields(Settings)}
        environment = {name: value for name, value in os.environ.items() if name not in settings}
        command = [sys.executable, "-P", str(self.program)] if self.program.suffix == ".py" else [str(self.program)]
        with subprocess.Popen(
            [*command, "--project-dir", str(self.project), *arguments, "--stage", self.stage.name],
            env={**environment, **self.variables, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            patience = threading.Timer(_TIMEOUT, process.kill)
            patience.start()
            try:
                lines = []
                for line in process.stdout or ():
                    lines.append(line)
                    if say is not None:
                        say(line.rstrip())
            finally:
                patience.cancel()
        output = "".join(lines).strip()
        if process.returncode != 0 or "Could not install dependencies" in output:
            raise OpsError(f"chalice {' '.join(arguments)} failed:\n{output}")
        return output
