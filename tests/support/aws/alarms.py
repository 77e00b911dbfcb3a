"""Alarms evaluated as CloudWatch documents it: sums of aligned periods, the last N of them against the threshold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any


def is_on(alarm: Mapping[str, Any], counted: Iterable[datetime], at: datetime) -> bool:
    """Whether an alarm on the sum of a count is on at ``at``, when the metric was counted at these timestamps.

    All of the last periods must breach; one without data breaches only if the alarm says so.
    """
    assert alarm["Statistic"] == "Sum"
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    period = int(alarm["Period"])
    buckets: dict[int, int] = {}
    for one in counted:
        buckets[int(one.timestamp()) // period] = buckets.get(int(one.timestamp()) // period, 0) + 1
    last = int(at.timestamp()) // period
    periods = range(last - int(alarm["EvaluationPeriods"]) + 1, last + 1)
    missing = alarm["TreatMissingData"] == "breaching"
    return all(buckets[each] >= float(alarm["Threshold"]) if each in buckets else missing for each in periods)


def ever_on(alarm: Mapping[str, Any], counted: Iterable[datetime]) -> bool:
    """Whether the alarm is on in any minute from the first count to a period after the last."""
    moments = sorted(counted)
    if not moments:
        return False
    end, at = moments[-1] + timedelta(seconds=int(alarm["Period"])), moments[0]
    while at <= end:
        if is_on(alarm, moments, at):
            return True
        at += timedelta(minutes=1)
    return False
