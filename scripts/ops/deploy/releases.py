"""Published versions of the functions, and the alias ``live`` that says which of them serves.

Every deployment publishes a version of each function and then moves the aliases, so going back moves them again: no
build, no upload, seconds. The API's function is published twice, settling webhooks and queueing them, so that
`settling pause` moves an alias too, whichever release is live.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError
from scripts.ops.stage import API_HANDLER, Stage

ALIAS = "live"
KEPT = 20
"""Versions of a function that are kept, besides those that serve."""

SWITCH, QUEUE = "WEBHOOKS", "queue"
"""The variable of the API's function that stops settling, and its value then."""

_SAME = ("CodeSha256", "Handler", "Runtime", "Timeout", "MemorySize", "Role", "Layers")


@frozen(kw_only=True)
class Version:
    """A published version of a function. ``release`` is when it was published, such as 20260131T120000Z, or empty."""

    number: int
    release: str
    commit: str
    app_version: str
    queues: bool
    configuration: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Version:
        """The version with this configuration."""
        variables = variables_of(configuration)
        release, _, _ = str(configuration.get("Description") or "").partition(" ")
        return cls(
            number=int(configuration["Version"]),
            release=release,
            commit=variables.get("APP_COMMIT", "unknown"),
            app_version=variables.get("APP_VERSION", "unknown"),
            queues=variables.get(SWITCH) == QUEUE,
            configuration=configuration,
        )

    def is_built_as(self, latest: Mapping[str, Any]) -> bool:
        """Whether publishing the unpublished code now would give the same version again."""
        own = self.configuration
        return (
            all(own.get(name) == latest.get(name) for name in _SAME)
            and variables_of(own) == variables_of(latest)
            and own.get("TracingConfig", {}).get("Mode") == latest.get("TracingConfig", {}).get("Mode")
            and snap_start(own) == snap_start(latest)
        )


@frozen(kw_only=True)
class LiveFunction:
    """One function, by its name in AWS, with its versions and its alias."""

    aws: AwsClients
    name: str

    def latest(self) -> Mapping[str, Any]:
        """The configuration of the unpublished code."""
        found: Mapping[str, Any] = self._client.get_function_configuration(FunctionName=self.name)
        return found

    def exists(self) -> bool:
        """Whether it is deployed."""
        try:
            self.latest()
        except self._client.exceptions.ResourceNotFoundException:
            return False
        return True

    def live(self) -> Version | None:
        """The version that serves, None where there is no alias yet: the unpublished code serves then."""
        try:
            self._client.get_alias(FunctionName=self.name, Name=ALIAS)
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return Version.of(self._client.get_function_configuration(FunctionName=self.name, Qualifier=self._number()))

    def serving(self) -> Mapping[str, Any]:
        """The configuration that serves."""
        live = self.live()
        return live.configuration if live else self.latest()

    def versions(self) -> list[Version]:
        """All published versions, the newest first."""
        pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=self.name)
        found = [Version.of(each) for page in pages for each in page["Versions"] if each["Version"].isdecimal()]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def publish(self, description: str) -> Version:
        """Publish the unpublished code; with SnapStart, wait for its snapshot.

        Raises:
            OpsError: the snapshot could not be made: the function does not start.
        """
        made = self._client.publish_version(FunctionName=self.name, Description=description)
        if snap_start(made) != "None":
            self._client.get_waiter("published_version_active").wait(FunctionName=self.name, Qualifier=made["Version"])
        return Version.of(made)

    def configure(self, variables: Mapping[str, str]) -> None:
        """Set the variables of the unpublished code."""
        self._client.update_function_configuration(FunctionName=self.name, Environment={"Variables": dict(variables)})
        self._client.get_waiter("function_updated_v2").wait(FunctionName=self.name)

    def start_by_snapshot(self, *, wanted: bool) -> None:
        """Turn SnapStart on or off for versions published from now on."""
        apply_on = "PublishedVersions" if wanted else "None"
        if snap_start(self.latest()) != apply_on:
            self._client.update_function_configuration(FunctionName=self.name, SnapStart={"ApplyOn": apply_on})
            self._client.get_waiter("function_updated_v2").wait(FunctionName=self.name)

    def point_to(self, version: Version, *, share: Mapping[int, float] | None = None) -> None:
        """Let the alias stand for this version; ``share`` gives others a part of the calls, from 0 to 1."""
        weights = {str(number): weight for number, weight in (share or {}).items()}
        self._client.update_alias(
            FunctionName=self.name,
            Name=ALIAS,
            FunctionVersion=str(version.number),
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def adopt(self) -> bool:
        """Give a function that has none its alias, for what it runs now; returns whether it had none."""
        if not self.exists() or self.live() is not None:
            return False
        version = self._client.publish_version(FunctionName=self.name)["Version"]
        self._client.create_alias(FunctionName=self.name, Name=ALIAS, FunctionVersion=version)
        return True

    def prune(self) -> None:
        """Delete old versions that do not serve: an account has room for 75 GB of code."""
        alias = self._client.get_alias(FunctionName=self.name, Name=ALIAS)
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
        serving = {int(alias["FunctionVersion"]), *map(int, weights)}
        for version in self.versions()[KEPT:]:
            if version.number not in serving:
                self._client.delete_function(FunctionName=self.name, Qualifier=str(version.number))

    def answer(self, version: Version, event: Mapping[str, Any]) -> Any:
        """What this version returns for an event.

        Raises:
            OpsError: it ends with an error, such as one at its start.
        """
        done = self._client.invoke(
            FunctionName=self.name, Qualifier=str(version.number), Payload=json.dumps(event).encode()
        )
        body = json.loads(done["Payload"].read() or b"null")
        if done.get("FunctionError"):
            problem = body.get("errorMessage", "") if isinstance(body, dict) else body
            raise OpsError(f"version {version.number} of {self.name} fails: {problem}")
        return body

    def _number(self) -> str:
        return str(self._client.get_alias(FunctionName=self.name, Name=ALIAS)["FunctionVersion"])

    @property
    def _client(self) -> Any:
        return self.aws("lambda")


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


def variables_of(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables in a function's configuration."""
    return dict(configuration.get("Environment", {}).get("Variables", {}))


def snap_start(configuration: Mapping[str, Any]) -> str:
    """``PublishedVersions`` where versions start from a snapshot, else ``None``."""
    return str((configuration.get("SnapStart") or {}).get("ApplyOn", "None"))


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
