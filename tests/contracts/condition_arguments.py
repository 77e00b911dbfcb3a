"""Clauses of conditions that no contract test could miss, and why."""

from __future__ import annotations

ARGUED: dict[tuple[str, str], str] = {}
"""By write and clause: why leaving it out shows nowhere."""
