"""Coupons from the field to storage: what they take off, when they do not apply, what a checkout holds of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.stack.running_stack import DECLINED, OTHER_PAID, PAID, PRICE, LiveSchool, Reply, Visitor

pytestmark = pytest.mark.journey


@pytest.fixture(autouse=True)
def unhurried(school: LiveSchool) -> None:
    """All tests call from one address; each begins with a clean count of its attempts."""
    school.forget_attempts()


def quote(visitor: Visitor, code: str, course_id: str = PAID, **more: object) -> Any:
    """What the validation says."""
    response = visitor.post("/api/payments/coupons/validate", {"code": code, "courseId": course_id, **more})
    assert response.status == 200, response.raw
    return response.body


def guess(visitor: Visitor, code: str) -> Reply:
    """One attempt at a code."""
    return visitor.post("/api/payments/coupons/validate", {"code": code, "courseId": PAID})


@pytest.mark.parametrize(
    ("options", "discount"),
    [
        ({"discountType": "percentage", "discountValue": 20}, 3_000),
        ({"discountType": "percentage", "discountValue": 12.5}, 1_875),
        ({"discountType": "fixed", "discountValue": 2_500}, 2_500),
        ({"discountType": "percentage", "discountValue": 50, "maximumDiscount": 1_000}, 1_000),
        ({"discountType": "fixed", "discountValue": 500, "minimumAmount": PRICE}, 500),
    ],
    ids=["a fifth", "half up", "fixed", "capped", "minimum just reached"],
)
def test_a_discount_is_the_same_wherever_it_shows(school: LiveSchool, options: dict[str, Any], discount: int) -> None:
    """Quote, checkout, Stripe's total, payment and enrollment name one amount, exact to the cent."""
    student, code = school.student(), school.coupon(**options, maxUses=10)
    total = PRICE - discount
    said = quote(student, code.lower(), amount=1)
    assert said == {"isValid": True, "discountAmount": discount, "finalAmount": total, "currency": "usd"}
    opened = student.enroll(couponCode=code.lower())
    assert (opened.body["discountAmount"], opened.body["finalAmount"]) == (discount, total)
    checkout_id = school.checkout_of_session(opened.body["paymentSessionId"])
    at_stripe = school.emulator.account.checkouts[checkout_id].body
    assert (at_stripe["amount_subtotal"], at_stripe["amount_total"]) == (PRICE, total)
    assert [use["status"] for use in school.storage.uses(code)] == ["held"]
    school.pay(checkout_id)
    school.hear()
    enrollment = student.get(f"/api/enrollments/{PAID}").body
    paid = {name: enrollment[name] for name in ("amount", "discountAmount", "couponCode")}
    assert paid == {"amount": total, "discountAmount": discount, "couponCode": code}
    assert [use["status"] for use in school.storage.uses(code)] == ["redeemed"]
    assert school.storage.coupon(code)["currentUses"] == 1


def test_fault_54_a_coupon_that_leaves_nothing_to_pay(school: LiveSchool) -> None:
    """A hundred per cent off enrolls at once; Stripe never hears of it, and the use is redeemed."""
    student, code = school.student(), school.coupon(discountValue=100, maxUses=1)
    with school.counting() as spent:
        enrolled = student.enroll(couponCode=code)
    assert (enrolled.status, enrolled.body["status"]) == (201, "active")
    assert spent.stripe == []
    assert enrolled.body["enrollment"]["amount"] == 0
    [session] = student.get("/api/payments/sessions").body
    assert (session["status"], session["paymentStatus"]) == ("completed", "no_payment_required")
    assert [use["status"] for use in school.storage.uses(code)] == ["redeemed"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"validUntil": "2026-01-01T00:00:00Z"}, "coupon_expired"),
        ({"validFrom": "2099-01-01T00:00:00Z"}, "coupon_not_yet_valid"),
        ({"isActive": False}, "coupon_inactive"),
        ({"applicableCourses": [OTHER_PAID]}, "coupon_not_applicable"),
        ({"minimumAmount": PRICE + 1}, "minimum_amount_not_reached"),
        ({"discountType": "fixed", "discountValue": PRICE - 1}, "amount_too_small"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_coupon_that_does_not_apply(school: LiveSchool, options: dict[str, Any], reason: str) -> None:
    """The quote says why in its usual shape, enrolling is 422 with the same reason, and nothing is reserved."""
    student, code = school.regular(), school.coupon(**options, maxUses=5)
    said = quote(student, code)
    assert set(said) == {"isValid", "reason", "message", "discountAmount", "finalAmount", "currency"}
    assert (said["isValid"], said["reason"]) == (False, reason)
    assert (said["discountAmount"], said["finalAmount"]) == (0, PRICE)
    with school.counting() as spent:
        refused = student.enroll(couponCode=code)
    assert (refused.status, refused.code) == (422, reason)
    assert (spent.writes, spent.stripe) == (1, [])  # the count of the try
    assert school.storage.of(student.user_id) == []


def test_fault_55_too_little_to_pay_is_refused_before_anything_is_reserved(school: LiveSchool) -> None:
    """49 cents are too little and 50 are not; a paid coupon leaves no trace of the refusal."""
    student = school.regular()
    little, enough = (school.coupon(discountType="fixed", discountValue=PRICE - rest, maxUses=1) for rest in (49, 50))
    refused = student.enroll(couponCode=little)
    assert (refused.status, refused.code) == (422, "amount_too_small")
    assert school.storage.coupon(little)["currentUses"] == 0
    assert student.enroll(couponCode=enough).body["finalAmount"] == 50


@pytest.mark.parametrize("code", ["NO-SUCH-CODE", "x", "A" * 41, "SPRİNG", "ＳＰＲＩＮＧ", "sprıng", "A#B", "A\nB", ""])
def test_fault_61_unknown_and_impossible_codes_look_and_cost_the_same(school: LiveSchool, code: str) -> None:
    """An unknown code and one that cannot exist get one answer, for the same number of calls."""
    student, elsewhere = school.regular(), school.coupon(applicableCourses=[OTHER_PAID])
    with school.counting() as known:
        assert quote(student, elsewhere)["reason"] == "coupon_not_applicable"
    with school.counting() as unknown:
        said = quote(student, code)
    assert said["reason"] == "coupon_not_found"
    assert unknown.dynamodb == known.dynamodb
    assert unknown.reads == 1
    assert student.enroll(couponCode=code or "UNKNOWN").code == "coupon_not_found"
    assert school.storage.of(student.user_id) == []


def test_fault_61_guessing_codes_is_slow(school: LiveSchool) -> None:
    """After ten different codes in a minute a student waits; others do not wait for them."""
    student, code = school.student(), school.coupon()
    # More codes than the limits of two minutes allow: one minute may begin meanwhile.
    responses = [guess(student, f"GUESS{number}") for number in range(21)]
    assert [response.status for response in responses[:10]] == [200] * 10
    refused = responses[-1]
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert quote(school.student(), code)["isValid"] is True


def test_fault_61_guessing_from_one_address_under_many_names(school: LiveSchool) -> None:
    """Thirty different codes a minute from one address are all there are, however many students make them."""
    responses = [guess(school.student(), f"GUESS{number}").status for number in range(61)]
    assert responses[:30] == [200] * 30
    assert responses[-1] == 429


def test_fault_62_one_use_per_student(school: LiveSchool) -> None:
    """A student who has used a coupon is refused the second time, for any course; others may use it."""
    student, code = school.student(), school.coupon(maxUses=10)
    _, checkout_id = student.checkout(couponCode=code)
    refused = student.enroll(OTHER_PAID, couponCode=code)
    assert (refused.status, refused.code) == (422, "coupon_already_used")
    school.pay(checkout_id)
    school.hear()
    assert quote(student, code, OTHER_PAID)["reason"] == "coupon_already_used"
    assert student.enroll(OTHER_PAID, couponCode=code).code == "coupon_already_used"
    assert school.student().enroll(OTHER_PAID, couponCode=code).status == 201
    assert school.storage.coupon(code)["currentUses"] == 2


def test_fault_64_nobody_hoards_checkouts(school: LiveSchool) -> None:
    """The sixth checkout that one student holds open at once is refused; closing one makes room."""
    student = school.student()
    with school.more_courses(6) as courses:
        opened = [student.checkout(course_id)[0] for course_id in courses[:5]]
        refused = student.enroll(courses[5])
        assert (refused.status, refused.code) == (409, "too_many_checkouts")
        student.post(f"/api/payments/sessions/{opened[0]}/cancel")
        assert student.enroll(courses[5]).status == 201


def test_fault_65_a_coupon_switched_off_while_its_checkout_is_open(school: LiveSchool) -> None:
    """What was promised is honoured; a new checkout is refused."""
    student, code = school.student(), school.coupon(maxUses=5)
    _, checkout_id = student.checkout(couponCode=code)
    school.admin().patch(f"/api/admin/coupons/{code}", {"isActive": False})
    assert student.enroll(couponCode=code).status == 200
    school.pay(checkout_id)
    school.hear()
    assert student.get(f"/api/enrollments/{PAID}").body["amount"] == PRICE - 3_000
    assert school.student().enroll(couponCode=code).code == "coupon_inactive"


def test_fault_66_a_limit_is_not_lowered_below_what_is_taken(school: LiveSchool) -> None:
    """Two uses are taken, so the limit may become two and not one."""
    code, admin = school.coupon(maxUses=5), school.admin()
    for _ in range(2):
        school.student().checkout(couponCode=code)
    refused = admin.patch(f"/api/admin/coupons/{code}", {"maxUses": 1})
    assert (refused.status, refused.code) == (409, "coupon_limit_too_low")
    assert admin.patch(f"/api/admin/coupons/{code}", {"maxUses": 2}).body["maxUses"] == 2
    assert school.student().enroll(couponCode=code).code == "coupon_exhausted"


@pytest.mark.parametrize(
    "options",
    [
        {"discountValue": 0},
        {"discountValue": -5},
        {"discountValue": 100.01},
        {"discountValue": 12.345},
        {"discountType": "fixed", "discountValue": 0.5},
        {"discountType": "gift"},
        {"maxUses": 0},
        {"code": "ＳＰＲＩＮＧ"},
        {"code": "AB"},
        {"validFrom": "2026-02-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
        {"validFrom": "tomorrow"},
        {"currency": "xxx"},
    ],
    ids=str,
)
def test_fault_67_and_68_a_coupon_that_cannot_be_right_is_not_issued(
    school: LiveSchool, options: dict[str, Any]
) -> None:
    """400 with a sentence, and nothing is written."""
    before = school.storage.items()
    wanted = {"code": "NEVER-ISSUED", "discountType": "percentage", "discountValue": 10, **options}
    assert school.admin().post("/api/admin/coupons", wanted).status == 400
    assert school.storage.items() == before


def test_only_listed_coupons_are_public(school: LiveSchool) -> None:
    """The public list shows what the school lists; a private code is not in it."""
    listed, private = school.coupon(listed=True, name="Spring"), school.coupon()
    shown = {coupon["code"]: coupon for coupon in school.stranger().get("/api/payments/coupons/active").body}
    assert shown[listed]["name"] == "Spring"
    assert private not in shown
    assert school.admin().post("/api/admin/coupons", {**_terms(), "code": listed}).code == "coupon_exists"


def test_a_checkout_that_expires_gives_its_coupon_back(school: LiveSchool) -> None:
    """When Stripe lets a checkout expire, the last use is free for the next student."""
    student, code = school.student(), school.coupon(maxUses=1)
    session_id, checkout_id = student.checkout(couponCode=code)
    school.pay(checkout_id, DECLINED)
    assert school.student().enroll(couponCode=code).code == "coupon_exhausted"
    school.emulator.advance(41 * 60)
    school.hear()
    assert student.session(session_id)["status"] == "expired"
    assert school.storage.uses(code) == []
    school.emulator.account.clock.reset()
    assert school.student().enroll(couponCode=code).status == 201


def test_fault_70_money_that_comes_after_the_release(school: LiveSchool) -> None:
    """It should be impossible, and still ends in an enrollment and an alarm; the counter is left alone."""
    student, code = school.student(), school.coupon(maxUses=1)
    session_id, checkout_id = student.checkout(couponCode=code)
    school.stripe_faults(webhooks={"drop": True})
    school.pay(checkout_id)
    paid = school.event("checkout.session.completed", checkout_id)
    expired = {**paid, "id": "evt_expired", "type": "checkout.session.expired"}
    assert school.deliver(expired).status == 200
    assert student.session(session_id)["status"] == "expired"
    late = school.signals("PaymentLate")
    assert school.deliver(paid).status == 200
    assert student.is_enrolled()
    assert school.signals("PaymentLate") == late + 1
    assert school.storage.coupon(code)["currentUses"] == 0


def _terms() -> dict[str, Any]:
    return {"discountType": "percentage", "discountValue": 20}
