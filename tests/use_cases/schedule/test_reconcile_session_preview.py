"""What reconciling would find, without changing anything: for a dry run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.services.reconcile_session import ReconcileSession
from tests.support.memory.reconcile_cases import (
    ONE,
    a_slow_provider,
    begun,
    found,
    with_open_checkout,
)
from tests.support.memory.school import School


def _in_the_making() -> School:
    return begun(School(), reaches_the_provider=False, who_waits=timedelta(seconds=30))


def _never_opened() -> School:
    return begun(School(), reaches_the_provider=False)


def _answer_lost() -> School:
    return begun(School(), reaches_the_provider=True)


def _never_opened_and_old() -> School:
    return begun(School(), reaches_the_provider=False, who_waits=timedelta(days=2))


def _never_opened_of_nobody() -> School:
    school = _never_opened()
    school.store.students.clear()
    return school


def _never_opened_and_over() -> School:
    return begun(School(), reaches_the_provider=False, who_waits=timedelta(minutes=50))


def _answer_lost_and_paid() -> School:
    school = _answer_lost()
    school.provider.pay(ONE)
    return school


def _open() -> School:
    return with_open_checkout(School())


def _open_and_over() -> School:
    school = with_open_checkout(School(provider=a_slow_provider()))
    school.wait(hours=1)
    return school


def _paid() -> School:
    school = _open()
    school.provider.pay(ONE)
    return school


def _completed() -> School:
    school = _paid()
    school.reconcile_session()
    return school


@pytest.mark.parametrize(
    "make",
    [
        _in_the_making,
        _never_opened,
        _answer_lost,
        _never_opened_and_old,
        _never_opened_of_nobody,
        _never_opened_and_over,
        _answer_lost_and_paid,
        _open,
        _open_and_over,
        _paid,
        _completed,
    ],
)
def test_what_is_foreseen_happens(make: Callable[[], School]) -> None:
    """Foreseeing changes nothing, neither here nor at the provider, and the look itself finds the same."""
    school = make()
    before, there = _all_that_is_kept(school), dict(school.provider.checkouts)
    foreseen = school.use_case(ReconcileSession).preview(school.session(ONE))
    assert (_all_that_is_kept(school), dict(school.provider.checkouts)) == (before, there)
    assert found(school) is foreseen.outcome


def _all_that_is_kept(school: School) -> list[object]:
    kept = school.store
    return [
        dict(kept.sessions),
        dict(kept.enrollments),
        dict(kept.checkout_locks),
        dict(kept.coupon_uses),
        dict(kept.events),
    ]
