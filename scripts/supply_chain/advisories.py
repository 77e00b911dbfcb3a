"""`python -m scripts.supply_chain.advisories`: whether a weakness is known of anything that is shipped.

Ends with 1 if one is known, with 75 where no database of advisories can be reached or knows the packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from scripts.supply_chain.sbom import LOCK

SERVICES = ("pypi", "osv")
NOT_CHECKED = 75
_SECONDS = 120


@frozen
class Outcome:
    """What a database says: ``weaknesses`` as lines, and how many packages it knows."""

    known: int
    weaknesses: tuple[str, ...]

    @classmethod
    def of(cls, report: dict[str, Any]) -> Outcome:
        """From what pip-audit reports as JSON."""
        checked = [one for one in report["dependencies"] if "skip_reason" not in one]
        return cls(
            known=len(checked),
            weaknesses=tuple(
                f"{one['name']} {one['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or '?'}"
                for one in checked
                for found in one["vulns"]
            ),
        )


def check(lock: Path, command: Sequence[str] = (sys.executable, "-m", "pip_audit")) -> Outcome | None:
    """What the first database says that can be reached; None if none can."""
    for service in SERVICES:
        options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")
        try:
            ran = subprocess.run(
                [*command, "-r", str(lock), *options, "--vulnerability-service", service, "--timeout", "10"],
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
            outcome = Outcome.of(json.loads(ran.stdout))
        except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
            continue  # it says why in words only
        if outcome.known:
            return outcome
    return None


def main(lock: Path = LOCK, command: Sequence[str] = (sys.executable, "-m", "pip_audit")) -> int:
    """Check, say so, and give the status."""
    outcome = check(lock, command)
    if outcome is None:
        print(f"No database of advisories that knows these packages can be reached: {lock.name} was not checked.")
        return NOT_CHECKED
    print(f"{outcome.known} packages of {lock.name} were checked: {len(outcome.weaknesses)} weaknesses are known.")
    for line in outcome.weaknesses:
        print(f"  {line}")
    return 1 if outcome.weaknesses else 0


if __name__ == "__main__":
    sys.exit(main())
