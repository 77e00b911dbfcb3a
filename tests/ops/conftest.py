"""The emulated accounts that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.deployment.emulated_accounts import EmulatedAccounts, emulated_accounts


@pytest.fixture(scope="module")
def accounts() -> Iterator[EmulatedAccounts]:
    """The accounts."""
    with emulated_accounts() as running:
        yield running
