"""Telemetry for a person at a terminal: what the product would count and log goes to standard error."""

from __future__ import annotations

import click
from attrs import define, field

from adapters.cloudwatch.redaction import clean, permitted
from domain.ports.telemetry import Gauge, Signal, Telemetry


@define(eq=False)
class TerminalTelemetry(Telemetry):
    """Says each signal in a line. An operator's run counts in no metric: alarms are about the product itself."""

    quiet: bool = False
    told: list[tuple[Signal, str]] = field(factory=list, init=False)

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Say the signal, cleaned as the product's log is."""
        del provider
        self.told.append((signal, reason))
        if not self.quiet:
            facts = " ".join(f"{name}={value}" for name, value in permitted(ids).items())
            click.echo(f"  {signal.value} {clean(reason)} {facts}".rstrip(), err=True)

    def measure(self, gauge: Gauge, value: int) -> None:
        """Gauges are read off the command's own result."""
        del gauge, value
