"""Write what attrs has compiled for the modules of some packages, as adapters/cold_start.py takes it.

``python record_methods.py FOLDER PACKAGE...`` imports all of them from the folder and writes to standard output. It is
a program of its own, since a process that has imported a module already would not import it again.
"""

from __future__ import annotations

import builtins
import importlib
import marshal
import pkgutil
import sys
from typing import Any


def main(folder: str, *packages: str) -> None:
    """Import, and write."""
    sys.path[0] = folder  # in place of the folder of this program
    given: dict[str, tuple[str, bytes]] = {}
    compile_as_ever = builtins.compile

    def compiled(source: Any, filename: Any, mode: str, *others: Any, **more: Any) -> Any:
        code = compile_as_ever(source, filename, mode, *others, **more)
        if str(filename).startswith("<attrs generated "):
            given[filename] = (source, marshal.dumps(code, 2))
        return code

    builtins.compile = compiled  # in this program alone, before attrs is imported
    cold_start = importlib.import_module("adapters.cold_start")
    if not str(cold_start.__file__).startswith(folder):
        raise RuntimeError(f"{cold_start.__file__} was imported, not what is in {folder}")
    for package in packages:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    found = {name: (cold_start.digest(source, name), code) for name, (source, code) in given.items()}
    sys.stdout.buffer.write(marshal.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
