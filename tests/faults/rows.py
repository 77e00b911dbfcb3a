"""The rows of the list, the tests that carry their numbers, and what does not apply yet."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

_HERE = Path(__file__).parent
_TESTS = _HERE.parent
_ROW = re.compile(r"\| (?P<number>\d+) \| (?P<fault>.*?) \| (?P<expected>.*) \|")
# fault_07, fault_110, fault_73_and_74, fault_18_24; in fault_46_500 the second number is too large to be a row's.
_NUMBERS = re.compile(r"(?<![a-z])fault_((?:1\d\d|\d{1,2})(?!\d)(?:(?:_and)?_(?:1\d\d|\d{2})(?!\d))*)")

NOT_YET: Mapping[int, str] = {
    63: "One person with many accounts is an accepted risk of the business: a coupon knows accounts, not people.",
    79: "A token counts until it expires, 60 minutes at most (docs/security.md): the user pool is not asked at each "
    "call. What an administrator does in that time is on record.",
}
"""Rows without a test, and why."""


@frozen
class Row:
    """One fault and what must happen."""

    number: int
    fault: str
    expected: str


def rows() -> list[Row]:
    """The list, in order."""
    lines = (_HERE / "faults.md").read_text(encoding="utf-8").splitlines()
    found = [match for line in lines if (match := _ROW.fullmatch(line))]
    return [Row(int(match["number"]), match["fault"], match["expected"]) for match in found]


def coverage() -> dict[int, list[str]]:
    """The names of the tests, or of their cases, that carry each number."""
    found: dict[int, list[str]] = {}
    for file in sorted(_TESTS.rglob("test_*.py")):
        for name in _names(ast.parse(file.read_text(encoding="utf-8"))):
            place = f"{file.relative_to(_TESTS.parent)}::{name}"
            for number in numbers_in(name):
                found.setdefault(number, []).append(place)
    return found


def numbers_in(name: str) -> list[int]:
    """The rows that a name speaks of."""
    groups = [re.findall(r"\d+", match[1]) for match in _NUMBERS.finditer(name)]
    return sorted({int(number) for group in groups for number in group})


def _names(module: ast.Module) -> Iterator[str]:
    """Test functions, and the names of cases: strings that begin with a row's number."""
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef(name=name) if name.startswith("test_"):
                yield name
            case ast.Constant(value=str(text)) if _NUMBERS.match(text) and " " not in text:
                yield f"[{text}]"
