"""Telemetry on a terminal: what the product would log goes to standard error."""

from __future__ import annotations

import click
from attrs import define

from adapters.cloudwatch.redaction import clean, permitted
from domain.ports.telemetry import Gauge, Signal, Telemetry


@define(eq=False)
class TerminalTelemetry(Telemetry):
    """Prints one line per signal. An operator's run emits no metric: the alarms are about the product itself."""

    quiet: bool = False

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Print the signal, redacted as the product's log is."""
        del provider
        if not self.quiet:
            details = " ".join(f"{name}={value}" for name, value in permitted(ids).items())
            click.echo(f"  {signal.value} {clean(reason)} {details}".rstrip(), err=True)

    def measure(self, gauge: Gauge, value: int) -> None:
        """Print nothing: the command's own result has these numbers."""
        del gauge, value
