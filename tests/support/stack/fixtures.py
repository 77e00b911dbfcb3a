"""Fixtures of the tests that need the whole product running; a directory's conftest.py takes them in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.support.stack.running_stack import LiveSchool


@contextmanager
def running(stack: LocalStack) -> Iterator[LiveSchool]:
    """The school on this stack until the end of the block. Nothing may have made the product scan a table meanwhile."""
    with stack:
        school = LiveSchool(stack)
        yield school
        school.http.clear()
    assert "dynamodb:Scan" not in stack.aws.faults.calls()


@pytest.fixture(scope="package")
def live() -> Iterator[LiveSchool]:
    """One running stack for the files of a directory; only one can run at a time."""
    with running(LocalStack(ports=Ports.free())) as school:
        yield school


@pytest.fixture
def school(live: LiveSchool) -> Iterator[LiveSchool]:
    """The running school. After the test all faults are cleared, and the stored items must be consistent."""
    yield live
    live.calm()
    assert live.storage.faults() == []
