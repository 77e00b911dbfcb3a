"""The seeds of histories that once broke an invariant."""

from __future__ import annotations

from pathlib import Path

_FILE = Path(__file__).with_name("seeds.txt")


def kept_seeds() -> list[int]:
    """Every seed in the file, in its order."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]
