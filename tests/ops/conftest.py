"""The emulated accounts that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.deployment.aws_account import Town, a_town


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A running town."""
    with a_town() as running:
        yield running
