"""The product's sources, as rules about them need to see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python_files(*folders: str) -> list[Path]:
    """Every Python file of these directories."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, f"no sources in {folders}"
    return found


@cache
def tree(path: Path) -> ast.Module:
    """The file, parsed."""
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(module: ast.Module) -> set[str]:
    """Every module that this one imports, at whatever level of the file, by its full name."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls(module: ast.Module) -> Iterator[str]:
    """What this module calls, as it is written: ``datetime.now``, ``print``; ``().x`` for a result's method."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield _written(node.func)


def where(path: Path) -> str:
    """The file, as seen from the root."""
    return str(path.relative_to(ROOT))


def _written(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=owner, attr=name):
            return f"{_written(owner)}.{name}"
        case _:
            return "()"
