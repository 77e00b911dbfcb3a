"""Downloads a program with a package manager, within a time limit."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from scripts.peers.errors import PeerMissing

_TIMEOUT = 120  # seconds


def require(*programs: str) -> None:
    """Raises PeerMissing for the first of these programs that is not on the PATH."""
    for program in programs:
        if shutil.which(program) is None:
            raise PeerMissing(f"{program} is not on this machine.")


def fetch(what: str, command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
    """Run the command that downloads it. Raises PeerMissing if that fails or takes more than two minutes."""
    try:
        subprocess.run(command, check=True, timeout=_TIMEOUT, env={**os.environ, **(variables or {})})
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"{what} could not be fetched by {command[0]}.") from error
