"""Every kind of write can be made in both kinds of storage."""

from __future__ import annotations

from typing import Any, get_args

import pytest

import adapters.dynamodb.unit_of_work
import adapters.memory.unit_of_work  # noqa: F401 - as the line above: each brings the writes that it can make
from adapters.dynamodb.operations import operation
from adapters.memory.plan import plan
from domain.transactions.writes import Write

KINDS = get_args(Write)


def test_there_are_kinds_of_writes() -> None:
    """The list that the next test walks is not empty, and its dispatchers do tell a stranger apart."""
    assert len(KINDS) > 10
    assert operation.dispatch(str) is operation.dispatch(object)


@pytest.mark.parametrize("storage", [operation, plan], ids=["dynamodb", "memory"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_write_is_registered(kind: type, storage: Any) -> None:
    """A write that a storage adapter does not know would only be noticed when a student's request commits it."""
    assert storage.dispatch(kind) is not storage.dispatch(object)
