"""The commands beside a running stack take the school's settings that it was started with."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from scripts.ops.cli import ops
from scripts.ops.container import settings_of
from scripts.ops.stage import Stage
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack

ZONE = "SCHOOL_TIMEZONE"


@pytest.fixture(scope="module", autouse=True)
def stack() -> Iterator[None]:
    """A stack whose terminal had a time zone for the school; the operator's terminal has none."""
    os.environ[ZONE] = "Pacific/Auckland"
    try:
        with LocalStack(ports=Ports.free()):
            del os.environ[ZONE]
            yield
    finally:
        os.environ.pop(ZONE, None)


def zone_of_the_commands() -> str:
    """The school's time zone, as the commands have it after one of them has run."""
    assert CliRunner().invoke(ops, ["sales", "show", "--stage", "local"]).exit_code == 0
    try:
        return settings_of(Stage.named("local")).school_timezone
    finally:
        os.environ.pop(ZONE, None)


def test_the_days_of_the_commands_are_those_of_the_stack() -> None:
    """Or a proof by hand would book fees on other days than the sales that they belong to."""
    assert zone_of_the_commands() == "Pacific/Auckland"


def test_what_the_operators_terminal_says_goes_first() -> None:
    """As with every other variable of the local stage."""
    os.environ[ZONE] = "Europe/Berlin"

    assert zone_of_the_commands() == "Europe/Berlin"
