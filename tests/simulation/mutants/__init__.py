"""The table of mutants: each is one way to get the money wrong that somebody might think of."""

from __future__ import annotations

from tests.simulation.mutant import Mutant
from tests.simulation.mutants import (
    captures,
    conditions,
    decisions,
    office,
    reversals,
    seats,
    steps,
    transactions,
    two_providers,
)

MUTANTS: tuple[Mutant, ...] = (
    *transactions.MUTANTS,
    *decisions.MUTANTS,
    *steps.MUTANTS,
    *conditions.MUTANTS,
    *reversals.MUTANTS,
    *office.MUTANTS,
    *captures.MUTANTS,
    *two_providers.MUTANTS,
    *seats.MUTANTS,
)
"""Every mutant, by where it changes the code."""
