"""The package as it is deployed: built, and packaged by Chalice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scripts.ops.deploy.build import ROOT, assemble

STAGE = "prod"
VARIABLES = {
    "WEB_ORIGIN": "https://school.example",
    "USER_POOL_ARN": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI",
    "USER_POOL_CLIENT_ID": "client-1",
}


@frozen
class Package:
    """The output of `chalice package` for a build; ``left_behind`` are files that it wrote into the repository."""

    project: Path
    output: str = field(repr=False)
    left_behind: set[Path] = field(repr=False)

    @property
    def zip(self) -> Path:
        """The functions' code."""
        return self.project / "out" / "deployment.zip"

    @property
    def resources(self) -> dict[str, Any]:
        """The resources of the SAM template."""
        template: dict[str, Any] = json.loads((self.project / "out" / "sam.json").read_text("utf-8"))
        resources: dict[str, Any] = template["Resources"]
        return resources

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of every function, by its handler."""
        found = (resource for resource in self.resources.values() if resource["Type"] == "AWS::Serverless::Function")
        return {resource["Properties"]["Handler"]: resource["Properties"] for resource in found}


def build_and_package(project: Path) -> Package:
    """Assemble the project and let Chalice package it for production, without a network and without AWS."""
    before = _files()
    assemble(project, VARIABLES)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("chalice"),
            "--project-dir",
            project,
            "package",
            "--stage",
            STAGE,
            project / "out",
        ],
        env=chalice_environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return Package(project, done.stdout + done.stderr, _files() - before)


def chalice_environment(shell: Mapping[str, str]) -> dict[str, str]:
    """The environment of `chalice package`: the stage's variables, and of the shell's only what finds programs.

    The shell may hold settings of a deployment that another fixture has running, such as STRIPE_API_BASE; app.py would
    read them. There are no credentials and no network: any request that Chalice might send fails.
    """
    found = {name: shell[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH") if name in shell}
    offline = {"HTTPS_PROXY": "http://127.0.0.1:9", "PIP_NO_INDEX": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**found, **VARIABLES, **offline, "AWS_DEFAULT_REGION": "us-east-1", "LC_ALL": "C.UTF-8"}


def _files() -> set[Path]:
    return {path for directory in (".chalice", "vendor") for path in (ROOT / directory).rglob("*") if path.is_file()}
