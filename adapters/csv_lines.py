"""Comma-separated values that a spreadsheet shows as they are, and computes nothing of."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula, also after blanks."""


def line(cells: Iterable[str]) -> str:
    """One line with its end, the cells quoted where they must be."""
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def text_cell(text: str | None) -> str:
    """A text that no spreadsheet computes: what would begin a formula gets an apostrophe before it."""
    text = text or ""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or (text[:1] in "\t\r\n" and text) else text
