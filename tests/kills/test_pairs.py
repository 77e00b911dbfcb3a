"""A worker killed in the checkout and another in the webhook of the same purchase."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from tests.kills.rehearsal import differences, points, rehearse, sample
from tests.support.kills.kill_testbed import HALF, KillTestbed, Scenario

pytestmark = pytest.mark.kills


def purchase(scenario: Scenario) -> None:
    """The student clicks again only where no checkout came of it, pays, clicks once more; the event comes twice."""
    scenario.enroll(coupon_code=HALF)
    if not scenario.checkouts():
        scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.hear()
    scenario.enroll(coupon_code=HALF)
    scenario.hear()


def purchase_left_alone(scenario: Scenario) -> None:
    """The student never clicks again once there is a checkout, Stripe sends it once: only the clock is left."""
    scenario.enroll(coupon_code=HALF)
    if not scenario.checkouts():
        scenario.enroll(coupon_code=HALF)
    scenario.pay()
    scenario.hear()


@pytest.mark.parametrize("script", [purchase, purchase_left_alone])
def test_fault_87_two_workers_killed_end_as_if_they_had_not_been(
    testbed: KillTestbed, emit: Callable[[str], None], script: Callable[[Scenario], None]
) -> None:
    """Every point of the checkout with every one of the webhook: one enrollment, one payment, one use of the coupon."""
    rehearsal = rehearse(testbed, script)
    cases = list(product(points(rehearsal.calls["enroll"]), points(rehearsal.calls["webhook"])))
    chosen = sample(cases, about=script.__name__, share=0.02)
    wrong = []
    for first, second in chosen:
        scenario = testbed.scenario({"enroll": first, "webhook": second}, "leave")
        script(scenario)
        scenario.rest()
        wrong += differences(scenario, rehearsal, ["enroll", "webhook"], f"checkout {first}, webhook {second}")
    emit(f"{len(chosen)} of {len(cases)} pairs of kills in {script.__name__}")
    assert wrong == []
