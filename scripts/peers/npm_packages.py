"""Programs of the npm registry, in the versions of a package-lock.json beside this file."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from scripts.peers.fetching import fetch, require

_HERE = Path(__file__).parent
_KEPT = _HERE.parents[1] / ".local"


def npm_package(directory: str, name: str) -> Path:
    """Where the package of this directory is installed, below .local under this name; installs it unless it is there.

    Raises:
        PeerMissing: no npm, or npm could not fetch it.
    """
    package = _HERE / directory
    lock = (package / "package-lock.json").read_bytes()
    target = _KEPT / name / hashlib.sha256(lock).hexdigest()[:16]
    if not (target / "node_modules" / ".package-lock.json").exists():  # npm writes it last
        require("npm", "node")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package, target)
        fetch(name, ["npm", "ci", "--prefix", str(target), "--ignore-scripts", "--no-audit", "--no-fund"])
    return target
