"""Telemetry in a list, to be read by tests."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from domain.ports.telemetry import Gauge, Signal, Telemetry


@frozen(kw_only=True)
class EventFields:
    """One signal as it was emitted."""

    signal: Signal
    reason: str
    provider: str
    ids: Mapping[str, str]


@define(eq=False)
class MemoryTelemetry(Telemetry):
    """Records every signal, in order."""

    emitted: list[EventFields] = field(factory=list, init=False)
    measured: list[tuple[Gauge, int]] = field(factory=list, init=False)

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Record the signal."""
        self.emitted.append(EventFields(signal=signal, reason=reason, provider=provider, ids=ids))

    def count(self, signal: Signal) -> int:
        """How often the signal was emitted."""
        return sum(emitted.signal is signal for emitted in self.emitted)

    def measure(self, gauge: Gauge, value: int) -> None:
        """Record the value."""
        self.measured.append((gauge, value))
