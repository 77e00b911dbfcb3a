"""Settings with which the stack cannot start are reported in one sentence that says what to change."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from scripts.stack.errors import StackError
from scripts.stack.ports import Ports
from scripts.stack.stripe_keys import StripeKeys

SANDBOX = {"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_each_port_can_be_overridden() -> None:
    """WEB_PORT, API_PORT, AWS_PORT, STRIPE_PORT and PAYPAL_PORT replace the usual ports, each for itself."""
    assert Ports.of({}) == Ports(web=3000, api=8000, aws=4566, stripe=12111, paypal=12112)
    assert Ports.of({"API_PORT": "8123"}) == Ports(api=8123)
    everything = {"WEB_PORT": "1", "API_PORT": "2", "AWS_PORT": "3", "STRIPE_PORT": "4", "PAYPAL_PORT": "5"}
    assert Ports.of(everything) == Ports(1, 2, 3, 4, 5)


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80.0"])
def test_a_port_is_a_number(text: str) -> None:
    """Anything else names the variable that is wrong."""
    with pytest.raises(StackError, match="AWS_PORT"):
        Ports.of({"AWS_PORT": text})


def test_a_taken_port_is_named_with_its_need_and_its_override(taken: int) -> None:
    """The sentence has the port, what needs it, and how to choose another one."""
    with pytest.raises(
        StackError, match=rf"Port {taken} is taken, and the API needs it.*API_PORT={taken + 1} make run"
    ):
        Ports(api=taken).require_free("api")


def test_two_servers_cannot_share_a_port() -> None:
    """The same number twice is rejected before anything starts."""
    free = Ports.free()
    with pytest.raises(StackError, match="two servers"):
        Ports(web=free.web, api=free.web, aws=free.aws, stripe=free.stripe).require_free("web", "api", "aws", "stripe")


def test_a_port_that_is_not_needed_may_be_taken(taken: int) -> None:
    """With real Stripe nobody needs the emulator's port."""
    free = Ports.free()
    Ports(web=free.web, api=free.api, aws=free.aws, stripe=taken).require_free("web", "api", "aws")


def test_without_keys_stripe_is_emulated() -> None:
    """No key in the environment: the emulator, with keys of its own."""
    keys = StripeKeys.of({})
    assert keys.emulated
    assert all(keys.as_secret().values())


def test_with_a_sandboxs_keys_stripe_is_real() -> None:
    """All three keys: they are what Secrets Manager will hold."""
    keys = StripeKeys.of(SANDBOX)
    assert not keys.emulated
    assert keys.as_secret() == SANDBOX


@pytest.mark.parametrize("name", list(SANDBOX))
def test_some_keys_are_not_enough(name: str) -> None:
    """With one key missing the sentence names it."""
    with pytest.raises(StackError, match=f"set {name} too"):
        StripeKeys.of({**SANDBOX, name: ""})


def test_live_keys_are_rejected() -> None:
    """The local stack never takes real money."""
    with pytest.raises(StackError, match="live keys"):
        StripeKeys.of({**SANDBOX, "STRIPE_SECRET_KEY": "sk_live_1"})


def test_keys_are_not_shown() -> None:
    """What is secret stays out of any printed object."""
    assert "sk_test_1" not in repr(StripeKeys.of(SANDBOX))
    assert "whsec_1" not in repr(StripeKeys.of(SANDBOX))
