"""The table of guards does not rot, and switching one off is noticed."""

from __future__ import annotations

import pytest

from tests.guards.guards import GUARDS, Guard
from tests.guards.switch_off import ROOT, try_one

SAMPLE = "A message is not from the future"


def _named(guard: Guard) -> str:
    return guard.what


@pytest.mark.parametrize("guard", GUARDS, ids=_named)
def test_every_guard_is_still_where_it_was(guard: Guard) -> None:
    """Its text stands in its file exactly once, and the tests that notice are there."""
    assert (ROOT / guard.path).read_text(encoding="utf-8").count(guard.old) == 1
    assert guard.old != guard.new
    assert all((ROOT / name).exists() for name in guard.tests)


def test_each_guard_is_named_once() -> None:
    """A name is how one of them is tried alone."""
    assert len({guard.what for guard in GUARDS}) == len(GUARDS)


def test_a_guard_that_is_switched_off_is_missed() -> None:
    """One of them, tried as all are tried by hand before a release."""
    (guard,) = (guard for guard in GUARDS if guard.what == SAMPLE)
    verdict = try_one(guard)
    assert "test_fault_07" in verdict.caught_by, verdict.printed
