"""Telling operations, in a list that can be read again."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from domain.ports.telemetry import Gauge, Signal, Telemetry


@frozen(kw_only=True)
class Told:
    """One signal as it was told."""

    signal: Signal
    reason: str
    provider: str
    ids: Mapping[str, str]


@define(eq=False)
class MemoryTelemetry(Telemetry):
    """Records what it is told, in order."""

    told: list[Told] = field(factory=list, init=False)
    measured: list[tuple[Gauge, int]] = field(factory=list, init=False)

    def tell(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Record the signal."""
        self.told.append(Told(signal=signal, reason=reason, provider=provider, ids=ids))

    def count(self, signal: Signal) -> int:
        """How often the signal was told."""
        return sum(told.signal is signal for told in self.told)

    def measure(self, gauge: Gauge, value: int) -> None:
        """Record the value."""
        self.measured.append((gauge, value))
