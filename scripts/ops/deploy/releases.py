"""Published versions of the functions, and the alias ``live`` that says which of them serves.

Every deployment publishes a version of each function and then moves the aliases, so going back moves them again: no
build, no upload, seconds. The API's function is published twice, settling webhooks and queueing them, so that
`settling pause` moves an alias too, whichever release is live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.live_function import QUEUE, SWITCH, LiveFunction, Version, variables_of
from scripts.ops.errors import OpsError
from scripts.ops.stage import API_HANDLER, Stage


@frozen(kw_only=True)
class Releases:
    """The functions of a stage, by Chalice's names of them, and which release of them serves."""

    stage: Stage
    aws: AwsClients
    handlers: tuple[str, ...]

    def function(self, handler: str) -> LiveFunction:
        """The function of a handler."""
        return LiveFunction(aws=self.aws, name=self.stage.function_of(handler))

    @property
    def functions(self) -> list[LiveFunction]:
        """All functions that are deployed."""
        every = [self.function(handler) for handler in self.handlers]
        return [each for each in every if each.exists()]

    def adopt(self) -> list[str]:
        """Give every function its alias before anything calls it by that; returns those that had none."""
        return [each.name for each in self.functions if each.adopt()]

    def publish(self, now: datetime) -> dict[str, Version]:
        """Publish what was deployed; returns the new version by function, without those that have not changed."""
        release = f"{now:%Y%m%dT%H%M%SZ}"
        published = {}
        for function in self.functions:
            latest, live = function.latest(), function.live()
            is_api = function.name == self.stage.function
            # One that was created without a deployment of ours has no twin that queues yet.
            if live is not None and live.is_built_as(latest) and (live.release or not is_api):
                continue
            about = f"{release} {variables_of(latest).get('APP_VERSION', '')} {_commit(latest)}"
            if is_api:
                self._publish_queueing(function, latest, about)
            published[function.name] = function.publish(about)
        return published

    def listed(self) -> list[Version]:
        """The versions of the API's function, one for each release, the newest first."""
        return [version for version in self.function(API_HANDLER).versions() if not version.queues]

    def before(self, live: Version) -> Version:
        """The release before this one.

        Raises:
            OpsError: it is the oldest one.
        """
        for version in self.listed():
            # The first one was published when its function was made, and is the same as the first release.
            is_other = version.release != live.release and not version.is_built_as(live.configuration)
            if version.number < live.number and is_other:
                return version
        raise OpsError("No older release is kept: check out the version to go back to, and deploy it.")

    def go_to(self, target: Version) -> dict[str, Version]:
        """Let every function serve as of the target's release; settling stays as it is. Returns what serves now."""
        chosen = {}
        for function in self.functions:
            live = function.live()
            if live is None:
                raise OpsError(f"{function.name} has no alias yet: deploy once more, and then there is a way back.")
            of_release = [
                version
                for version in function.versions()
                if version.release <= target.release and version.queues == live.queues
            ]
            if not of_release:
                raise OpsError(f"{function.name} has no version of that release.")
            if variables_of(of_release[0].configuration).get("TABLE_NAME") != self.stage.table:
                raise OpsError("That release has another table, from before a restore: check it out, and deploy it.")
            chosen[function] = of_release[0]
        for function, version in chosen.items():
            function.point_to(version)
        return {function.name: version for function, version in chosen.items()}

    def switch(self, *, queues: bool) -> None:
        """Let the API's function settle webhooks or queue them, in the release that serves.

        Raises:
            OpsError: that release was not published by a deployment, and its code is no longer at hand.
        """
        function = self.function(API_HANDLER)
        live = function.live()
        if live is None:
            function.configure(_switched(variables_of(function.latest()), queues=queues))
            return
        if live.queues == queues:
            return
        twins = [each for each in function.versions() if each.release == live.release and each.queues == queues]
        if twins and live.release:
            function.point_to(twins[0])
            return
        latest = function.latest()
        if latest["CodeSha256"] != live.configuration["CodeSha256"]:
            raise OpsError("The release that serves has no version for this: deploy.")
        before = variables_of(latest)
        function.configure(_switched(variables_of(live.configuration), queues=queues))
        function.point_to(function.publish(f"{live.release} {live.app_version} {live.commit}"))
        function.configure(before)

    def _publish_queueing(self, function: LiveFunction, latest: Mapping[str, Any], about: str) -> None:
        settling = variables_of(latest)
        function.configure(_switched(settling, queues=True))
        function.publish(about)
        function.configure(settling)


def _switched(variables: Mapping[str, str], *, queues: bool) -> dict[str, str]:
    others = {name: value for name, value in variables.items() if name != SWITCH}
    return {**others, SWITCH: QUEUE} if queues else others


def _commit(configuration: Mapping[str, Any]) -> str:
    return variables_of(configuration).get("APP_COMMIT", "unknown")


def alarms_on(stage: Stage, aws: AwsClients) -> set[str]:
    """The names of the stage's alarms that are on."""
    pages = aws("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"learnermax-{stage.name}-")
    return {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"] if alarm["StateValue"] == "ALARM"}


def chosen(versions: Iterable[Version], commit: str) -> Version:
    """The newest of these versions with this commit, given by its beginning.

    Raises:
        OpsError: none has it.
    """
    for version in versions:
        if version.commit.startswith(commit):
            return version
    raise OpsError(f"No version of commit {commit} is kept: check it out, and deploy it.")
