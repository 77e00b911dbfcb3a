"""A worker killed in the checkout and another in the webhook of the same purchase."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from tests.kills.rehearsal import differences, points, rehearse, sample
from tests.support.kills.killable_school import HALF, Ground, Scene

pytestmark = pytest.mark.kills


def purchase(scene: Scene) -> None:
    """The student clicks again only where no checkout came of it, pays, clicks once more; Stripe tells twice."""
    scene.enroll(coupon_code=HALF)
    if not scene.checkouts():
        scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.hear()
    scene.enroll(coupon_code=HALF)
    scene.hear()


def purchase_left_alone(scene: Scene) -> None:
    """The student never clicks again once there is a checkout, Stripe tells once: only the clock is left."""
    scene.enroll(coupon_code=HALF)
    if not scene.checkouts():
        scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.hear()


@pytest.mark.parametrize("story", [purchase, purchase_left_alone])
def test_fault_87_two_workers_killed_end_as_if_they_had_not_been(
    ground: Ground, emit: Callable[[str], None], story: Callable[[Scene], None]
) -> None:
    """Every point of the checkout with every one of the webhook: one enrollment, one payment, one use of the coupon."""
    rehearsal = rehearse(ground, story)
    cases = list(product(points(rehearsal.calls["enroll"]), points(rehearsal.calls["webhook"])))
    chosen = sample(cases, about=story.__name__, share=0.06)
    wrong = []
    for first, second in chosen:
        scene = ground.scene({"enroll": first, "webhook": second}, "leave")
        story(scene)
        scene.rest()
        wrong += differences(scene, rehearsal, ["enroll", "webhook"], f"checkout {first}, webhook {second}")
    emit(f"{len(chosen)} of {len(cases)} pairs of kills in {story.__name__}")
    assert wrong == []
