"""Many histories, on every core, for so many seconds."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from attrs import define, field

from tests.simulation.history import BrokenInvariant, Figures, run_history
from tests.simulation.variant import DEFAULT, Variant

MOST_KEPT = 20


@define
class Outcome:
    """What many histories came to. ``broken`` holds the first violations as (seed, step, invariant)."""

    figures: Figures = field(factory=Figures)
    violations: int = 0
    broken: list[tuple[int, int, str]] = field(factory=list)
    seconds: float = 0.0

    def add(self, other: Outcome) -> None:
        """Add another's."""
        self.figures.add(other.figures)
        self.violations += other.violations
        self.broken = sorted({*self.broken, *other.broken})[:MOST_KEPT]


def run_for(
    seconds: float,
    *,
    first: int,
    jobs: int | None = None,
    most: int | None = None,
    variant: Variant = DEFAULT,
) -> Outcome:
    """Fresh histories from the seed ``first`` on, for so long, or at most so many in each job."""
    jobs = jobs or os.cpu_count() or 1
    begun = time.monotonic()
    whole = Outcome()
    if jobs == 1:
        whole.add(run_every(1, first, seconds, most, variant=variant))
    else:
        # A fresh interpreter for each: what a fork would inherit is nobody's business here.
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            running = [pool.submit(run_every, jobs, first + job, seconds, most, variant=variant) for job in range(jobs)]
            for part in running:
                whole.add(part.result())
    whole.seconds = time.monotonic() - begun
    return whole


def run_every(stride: int, first: int, seconds: float, most: int | None, *, variant: Variant = DEFAULT) -> Outcome:
    """Every so-manieth seed from ``first`` on."""
    ends, seed, outcome = time.monotonic() + seconds, first, Outcome()
    # A history leaves few cycles behind: looking for them after every few hundred objects costs more than they do.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    while time.monotonic() < ends and (most is None or seed < first + most * stride):
        try:
            outcome.figures.add(run_history(seed, variant))
        except BrokenInvariant as broken:
            outcome.violations += 1
            outcome.figures.calls += broken.step
            if len(outcome.broken) < MOST_KEPT:
                outcome.broken.append((broken.seed, broken.step, broken.invariant))
        seed += stride
    return outcome


def first_violation(*, first: int, seconds: float, variant: Variant = DEFAULT) -> BrokenInvariant | None:
    """The first seed from ``first`` on that breaks an invariant, if one does within the processor time."""
    ends, seed = time.process_time() + seconds, first
    while time.process_time() < ends:
        try:
            run_history(seed, variant)
        except BrokenInvariant as broken:
            return broken
        seed += 1
    return None


def report(outcome: Outcome) -> str:
    """The outcome for a person to read."""
    figures = outcome.figures
    pace = figures.calls / outcome.seconds if outcome.seconds else 0.0
    lines = [
        f"port calls   {figures.calls:,} in {outcome.seconds:.0f} s ({pace:,.0f} a second)",
        f"histories    {figures.histories:,}",
        f"violations   {outcome.violations:,}",
        "",
        "faults",
        *_table(figures.faults),
        "",
        "how sessions ended",
        *_table(figures.reached),
        "",
        "how invocations ended",
        *_table(figures.endings),
    ]
    lines += [f"VIOLATION at seed {seed}, step {step}: {invariant[:300]}" for seed, step, invariant in outcome.broken]
    return "\n".join(lines) + "\n"


def _table(counts: Counter[str]) -> list[str]:
    return [f"  {name:<44} {count:>12,}" for name, count in sorted(counts.items())]
