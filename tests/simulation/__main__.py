"""Run histories (``python -m tests.simulation --seconds 60``) or replay one (``... --seed 7 --trace``)."""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.simulation.history import BrokenInvariant, run_history
from tests.simulation.runner import first_violation, report, run_for
from tests.simulation.time_to_enroll import longest_wait
from tests.simulation.variant import DEFAULT, Variant, variant_of

TRACED = 80
WAITS = 100
WAIT_RATES = (0.0, 0.01, 0.05)
_WORLDS = {
    Variant.CAPTURES: "at a provider that captures what was approved",
    Variant.TWO: "at two providers, one of which captures",
    Variant.SEATS: "in courses with few seats",
}


def main(arguments: list[str]) -> int:
    """Do what the arguments say; 1 when an invariant was broken."""
    chosen = _parser().parse_args(arguments)
    variant = variant_of(arguments)
    if chosen.seed is not None:
        return _replay(chosen.seed, variant, TRACED if chosen.trace else 0)
    first = chosen.first if chosen.first is not None else secrets.randbelow(10**12)
    if chosen.until_broken:
        broken = first_violation(first=first, seconds=chosen.seconds, variant=variant)
        _say(_known_checkout(broken) if broken else "no violation")
        return 1 if broken else 0
    _say(f"seeds from {first} on, for {chosen.seconds:.0f} s")
    outcome = run_for(chosen.seconds, first=first, jobs=chosen.jobs, variant=variant)
    _say(report(outcome))
    if variant == DEFAULT:
        _say_how_long_students_wait(first)
    if outcome.broken:
        seed = str(outcome.broken[0][0])
        _say(" ".join(("replay: python -m tests.simulation --seed", seed, *variant.options, "--trace")))
    return 1 if outcome.violations else 0


def _say_how_long_students_wait(first: int) -> None:
    _say("longest wait from payment to enrollment, no webhooks, a run every 5 minutes")
    for rate in WAIT_RATES:
        waited = max(longest_wait(seed, fault_rate=rate) for seed in range(first, first + WAITS))
        _say(f"  {rate:>4.0%} of port calls failing {waited:>24,.0f} s")


def _replay(seed: int, variant: Variant, tracing: int) -> int:
    try:
        figures = run_history(seed, variant, tracing=tracing)
    except BrokenInvariant as broken:
        _say("\n".join(broken.trace))
        _say(_known_checkout(broken))
        return 1
    _say("\n".join(figures.trace))
    _say(f"seed {seed}: {figures.calls} port calls, no violation")
    return 0


def _known_checkout(broken: BrokenInvariant) -> str:
    return f"VIOLATION at seed {broken.seed}, step {broken.step}: {broken.invariant}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="live through this one history again")
    parser.add_argument("--trace", action="store_true", help=f"show its last {TRACED} port calls")
    parser.add_argument("--seconds", type=float, default=60, help="how long fresh histories are made")
    parser.add_argument("--first", type=int, help="the first seed; any by default")
    parser.add_argument("--jobs", type=int, help="processes; as many as there are cores by default")
    for one, world in _WORLDS.items():
        parser.add_argument(*one.options, action="store_true", help=world)
    parser.add_argument("--until-broken", action="store_true", help="stop at the first violation")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
