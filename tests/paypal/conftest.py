"""PayPal's gateway over its emulator, where both can be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.payment_providers import PROVIDERS
from tests.support.payment_providers.paypal import PayPalProvider


@pytest.fixture
def paypal() -> Iterator[PayPalProvider]:
    """A fresh account."""
    with PROVIDERS["paypal"]() as provider:
        assert isinstance(provider, PayPalProvider)
        yield provider
