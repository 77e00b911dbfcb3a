"""Where requests go. Ids come from stored records and from events, and whoever wrote one may mean us harm."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import pytest
import stripe

from adapters.stripe.api import Request
from adapters.stripe.payment_gateway import StripeGateway
from domain.errors import ProviderRejected, ProviderUnavailable
from tests.support.factories import a_session
from tests.support.hostile_answers import report
from tests.support.stripe.gateway_rig import StripeRig

ASKING: dict[str, tuple[str, Callable[[StripeGateway, str], object]]] = {
    "look_up": (
        "checkout/sessions/{}",
        lambda gateway, name: gateway.look_up(a_session(provider_session_id=name)),
    ),
    "close_checkout": (
        "checkout/sessions/{}/expire",
        lambda gateway, name: gateway.close_checkout(a_session(provider_session_id=name)),
    ),
    "payment_state": (
        "payment_intents/{}",
        lambda gateway, name: gateway.payment_state(a_session(provider_payment_id=name)),
    ),
    "receipt_url": (
        "payment_intents/{}",
        lambda gateway, name: gateway.receipt_url(a_session(provider_payment_id=name)),
    ),
    "find_session_of": (
        "payment_intents/{}",
        lambda gateway, name: gateway.find_session_of(report(a_session(provider_payment_id=name))),
    ),
    "refund_named": ("refunds/{}", lambda gateway, name: gateway.payment_named_by(name)),
    "delete_customer": ("customers/{}", lambda gateway, name: gateway.delete_customer(name)),
}
"""Every path with an id in it, and a call that asks for it."""

HOSTILE = ["re_/../../customers/cus_1", "re_?expand[0]=customer", "re_#x", "re_%2F..%2Fevents", "re_ü é", "re_\r\nX: 1"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("call", ASKING)
def test_an_id_never_leads_to_another_path(rig: StripeRig, call: str, name: str) -> None:
    """It is one segment of the path, whatever it is made of. Stripe does not know it, nor the emulator its slashes."""
    path, ask = ASKING[call]
    with suppress(ProviderRejected, ProviderUnavailable):
        ask(rig.gateway, name)
    first = rig.exchanges[0]
    assert first.path == "/v1/" + path.format(quote(name, safe=""))
    assert first.params.keys() <= {"expand[0]"}
    assert first.status in (404, 501)


@pytest.mark.parametrize("call", ASKING)
def test_an_id_that_is_no_text_is_never_sent(rig: StripeRig, call: str) -> None:
    """Half of a character, as JSON may hold it: nothing can be said about such an id."""
    with pytest.raises(ProviderUnavailable):
        ASKING[call][1](rig.gateway, "re_\ud800")
    assert not rig.exchanges


@pytest.mark.parametrize("name", [*stripe.RequestOptions.__annotations__, "base", "usage"])
def test_a_parameter_that_the_sdk_would_keep_for_itself_is_refused(name: str) -> None:
    """Options and parameters share one list of names in the SDK: it would take this one out without a word."""
    with pytest.raises(ValueError, match=name):
        Request("post", ("coupons",), {name: "x"})
