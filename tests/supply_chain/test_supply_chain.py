"""The lock files have hashes, the bill of materials has what they have, and known weaknesses stop a release."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.ops.deploy.build import NOT_SHIPPED
from scripts.supply_chain import advisories
from scripts.supply_chain.sbom import LOCK, SCRIPT, SCRIPT_VERSION, bill, pins

PUBLISHED = "ea91d7118a5395289170da848b7c6758b996163bfbccf312591ab65a4911b7c0"
"""dist/qrcode.mjs of qrcode-generator 2.0.4 at npm."""
ATTRS: dict[str, Any] = {"name": "attrs", "version": "26.1.0", "vulns": []}
WEAK = ATTRS | {"vulns": [{"id": "PYSEC-1", "fix_versions": ["26.1.1"]}]}
UNKNOWN = {"name": "attrs", "version": "26.1.0", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_hashes(name: str) -> None:
    """Pip takes no other file, whatever a registry gives."""
    found = pins(LOCK.with_name(name))
    lines = [line for line in LOCK.with_name(name).read_text("utf-8").splitlines() if "==" in line and line[0] != " "]
    assert len(found) == len(lines) > 10
    assert [pin.name for pin in found if not pin.hashes] == []


def test_the_bill_has_what_is_deployed() -> None:
    """Each package by its version and hashes; what is left out of the zip is marked so."""
    made = json.loads(bill())
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    listed = {one["name"]: one for one in made["components"]}
    script = listed.pop(SCRIPT)
    assert {name: one["version"] for name, one in listed.items()} == {pin.name: pin.version for pin in pins()}
    assert (script["purl"], script["hashes"][0]["content"]) == (f"pkg:npm/{SCRIPT}@{SCRIPT_VERSION}", PUBLISHED)
    assert listed["stripe"]["purl"].startswith("pkg:pypi/stripe@")
    assert {hashed["content"] for hashed in listed["attrs"]["hashes"]} == set(pins()[0].hashes)
    assert listed["attrs"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert {name for name, one in listed.items() if one["scope"] == "excluded"} == NOT_SHIPPED & listed.keys()
    assert json.loads(bill())["serialNumber"] == made["serialNumber"]


def reporting(folder: Path, *reports: object) -> tuple[str, str]:
    """A program in pip-audit's place that reports this about the first database, and that about the second."""
    program = folder / "audit.py"
    program.write_text(
        f"import sys; reports = {[json.dumps(one) for one in reports]!r}\n"
        "print(reports[0 if 'pypi' in sys.argv else 1])\n"
    )
    return sys.executable, str(program)


@pytest.mark.parametrize(
    ("reports", "status", "said"),
    [
        (({"dependencies": [ATTRS]}, None), 0, "1 packages of requirements.txt were checked: 0 weaknesses"),
        (({"dependencies": [WEAK]}, None), 1, "attrs 26.1.0: PYSEC-1, mended in 26.1.1"),
        (({"dependencies": [UNKNOWN]}, {"dependencies": [WEAK]}), 1, "PYSEC-1"),
        (({"dependencies": [UNKNOWN]}, {"dependencies": [UNKNOWN]}), 75, "was not checked"),
        (("no", {"sense": 1}), 75, "was not checked"),
    ],
)
def test_known_weaknesses_are_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reports: tuple[Any, Any], status: int, said: str
) -> None:
    """A database that knows nothing of what is asked has not checked it."""
    assert advisories.main(LOCK, reporting(tmp_path, *reports)) == status
    assert said in capsys.readouterr().out
