"""The one place where order, time and faults are decided, all drawn from one seed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from greenlet import GreenletExit, getcurrent, greenlet

from domain.errors import DomainError
from tests.simulation.trace_format import readable

T = TypeVar("T")
Action = Callable[[], object]

BEGINNING = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=40)
"""How long a port call takes."""

LATEST_ARRIVAL = timedelta(seconds=60)
"""How long a request may be under way after its sender has given it up."""


class Killed(GreenletExit):
    """The process ends here; nothing of it runs any more."""


class Violation(BaseException):
    """A invariant of the school was broken. No action may catch it, whatever else it catches."""


def require(holds: object, invariant: str, *facts: object) -> None:
    """Stop the history if the invariant does not hold."""
    if not holds:
        raise Violation(f"{invariant}: {' | '.join(map(readable, facts))}")


class Late(Exception):
    """The caller gives up now, the request arrives later. ``then`` is what the caller sees."""

    def __init__(self, then: BaseException) -> None:
        super().__init__()
        self.then = then


class Task(greenlet):
    """One invocation: a request, a webhook, a queue message or a scheduled run.

    ``skew`` is how far its machine's clock is off; past ``deadline`` it is killed. A ``forged`` one carries a message
    that nobody signed, and may touch nothing.
    """

    def __init__(self, name: str, action: Action, world: World, *, limit: timedelta, forged: bool = False) -> None:
        super().__init__(self._emit)
        self.name = name
        self.action = action
        self.skew = world.draw_skew()
        self.deadline = world.now + limit
        self.forged = forged
        self.number = world.tasks_begun
        self.failure = ""
        self.done = False

    def _emit(self) -> None:
        try:
            self.action()
            self.done = True
        except DomainError as error:
            self.failure = error.code
        except Killed:
            self.failure = "killed"


class World:
    """Chance, time, the tasks under way, and every fault that befalls them."""

    def __init__(self, seed: int, *, tracing: int = 0) -> None:
        self.seed = seed
        self.chance_source = Random(seed)
        self.random = self.chance_source.random
        self.began = self.now = BEGINNING
        self.hub = getcurrent()
        self.tasks: list[Task] = []
        self.tasks_begun = 0
        self.postponed: list[Callable[[], None]] = []
        self.forged_under_way = 0
        self.calls = 0
        self.fault_rate = 0.0
        self.lag = 0.0
        self.largest_skew = 0
        self.faults: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        self.trace: deque[str] | None = deque(maxlen=tracing) if tracing else None

    # -- chance ------------------------------------------------------------------------------------------------------

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self.random() * len(options))]

    def chance(self, likelihood: float) -> bool:
        """Whether it happens."""
        return self.random() < likelihood

    def between(self, low: float, high: float) -> float:
        """Any number between the two."""
        return low + self.random() * (high - low)

    def draw_skew(self) -> timedelta | None:
        """How far some machine's clock is off."""
        self.tasks_begun += 1
        if not self.largest_skew or self.random() < 0.5:
            return None
        return timedelta(seconds=self.between(-self.largest_skew, self.largest_skew))

    # -- port calls --------------------------------------------------------------------------------------------------

    def enter(
        self, port: str, error: type[DomainError], what: object = None, *, late: bool = False
    ) -> BaseException | None:
        """A port call begins: others may run first, and it may fail.

        Returns what is to be raised once the call was carried out, None for nothing. ``late``: it may also be carried
        out after its caller gave up; then a ``Late`` is returned and the call is for ``postpone``.
        """
        self.calls += 1
        self.hub.switch()
        self.now += TICK
        if self.forged_under_way:
            self._watch_forgeries(port)
        roll = self.random()
        if roll >= self.fault_rate:
            if self.trace is not None:
                self.note(port, what)
            return None
        return self._fault(port, error, what, roll / self.fault_rate, late=late)

    def switch(self, port: str) -> None:
        """A port call that cannot fail: others may run first."""
        self.calls += 1
        self.hub.switch()
        if self.trace is not None:
            self.note(port, None)

    def _watch_forgeries(self, port: str) -> None:
        task = getcurrent()
        if isinstance(task, Task) and task.forged and port != "read event":
            raise Violation(f"a message that nobody signed led to: {port}")

    def _fault(
        self, port: str, error: type[DomainError], what: object, share: float, *, late: bool
    ) -> BaseException | None:
        kind = _kind(share)
        if kind.startswith("late") and not late:
            kind = "error before" if kind == "late, error" else "kill before"
        self.faults[kind] += 1
        if self.trace is not None:
            self.note(port, what, kind)
        outcome: BaseException = error() if "error" in kind else Killed()
        if kind.endswith("before"):
            raise outcome
        return Late(outcome) if kind.startswith("late") else outcome

    def postpone(self, arrival: Callable[[], None]) -> None:
        """Let a request arrive some time later."""
        self.postponed.append(arrival)

    def note(self, port: str, what: object, outcome: str = "") -> None:
        """Remember what happened, for the trace."""
        if self.trace is None:
            return
        task = getcurrent()
        who = f"{task.number:>3} {task.name}" if isinstance(task, Task) else "    world"
        fault = f"  !! {outcome}" if outcome else ""
        clock = self.now.strftime("%d %H:%M:%S")
        self.trace.append(f"{self.calls:>6}  {clock}  {who:<26} {port:<22} {readable(what)}{fault}")

    # -- time and order ----------------------------------------------------------------------------------------------

    def advance(self, by: timedelta) -> None:
        """Time passes. What is under way arrives, and what takes too long is killed."""
        if by > LATEST_ARRIVAL:
            self.arrive_all()
        self.now += by
        for task in [task for task in self.tasks if task.deadline < self.now]:
            self.tasks.remove(task)
            self.faults["timeout"] += 1
            self.kill(task)

    def arrive_all(self) -> None:
        """Every request under way arrives."""
        while self.postponed:
            self.arrive()

    def arrive(self) -> None:
        """One of the requests under way arrives."""
        self.postponed.pop(int(self.random() * len(self.postponed)))()

    def begin(self, task: Task) -> Task:
        """Let a task take part."""
        self.forged_under_way += task.forged
        self.tasks.append(task)
        return task

    def run_some(self, share: float) -> None:
        """Let the tasks under way run, in any order; ``share`` is how likely each next step is."""
        tasks, random = self.tasks, self.random
        while tasks and (len(tasks) > 6 or random() < share):
            position = int(random() * len(tasks))
            self._step(tasks[position], position)
            if self.postponed and random() < 0.1:
                self.arrive()

    def _step(self, task: Task, position: int) -> None:
        task.switch()
        if task.dead:
            self.tasks.pop(position)
            self._ended(task)

    def run_alone(self, task: Task) -> Task:
        """Let one task run to its end, and nobody else."""
        self.forged_under_way += task.forged
        while not task.dead:
            task.switch()
        self._ended(task)
        return task

    def kill(self, task: Task) -> None:
        """End a task where it is."""
        task.throw(Killed)
        self._ended(task)

    def _ended(self, task: Task) -> None:
        self.forged_under_way -= task.forged
        self.endings[f"{task.name}: {'done' if task.done else task.failure or 'killed'}"] += 1


def _kind(share: float) -> str:
    for limit, kind in _KINDS:
        if share < limit:
            return kind
    return _KINDS[-1][1]


_KINDS = (
    (0.25, "error before"),
    (0.50, "error after"),
    (0.65, "kill before"),
    (0.80, "kill after"),
    (0.92, "late, error"),
    (1.00, "late, kill"),
)
