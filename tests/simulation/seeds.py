"""The seeds of histories that once broke an invariant."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

_FILE = Path(__file__).with_name("seeds.txt")
_CAPTURES, _TWO = "--captures", "--two"


@frozen
class KeptSeed:
    """A seed, and at which providers its history took place."""

    seed: int
    captures: bool = False
    two: bool = False


def kept_seeds() -> list[KeptSeed]:
    """Every seed in the file, in its order."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [_parsed(line.split()) for line in lines if line.strip() and not line.startswith("#")]


def _parsed(words: list[str]) -> KeptSeed:
    return KeptSeed(int(words[0]), captures=words[1] == _CAPTURES, two=words[1] == _TWO)
