"""What the domain may not call. What it may not import is in pyproject.toml; test_layers.py holds it to that."""

from __future__ import annotations

import ast

from tests.support.sources import calls, python_files, tree, where

SIDE_EFFECTS = {"open", "print", "input", "eval", "exec", "__import__", "breakpoint", "float"}
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.fromtimestamp")


def forbidden_calls(module: ast.Module) -> list[str]:
    """Calls that read a clock, do something, or make a float."""
    return [call for call in calls(module) if call in SIDE_EFFECTS or call.endswith(CLOCKS)]


def test_the_domain_calls_no_clock_no_file_and_no_float() -> None:
    """The time and ids come through ports; money is never a float."""
    found = {where(path): forbidden_calls(tree(path)) for path in python_files("domain")}
    assert not {path: made for path, made in found.items() if made}


def test_a_forbidden_call_is_noticed() -> None:
    """Control: however the clock is imported, and wherever the call stands."""
    spoiled = ast.parse("def f():\n    print(float(1))\n    return [datetime.datetime.now(UTC), date.today()]")
    assert sorted(forbidden_calls(spoiled)) == ["date.today", "datetime.datetime.now", "float", "print"]
