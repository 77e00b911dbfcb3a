"""The payment providers under contract, a file for each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.support.payment_providers.memory import memory, memory_capturing
from tests.support.payment_providers.paypal import paypal, paypal_asked
from tests.support.payment_providers.provider import Provider
from tests.support.payment_providers.stripe import stripe

PROVIDERS: dict[str, Callable[[], AbstractContextManager[Provider]]] = {
    "memory": memory,
    "memory_capturing": memory_capturing,
    "paypal": paypal,
    "paypal_asked": paypal_asked,
    "stripe": stripe,
}
"""Every provider by its name. A new one is a file and a line here."""

CAPTURING = ("memory_capturing", "paypal")
"""Those that move no money before a capture."""
