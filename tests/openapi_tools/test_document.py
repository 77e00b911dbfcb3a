"""Linters and generators of others take the document as it is served."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.http.openapi import DOCUMENT, document
from tests.support.sources import ROOT

CLIENT = Path(__file__).with_name("client.ts")
RULES = ROOT / "scripts" / "peers" / "openapi_npm" / "lint.yaml"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def run(tools: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of one of the tools to its end."""
    command = [str(tools / "node_modules" / ".bin" / program), *arguments]
    return subprocess.run(
        command, cwd=tools, env=os.environ | QUIET, capture_output=True, text=True, check=False, timeout=120
    )


def lint(tools: Path, path: Path) -> set[str]:
    """The rules that redocly sees broken."""
    done = run(tools, "redocly", "lint", str(path), "--config", str(RULES), "--format", "json")
    found: set[str] = {problem["ruleId"] for problem in json.loads(done.stdout)["problems"]}
    assert (done.returncode == 0) == (not found), done.stderr
    return found


def test_redocly_has_nothing_against_it(tools: Path) -> None:
    """By its recommended rules, all of them as errors."""
    assert lint(tools, DOCUMENT) == set()


def broken(change: str) -> dict[str, Any]:
    """The document with one mistake."""
    made: dict[str, Any] = json.loads(json.dumps(document()))
    operation = made["paths"]["/api/health"]["get"]
    if change == "security-defined":
        del operation["security"]
    if change == "operation-summary":
        del operation["summary"]
    return made


@pytest.mark.parametrize("rule", ["security-defined", "operation-summary"])
def test_redocly_would_notice(tools: Path, tmp_path: Path, rule: str) -> None:
    """Control: a mistake is named."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(broken(rule)))
    assert lint(tools, path) == {rule}


def compiled(tools: Path, directory: Path, source: str) -> subprocess.CompletedProcess[str]:
    """The result of compiling a front end's code against the generated types."""
    generated = run(tools, "openapi-typescript", str(DOCUMENT), "--output", str(directory / "api.d.ts"))
    assert generated.returncode == 0, generated.stderr
    (directory / "client.ts").write_text(source)
    (directory / "node_modules").symlink_to(tools / "node_modules")
    options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--lib", "es2022,dom"]
    options += ["--module", "esnext", "--moduleResolution", "bundler"]
    return run(tools, "tsc", *options, str(directory / "client.ts"))


def test_a_front_end_in_typescript_compiles(tools: Path, tmp_path: Path) -> None:
    """The obvious calls compile, wrong ones do not: with openapi-typescript as it is, without options."""
    done = compiled(tools, tmp_path, CLIENT.read_text("utf-8"))
    assert done.returncode == 0, done.stdout


def test_a_wrong_front_end_does_not_compile(tools: Path, tmp_path: Path) -> None:
    """Control: the expected errors are real ones."""
    done = compiled(tools, tmp_path, CLIENT.read_text("utf-8").replace("// @ts-expect-error", "//"))
    assert done.returncode != 0
    assert done.stdout.count("error TS") == 4
