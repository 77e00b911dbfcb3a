"""No fault on the list is without a test."""

from __future__ import annotations

import pytest

from tests.faults.rows import NOT_YET, coverage, numbers_in, rows


def test_every_row_that_applies_has_a_test_with_its_number() -> None:
    """Each row, numbered without a gap, is covered, or stands among those that do not apply; none is both."""
    listed, covered = [row.number for row in rows()], set(coverage())
    assert len(listed) >= 138
    assert listed == list(range(1, len(listed) + 1))
    assert set(listed) - covered == set(NOT_YET)


def test_no_test_carries_a_number_that_is_not_on_the_list() -> None:
    """A number that names no row is a slip of the pen."""
    assert set(coverage()) <= {row.number for row in rows()}


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("test_fault_07_a_thing", [7]),
        ("test_fault_18_24_two", [18, 24]),
        ("test_fault_73_and_74_two", [73, 74]),
        ("[fault_46_500]", [46]),
        ("test_fault_7_one_digit", [7]),
        ("test_fault_110_three_digits", [110]),
        ("test_fault_36_and_110_two", [36, 110]),
        ("test_default_12", []),
    ],
)
def test_numbers_are_read_from_names(name: str, numbers: list[int]) -> None:
    """One after the other or joined by "and"; other numbers, and other words, are none."""
    assert numbers_in(name) == numbers
