"""Many at once, over HTTP: one enrollment, one session, one winner; and controls that show that it would be seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.stack.running_stack import PAID, WEBHOOKS, LiveSchool, Reply
from tests.support.stack.stored_state import broken_invariants

pytestmark = pytest.mark.races


MOST_CALLS = 5
"""How often a call is repeated that got 503: a busy machine may let our own AWS be late."""


def at_once(number: int, act: Callable[[int], Reply]) -> list[Reply]:
    """The answers to so many calls, each made by a thread of its own; who is asked to come again does so."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(lambda caller: patiently(lambda: act(caller)), range(number)))


def patiently(call: Callable[[], Reply]) -> Reply:
    """The answer to a call that is repeated, as the contract asks, where something does not answer for now."""
    for _ in range(MOST_CALLS - 1):
        if (response := call()).status != 503:
            return response
        assert "retry-after" in response.headers
    return call()


def test_fault_35_a_hundred_deliveries_of_one_payment_leave_one_enrollment(school: LiveSchool) -> None:
    """Whoever comes first settles; all answers say that the event was received, and the queue stays empty."""
    student, code = school.regular(), school.coupon(maxUses=5)
    session_id, checkout_id = student.checkout(couponCode=code)
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    body = json.dumps(school.event("checkout.session.completed", checkout_id)).encode()
    enrolled = school.signals("Enrolled")
    responses = at_once(
        100, lambda _: school.stranger().send("POST", WEBHOOKS, body, Stripe_Signature=school.sign(body))
    )
    assert Counter(response.status for response in responses) == {200: 100}
    assert school.signals("Enrolled") == enrolled + 1
    assert school.storage.keys_of(student.user_id) == ["COUPONUSE", "COURSE", "PAYMENT"]
    assert student.session(session_id)["status"] == "completed"
    assert school.storage.coupon(code)["currentUses"] == 1


def test_webhook_and_return_page_race_for_the_same_payment(school: LiveSchool) -> None:
    """The student asks thirty times while thirty webhooks arrive: one enrollment, and every answer is true."""
    student = school.regular()
    _, checkout_id = student.checkout()
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    event = school.event("checkout.session.completed", checkout_id)
    path = f"/api/checkout/session/{checkout_id}"
    responses = at_once(60, lambda number: student.get(path) if number % 2 else school.deliver(event))
    assert {response.status for response in responses} == {200}
    assert all(response.body["enrolled"] for response in responses[1::2])
    assert school.storage.keys_of(student.user_id) == ["COURSE", "PAYMENT"]


def test_fault_41_fifty_clicks_open_one_checkout(school: LiveSchool) -> None:
    """Everybody gets the one session and its client secret; no two of them read that it is new."""
    student, code = school.student(), school.coupon(maxUses=5)
    responses = at_once(50, lambda _: student.enroll(couponCode=code))
    assert_one_session(responses)
    assert school.storage.keys_of(student.user_id) == ["CHECKOUT", "COUPONUSE", "PAYMENT"]
    assert school.storage.coupon(code)["currentUses"] == 1
    sessions = [body["client_reference_id"] for body in checkouts(school)]
    assert sessions.count(responses[0].body["paymentSessionId"]) == 1


def test_fault_60_fifty_buyers_race_for_the_last_use_of_a_coupon(school: LiveSchool) -> None:
    """One wins; the others read why not, and leave nothing behind."""
    code = school.coupon(maxUses=1)
    buyers = [school.regular() for _ in range(50)]
    responses = at_once(50, lambda number: buyers[number].enroll(couponCode=code))
    assert Counter(outcome(response) for response in responses) == {"won": 1, "coupon_exhausted": 49}
    assert_counted(school.storage.items(), code, expected=1)
    winner = next(number for number, response in enumerate(responses) if outcome(response) == "won")
    left_behind = [buyer for buyer in buyers if buyer is not buyers[winner] and school.storage.of(buyer.user_id)]
    assert left_behind == []
    school.pay(school.checkout_of_session(responses[winner].body["paymentSessionId"]))
    school.hear()
    assert buyers[winner].is_enrolled()
    assert_counted(school.storage.items(), code, expected=1)


def test_fault_60_a_sharded_coupon_is_used_up_exactly(school: LiveSchool) -> None:
    """Where sixteen counters share a limit, buyers still find the last use and nobody finds one more."""
    code = school.coupon(maxUses=1_000)
    with school.nearly_used_up(code, left=2):
        buyers = [school.regular() for _ in range(4)]
        responses = at_once(4, lambda number: buyers[number].enroll(couponCode=code))
        assert Counter(outcome(response) for response in responses) == {"won": 2, "coupon_exhausted": 2}


def assert_one_session(responses: list[Reply]) -> None:
    """All answers show one session. At most one says that it is new: that answer may be the one that was lost."""
    assert {response.status for response in responses} <= {200, 201}
    assert [response.status for response in responses].count(201) <= 1
    assert len({(response.body["paymentSessionId"], response.body["clientSecret"]) for response in responses}) == 1


def outcome(response: Reply) -> str:
    """Whether a buyer has a checkout now; else why not."""
    return "won" if response.status in (200, 201) else response.code


def assert_counted(items: list[dict[str, Any]], code: str, *, expected: int) -> None:
    """The coupon's counter equals what is held and redeemed."""
    counter = next(item["currentUses"] for item in items if (item["PK"], item["SK"]) == (f"COUPON#{code}", "METADATA"))
    uses = [item for item in items if item["SK"] == f"COUPONUSE#{code}" and item["status"] in ("held", "redeemed")]
    assert (counter, len(uses)) == (expected, expected)


def checkouts(school: LiveSchool) -> list[dict[str, Any]]:
    """What Stripe has."""
    with school.emulator.account.lock:
        return [dict(checkout.body) for checkout in school.emulator.account.checkouts.values()]


# -- controls: each check above must be able to fail ------------------------------------------------------------------


def test_control_two_sessions_would_be_seen(school: LiveSchool) -> None:
    """Two students' answers are not one session."""
    responses = [school.student().enroll(), school.student().enroll()]
    with pytest.raises(AssertionError):
        assert_one_session(responses)


def test_control_a_lost_count_would_be_seen(school: LiveSchool) -> None:
    """A counter that is one too low, or a use too many, fails the check and is named by what is stored."""
    code = school.coupon(maxUses=1)
    school.student().checkout(couponCode=code)
    items = school.storage.items()
    assert_counted(items, code, expected=1)
    broken = [
        {**item, "currentUses": 0} if item["PK"] == f"COUPON#{code}" and item["SK"] == "METADATA" else item
        for item in items
    ]
    with pytest.raises(AssertionError):
        assert_counted(broken, code, expected=1)
    assert broken_invariants(broken) == [f"{code} counts 0 uses and 1 are held or redeemed"]


@pytest.mark.parametrize(
    ("kind", "changes", "complaint"),
    [
        ("COURSE#", {"amount": 1}, "has no completed session of its own"),
        ("COURSE#", None, "is completed and nobody is enrolled"),
        ("PAYMENT#", {"status": "review"}, "has no completed session of its own"),
        ("PAYMENT#", {"dueAt": "2026-01-01T00:00:00.000Z", "status": "expired"}, "contradicts its dueAt"),
        ("COUPONUSE#", {"status": "held"}, "is held by a session completed"),
    ],
    ids=["amount", "enrollment gone", "status", "due", "use"],
)
def test_control_damaged_storage_is_named(
    school: LiveSchool, kind: str, changes: dict[str, Any] | None, complaint: str
) -> None:
    """The check that follows every journey sees each kind of damage."""
    student, code = school.student(), school.coupon(maxUses=1)
    _, checkout_id = student.checkout(couponCode=code)
    school.pay(checkout_id)
    school.hear()
    items = school.storage.items()
    assert broken_invariants(items) == []
    hit = [item for item in items if item["PK"] == f"USER#{student.user_id}" and item["SK"].startswith(kind)]
    damaged = [{**item, **(changes or {})} for item in hit] if changes else []
    found = broken_invariants([item for item in items if item not in hit] + damaged)
    assert any(complaint in sentence for sentence in found), found


def test_control_a_lock_and_a_second_live_session_are_named(school: LiveSchool) -> None:
    """A checkout lock that names nothing, and two live sessions of one student for one course."""
    student = school.student()
    session_id, _ = student.checkout()
    items = school.storage.items()
    twin = next(item for item in items if item.get("SK") == f"PAYMENT#{session_id}")
    doubled = [*items, {**twin, "SK": "PAYMENT#ps_twin", "paymentSessionId": "ps_twin"}]
    assert broken_invariants(doubled) == [f"{student.user_id} has 2 live sessions for {PAID}"]
    alone = [item for item in items if item is not twin]
    assert any("names no live session" in sentence for sentence in broken_invariants(alone))
