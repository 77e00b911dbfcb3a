"""The domain reads no clock, no chance and no environment, and does nothing but think."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sources import calls, imports, python_files, tree, where

WORLD = {
    "os",
    "sys",
    "time",
    "uuid",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "asyncio",
    "logging",
    "pathlib",
    "tempfile",
    "json",
    "urllib",
    "http",
    "hashlib",
}
DEEDS = {"open", "print", "input", "eval", "exec", "__import__", "breakpoint", "float"}
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.fromtimestamp")

each_file = pytest.mark.parametrize("path", python_files("domain"), ids=where)


@each_file
def test_no_module_of_the_world_is_imported(path: Path) -> None:
    """Not even inside a function, where import contracts see it too and a reader might not."""
    assert not {name.partition(".")[0] for name in imports(tree(path))} & WORLD


@each_file
def test_nothing_is_asked_of_clocks_files_or_floats(path: Path) -> None:
    """Moments and ids come through ports; money is never a float."""
    made = set(calls(tree(path)))
    assert not made & DEEDS
    assert not [call for call in made if call.endswith(CLOCKS)]


def test_the_rules_would_notice() -> None:
    """Control: what is forbidden is seen however it is written."""
    import ast

    spoiled = ast.parse(
        "def f():\n    import uuid as u\n    from os import environ\n    return datetime.datetime.now(UTC)"
    )
    assert {"uuid", "os"} <= imports(spoiled)
    assert any(call.endswith(CLOCKS) for call in calls(spoiled))
