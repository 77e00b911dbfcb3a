"""What happens seldom: a checkout that somebody made by hand, and texts as long as they may be."""

from __future__ import annotations

import json
import uuid

import pytest
import stripe

from tests.support.stack.running_stack import LiveSchool

pytestmark = pytest.mark.journey

LONGEST_TEXT = 5_000
LARGEST_ITEM = 400 * 1024  # bytes: what DynamoDB keeps in one item


def test_fault_38_a_checkout_made_by_hand_is_not_ours(school: LiveSchool) -> None:
    """Support makes a checkout in Stripe's dashboard and it is paid: acknowledged, counted, and nothing else."""
    by_hand = stripe.StripeClient(school.stack.keys.secret_key, base_addresses={"api": school.emulator.url})
    price = school.emulator.account.prices[next(iter(school.emulator.account.prices))]["id"]
    checkout = by_hand.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": "https://school.example/thanks",
        }
    )
    counted = school.signals("EventIgnored", reason="foreign")
    with school.counting() as spent:
        school.pay(checkout.id)
        school.hear()
    assert spent.dynamodb.total() == 0
    assert school.queued() == 0
    assert school.signals("EventIgnored", reason="foreign") > counted


def test_fault_84_the_longest_texts_fit_and_longer_ones_are_not_kept(school: LiveSchool) -> None:
    """The largest coupon that is taken is a small part of an item; one letter more and nothing is written."""
    admin, code = school.admin(), f"C{uuid.uuid4().hex[:10].upper()}"
    options = {"code": code, "discountType": "percentage", "discountValue": 10}
    before = len(school.storage.items())
    longer = admin.post("/api/admin/coupons", {**options, "description": "d" * (LONGEST_TEXT + 1)})
    assert (longer.status, longer.body["error"]) == (400, "description is too long.")
    assert len(school.storage.items()) == before
    assert admin.post("/api/admin/coupons", {**options, "description": "d" * LONGEST_TEXT}).status == 201
    assert len(json.dumps(school.storage.coupon(code), default=str)) < LARGEST_ITEM / 10
