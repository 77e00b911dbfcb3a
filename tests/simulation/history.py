"""One history: a bad day drawn from a seed, and the quiet after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from attrs import define, field

from tests.simulation.background_work import BackgroundWork
from tests.simulation.checkout_events import CAPTURING_PROVIDER, PROVIDER
from tests.simulation.end_of_history import EndOfHistory
from tests.simulation.office import Office
from tests.simulation.provider import FIRST_ACCOUNT, Provider
from tests.simulation.provider_incidents import ProviderIncidents
from tests.simulation.school import School
from tests.simulation.seats import Seats
from tests.simulation.store_incidents import StoreIncidents
from tests.simulation.students import Students
from tests.simulation.variant import DEFAULT, Variant
from tests.simulation.world import Violation, World

Action = Callable[[], object]

OUTAGE_FAULT_RATE = 0.6
_DAILY = timedelta(hours=20)


@define
class Figures:
    """What a history, or many, came to."""

    histories: int = 0
    calls: int = 0
    faults: Counter[str] = field(factory=Counter)
    reached: Counter[str] = field(factory=Counter)
    endings: Counter[str] = field(factory=Counter)
    trace: tuple[str, ...] = ()

    def add(self, other: Figures) -> None:
        """Add another's figures."""
        self.histories += other.histories
        self.calls += other.calls
        self.faults.update(other.faults)
        self.reached.update(other.reached)
        self.endings.update(other.endings)


class BrokenInvariant(Exception):
    """A violation, with the seed and the step that lead to it again, and the last port calls where they were traced."""

    def __init__(self, seed: int, step: int, invariant: str, trace: tuple[str, ...]) -> None:
        super().__init__(f"seed {seed}, step {step}: {invariant}")
        self.seed = seed
        self.step = step
        self.invariant = invariant
        self.trace = trace


def run_history(seed: int, variant: Variant = DEFAULT, *, tracing: int = 0) -> Figures:
    """The history of this seed, to its end. ``tracing``: how many of the last port calls to remember.

    Raises:
        BrokenInvariant: it broke an invariant. The same seed breaks it at the same step, on any machine.
    """
    world = World(seed, tracing=tracing)
    try:
        return _History(world, variant).lived()
    except (Exception, Violation) as broken:
        invariant = str(broken) if isinstance(broken, Violation) else f"{type(broken).__name__}: {broken}"
        raise BrokenInvariant(seed, world.calls, invariant, tuple(world.trace or ())) from broken


class _History:
    def __init__(self, world: World, variant: Variant) -> None:
        self.world = world
        two = Variant.TWO in variant
        rate = world.pick((0.0, 0.02, 0.05, 0.12))
        self.provider = Provider(
            world,
            loss=world.pick((0.0, 0.1, 0.5, 1.0)),
            saved_failures=world.pick((0.0, 0.02, 0.1)),
            names=(PROVIDER, CAPTURING_PROVIDER) if two else (PROVIDER,),
            capturing=(CAPTURING_PROVIDER,) if two else (PROVIDER,) if Variant.CAPTURES in variant else (),
        )
        self.school = School(
            world, self.provider, students=1 + int(world.random() * 4), courses=1 + int(world.random() * 3)
        )
        self.seats = Seats(self.school) if Variant.SEATS in variant else None
        self.students, self.office = Students(self.school), Office(self.school)
        self.store_incidents = StoreIncidents(self.school)
        self.background, self.incidents = BackgroundWork(self.school), ProviderIncidents(self.school)
        self.rate = world.fault_rate = rate
        world.lag = world.pick((0.0, 0.5))
        world.largest_skew = world.pick((0, 0, 45, 300))
        self.background.early_end_rate = 0.2
        self.caught_up_at = world.now

    def lived(self) -> Figures:
        """Live it."""
        world = self.world
        kind = world.random()
        plan = self._plan(odd=kind < 0.35, damaged=0.35 <= kind < 0.6)
        pace = world.pick((0.7, 0.85, 0.92, 0.97))
        for _ in range(30 + int(world.random() * 90)):
            world.pick(plan)()
            world.run_some(pace)
        EndOfHistory(self.school, self.students, self.background, self.incidents, self.store_incidents).run()
        reached = self.school.invariants.ends.reached
        reached.update({f"rebuilding: {name}": count for name, count in self.school.rebuilt.items()})
        return Figures(1, world.calls, world.faults, reached, world.endings, tuple(world.trace or ()))

    def _plan(self, *, odd: bool, damaged: bool) -> list[Action]:
        """Each action as often as it is likely."""
        students, office, background, incidents = self.students, self.office, self.background, self.incidents
        shares: list[tuple[int, Action]] = [
            (26, students.enroll),
            (16, students.pay),
            (6, students.show),
            (8, students.cancel),
            (2, students.learn),
            (1, students.ask),
            (1, students.rename),
            (16, background.deliver),
            (10, background.poll),
            (1, background.forge),
            (1, background.redrive),
            (7, lambda: self.world.begin(background.reconcile())),
            (2, background.catch_up),
            (1, lambda: self.world.begin(background.recount())),
            (4, office.resolve),
            (5, office.change_coupon),
            (6, office.refund),
            (2, office.repay),
            (5, office.change_enrollment),
            (3, office.disagree),
            (1, office.change_setting),
            (2, office.enroll_by_another_door),
            (2, office.delete_student),
            (3, office.edit_course),
            (5, incidents.decide_slow_payment),
            (4, incidents.refund_in_dashboard),
            (3, incidents.decide_refund),
            (3, incidents.dispute),
            (5, incidents.decide_dispute),
            (1, incidents.pay_out_dispute),
            (1, background.prove),
            (1, incidents.delete_customer),
            (3, self._begin_or_end_outage),
            (8, lambda: self._pass(0.1, 10)),
            (5, lambda: self._pass(60, 900)),
            (2, lambda: self._pass(1_800, 90_000)),
        ]
        if self.provider.capturing:
            shares.append((12, students.change_mind))
        if len(self.provider.names) > 1:
            shares.append((3, self._silence_or_wake))
        if odd:
            shares += [(6, incidents.tamper), (6, incidents.pay_closed_checkout), (6, incidents.copy_checkout)]
        if damaged:
            store = self.store_incidents
            shares += [
                (4, store.save),
                (3, store.restore),
                (2, store.lose_session),
                (2, store.damage_coupon),
                (2, store.damage_lock),
                (2, store.leave_pending),
                (1, store.change_account),
            ]
        if (seats := self.seats) is not None:
            shares += [
                (10, seats.join),
                (3, seats.leave),
                (8, seats.offer),
                (3, seats.change_capacity),
                (1, seats.recount),
            ]
        return [action for share, action in shares for _ in range(share)]

    def _begin_or_end_outage(self) -> None:
        """A storm begins, in which most calls fail, or ends."""
        self.world.fault_rate = (
            self.rate if self.world.fault_rate == OUTAGE_FAULT_RATE or not self.rate else OUTAGE_FAULT_RATE
        )

    def _silence_or_wake(self) -> None:
        """One provider falls silent while the others answer, or all answer again."""
        if self.provider.silent:
            self.provider.silent.clear()
        else:
            self.provider.silent.add(self.world.pick(self.provider.names))
        self.world.note("silent", str(self.provider.silent))

    def _pass(self, low: float, high: float) -> None:
        world, by = self.world, timedelta(seconds=self.world.between(low, high))
        if world.now + by - self.caught_up_at > _DAILY:
            # The provider's record reaches back two days: the daily run comes in time, however often it must be tried.
            # Whoever had set other keys by mistake has noticed.
            self.provider.account = FIRST_ACCOUNT
            rate, world.fault_rate = world.fault_rate, 0.0
            self.provider.silent.clear()
            self.background.catch_up_alone()
            self.background.prove_alone()
            world.fault_rate, self.caught_up_at = rate, world.now
        world.advance(by)
        self.provider.tick()
