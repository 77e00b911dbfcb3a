"""`python -m scripts.supply_chain.sbom`: write build/sbom.json, a CycloneDX bill of what is deployed."""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from attrs import frozen
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from scripts.ops.deploy.build import NOT_SHIPPED

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
TARGET = ROOT / "build" / "sbom.json"
SCRIPT, SCRIPT_VERSION = "qrcode-generator", "2.0.4"
"""The one script of others that the pages have: dist/qrcode.mjs of this package at npm, as it was published."""

_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s\\]+)"
    r"(?P<rest>(?:[ \\]*\n +--hash=sha256:[0-9a-f]{64})*)",
    re.MULTILINE,
)
_HASH = re.compile(r"sha256:([0-9a-f]{64})")


@frozen
class Pin:
    """One package of a lock file, with the hashes of the files that may be installed for it."""

    name: str
    version: str
    hashes: tuple[str, ...]


def pins(lock: Path = LOCK) -> tuple[Pin, ...]:
    """The packages of a lock file."""
    return tuple(
        Pin(found["name"], found["version"], tuple(_HASH.findall(found["rest"])))
        for found in _PIN.finditer(lock.read_text("utf-8"))
    )


def bill(lock: Path = LOCK) -> str:
    """The bill of materials as JSON: the same lock file gives the same text, but for its time."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, lock.read_text("utf-8")))
    bom.metadata.component = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref=project["name"]
    )
    for pin in pins(lock):
        component = _component(pin)
        bom.components.add(component)
        bom.register_dependency(bom.metadata.component, [component])
    script = _script()
    bom.components.add(script)
    bom.register_dependency(bom.metadata.component, [script])
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _component(pin: Pin) -> Component:
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        scope=ComponentScope.EXCLUDED if pin.name in NOT_SHIPPED else ComponentScope.REQUIRED,
        purl=PackageURL("pypi", None, pin.name.lower().replace("_", "-"), pin.version),
        bom_ref=f"{pin.name}=={pin.version}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=content) for content in pin.hashes],
        licenses=[LicenseFactory().make_from_string(text) for text in _licence(pin.name)],
    )


def _script() -> Component:
    content = (ROOT / "frontend" / "js" / "vendor" / f"{SCRIPT}.js").read_bytes()
    return Component(
        name=SCRIPT,
        version=SCRIPT_VERSION,
        type=ComponentType.LIBRARY,
        scope=ComponentScope.REQUIRED,
        purl=PackageURL("npm", None, SCRIPT, SCRIPT_VERSION),
        bom_ref=f"{SCRIPT}=={SCRIPT_VERSION}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())],
        licenses=[LicenseFactory().make_from_string("MIT")],
    )


def _licence(name: str) -> list[str]:
    """The licence that the installed package names, if it names one in a word or two."""
    try:
        about = metadata(name).json
    except PackageNotFoundError:
        return []
    named = str(about.get("license_expression") or about.get("license") or "")
    return [named] if named and "\n" not in named and len(named) < 80 else []  # noqa: PLR2004 - some paste all of it


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(bill() + "\n", "utf-8")
    sys.stdout.write(f"Wrote {TARGET} with {len(pins())} packages.\n")
