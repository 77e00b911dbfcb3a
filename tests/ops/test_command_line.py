"""What every command has in common."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from scripts.ops.cli import ops
from tests.support.town import Town


def commands(group: click.Group, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that can be typed, with the words for it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)
        else:
            yield (*words, name), command


EVERY = list(commands(ops))


@pytest.mark.parametrize("command", [command for _, command in EVERY], ids=[" ".join(words) for words, _ in EVERY])
def test_every_command_takes_a_stage_and_json_and_says_what_it_does(command: click.Command) -> None:
    """Every command has --stage, --json and a help text of a sentence or more."""
    options = {option for parameter in command.params for option in parameter.opts}

    assert {"--stage", "--json"} <= options
    assert command.help
    assert command.help.endswith(".")


def test_a_misspelt_stage_stops_before_anything_is_called(town: Town) -> None:
    """An unknown stage is a usage error that names those there are; AWS hears nothing."""
    before = len(town.emulated.faults.calls())

    result = town.ops("coupons", "list", stage="prdo")

    assert result.exit_code == 2
    assert "There is no stage 'prdo'; there are dev, local, prod." in result.stderr
    assert len(town.emulated.faults.calls()) == before


def test_what_aws_refuses_is_said_in_a_sentence(town: Town) -> None:
    """A missing table ends with status 1 and a sentence on standard error, without a traceback."""
    result = town.ops("courses", "link", "TEST-COURSE-005", "--product", "p", "--price", "q", "--no-check", stage="dev")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output
