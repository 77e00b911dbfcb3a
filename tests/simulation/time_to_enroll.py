"""How long a paid student waits when no webhook ever comes: only the run of every five minutes finds the payment."""

from __future__ import annotations

from datetime import timedelta

from tests.simulation.background_work import BackgroundWork
from tests.simulation.provider import Provider
from tests.simulation.provider_incidents import ProviderIncidents
from tests.simulation.school import School
from tests.simulation.students import Students
from tests.simulation.world import World

EVERY = timedelta(minutes=5)
_QUIET_RUNS = 2


def longest_wait(seed: int, *, fault_rate: float = 0.0) -> float:
    """The longest time from a payment to its enrollment in this history, in simulated seconds.

    Students do not come back from the checkout, webhooks are all lost, and of port calls the given share fails.
    """
    world = World(seed)
    school = School(world, Provider(world, loss=1.0, saved_failures=0.0), students=4, courses=3)
    world.fault_rate = fault_rate
    students, background, incidents = Students(school), BackgroundWork(school), ProviderIncidents(school)
    actions = (students.enroll, students.enroll, students.pay, students.pay, incidents.decide_slow_payment)
    next_run = world.now + EVERY
    for _ in range(80):
        world.pick(actions)()
        world.run_some(1.0)
        world.advance(timedelta(seconds=min(world.between(0, 45), (next_run - world.now).total_seconds() + 1)))
        school.provider.tick()
        if world.now >= next_run:
            next_run += EVERY
            world.begin(background.reconcile())
    for _ in range(_QUIET_RUNS):
        world.run_some(1.0)
        world.fault_rate = 0.0
        world.advance(next_run - world.now)
        next_run += EVERY
        world.begin(background.reconcile())
    world.run_some(1.0)
    return school.invariants.ends.waited
