"""A worker that is killed at any one call leaves the school where it would have been without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kills.rehearsal import differences, points, rehearse, sample
from tests.support.kills.killable_school import ALL, DEBIT, HALF, OVER, Ground, Repair, Scene

pytestmark = pytest.mark.kills


def checkout(scene: Scene) -> None:
    """A purchase at the full price."""
    scene.enroll()
    scene.pay()
    scene.hear()


def checkout_with_coupon(scene: Scene) -> None:
    """A purchase with the last use of a coupon."""
    scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.hear()


def checkout_instead_of_another(scene: Scene) -> None:
    """A purchase on other terms than those of the checkout that is open."""
    scene.enroll(step="before")
    scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.hear()


def checkout_with_nothing_to_pay(scene: Scene) -> None:
    """A coupon of 100 per cent."""
    scene.enroll(coupon_code=ALL)


def free_course(scene: Scene) -> None:
    """A course without a price."""
    scene.enroll("free-1")


def click_after_paying(scene: Scene) -> None:
    """A student who clicks again instead of waiting; the webhook comes last."""
    scene.enroll(step="before", coupon_code=HALF)
    scene.pay()
    scene.enroll(coupon_code=HALF)
    scene.hear()


def return_page(scene: Scene) -> None:
    """The return page is faster than the webhook."""
    scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.come_back()
    scene.hear()


def webhook(scene: Scene) -> None:
    """A payment is heard of."""
    checkout_with_coupon(scene)


def webhook_of_an_expiry(scene: Scene) -> None:
    """A checkout ran out at Stripe."""
    scene.enroll(coupon_code=HALF)
    scene.ground.stripe.backstage.expire(scene.checkouts()[-1]["id"])
    scene.hear("checkout.session.expired")


def webhook_of_another_amount(scene: Scene) -> None:
    """Money that is not what was agreed."""
    scene.enroll(coupon_code=HALF)
    scene.ground.stripe.backstage.tamper(scene.checkouts()[-1]["id"], {"amount_total": 7_450, "currency": "eur"})
    scene.pay()
    scene.hear()


def webhook_of_a_slow_payment(scene: Scene) -> None:
    """A bank debit is on its way."""
    scene.enroll(coupon_code=HALF)
    scene.pay(DEBIT)
    scene.hear()
    scene.ground.stripe.backstage.settle_delayed(scene.checkouts()[-1]["id"], "succeeded")
    scene.hear("checkout.session.async_payment_succeeded", step="arrival")


def webhook_of_a_payment_that_fails(scene: Scene) -> None:
    """A bank debit bounces."""
    scene.enroll(coupon_code=HALF)
    scene.pay(DEBIT)
    scene.hear(step="before")
    scene.ground.stripe.backstage.settle_delayed(scene.checkouts()[-1]["id"], "failed")
    scene.hear("checkout.session.async_payment_failed")


def webhook_into_the_queue(scene: Scene) -> None:
    """The table is too busy for the webhook; the queue keeps the news and settles them later."""
    scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.conflicts()
    scene.hear()
    scene.calm()
    scene.work_off()


def cancel(scene: Scene) -> None:
    """A student changes their mind."""
    scene.enroll(coupon_code=HALF)
    scene.cancel()


def cancel_unheard_of(scene: Scene) -> None:
    """A student cancels a checkout whose opening never came back from Stripe."""
    scene.loses_the_answer("/v1/checkout/sessions")
    scene.enroll(step="before", coupon_code=HALF)
    scene.calm()
    scene.cancel()


def reconcile_a_payment(scene: Scene) -> None:
    """No webhook came; the reconciler finds the money."""
    scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.reconcile()


def reconcile_an_opening(scene: Scene) -> None:
    """Stripe's answer to the opening was lost; the reconciler asks again, and the student pays."""
    scene.loses_the_answer("/v1/checkout/sessions")
    scene.enroll(step="before", coupon_code=HALF)
    scene.calm()
    scene.reconcile()
    scene.pay()
    scene.hear()


def reconcile_an_end(scene: Scene) -> None:
    """Nobody paid, and the time is over."""
    scene.enroll(coupon_code=HALF)
    scene.reconcile(ahead=OVER)


def reconcile_the_end_of_an_opening(scene: Scene) -> None:
    """Stripe's answer to the opening was lost, and the time is over."""
    scene.loses_the_answer("/v1/checkout/sessions")
    scene.enroll(step="before", coupon_code=HALF)
    scene.calm()
    scene.reconcile(ahead=OVER)


def catch_up(scene: Scene) -> None:
    """No webhook came, and the daily look at Stripe's records is the first to see the money."""
    scene.enroll(coupon_code=HALF)
    scene.pay()
    scene.catch_up()


# Which step of the story is killed, and what may follow. Whoever comes by a clock comes again by the clock only.
_BY_HAND: tuple[Repair, ...] = ("repeat", "reconcile")
_BY_CLOCK: tuple[Repair, ...] = ("repeat",)
STORIES: list[tuple[Callable[[Scene], None], str, tuple[Repair, ...]]] = [
    (checkout, "enroll", _BY_HAND),
    (checkout_with_coupon, "enroll", _BY_HAND),
    (checkout_instead_of_another, "enroll", _BY_HAND),
    (checkout_with_nothing_to_pay, "enroll", _BY_HAND),
    (free_course, "enroll", _BY_HAND),
    (click_after_paying, "enroll", _BY_HAND),
    (return_page, "show", _BY_HAND),
    (webhook, "webhook", _BY_HAND),
    (webhook_of_an_expiry, "webhook", _BY_HAND),
    (webhook_of_another_amount, "webhook", _BY_HAND),
    (webhook_of_a_slow_payment, "webhook", _BY_HAND),
    (webhook_of_a_slow_payment, "arrival", _BY_HAND),
    (webhook_of_a_payment_that_fails, "webhook", _BY_HAND),
    (webhook_into_the_queue, "webhook", _BY_CLOCK),
    (webhook_into_the_queue, "queue", _BY_CLOCK),
    (cancel, "cancel", _BY_HAND),
    (cancel_unheard_of, "cancel", _BY_HAND),
    (reconcile_a_payment, "reconcile", _BY_CLOCK),
    (reconcile_an_opening, "reconcile", _BY_CLOCK),
    (reconcile_an_end, "reconcile", _BY_CLOCK),
    (reconcile_the_end_of_an_opening, "reconcile", _BY_CLOCK),
    (catch_up, "catch_up", _BY_CLOCK),
]


@pytest.mark.parametrize(
    ("story", "step", "repairs"), STORIES, ids=[f"{story.__name__}-{step}" for story, step, _ in STORIES]
)
def test_fault_87_killed_anywhere_it_ends_as_if_it_had_not_been(
    ground: Ground,
    emit: Callable[[str], None],
    story: Callable[[Scene], None],
    step: str,
    repairs: tuple[Repair, ...],
) -> None:
    """Killed before or after any call, and done again by whoever would, the story ends in the undisturbed state."""
    rehearsal = rehearse(ground, story)
    cases = [(kill, repair) for repair in repairs for kill in points(rehearsal.calls[step])]
    chosen = sample(cases, about=story.__name__, share=0.12)
    wrong = []
    for kill, repair in chosen:
        scene = ground.scene({step: kill}, repair)
        story(scene)
        scene.rest()
        wrong += differences(scene, rehearsal, [step], f"{kill}, {repair}")
    emit(f"{len(chosen)} of {len(cases)} kills in {step} of {story.__name__}")
    assert wrong == []
