"""The short form of the simulation: known seeds, a few hundred histories, and proof that it sees and repeats."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from adapters.memory.store import Store
from domain.courses import FREE, Course
from tests.simulation.history import Figures, run_history
from tests.simulation.mutants import MUTANTS
from tests.simulation.mutate import copied_with
from tests.simulation.runner import run_for
from tests.simulation.seat_invariants import check_seats
from tests.simulation.seeds import KeptSeed, kept_seeds
from tests.simulation.time_to_enroll import EVERY, longest_wait
from tests.simulation.variant import Variant
from tests.simulation.world import Violation

ROOT = Path(__file__).resolve().parents[2]
HISTORIES = 600
CAPTURING_HISTORIES = 300
TWO_PROVIDERS_HISTORIES = 300
SEAT_HISTORIES = 300
FAULTS = {
    "error before", "error after", "kill before", "kill after", "late, error", "late, kill", "timeout",
    "webhook lost", "saved failure", "breaker open",
}  # fmt: skip
ENDINGS = {
    "completed", "completed at once", "completed late", "completed by a person", "cancelled", "expired", "failed",
    "review: already_enrolled", "review: amount_mismatch", "review: metadata_mismatch", "review: other_checkout",
    "review: other_mode", "review: second_payment", "review: student_deleted", "review: unexpected_free",
    "completed -> reversed", "completed -> reversed by dispute", "reversed -> completed", "review -> reversed",
    "reversed -> review (refund_failed)", "rebuilt: completed", "rebuilding: present",
}  # fmt: skip


@pytest.fixture(scope="module")
def lived() -> Figures:
    """What the first histories came to; none broke an invariant, or this fails."""
    outcome = run_for(300, first=1, jobs=1, most=HISTORIES)
    assert outcome.broken == []
    assert outcome.figures.histories == HISTORIES
    return outcome.figures


@pytest.mark.parametrize("kept", kept_seeds(), ids=str)
def test_no_history_that_once_broke_an_invariant_breaks_one_again(kept: KeptSeed) -> None:
    """Every seed in the file passes."""
    run_history(kept.seed, kept.variant)


def test_no_invariant_is_broken_by_faults_of_every_kind(lived: Figures) -> None:
    """The histories meet every kind of fault; a simulation without faults would prove nothing."""
    assert set(lived.faults) == FAULTS


@pytest.mark.parametrize("first", range(1, SEAT_HISTORIES, 50))
def test_fault_144_there_are_never_more_seats_taken_than_there_are(first: int) -> None:
    """In courses with few seats and lines for them: counters, claims and enrollments agree after every commit."""
    for seed in range(first, first + 50):
        run_history(seed, Variant.SEATS)


def test_the_law_of_seats_sees_a_counter_that_drifted() -> None:
    """A law that no history can break would prove nothing."""
    course = Course(course_id="c1", name="c1", pricing_model=FREE, capacity=1)
    store = Store(courses={"c1": course})
    check_seats(store, frozenset())
    store.courses["c1"] = evolve(course, seats_taken=1)
    with pytest.raises(Violation):
        check_seats(store, frozenset())
    check_seats(store, frozenset({"c1"}))


def test_captures_that_fail_come_late_or_come_twice_break_no_invariant() -> None:
    """At a provider that moves no money before a capture: nobody who cancelled is charged, and nobody twice."""
    outcome = run_for(300, first=1, jobs=1, most=CAPTURING_HISTORIES, variant=Variant.CAPTURES)
    assert outcome.broken == []
    assert outcome.figures.histories == CAPTURING_HISTORIES
    assert set(outcome.figures.reached) >= {"completed", "cancelled", "expired", "failed"}


def test_two_providers_at_once_break_no_invariant() -> None:
    """Students choose one for each purchase; while one is silent, what the other has to report is settled."""
    outcome = run_for(300, first=1, jobs=1, most=TWO_PROVIDERS_HISTORIES, variant=Variant.TWO)
    assert outcome.broken == []
    assert outcome.figures.histories == TWO_PROVIDERS_HISTORIES
    assert set(outcome.figures.reached) >= {"completed", "cancelled", "expired", "failed", "review: second_payment"}


def test_sessions_end_in_every_way_they_can(lived: Figures) -> None:
    """Each final state and each reason for review is reached, so each was checked."""
    assert set(lived.reached) >= ENDINGS


def test_every_kind_of_invocation_comes_to_its_end_in_some_history(lived: Figures) -> None:
    """Each action runs to its end somewhere, however much else is cut off."""
    names = {name.split(":")[0] for name in lived.endings}
    assert {name for name in names if lived.endings[f"{name}: done"]} == names - {"forgery"}
    assert lived.endings["forgery: signature_invalid"]
    assert not lived.endings["forgery: done"]


def test_without_webhooks_a_payment_enrolls_by_the_next_run() -> None:
    """With every webhook lost and nobody coming back from the checkout, five minutes are enough."""
    assert 0 < max(longest_wait(seed) for seed in range(60)) <= EVERY.total_seconds() + 10


def test_without_webhooks_and_amid_faults_every_payment_enrolls_still() -> None:
    """Runs that fail make it longer, not lost."""
    assert max(longest_wait(seed, fault_rate=0.05) for seed in range(30)) < 12 * EVERY.total_seconds()


@pytest.mark.parametrize("seed", [3, 29])
def test_a_seed_is_the_same_history_in_any_process(seed: int) -> None:
    """Port call for port call, whatever the process and its hash seed."""
    emitted = {_said(ROOT, hash_seed, "--seed", str(seed), "--trace") for hash_seed in ("0", "1", "4711")}
    assert len(emitted) == 1
    assert f"seed {seed}: " in emitted.pop()


def test_a_violation_is_replayed_from_its_seed_to_the_step() -> None:
    """What a mutant broke in one process it breaks in another at the same step, and the trace shows the last calls."""
    with copied_with(next(one for one in MUTANTS if one.what == "Reserve without the checkout lock")) as copy:
        found = _said(copy, "1", "--until-broken", "--first", "1", "--seconds", "60").strip()
        assert found.startswith("VIOLATION at seed ")
        seed = found.split()[3].rstrip(",")
        replayed = _said(copy, "2", "--seed", seed, "--trace").strip().splitlines()
    assert replayed[-1] == found
    assert "commit" in replayed[-2]


def _said(place: Path, hash_seed: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not ran.stderr
    return ran.stdout
