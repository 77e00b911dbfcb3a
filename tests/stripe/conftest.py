"""The rig that the gateway's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stripe.gateway_rig import StripeRig


@pytest.fixture
def rig() -> Iterator[StripeRig]:
    """A fresh emulator and a gateway over it."""
    with StripeRig() as running:
        yield running
