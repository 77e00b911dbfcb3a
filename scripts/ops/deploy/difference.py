"""What a deployment would change, for a person: the built package compared with what serves."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.api_gateway import DeployedApi
from scripts.ops.deploy.app_declarations import AppDeclarations
from scripts.ops.deploy.chalice_program import ChaliceProgram
from scripts.ops.deploy.live_function import LiveFunction, variables_of
from scripts.ops.stage import Stage

_SECRETS = ("EDGE_SECRET",)
_SETTINGS = {"Handler": "handler", "Runtime": "runtime", "Timeout": "timeout", "MemorySize": "memory"}


@frozen(kw_only=True)
class Packaged:
    """The package that Chalice makes of a build: the hash of its code, and the functions' properties by handler."""

    code: str
    functions: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, chalice: ChaliceProgram) -> Packaged:
        """Package the build, without calling AWS."""
        with tempfile.TemporaryDirectory() as directory:
            chalice.run("package", directory)
            packed = (Path(directory) / "deployment.zip").read_bytes()
            template = json.loads((Path(directory) / "sam.json").read_text("utf-8"))
        found = [
            resource["Properties"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::Serverless::Function"
        ]
        code = base64.b64encode(hashlib.sha256(packed).digest()).decode()
        return cls(code=code, functions={each["Handler"]: each for each in found})


@frozen(kw_only=True)
class Difference:
    """Compares a package with the deployed stage."""

    stage: Stage
    aws: AwsClients
    declarations: AppDeclarations
    packaged: Packaged

    def rows(self, api: DeployedApi | None) -> list[Mapping[str, str]]:
        """What would change, one row each: where, what, what it is now and what it would be."""
        return [*self._functions(), *self._routes(api)]

    def _functions(self) -> Iterator[Mapping[str, str]]:
        for name, handler in sorted(self.declarations.handlers.items()):
            function = LiveFunction(aws=self.aws, name=self.stage.function_of(name))
            wanted = self.packaged.functions.get(handler, {})
            if not function.exists():
                yield _row(name, "function", "-", "new")
                continue
            serving = function.serving()
            for key, what in _SETTINGS.items():
                if key in wanted and str(serving.get(key)) != str(wanted[key]):
                    yield _row(name, what, str(serving.get(key)), str(wanted[key]))
            yield from self._variables(name, variables_of(serving), variables_of(wanted))
            if serving["CodeSha256"] != self.packaged.code:
                yield _row(name, "code", serving["CodeSha256"][:12], self.packaged.code[:12])

    def _variables(
        self, function: str, now: Mapping[str, str], wanted: Mapping[str, str]
    ) -> Iterator[Mapping[str, str]]:
        for name in sorted(now.keys() | wanted.keys()):
            before, after = now.get(name, "-"), wanted.get(name, "-")
            if before != after:
                hidden = name in _SECRETS
                yield _row(function, name, "another" if hidden else before, "hidden" if hidden else after)

    def _routes(self, api: DeployedApi | None) -> Iterator[Mapping[str, str]]:
        deployed = api.methods() if api else {}
        for method, path in sorted(deployed.keys() | self.declarations.routes.keys(), key=lambda route: route[::-1]):
            before = _access(deployed.get((method, path)))
            after = _access(self.declarations.routes.get((method, path)))
            if before != after:
                yield _row("api", f"{method} {path}", before, after)


def _access(guarded: bool | None) -> str:  # noqa: FBT001 - what API Gateway says of a route
    return "-" if guarded is None else "with a token" if guarded else "public"


def _row(where: str, what: str, now: str, then: str) -> Mapping[str, str]:
    return {"where": where, "what": what, "now": now, "then": then}
