"""Backends for the contract tests: every test that asks for ``books`` runs over memory and over DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.local.aws import AwsEmulator
from tests.support.backends import Backend, DynamoBackend, MemoryBackend, a_client


@pytest.fixture(scope="session")
def emulator() -> Iterator[AwsEmulator]:
    """AWS on this machine."""
    with AwsEmulator() as aws:
        yield aws


@pytest.fixture(scope="session")
def client(emulator: AwsEmulator) -> Iterator[Any]:
    """One DynamoDB client for all tests; making one takes longer than most of them."""
    made = a_client(emulator)
    yield made
    made.close()


@pytest.fixture
def dynamo(client: Any) -> Iterator[DynamoBackend]:
    """A fresh table."""
    backend = DynamoBackend(client)
    yield backend
    backend.drop()


@pytest.fixture(params=["memory", "dynamodb"])
def books(request: pytest.FixtureRequest) -> Backend:
    """A fresh backend of each kind."""
    return MemoryBackend() if request.param == "memory" else request.getfixturevalue("dynamo")
