"""Backends for the contract tests: every test that asks for ``storage`` runs over memory and over DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from adapters.aws import KINDS
from adapters.aws.json_client import JsonClient
from scripts.aws_emulator.server import AwsEmulator
from tests.support.aws.backends import Backend, DynamoBackend, MemoryBackend, a_client, a_json_client
from tests.support.payment_providers import PROVIDERS
from tests.support.payment_providers.provider import Provider

_OPTION = "--dynamodb-local"


@pytest.fixture(scope="session")
def emulator() -> Iterator[AwsEmulator]:
    """AWS on this machine."""
    with AwsEmulator() as aws:
        yield aws


@pytest.fixture(scope="session")
def dynamodb_url(request: pytest.FixtureRequest) -> str:
    """Where DynamoDB is: the emulator, or DynamoDB Local if that is what we were started for."""
    given = request.config.getoption(_OPTION)
    return str(given or request.getfixturevalue("emulator").url)


@pytest.fixture(scope="session")
def client(dynamodb_url: str) -> Iterator[Any]:
    """One DynamoDB client for all tests; making one takes longer than most of them."""
    made = a_client(dynamodb_url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def json_client(dynamodb_url: str) -> Iterator[JsonClient]:
    """One DynamoDB client of the product's own kind."""
    with closing(a_json_client(dynamodb_url)) as made:
        yield made


@pytest.fixture
def dynamo(request: pytest.FixtureRequest, client: Any) -> Iterator[DynamoBackend]:
    """A fresh table, which the adapters reach through a client of each kind."""
    with _table(request, client, request.param) as backend:
        yield backend


@pytest.fixture
def storage(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A fresh backend of each kind."""
    if request.param == "memory":
        yield MemoryBackend()
    else:
        with _table(request, request.getfixturevalue("client"), request.param) as backend:
            yield backend


@contextmanager
def _table(request: pytest.FixtureRequest, admin: Any, kind: str) -> Iterator[DynamoBackend]:
    backend = DynamoBackend(admin, admin if kind == "botocore" else request.getfixturevalue("json_client"))
    yield backend
    backend.drop()


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """A fresh payment provider of each kind."""
    with PROVIDERS[request.param]() as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that ask for ``storage`` run over memory and DynamoDB, or over DynamoDB Local alone; those that ask for
    ``dynamo`` over DynamoDB; and over DynamoDB with each kind of client. Races are decided by what DynamoDB refuses,
    whoever asks: over the emulator, which is slow with a hundred callers, they run with the product's own client only.
    """
    local = metafunc.config.getoption(_OPTION)
    races = metafunc.definition.get_closest_marker("races") is not None
    kinds = KINDS if local or not races else KINDS[:1]
    if "storage" in metafunc.fixturenames:
        metafunc.parametrize("storage", [*([] if local else ["memory"]), *kinds], indirect=True)
    elif "dynamo" in metafunc.fixturenames:
        metafunc.parametrize("dynamo", kinds, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Over DynamoDB Local only what is about DynamoDB, and needs no fault that only the emulator can show."""
    if not config.getoption(_OPTION):
        return
    fit = [item for item in items if _is_about_dynamodb(set(getattr(item, "fixturenames", ())))]
    config.hook.pytest_deselected(items=[item for item in items if item not in fit])
    items[:] = fit


def _is_about_dynamodb(fixtures: set[str]) -> bool:
    return not fixtures.isdisjoint({"storage", "dynamodb_url"}) and "emulator" not in fixtures
