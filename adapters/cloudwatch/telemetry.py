"""Telemetry for CloudWatch: Powertools log lines and embedded metrics, both written to standard output."""

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
        Signal.REFUND_FAILED,
        Signal.REFUND_REJECTED,
        Signal.DISPUTE_OPENED,
        Signal.LEDGER_MISMATCH,
        Signal.SEAT_OVER_CAPACITY,
        Signal.COMPARISON_FAILED,
    }
)
"""The signals that are logged as warnings; all others are informational."""


@define(eq=False, kw_only=True)
class CloudWatchTelemetry(Telemetry):
    """Counts each signal by stage, and by stage, provider and reason. ``output`` is None for standard output.

    Each metric is a line of its own, written at once, so that it depends neither on the log level nor on the end of the
    request.
    """

    stage: str
    service: str
    clock: Clock
    namespace: str = NAMESPACE
    output: TextIO | None = None
    _logger: Logger | None = field(default=None, init=False)

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Count and log the signal. Ids that are not allowed are dropped."""
        dimensions = {"reason": clean(reason) or "none", "provider": clean(provider) or "none"}
        try:
            self._emit(signal.value, "Count", 1, dimensions)
            self._log(signal, {**dimensions, **permitted(ids)})
        except (OSError, ValueError):
            # Standard output is closed or full. Telemetry must never fail a payment.
            return

    def measure(self, gauge: Gauge, value: int) -> None:
        """Write the gauge's value, in seconds or as a count."""
        try:
            self._emit(gauge.value, "Seconds" if gauge.value.endswith("Seconds") else "Count", value, {})
        except (OSError, ValueError):
            return

    def _emit(self, name: str, unit: str, value: int, dimensions: dict[str, str]) -> None:
        # Imported lazily: a process that emits no metric does not pay for the import.
        from aws_lambda_powertools.metrics import EphemeralMetrics
        from aws_lambda_powertools.metrics.functions import is_metrics_disabled

        if is_metrics_disabled():
            return
        metrics = EphemeralMetrics(namespace=self.namespace, service=self.service)
        metrics.set_timestamp(self.clock.now())
        metrics.add_dimension("stage", self.stage)
        if dimensions:
            # Alarms use the total of the stage; people who look into one use provider and reason.
            metrics.add_dimensions(service=self.service, stage=self.stage, **dimensions)
        metrics.add_metric(name=name, unit=unit, value=value)
        stream = self.output or sys.stdout
        # One write per line, so that lines of several threads do not mix.
        stream.write(json.dumps(metrics.serialize_metric_set(), separators=(",", ":")) + "\n")
        stream.flush()

    def _log(self, signal: Signal, fields: dict[str, str]) -> None:
        logger = self._logger or self._new_logger()
        level = logger.warning if signal in ALARMING else logger.info
        level(signal.value, extra={"stage": self.stage, **fields})

    def _new_logger(self) -> Logger:
        from aws_lambda_powertools import Logger as PowertoolsLogger

        self._logger = PowertoolsLogger(service=self.service, stream=self.output, location=None)
        return self._logger
