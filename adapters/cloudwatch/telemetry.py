"""Telemetry on CloudWatch: log lines by Powertools, metrics as embedded lines, both on standard output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TextIO

from attrs import define, field

from adapters.cloudwatch.redaction import clean, permitted
from domain.ports.clock import Clock
from domain.ports.telemetry import Gauge, Signal, Telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

NAMESPACE = "LearnerMaxPayments"

ALARMING = frozenset(
    {
        Signal.PAYMENT_IN_REVIEW,
        Signal.PAYMENT_LATE,
        Signal.PRICE_MISMATCH,
        Signal.PROVIDER_ERROR,
        Signal.PROVIDER_REJECTED,
        Signal.EVENT_NOT_KEPT,
        Signal.EVENT_REFUSED,
        Signal.EVENT_CONTRADICTS,
        Signal.SECRETS_STALE,
    }
)
"""What is logged as a warning."""


@define(eq=False, kw_only=True)
class CloudWatchTelemetry(Telemetry):
    """Counts each signal by stage, and by stage, provider and reason. ``output`` None is standard output.

    The metric has a line of its own, written at once: it must not depend on the log's level, nor on a request ending.
    """

    stage: str
    service: str
    clock: Clock
    namespace: str = NAMESPACE
    output: TextIO | None = None
    _logger: Logger | None = field(default=None, init=False)

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Count and log. What is not on the list of ids stays out of both."""
        facts = {"reason": clean(reason) or "none", "provider": clean(provider) or "none"}
        try:
            self._emit(signal.value, "Count", 1, facts)
            self._log(signal, {**facts, **permitted(ids)})
        except (OSError, ValueError):
            # Standard output is closed or full. A payment is worth more than the news of it.
            return

    def measure(self, gauge: Gauge, value: int) -> None:
        """Report the value."""
        try:
            self._emit(gauge.value, "Seconds" if gauge.value.endswith("Seconds") else "Count", value, {})
        except (OSError, ValueError):
            return

    def _emit(self, name: str, unit: str, value: int, facts: dict[str, str]) -> None:
        # Imported here: what tells nothing need not pay for it.
        from aws_lambda_powertools.metrics import EphemeralMetrics
        from aws_lambda_powertools.metrics.functions import is_metrics_disabled

        if is_metrics_disabled():
            return
        metrics = EphemeralMetrics(namespace=self.namespace, service=self.service)
        metrics.set_timestamp(self.clock.now())
        metrics.add_dimension("stage", self.stage)
        if facts:
            # Alarms need the plain number; people who look into it need the reasons.
            metrics.add_dimensions(service=self.service, stage=self.stage, **facts)
        metrics.add_metric(name=name, unit=unit, value=value)
        stream = self.output or sys.stdout
        # One write per line: lines of several threads must not mix.
        stream.write(json.dumps(metrics.serialize_metric_set(), separators=(",", ":")) + "\n")
        stream.flush()

    def _log(self, signal: Signal, facts: dict[str, str]) -> None:
        logger = self._logger or self._made_logger()
        level = logger.warning if signal in ALARMING else logger.info
        level(signal.value, extra={"stage": self.stage, **facts})

    def _made_logger(self) -> Logger:
        from aws_lambda_powertools import Logger as PowertoolsLogger

        self._logger = PowertoolsLogger(service=self.service, stream=self.output, location=None)
        return self._logger
