"""What the pages decide to say and to do, from what the API and Cognito answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frontend.conftest import Logic

pytestmark = pytest.mark.browser


def _session(status: str, payment: str, *, enrolled: bool = False) -> dict[str, Any]:
    return {"status": status, "paymentStatus": payment, "enrolled": enrolled}


@pytest.mark.parametrize(
    ("session", "polls", "name", "final"),
    [
        (_session("complete", "paid", enrolled=True), 0, "enrolled", True),
        (_session("complete", "no_payment_required", enrolled=True), 0, "enrolled", True),
        (_session("expired", "unpaid", enrolled=True), 0, "enrolled", True),
        (_session("complete", "unpaid"), 0, "confirming", False),
        (_session("complete", "unpaid"), 99, "confirming", False),
        (_session("complete", "paid"), 0, "settling", False),
        (_session("complete", "paid"), 3, "review", False),
        (_session("open", "unpaid"), 0, "open", True),
        (_session("expired", "unpaid"), 0, "expired", True),
        (_session("something_new", "paid"), 0, "unavailable", False),
    ],
)
def test_the_return_page_says_what_became_of_the_payment(
    logic: Logic, session: dict[str, Any], polls: int, name: str, *, final: bool
) -> None:
    """Every pair of status and payment status has its state; only those that cannot change are final."""
    state = logic.call("purchases.returnState", session, None, polls)
    assert (state["name"], state["final"]) == (name, final)


def test_polling_slows_down_and_ends(logic: Logic) -> None:
    """The waits between polls never shrink, never exceed eight seconds, and stop after fourteen."""
    waits = [logic.call("common.nextPoll", poll) for poll in range(1, 16)]
    assert waits[-1] is None
    assert waits[:-1] == sorted(waits[:-1])
    assert max(waits[:-1]) == 8000


@pytest.mark.parametrize(
    ("attempt", "retry_after", "shortest", "longest"),
    [(1, None, 500, 1000), (2, None, 1000, 2000), (1, 2, 2500, 3000), (1, 0, 500, 1000)],
)
def test_a_retry_waits_with_jitter_and_never_less_than_asked(
    logic: Logic, attempt: int, retry_after: int | None, shortest: int, longest: int
) -> None:
    """The wait doubles, half of it by chance, on top of what Retry-After asks."""
    script = """async ([attempt, retryAfter]) => {
        const { nextWait } = await import("/js/logic/common.js");
        return [0, 1].map((chance) => nextWait({ attempt, attempts: 3, retryAfter, random: () => chance }));
    }"""
    assert logic.page.evaluate(script, [attempt, retry_after]) == [shortest, longest]


@pytest.mark.parametrize(("attempt", "retry_after"), [(3, None), (4, 0), (1, 60)])
def test_retries_end_and_leave_long_waits_to_the_person(logic: Logic, attempt: int, retry_after: int | None) -> None:
    """After the last attempt, or when asked to wait a minute, the page stops trying by itself."""
    assert logic.call("common.nextWait", {"attempt": attempt, "attempts": 3, "retryAfter": retry_after}) is None


@pytest.mark.parametrize(
    ("status", "passing"), [(0, True), (503, True), (504, True), (500, False), (502, False), (404, False), (401, False)]
)
def test_only_passing_failures_are_retried(logic: Logic, status: int, *, passing: bool) -> None:
    """No answer and 503 and 504 pass; a refusal, a bug and a wrong price do not."""
    assert logic.call("common.isPassing", {"status": status}) is passing


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("2", 2), ("soon", None), ("Thu, 01 Jan 1970 00:00:30 GMT", 30)],
)
def test_retry_after_is_read_as_seconds_or_a_date(logic: Logic, header: str | None, seconds: int | None) -> None:
    """Both forms of Retry-After mean seconds from now; anything else means nothing."""
    assert logic.call("common.retryAfterSeconds", header, 0) == seconds


@pytest.mark.parametrize(
    ("text", "possible"), [("save20", True), (" SAVE-20_A ", True), ("ab", False), ("sävé20", False), ("a b c", False)]
)
def test_what_cannot_be_a_coupon_code_is_not_sent(logic: Logic, text: str, *, possible: bool) -> None:
    """Codes are 3 to 40 of letters, digits, dash and underscore, ASCII only."""
    assert logic.call("checkout.isCouponCode", text) is possible


def test_a_wrong_password_and_an_unknown_student_read_the_same(logic: Logic) -> None:
    """The sign-in page does not tell who has an account."""
    wrong = logic.call("passwords.refusalOf", "NotAuthorizedException", "Incorrect username or password.")
    assert logic.call("passwords.refusalOf", "UserNotFoundException", "User does not exist.") == wrong == "wrong"
    assert logic.call("passwords.refusalOf", "NotAuthorizedException", "Password attempts exceeded") == "often"
    assert logic.call("passwords.refusalOf", "constructor") == "other"


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Str0ng-enough", True),
        ("Sh0rt-one", False),
        ("no-capital-1", False),
        ("NO-SMALL-1", False),
        ("No-number-", False),
    ],
)
def test_a_password_meets_the_rules_of_the_pool_or_not(logic: Logic, password: str, *, good: bool) -> None:
    """Ten characters, a small letter, a capital one, a number: as the user pool asks for them."""
    assert logic.call("passwords.isGoodPassword", password) is good


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        ({"status": 0}, True),
        ({"status": 429}, True),
        ({"status": 503}, True),
        ({}, True),
        ({"status": 409, "code": "checkout_in_progress"}, True),
        ({"status": 409, "code": "payment_in_review"}, False),
        ({"status": 404}, False),
    ],
)
def test_try_again_is_offered_only_where_it_can_help(logic: Logic, error: dict[str, Any], *, helps: bool) -> None:
    """A payment under review or a missing course gets no retry button."""
    assert logic.call("common.canAskAgain", error) is helps
