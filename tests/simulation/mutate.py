"""Try the mutants: ``python -m tests.simulation.mutate``. Each runs in a copy of its own until a history catches it."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from tests.simulation.history import BrokenInvariant, run_history
from tests.simulation.mutant import Edit, Mutant
from tests.simulation.mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
_NEEDED = (
    "pyproject.toml",
    "domain",
    "adapters",
    "tests/__init__.py",
    "tests/conftest.py",
    "tests/simulation",
    "tests/support",
    "tests/unit/domain",
    "tests/use_cases",
)
_CAUGHT = re.compile(r"VIOLATION at seed (\d+), step (\d+): (.*)")
_CRASH = re.compile(r"(Name|Type|Attribute|Import|Syntax)Error")
"""A mutant that does not even run shows nothing."""

_TESTS_FAILED = 1
"""What pytest ends with."""

_LONGEST = 3600
"""Seconds after which a run hangs. What bounds it is the processor time of its histories: load decides nothing."""

ENOUGH = 0.95
"""The share of mutants that must be caught or argued about."""


@frozen
class Verdict:
    """What became of a mutant. ``invariant`` is empty where nothing was noticed, ``crash`` where it ran at all."""

    mutant: Mutant
    seed: int = 0
    step: int = 0
    invariant: str = ""
    crash: str = ""

    @property
    def answered(self) -> bool:
        """Whether it was caught, or nobody could catch it."""
        return not self.crash and bool(self.invariant or self.mutant.equivalent)


def try_one(mutant: Mutant, seconds: float, first: int = 1) -> Verdict:
    """Run its test, or histories on the mutant until one breaks an invariant, or so much processor time is spent.

    A history that breaks one without the mutant too says nothing about it: the histories after that one are tried.
    """
    verdict = _first_verdict(mutant, seconds, first)
    while verdict.seed and _breaks_anyway(verdict):
        verdict = _first_verdict(mutant, seconds, verdict.seed + 1)
    return verdict


def _breaks_anyway(verdict: Verdict) -> bool:
    try:
        run_history(verdict.seed, verdict.mutant.variant)
    except BrokenInvariant:
        return True
    return False


def _first_verdict(mutant: Mutant, seconds: float, first: int) -> Verdict:
    with copied_with(mutant) as copy:
        if mutant.test:
            return _tested(mutant, copy)
        command = [sys.executable, "-m", "tests.simulation", "--until-broken", "--first", str(first)]
        command += mutant.variant.options
        ran = subprocess.run(
            [*command, "--seconds", str(seconds)],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    found = _CAUGHT.search(ran.stdout)
    crashed = found is not None and _CRASH.match(found[3])
    if crashed or (found is None and ran.returncode):
        return Verdict(mutant, crash=found[3] if found else ran.stderr[-500:])
    return Verdict(mutant, int(found[1]), int(found[2]), found[3]) if found else Verdict(mutant)


def _tested(mutant: Mutant, copy: Path) -> Verdict:
    """Whether the plain test that is to notice the mutant fails on it."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", mutant.test]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=_LONGEST, check=False)
    if ran.returncode not in (0, _TESTS_FAILED) or _CRASH.search(ran.stdout):
        return Verdict(mutant, crash=ran.stdout[-500:] + ran.stderr[-500:])
    return Verdict(mutant, invariant=mutant.test if ran.returncode else "")


@contextmanager
def copied_with(mutant: Mutant) -> Iterator[Path]:
    """What the simulation needs, copied, with the mutant in it."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for name in _NEEDED:
            _copy(ROOT / name, copy / name)
        for edit in mutant.edits:
            _apply(edit, copy)
        yield copy


def main(arguments: list[str]) -> int:
    """Print the table; 1 when too few are answered."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutate", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=60, help="at most so much processor time for the histories of each mutant"
    )
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried at once")
    parser.add_argument("--only", default="", help="mutants whose description has this in it")
    chosen = parser.parse_args(arguments)
    mutants = [mutant for mutant in MUTANTS if chosen.only.lower() in mutant.what.lower()]
    with ThreadPoolExecutor(chosen.jobs) as pool:
        verdicts = _shown(pool.map(lambda mutant: try_one(mutant, chosen.seconds), mutants))
    answered, caught = sum(one.answered for one in verdicts), sum(bool(one.invariant) for one in verdicts)
    _say(f"\n{len(verdicts)} mutants: {caught} caught, {answered - caught} argued, {len(verdicts) - answered} missed")
    crashed = any(one.crash for one in verdicts)
    return 0 if answered >= ENOUGH * len(verdicts) and not crashed else 1


def _shown(verdicts: Iterable[Verdict]) -> list[Verdict]:
    seen = []
    for verdict in verdicts:
        seen.append(verdict)
        if verdict.crash:
            _say(f"CRASHED   {verdict.mutant.what}\n          {verdict.crash}")
        elif verdict.invariant:
            _say(f"caught    {verdict.mutant.what}")
            where = f"seed {verdict.seed}, step {verdict.step}: " if verdict.seed else ""
            _say(f"          {where}{verdict.invariant[:90]}")
        elif verdict.mutant.equivalent:
            _say(f"argued    {verdict.mutant.what}\n          {verdict.mutant.equivalent}")
        else:
            _say(f"MISSED    {verdict.mutant.what}")
    return seen


def _apply(edit: Edit, root: Path) -> None:
    path = root / edit.path
    text = path.read_text(encoding="utf-8")
    if text.count(edit.old) != 1:
        raise ValueError(f"{edit.path} has this {text.count(edit.old)} times: {edit.old}")
    path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
