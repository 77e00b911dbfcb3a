"""The public list of coupons: only what works today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.coupons import Coupon
from domain.errors import InvalidValue
from domain.paging import Page, every_page
from domain.use_cases.student.list_coupons import MOST_PAGES, ListUsableCoupons
from tests.support.factories import NOW, a_coupon
from tests.support.memory.school import School, somebody

DAY = timedelta(days=1)


def listed(school: School, limit: int = 10, cursor: str | None = None) -> Page[Coupon]:
    """What everybody sees."""
    return school.use_case(ListUsableCoupons)(limit=limit, cursor=cursor)


def codes(school: School) -> list[str]:
    """Their codes."""
    return [coupon.code for coupon in listed(school).entries]


@pytest.mark.parametrize(
    ("terms", "shown"),
    [
        ({}, True),
        ({"listed": False}, False),
        ({"active": False}, False),
        ({"valid_from": NOW + DAY}, False),
        ({"valid_from": NOW}, True),
        ({"valid_until": NOW}, False),
        ({"valid_until": NOW + DAY}, True),
        ({"max_uses": None}, True),
    ],
)
def test_only_what_works_now_is_shown(terms: dict[str, Any], shown: bool) -> None:
    """Listed, active, begun and not over."""
    school = School()
    school.issue(a_coupon(**{"listed": True, **terms}))
    assert codes(school) == (["SPRING"] if shown else [])


@pytest.mark.parametrize("shards", [1, 2])
def test_a_coupon_that_is_used_up_is_not_shown(shards: int) -> None:
    """However its uses are counted; one given back shows it again."""
    school = School()
    school.issue(a_coupon(listed=True, max_uses=2, shards=shards))
    for number in range(2):
        assert codes(school) == ["SPRING"]
        last = school.start(somebody(number), coupon_code="SPRING").session.payment_session_id
    assert codes(school) == []
    school.settle(school.provider.expire(last))
    assert codes(school) == ["SPRING"]


def test_pages_are_filled_from_what_works() -> None:
    """Each once, and as many as asked for where there are enough of them."""
    school = School()
    for number in range(8):
        school.issue(a_coupon(code=f"C-{number}", listed=True, active=number % 2 == 0))
    first = listed(school, limit=3)
    assert [coupon.code for coupon in first.entries] == ["C-0", "C-2", "C-4"]
    rest = listed(school, limit=3, cursor=first.cursor)
    assert [coupon.code for coupon in rest.entries] == ["C-6"]


def test_one_answer_reads_only_so_much() -> None:
    """Of a thousand coupons that are over, an anonymous caller makes us read a bounded part, and is led on."""
    school = School()
    for number in range(MOST_PAGES * 2 + 1):
        school.issue(a_coupon(code=f"C-{number:03d}", listed=True, active=False))
    school.issue(a_coupon(code="Z-1", listed=True))
    pages = every_page(lambda cursor: listed(school, limit=1, cursor=cursor))
    assert [[coupon.code for coupon in page.entries] for page in pages] == [[], [], ["Z-1"]]


def test_a_cursor_that_no_page_gave_is_refused() -> None:
    """Rather than read from somewhere else."""
    with pytest.raises(InvalidValue):
        listed(School(), cursor="x")
