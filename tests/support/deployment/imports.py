"""Which modules some modules import, read off their sources."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping


def reached_from(starts: Iterable[str], sources: Mapping[str, str]) -> set[str]:
    """The names of all modules that these files import, and the files that they find, and so on.

    Files are named as in a zip. What only type checkers import does not count.
    """
    found: set[str] = set()
    waiting, seen = list(starts), set[str]()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in _imports(file, ast.parse(sources[file])):
            found.add(name)
            waiting += [each for each in _files_of(name) if each in sources]
    return found


def _imports(file: str, module: ast.Module) -> Iterator[str]:
    parts = file.removesuffix(".py").split("/")[:-1]
    for node in _executed(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is below it, but for what stands under TYPE_CHECKING."""
    yield node
    below: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        below = node.orelse
    for each in below:
        yield from _executed(each)


def _files_of(name: str) -> Iterator[str]:
    """The files that importing the module runs, if it has any: packages above it run first."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        path = "/".join(parts[:end])
        yield from (f"{path}/__init__.py", f"{path}.py")
