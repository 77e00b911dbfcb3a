"""Keep the bytecode of a build in one file, for adapters/cold_start.py."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from pathlib import Path

from adapters.cold_start import NAME, content

_HEADER = 16  # bytes before the bytecode in a .pyc file
_BEFORE = ("app", "adapters", "adapters.cold_start")
"""What is imported before kept bytecode can be used: it stays in files of its own."""


def keep_bytecode(folder: Path, packages: tuple[str, ...]) -> None:
    """Move the bytecode of all compiled modules below the folder into one file, with that of the methods which attrs
    writes for the classes in these packages.
    """
    recorder = Path(__file__).with_name("record_methods.py")
    # With a fixed hash seed: compiled code depends on the order of what is hashed.
    done = subprocess.run(
        [sys.executable, "-B", recorder, folder, *packages],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    methods: dict[str, tuple[bytes, bytes]] = marshal.loads(done.stdout)  # noqa: S302 - written by our own program
    (folder / "adapters" / NAME).write_bytes(content(_moved(folder), methods))


def _moved(folder: Path) -> dict[str, tuple[bool, bytes]]:
    found = {}
    for compiled in sorted(folder.rglob(f"__pycache__/*.{sys.implementation.cache_tag}.pyc")):
        directory, stem = compiled.parents[1].relative_to(folder), compiled.name.partition(".")[0]
        name = ".".join((*directory.parts, stem)).removesuffix(".__init__")
        if name not in _BEFORE:
            found[name] = (stem == "__init__", compiled.read_bytes()[_HEADER:])
            compiled.unlink()
    for cache in folder.rglob("__pycache__"):
        if not any(cache.iterdir()):
            cache.rmdir()
    return found
