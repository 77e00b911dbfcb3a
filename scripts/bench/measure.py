"""Processor time of a function: of its start with the first request, and of requests to one that runs already.

Processor time is what the kernel counts for all threads of the function's process. Wall time depends on what else the
machine does and is only reported beside it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from scripts.bench.calls import Asked, CountedAws
from scripts.bench.functions import Function
from scripts.bench.requests import EXPECTED, Requests
from tests.support.deployment.deployed_functions import EmulatedServices
from tests.support.deployment.lambda_runtime import LambdaRig

_SCHEDULED = 2  # with the process id, Linux's name for the clock of a process: see clock_getcpuclockid(3)


@frozen
class Taken:
    """Milliseconds of processor time and of wall time."""

    processor: float
    wall: float


class NodeRig(LambdaRig):
    """A Node function. AWS's bootstrap for Node is not on npm as plain JavaScript, so a loop of our own stands in."""

    def command(self) -> list[str]:
        """Node with that loop."""
        return ["node", str(Path(__file__).parent / "peers" / "node" / "bootstrap.mjs"), self.handler]


@define(eq=False)
class Bench:
    """Starts functions in one emulated account, and measures them."""

    world: EmulatedServices
    runtime: Path
    requests: Requests
    _running: ExitStack = field(factory=ExitStack)
    _warm: dict[str, LambdaRig] = field(factory=dict)

    def close(self) -> None:
        """End all functions."""
        self._running.close()

    def cold(self, function: Function, path: str) -> Taken:
        """A new instance and its first request."""
        event = self.requests.event(path, self._maker(function))
        began = time.perf_counter()
        with self.instance(function) as rig:
            started = time.perf_counter() - began
            asked = time.perf_counter()
            _require(path, rig.invoke(event))
            wall = started + time.perf_counter() - asked
            return Taken(processor_time(rig.pid), 1000 * wall)

    def warm(self, function: Function, path: str, times: int) -> list[Taken]:
        """So many requests, one after the other, to an instance that runs already."""
        rig, taken = self.running(function), []
        for _ in range(times):
            event = self.requests.event(path, self._maker(function))
            before, began = processor_time(rig.pid), time.perf_counter()
            answer = rig.invoke(event)
            wall = 1000 * (time.perf_counter() - began)
            taken.append(Taken(processor_time(rig.pid) - before, wall))
            _require(path, answer)
        return taken

    def asked(self, function: Function, path: str, counting: CountedAws) -> Asked:
        """What the second of two requests asks of others."""
        with self.instance(function, AWS_ENDPOINT_URL=counting.url) as rig:
            _require(path, rig.invoke(self.requests.event(path, self._maker(function))))
            event = self.requests.event(path, self._maker(function))
            return counting.asked_by(lambda: _require(path, rig.invoke(event)))

    def running(self, function: Function) -> LambdaRig:
        """The instance that runs already."""
        if function.name not in self._warm:
            self._warm[function.name] = self._running.enter_context(self.instance(function))
        return self._warm[function.name]

    def memory(self, function: Function) -> float:
        """The most that the running instance has used, in megabytes."""
        status = Path(f"/proc/{self.running(function).pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def _maker(self, function: Function) -> LambdaRig:
        return self.running(function.maker or function)

    def instance(self, function: Function, **variables: str) -> LambdaRig:
        """A new instance, which runs while it is entered; ``variables`` of the environment besides the function's."""
        kind = NodeRig if function.is_node else LambdaRig
        environment = (
            self.world.environment() | {"WEBHOOK_SECRET": self.world.keys.webhook_secret} | function.environment
        )
        runtime = function.runtime or self.runtime
        environment |= variables
        return kind(task=function.task, handler=function.handler, runtime=runtime, environment=environment)


def processor_time(pid: int) -> float:
    """Milliseconds that a process has used so far: all of its threads, also those that have ended."""
    return 1000 * time.clock_gettime((~pid << 3) | _SCHEDULED)


def _require(path: str, answer: Mapping[str, Any]) -> None:
    if answer["statusCode"] not in EXPECTED[path]:
        raise RuntimeError(f"{path} answered {answer['statusCode']}: {str(answer.get('body'))[:200]}")
