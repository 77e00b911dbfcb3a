"""A function with its published versions, and the alias ``live`` that says which of them serves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError

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


def variables_of(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables in a function's configuration."""
    return dict(configuration.get("Environment", {}).get("Variables", {}))


def snap_start(configuration: Mapping[str, Any]) -> str:
    """``PublishedVersions`` where versions start from a snapshot, else ``None``."""
    return str((configuration.get("SnapStart") or {}).get("ApplyOn", "None"))
