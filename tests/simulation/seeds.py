"""The seeds of histories that once broke an invariant."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from tests.simulation.variant import Variant, variant_of

_FILE = Path(__file__).with_name("seeds.txt")


@frozen
class KeptSeed:
    """A seed, and the variant of its history."""

    seed: int
    variant: Variant


def kept_seeds() -> list[KeptSeed]:
    """Every seed in the file, in its order."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [_parsed(line.split()) for line in lines if line.strip() and not line.startswith("#")]


def _parsed(words: list[str]) -> KeptSeed:
    return KeptSeed(int(words[0]), variant_of(words[1:]))
