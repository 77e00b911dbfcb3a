"""Leading students to the versions that were just published: asked first, then a part of the calls, then all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, frozen

from scripts.ops.aws.event_source import WORKER
from scripts.ops.deploy.live_function import ALIAS, LiveFunction, Version, variables_of
from scripts.ops.deploy.releases import Releases, alarms_on
from scripts.ops.errors import OpsError
from scripts.ops.stage import API_HANDLER

LOOK_EVERY = 15
"""Seconds between two looks at the alarms."""


@frozen(kw_only=True)
class Rollout:
    """Moves the aliases to new versions. ``pause`` waits for so many seconds, ``say`` is given a sentence for each
    step.

    ``percent`` of the calls go to the new versions for ``seconds`` first; with 0 all of them go there at once.
    """

    releases: Releases
    say: Callable[[str], None]
    percent: int = 0
    seconds: int = 300
    pause: Callable[[float], None] = field(default=time.sleep)

    def __call__(self, published: Mapping[str, Version]) -> None:
        """Ask each new version, shift, watch, and finish.

        Raises:
            OpsError: a new version does not answer, or an alarm went on: the versions from before serve everybody.
        """
        if not published:
            self.say("Nothing has changed in the functions; the versions that serve stay.")
            return
        moved = {each: published[each.name] for each in self.releases.functions if each.name in published}
        self._ask(moved)
        before = {function: function.live() for function in moved}
        if self.percent and all(before.values()):
            self._shift(moved, {function: version for function, version in before.items() if version is not None})
        for function, version in moved.items():
            function.point_to(version)
        self.say(f"All calls go to {len(moved)} new versions; ops rollback goes back within seconds.")
        for function in moved:
            function.prune()

    def _ask(self, moved: Mapping[LiveFunction, Version]) -> None:
        """Call the new versions once, before any student does."""
        api, worker = self.releases.function(API_HANDLER), self.releases.function(WORKER)
        for function, version in moved.items():
            if function == api:
                status = (function.answer(version, health_request(version)) or {}).get("statusCode")
                if status != 200:  # noqa: PLR2004 - HTTP
                    raise OpsError(
                        f"version {version.number} of {function.name} answers {status}: nobody was led to it"
                    )
            elif function == worker:
                function.answer(version, {"Records": []})
        self.say("The new versions answer.")

    def _shift(self, moved: Mapping[LiveFunction, Version], before: Mapping[LiveFunction, Version]) -> None:
        known, share = alarms_on(self.releases.stage, self.releases.aws), self.percent / 100
        began = datetime.now(UTC)
        for function, version in moved.items():
            function.point_to(before[function], share={version.number: share})
        self.say(f"{self.percent} % of the calls go to the new versions for {self.seconds} seconds.")
        problem = ""
        try:
            for waited in range(0, self.seconds, LOOK_EVERY):
                self.pause(min(LOOK_EVERY, self.seconds - waited))
                problem = self._problem(moved, known, began)
                if problem:
                    break
        except BaseException:
            self._back(before)
            raise
        if problem:
            self._back(before)
            raise OpsError(f"{problem}: the versions from before serve everybody again.")

    def _problem(self, moved: Mapping[LiveFunction, Version], known: set[str], began: datetime) -> str:
        if raised := alarms_on(self.releases.stage, self.releases.aws) - known:
            return f"{', '.join(sorted(raised))} went on"
        failing = [function.name for function, version in moved.items() if self._errors(function, version, began)]
        return f"{', '.join(failing)} fails" if failing else ""

    def _errors(self, function: LiveFunction, version: Version, began: datetime) -> float:
        """How many calls of this version ended with an error since then."""
        names = {"FunctionName": function.name, "Resource": f"{function.name}:{ALIAS}"}
        found: dict[str, Any] = self.releases.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[
                *({"Name": name, "Value": value} for name, value in names.items()),
                {"Name": "ExecutedVersion", "Value": str(version.number)},
            ],
            StartTime=began - timedelta(minutes=1),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    def _back(self, before: Mapping[LiveFunction, Version]) -> None:
        for function, version in before.items():
            function.point_to(version)


def health_request(version: Version) -> dict[str, Any]:
    """GET /api/health, as API Gateway hands it to this version of the function."""
    edge = variables_of(version.configuration).get("EDGE_SECRET")
    headers = {"x-edge-secret": edge} if edge else {}
    return {
        "resource": "/api/health",
        "path": "/api/health",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": "/api/health",
            "httpMethod": "GET",
            "path": "/api/health",
            "requestId": "rollout",
            "identity": {"sourceIp": "127.0.0.1"},
        },
    }
