"""Wrong changes to captures, tried at a provider that moves no money before one."""

from __future__ import annotations

from attrs import evolve

from tests.simulation.mutant import SESSION, SESSION_WRITES, Mutant, mutant
from tests.simulation.variant import Variant

_MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Begin to capture although the student has cancelled meanwhile",
        SESSION_WRITES,
        "if found is None or found.cancel_requested_at is not None or not _same_sale(found, after):",
        "if found is None or not _same_sale(found, after):",
    ),
    mutant(
        "Capture what was cancelled",
        SESSION,
        "return in_time and self.cancel_requested_at is None and self.capture_attempts < MAX_CAPTURES",
        "return in_time and self.capture_attempts < MAX_CAPTURES",
    ),
    mutant(
        "Ask for every capture under the same key",
        SESSION,
        "capture_attempts=self.capture_attempts + 1, due_at=at)",
        "capture_attempts=1, due_at=at)",
        equivalent="A declined capture then stays declined: the student has to begin anew, and nobody is charged.",
    ),
    mutant(
        "Forget a capture that has no answer",
        SESSION,
        "return self.is_capturing and event.kind in _UNPAID",
        "return False",
    ),
)
MUTANTS = tuple(evolve(one, variant=Variant.CAPTURES) for one in _MUTANTS)
