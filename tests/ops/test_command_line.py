"""What every command has in common."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from adapters.aws.errors import NoCredentials
from scripts.ops.cli import ops
from scripts.ops.stage import ROOT
from scripts.ops.terminal.command import EXPECTED, sentence_of
from tests.support.deployment.emulated_accounts import EmulatedAccounts


def commands(group: click.Group, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of the command line, with its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)
        else:
            yield (*words, name), command


EVERY = list(commands(ops))


@pytest.mark.parametrize("command", [command for _, command in EVERY], ids=[" ".join(words) for words, _ in EVERY])
def test_every_command_takes_a_stage_and_json_and_has_a_help_text(command: click.Command) -> None:
    """Every command has --stage, --json and a help text of a sentence or more."""
    options = {option for parameter in command.params for option in parameter.opts}

    assert {"--stage", "--json"} <= options
    assert command.help
    assert command.help.strip().endswith(".")


def test_a_misspelt_stage_stops_before_anything_is_called(accounts: EmulatedAccounts) -> None:
    """An unknown stage is a usage error that names those there are; AWS hears nothing."""
    before = len(accounts.emulated.faults.calls())

    result = accounts.ops("coupons", "list", stage="prdo")

    assert result.exit_code == 2
    assert "There is no stage 'prdo'; there are dev, local, prod." in result.stderr
    assert len(accounts.emulated.faults.calls()) == before


def test_an_error_of_aws_is_reported_in_a_sentence(accounts: EmulatedAccounts) -> None:
    """A missing table ends with status 1 and a sentence on standard error, without a traceback."""
    result = accounts.ops(
        "courses", "link", "TEST-COURSE-005", "--product", "p", "--price", "q", "--no-check", stage="dev"
    )

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output


@pytest.mark.parametrize("page", ["runbook.md", "deploy.md", "security.md"])
def test_the_documents_name_commands_that_exist(page: str) -> None:
    """Every command in a document exists, and has the options used there."""
    written = (ROOT / "docs" / page).read_text("utf-8")
    typed = [*re.findall(r"`((?:ops )?[a-z][^`\n]*)`", written), *re.findall(r"^(ops [^#\n]+)", written, re.MULTILINE)]
    found = 0
    for line in typed:
        words = line.removeprefix("ops ").split()
        command = _command(words)
        if command is None:
            assert not line.startswith("ops "), line
            continue
        found += 1
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        asked = {word.partition("=")[0].rstrip(":;,.") for word in words if word.startswith("--")}
        assert asked <= known | {"--help"}, line

    assert found > 3


def _command(words: list[str]) -> click.Command | None:
    """The command that these words begin with, if any; a bare group counts as itself."""
    command: click.Command = ops
    while words and isinstance(command, click.Group) and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return None if command is ops else command


def test_the_list_of_commands_says_whole_sentences() -> None:
    """However long they are: who looks for a command at night reads them all."""
    result = CliRunner().invoke(ops, ["--help"])
    assert result.exit_code == 0
    shown = " ".join(result.output.split())
    for name, command in ops.commands.items():
        sentence = command.get_short_help_str(10_000)
        assert f"{name} {sentence}" in shown
        assert sentence[-1] == "." != sentence[-2]
    assert "undelivered events, completed checkouts." in shown


@pytest.mark.parametrize("words", [("status",), ("payments", "list"), ("keys", "show")])
def test_without_a_region_a_command_says_what_is_missing(accounts: EmulatedAccounts, words: tuple[str, ...]) -> None:
    """In a shell without AWS's variables: one sentence, and no traceback."""
    nowhere = dict.fromkeys(("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"))

    result = CliRunner().invoke(ops, [*words, "--stage", "prod"], env=nowhere)

    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert "set AWS_DEFAULT_REGION" in result.stderr


def test_what_the_products_client_of_aws_raises_is_a_sentence() -> None:
    """Such as that there are no credentials, which only its first call notices."""
    error = NoCredentials("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")

    assert isinstance(error, EXPECTED)
    assert sentence_of(error) == f"AWS cannot be reached: {error}"


LOOKING = [
    "audit export",
    "audit list",
    "coupons list",
    "coupons show",
    "courses check",
    "courses interest",
    "courses invitations",
    "courses list",
    "courses show",
    "courses students",
    "courses waitlist",
    "figures export",
    "figures show",
    "keys show",
    "logs follow",
    "logs query",
    "messages list",
    "office list",
    "payments disputes",
    "payments evidence",
    "payments list",
    "payments review list",
    "payments show",
    "redrive list",
    "redrive show",
    "sales show",
    "show-payment",
    "smoke",
    "status",
    "students export",
    "students find",
    "students show",
    "table check",
    "webhook-endpoint verify",
]
"""The commands that change nothing but, for some, the record of who looked."""


def test_the_runbook_names_every_change_without_a_dry_run() -> None:
    """Whoever wants to try one out reads that it cannot be, and what to do instead."""
    without = {
        " ".join(words)
        for words, command in EVERY
        if "--dry-run" not in {option for parameter in command.params for option in parameter.opts}
    }
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    paragraph = next(part for part in runbook.split("\n\n") if "`--dry-run`" in part)

    named = {name for name in without if f"`{name}`" in paragraph}

    assert without - set(LOOKING) == named


def test_the_runbook_names_every_command_that_refuses_on_the_local_stage(accounts: EmulatedAccounts) -> None:
    """What cannot be practised beside the running stack."""
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    paragraph = next(part for part in runbook.split("\n\n") if part.startswith("**Practise.**"))
    refusing = {
        "settling pause": (),
        "settling resume": (),
        "logs query": ("errors",),
        "logs follow": (),
        "restore": ("--latest",),
        "provision": (),
        "deploy": (),
        "rollback": (),
        "undeploy": (),
        "web publish": (),
    }

    assert {name: accounts.ops(*name.split(), *more).exit_code for name, more in refusing.items()} == dict.fromkeys(
        refusing, 1
    )
    assert set(re.findall(r"`([a-z -]+)`", paragraph.partition("Only ")[2].partition(" refuse")[0])) == refusing.keys()


def test_a_missing_table_is_named_as_what_it_is(accounts: EmulatedAccounts) -> None:
    """With the way to restore it, instead of AWS's words; every other part of the state is shown all the same."""
    listed = accounts.ops("payments", "list", stage="prod")
    assert listed.exit_code == 1
    assert "restore --latest" in listed.stderr
    shown = accounts.ops("status", "--json", stage="prod")
    assert shown.exit_code == 1
    found = json.loads(shown.stdout)
    assert "restore --latest" in found["payments"]["problem"]
    assert "GetQueueUrl" in found["dead letters"][0]["problem"]
    assert len(found["attention"]) == len({each["what"] for each in found["attention"]})
    assert {"deployed", "settling", "functions", "alarms", "sales", "queues", "attention"} <= found.keys()
