"""The emulated account that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Account, Clients, provision


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsEmulator]:
    """A running AWS emulator."""
    with AwsEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def clients(aws: AwsEmulator) -> Clients:
    """Clients of the emulator."""
    return Clients(aws.url)


@pytest.fixture(scope="module")
def account(clients: Clients) -> Account:
    """An account with table, queues, secret and users."""
    return provision(clients, stage="test", secret={"STRIPE_SECRET_KEY": "sk_test_x"})
