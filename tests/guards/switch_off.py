"""Switch each guard off in a copy of the sources, and see a test fail: ``python -m tests.guards.switch_off``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from tests.guards.guards import GUARDS, Guard

ROOT = Path(__file__).resolve().parents[2]
_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".local", ".*_cache", "__pycache__", "build", "node_modules")
_LONGEST = 600  # seconds for the tests of one guard


@frozen
class Verdict:
    """What became of it. ``caught_by`` is the test that failed, empty if none did; ``printed`` is pytest's end."""

    guard: Guard
    caught_by: str
    printed: str


def try_one(guard: Guard) -> Verdict:
    """Run the guard's tests without it until one fails."""
    with _copy_without(guard) as copy:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-p", "no:cacheprovider", *guard.tests]
        ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, timeout=_LONGEST)
    failed = [line.split(" ")[1] for line in ran.stdout.splitlines() if line.startswith("FAILED")]
    return Verdict(guard, failed[0] if failed else "", (ran.stdout + ran.stderr)[-300:])


def main(arguments: list[str]) -> int:
    """Print the table; 1 when a guard can be switched off unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.guards.switch_off", description=__doc__)
    parser.add_argument("--only", default="", help="guards whose description has this in it")
    chosen = parser.parse_args(arguments)
    guards = [guard for guard in GUARDS if chosen.only.lower() in guard.what.lower()]
    missed = 0
    for guard in guards:
        verdict = try_one(guard)
        missed += not verdict.caught_by
        word, what = ("caught", verdict.caught_by) if verdict.caught_by else ("MISSED", verdict.printed)
        sys.stdout.write(f"{word:9} {guard.what}\n          {what}\n")
        sys.stdout.flush()
    sys.stdout.write(f"\n{len(guards)} guards: {len(guards) - missed} caught, {missed} missed\n")
    return 1 if missed else 0


@contextmanager
def _copy_without(guard: Guard) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "copy"
        shutil.copytree(ROOT, copy, ignore=_NOT_COPIED, symlinks=True)
        path = copy / guard.path
        text = path.read_text(encoding="utf-8")
        if text.count(guard.old) != 1:
            raise ValueError(f"{guard.path} has this {text.count(guard.old)} times: {guard.old}")
        path.write_text(text.replace(guard.old, guard.new), encoding="utf-8")
        yield copy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
