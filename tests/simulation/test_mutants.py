"""The table of mutants does not rot, and the simulation has teeth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.mutant import Mutant
from tests.simulation.mutants import MUTANTS
from tests.simulation.mutate import ENOUGH, ROOT, try_one

FEWEST = 25
SAMPLE = (
    "Split the transaction: each write on its own",
    "Release by our own clock",
    "Skip the amount check",
    "Acknowledge although queueing failed",
    "Begin to capture although the student has cancelled meanwhile",
    "Let one provider's outage end the reconciliation",
)


def _named(mutant: Mutant) -> str:
    return mutant.what


@pytest.mark.parametrize("mutant", MUTANTS, ids=_named)
def test_every_mutant_still_changes_the_code(mutant: Mutant) -> None:
    """The text that a mutant replaces stands in its file exactly once, and the replacement is another."""
    for edit in mutant.edits:
        assert (ROOT / edit.path).read_text(encoding="utf-8").count(edit.old) == 1
        assert edit.old != edit.new


def test_every_mutant_is_a_program(tmp_path: Path) -> None:
    """It has no name that the file does not know, and can be read: a mutant that crashes shows nothing."""
    for number, mutant in enumerate(MUTANTS):
        changed = {edit.path: (ROOT / edit.path).read_text(encoding="utf-8") for edit in mutant.edits}
        for edit in mutant.edits:
            changed[edit.path] = changed[edit.path].replace(edit.old, edit.new)
        for path, text in changed.items():
            (tmp_path / f"{number:03}_{Path(path).name}").write_text(text, encoding="utf-8")
    words = ("check", "--isolated", "--no-cache", "--quiet", "--select", "E9,F821", str(tmp_path))
    ruff = [sys.executable, "-m", "ruff", *words]
    found = subprocess.run(ruff, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("mutant", [mutant for mutant in MUTANTS if mutant.test], ids=_named)
def test_the_plain_test_of_a_mutant_is_there(mutant: Mutant) -> None:
    """By its file and name."""
    path, _, name = mutant.test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_there_are_mutants_enough_and_few_are_argued_away() -> None:
    """Each is described once; arguments are the exception."""
    argued = [mutant for mutant in MUTANTS if mutant.equivalent]
    assert len({mutant.what for mutant in MUTANTS}) == len(MUTANTS) >= FEWEST
    assert len(argued) <= len(MUTANTS) // 8
    assert 0 < ENOUGH <= 1


@pytest.mark.parametrize("what", SAMPLE)
def test_the_simulation_catches_a_wrong_change(what: str) -> None:
    """One mutant of each group is caught within seconds, by an invariant and not by a crash."""
    verdict = try_one(next(mutant for mutant in MUTANTS if mutant.what == what), seconds=45)
    assert verdict.invariant, verdict.crash
    assert "Error" not in verdict.invariant.split(":")[0]
