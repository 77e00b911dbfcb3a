"""Where a worker may be killed: before or after a numbered call of a port, or a numbered request on the wire."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any, Literal

from attrs import define, field, frozen

When = Literal["before", "after"]
Depth = Literal["port", "wire"]

# Pure questions: they change nothing and wait for nobody, so a kill around them is one around their neighbours.
_SILENT = frozenset({"account", "wants"})


@frozen
class Kill:
    """One moment: `call` is counted from 0, among the calls of its depth."""

    call: int
    when: When
    depth: Depth = "port"

    def __str__(self) -> str:
        return f"{self.when} {self.depth} call {self.call}"


@define(eq=False)
class Calls:
    """Counts what a worker calls, and ends the whole process when its moment has come."""

    kill: Kill | None = None
    made: dict[Depth, list[str]] = field(factory=lambda: {"port": [], "wire": []})

    def begin(self, depth: Depth, name: str) -> int:
        """A call is about to be made: its number."""
        number = len(self.made[depth])
        self.made[depth].append(name)
        self._perhaps_die(number, "before", depth)
        return number

    def end(self, depth: Depth, number: int) -> None:
        """A call has been answered, and nobody has heard the answer yet."""
        self._perhaps_die(number, "after", depth)

    def _perhaps_die(self, number: int, when: When, depth: Depth) -> None:
        if self.kill == Kill(number, when, depth):
            # What an instance of a Lambda gets: no handler runs, no buffer is written, no connection is closed.
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """An adapter whose calls are counted. Everything else is the adapter's."""

    def __init__(self, port: str, adapter: Any, calls: Calls) -> None:
        self._port, self._adapter, self._calls = port, adapter, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        return self._watched(name, found) if callable(found) and name not in _SILENT else found

    def _watched(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            number = self._calls.begin("port", f"{self._port}.{name}")
            try:
                return method(*given, **named)
            finally:
                self._calls.end("port", number)

        return call
