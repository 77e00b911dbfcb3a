"""Form decoding and typing against the request schemas."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from stripe._encode import _api_encode

from scripts.stripe_emulator.api.form_encoding import decode
from scripts.stripe_emulator.api.parameters import coerce, schema_of
from scripts.stripe_emulator.errors import StripeError
from tests.support.stripe.contract import request_problems

SESSIONS = "/v1/checkout/sessions"


def test_bracketed_keys_nest() -> None:
    """Indexes and names nest alike; the schema knows the lists."""
    form = decode("line_items[0][price_data][currency]=usd&line_items[0][quantity]=1&metadata[a]=x%26y+z")
    assert form == {
        "line_items": {"0": {"price_data": {"currency": "usd"}, "quantity": "1"}},
        "metadata": {"a": "x&y z"},
    }
    typed = coerce(form, schema_of("POST", SESSIONS))
    assert typed["line_items"] == [{"price_data": {"currency": "usd"}, "quantity": 1}]


def test_what_the_sdk_encodes_is_what_the_api_reads() -> None:
    """A round trip through the SDK's own encoder keeps every value and type."""
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"price": f"price_{n}", "quantity": n + 1} for n in range(12)],
        "metadata": {"emoji": "é € 🎓", "empty": ""},
        "adaptive_pricing": {"enabled": False},
        "expires_at": 1_800_000_000,
    }
    text = urlencode(list(_api_encode(params)))
    assert coerce(decode(text), schema_of("POST", SESSIONS)) == params
    assert request_problems("POST", SESSIONS, text) == []


@pytest.mark.parametrize(
    "text",
    ["a[=1", "[a]=1", "a]b=1", "a[b]c=1", "a=1&a[b]=2", "a[b]=1&a=2", "a" + "[b]" * 20 + "=1", "%ff=1"],
)
def test_keys_that_do_not_nest_are_refused(text: str) -> None:
    """Malformed, contradictory and bottomless keys are 400, not a crash."""
    with pytest.raises(StripeError) as refused:
        decode(text)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("text", "param"),
    [
        ("metadata=x", "metadata"),
        ("line_items=x", "line_items"),
        ("line_items[a]=x", "line_items"),
        ("mode[x]=payment", "mode"),
        ("adaptive_pricing[enabled]=yes", "adaptive_pricing[enabled]"),
        ("expires_at=99999999999999999999", "expires_at"),
        ("expires_at=1e9", "expires_at"),
        ("line_items[0][price_data][unit_amount]=1", "line_items[0][price_data][currency]"),
        ("line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount_decimal]=x", None),
    ],
)
def test_values_of_the_wrong_type_are_refused(text: str, param: str | None) -> None:
    """The refusal names the parameter in Stripe's spelling."""
    with pytest.raises(StripeError) as refused:
        coerce(decode(text), schema_of("POST", SESSIONS))
    assert param is None or refused.value.body["error"]["param"] == param
