"""The undisturbed script, the points at which it can be killed, and what is different afterwards."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from attrs import frozen

from tests.support.kills.kill_points import Depth, Kill
from tests.support.kills.kill_testbed import KillTestbed, Repair, Scenario
from tests.support.stack.outcome import State

Case = TypeVar("Case")


@frozen
class Rehearsal:
    """How a script ends when nobody is killed, the calls of each of its steps, and the codes of those refused."""

    state: State
    calls: Mapping[str, Mapping[Depth, list[str]]]
    refused: Mapping[str, str]


def rehearse(testbed: KillTestbed, script: Callable[[Scenario], object]) -> Rehearsal:
    """Play the script without kills."""
    scenario = testbed.scenario()
    script(scenario)
    scenario.rest()
    assert scenario.faults() == []
    return Rehearsal(scenario.state(), scenario.calls, scenario.refused)


def points(calls: Mapping[Depth, list[str]]) -> list[Kill]:
    """Before and after each call of a port, and each request to a provider or the queue: a call may make two."""
    ports = [Kill(number, when) for number in range(len(calls["port"])) for when in ("before", "after")]
    asked = [number for number, name in enumerate(calls["wire"]) if name.startswith(("stripe", "paypal", "sqs"))]
    return ports + [Kill(number, when, "wire") for number in asked for when in ("before", "after")]


def sample(cases: Sequence[Case], *, about: str, share: float) -> list[Case]:
    """All cases where KILLS=all; else a share of them (that of KILLS, if given), always the same: a failure repeats."""
    wanted = os.environ.get("KILLS") or str(share)
    if wanted == "all":
        return list(cases)
    return random.Random(about).sample(cases, max(1, round(len(cases) * float(wanted))))


# Which step of the script is killed, and what may follow. Whoever comes by a clock comes again by the clock only.
BY_HAND: tuple[Repair, ...] = ("repeat", "reconcile")
BY_CLOCK: tuple[Repair, ...] = ("repeat",)
Script = tuple[Callable[[Scenario], None], str, tuple[Repair, ...]]


def names(scripts: Sequence[Script]) -> list[str]:
    """The names of the cases: script and step."""
    return [f"{script.__name__}-{step}" for script, step, _ in scripts]


def killed_anywhere(
    testbed: KillTestbed, emit: Callable[[str], None], played: Script, *, share: float = 0.005
) -> list[str]:
    """What is different after a kill before or after each call of the step, done again by whoever would."""
    script, step, repairs = played
    rehearsal = rehearse(testbed, script)
    assert step not in rehearsal.refused, f"{step} is refused ({rehearsal.refused[step]}): a kill would show nothing"
    cases = [(kill, repair) for repair in repairs for kill in points(rehearsal.calls[step])]
    chosen = sample(cases, about=script.__name__, share=share)
    wrong = []
    for kill, repair in chosen:
        scenario = testbed.scenario({step: kill}, repair)
        script(scenario)
        scenario.rest()
        wrong += differences(scenario, rehearsal, [step], f"{kill}, {repair}")
    emit(f"{len(chosen)} of {len(cases)} kills in {step} of {script.__name__}")
    return wrong


def differences(scenario: Scenario, rehearsal: Rehearsal, killed: list[str], case: str) -> list[str]:
    """What is not as it would have been, one sentence each; also if nobody was killed who should have been."""
    found = [*scenario.faults(), *scenario.state().unlike(rehearsal.state)]
    found += [f"killed {scenario.killed}"] if scenario.killed != killed else []
    return [f"{case}: {what}" for what in found]
