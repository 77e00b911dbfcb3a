"""Telling operations, in a list that can be read again."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from domain.ports.telemetry import Gauge, Signal, Telemetry


@frozen(kw_only=True)
class EventFields:
    """One signal as it was told."""

    signal: Signal
    reason: str
    provider: str
    ids: Mapping[str, str]


@define(eq=False)
class MemoryTelemetry(Telemetry):
    """Records what it is told, in order."""

    emitted: list[EventFields] = field(factory=list, init=False)
    measured: list[tuple[Gauge, int]] = field(factory=list, init=False)

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Record the signal."""
        self.emitted.append(EventFields(signal=signal, reason=reason, provider=provider, ids=ids))

    def count(self, signal: Signal) -> int:
        """How often the signal was told."""
        return sum(emitted.signal is signal for emitted in self.emitted)

    def measure(self, gauge: Gauge, value: int) -> None:
        """Record the value."""
        self.measured.append((gauge, value))
