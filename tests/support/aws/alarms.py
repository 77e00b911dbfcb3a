"""Alarms evaluated as CloudWatch documents it: aligned periods of a metric or of metric math, against the threshold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Points = Mapping[str, Sequence[tuple[datetime, float]]]
"""What was written to each metric."""

Series = list[float | None]
"""A value for each period, None where nothing was written."""

_BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
}
_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {"Sum": sum, "Maximum": max, "Minimum": min}
_BEFORE = 5
"""Periods before those that are evaluated; metric math looks at the one before."""


def is_on(alarm: Mapping[str, Any], points: Points, at: datetime) -> bool:
    """Whether the alarm is on at ``at``: all of its last periods breach.

    A period without data breaches only if the alarm says so.
    """
    number = int(alarm["EvaluationPeriods"])
    missing = alarm["TreatMissingData"] == "breaching"
    breaches, threshold = _BREACHES[alarm["ComparisonOperator"]], float(alarm["Threshold"])
    evaluated = _values(alarm, points, at, number + _BEFORE)[-number:]
    return all(missing if value is None else breaches(value, threshold) for value in evaluated)


def ever_on(alarm: Mapping[str, Any], counted: Iterable[datetime] | Points) -> bool:
    """Whether the alarm is on in any minute from the first point to a period after the last.

    ``counted`` may be the timestamps at which the alarm's only metric was counted.
    """
    points = counted if isinstance(counted, Mapping) else {str(alarm["MetricName"]): [(at, 1.0) for at in counted]}
    return changes(alarm, points)[:1] != []


def changes(alarm: Mapping[str, Any], points: Points) -> list[tuple[datetime, bool]]:
    """When the alarm goes on and off again, from the first point to two periods after the last."""
    moments = sorted(at for written in points.values() for at, _ in written)
    if not moments:
        return []
    found: list[tuple[datetime, bool]] = []
    end, at = moments[-1] + timedelta(seconds=2 * period_of(alarm)), moments[0]
    while at <= end:
        if (on := is_on(alarm, points, at)) != bool(found and found[-1][1]):
            found.append((at, on))
        at += timedelta(minutes=1)
    return found


def period_of(alarm: Mapping[str, Any]) -> int:
    """The alarm's period in seconds."""
    if "Period" in alarm:
        return int(alarm["Period"])
    return int(next(each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each))


def metrics_of(alarm: Mapping[str, Any]) -> set[str]:
    """The names of the metrics that the alarm looks at."""
    if "MetricName" in alarm:
        return {str(alarm["MetricName"])}
    return {each["MetricStat"]["Metric"]["MetricName"] for each in alarm["Metrics"] if "MetricStat" in each}


def _values(alarm: Mapping[str, Any], points: Points, at: datetime, periods: int) -> Series:
    if "MetricName" in alarm:
        return _buckets(points.get(alarm["MetricName"], ()), alarm["Statistic"], int(alarm["Period"]), at, periods)
    series: dict[str, Series] = {}
    for each in alarm["Metrics"]:
        if "MetricStat" in each:
            stat = each["MetricStat"]
            written = points.get(stat["Metric"]["MetricName"], ())
            series[each["Id"]] = _buckets(written, stat["Stat"], int(stat["Period"]), at, periods)
    [expression] = [each["Expression"] for each in alarm["Metrics"] if each["ReturnData"]]
    return _Math(series, periods).of(ast.parse(expression.replace(" AND ", " and "), mode="eval").body)


def _buckets(
    written: Sequence[tuple[datetime, float]], statistic: str, period: int, at: datetime, periods: int
) -> Series:
    found: dict[int, list[float]] = {}
    for when, value in written:
        if when <= at:
            found.setdefault(int(when.timestamp()) // period, []).append(value)
    last = int(at.timestamp()) // period
    numbers = range(last - periods + 1, last + 1)
    return [_STATISTICS[statistic](found[each]) if each in found else None for each in numbers]


class _Math:
    """The part of metric math that the template uses."""

    def __init__(self, series: Mapping[str, Series], periods: int) -> None:
        self.series, self.periods = series, periods

    def of(self, node: ast.expr) -> Series:
        """The values of an expression, one for each period."""
        match node:
            case ast.Name(id=name):
                return self.series[name]
            case ast.Constant(value=int(number)):
                return [float(number)] * self.periods
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _each(lambda a, b: a + b, self.of(left), self.of(right))
            case ast.BoolOp(op=ast.And(), values=values):
                return _each(lambda *given: float(all(given)), *map(self.of, values))
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                more = isinstance(operator, ast.Gt)
                return _each(lambda a, b: float(a > b if more else a < b), self.of(left), self.of(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._called(name, arguments)
        raise ValueError(f"A part of a metric expression that is not evaluated here: {ast.unparse(node)}")

    def _called(self, name: str, arguments: list[ast.expr]) -> Series:
        match name, arguments:
            case "FILL", [given, ast.Name(id="REPEAT")]:
                return _repeated(self.of(given))
            case "FILL", [given, ast.Constant(value=int(number))]:
                return [number if value is None else value for value in self.of(given)]
            case "DIFF", [given]:
                values = self.of(given)
                return [None, *_each(lambda before, now: now - before, values[:-1], values[1:])]
            case "IF", [condition, then, other]:
                return _each(lambda a, b, c: b if a else c, *map(self.of, (condition, then, other)))
            case "MIN", [ast.List(elts=elements)]:
                return _each(min, *map(self.of, elements))
            case "SUM", [ast.Call(func=ast.Name(id="METRICS"))]:
                return [sum(known) if (known := _known(at)) else None for at in zip(*self.series.values(), strict=True)]
        raise ValueError(f"A function of metric expressions that is not evaluated here: {name}")


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _each(compute: Callable[..., float], *series: Series) -> Series:
    """The function of each period's values; a period lacks a value where one of them does."""
    return [
        compute(*known) if len(known := _known(values)) == len(values) else None for values in zip(*series, strict=True)
    ]


def _repeated(values: Series) -> Series:
    filled: Series = []
    for value in values:
        filled.append(filled[-1] if value is None and filled else value)
    return filled
