"""Leave out every clause of every condition, one by one: ``python -m tests.contracts.mutate``.

The contract tests run once and show which conditions they send. Then each clause is left out on its way to DynamoDB,
and the tests that send its condition run until one fails. What no test fails for is listed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from attrs import asdict, frozen

from scripts.aws_emulator.server import AwsEmulator
from tests.contracts.condition_arguments import ARGUED
from tests.support.aws.condition_mutants import MUTANT, RECORD, ConditionMutant, mutants, normal, parse

_LEFT_OUT = ("test_refund_races.py", "test_races.py", "test_coupon_machine.py", "test_capacity.py")
"""They take long, or fail for anything: a clause deserves a test that says what it is for."""

_QUIET = ["-q", "-p", "no:cacheprovider", "-p", "no:logging", "--tb=no"]
_IMPORTED = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
"""The forks have imported what pytest would rewrite."""

Sent = Mapping[tuple[str, str], list[str]]
"""By write and condition: the tests that send it."""


@frozen
class Verdict:
    """What became of a mutant: the test that failed, empty if none did."""

    mutant: ConditionMutant
    caught_by: str

    @property
    def argument(self) -> str:
        """Why nobody could notice, where that is so."""
        return ARGUED.get((self.mutant.write, self.mutant.without), "")


@frozen
class Run:
    """A pytest run in a process of its own: its exit status and what it printed."""

    status: int
    printed: str

    @property
    def failed(self) -> str:
        """The first test that failed, empty if none did."""
        names = [line.split(" ")[1] for line in self.printed.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return names[0] if names else ""


def sent_conditions(url: str, paths: list[str]) -> Sent:
    """The conditions that these tests send to that DynamoDB, each with the tests: first those that send few others."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as record:
        left_out = [f"--ignore=tests/contracts/{name}" for name in _LEFT_OUT]
        ran = _tests(url, [*paths, *left_out], {RECORD: record.name})
        if ran.status:
            raise SystemExit(f"The tests fail without a mutant:\n{ran.printed[-3000:]}")
        lines = {(write, normal(parse(condition)), test) for write, condition, test in map(json.loads, record)}
    others = Counter(test for _, _, test in lines)
    sent: dict[tuple[str, str], list[str]] = defaultdict(list)
    for write, condition, test in sorted(lines, key=lambda line: (others[line[2]], line)):
        sent[write, condition].append(test)
    return sent


def try_one(url: str, mutant: ConditionMutant, tests: list[str]) -> Verdict:
    """Run the tests until one fails."""
    ran = _tests(url, ["-x", *tests], {MUTANT: json.dumps(asdict(mutant))})
    if ran.status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"No test was run: {ran.printed[-500:]}")
    return Verdict(mutant, ran.failed)


def main(arguments: list[str]) -> int:
    """Print the table; 1 when a mutant survives without an argument."""
    parser = argparse.ArgumentParser(prog="python -m tests.contracts.mutate", description=__doc__)
    parser.add_argument("--only", default="", help="writes and clauses that have this in them")
    parser.add_argument("--tests", nargs="+", default=["tests/contracts"], help="files of tests; all by default")
    chosen = parser.parse_args(arguments)
    with _emulator() as url:
        # Imports every test once: the runs are forks of this process.
        pytest.main(["--collect-only", "-qqq", *chosen.tests])
        verdicts = [
            _shown(try_one(url, mutant, tests))
            for (write, condition), tests in sorted(_simplest(sent_conditions(url, chosen.tests)).items())
            for mutant in mutants(write, condition)
            if chosen.only in f"{write}: {mutant.without}"
        ]
    missed = [one for one in verdicts if not one.caught_by and not one.argument]
    caught = sum(bool(one.caught_by) for one in verdicts)
    argued = len(verdicts) - caught - len(missed)
    _say(f"\n{len(verdicts)} clauses: {caught} caught, {argued} argued, {len(missed)} missed")
    return 1 if missed else 0


def _simplest(sent: Sent) -> Sent:
    """Without the conditions that are put together of the clauses of shorter ones: the same code makes them."""
    clauses = {what: {mutant.without for mutant in mutants(*what)} for what in sent}

    def is_put_together(what: tuple[str, str]) -> bool:
        shorter = [found for (write, _), found in clauses.items() if write == what[0] and found < clauses[what]]
        return clauses[what] == set[str]().union(*shorter)

    return {what: tests for what, tests in sent.items() if not is_put_together(what)}


def _shown(verdict: Verdict) -> Verdict:
    mutant = verdict.mutant
    word = "caught" if verdict.caught_by else "argued" if verdict.argument else "MISSED"
    _say(f"{word:9} {mutant.write}: without {mutant.without}")
    _say(f"          {verdict.caught_by or verdict.argument or 'of ' + mutant.condition}")
    return verdict


@contextmanager
def _emulator() -> Iterator[str]:
    """The URL of an emulator in a process of its own, which a fork of this one does not disturb."""
    reading, writing = os.pipe()
    ending, held = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(held)
        with AwsEmulator() as aws:
            os.write(writing, aws.url.encode())
            os.read(ending, 1)  # until whoever started us is gone
        os._exit(0)
    os.close(ending)
    try:
        yield os.read(reading, 100).decode()
    finally:
        os.close(held)
        os.waitpid(process, 0)


def _tests(url: str, arguments: list[str], variables: Mapping[str, str]) -> Run:
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as printed:
        process = os.fork()
        if process == 0:
            _run_tests(Path(printed.name), [*_QUIET, *_IMPORTED, f"--dynamodb-local={url}", *arguments], variables)
        _, status = os.waitpid(process, 0)
        return Run(os.waitstatus_to_exitcode(status), printed.read())


def _run_tests(printed: Path, arguments: list[str], variables: Mapping[str, str]) -> NoReturn:
    """In the fork: run pytest, and end without anything that the parent would do."""
    status = 70  # EX_SOFTWARE, if pytest itself fails
    try:
        out = os.open(printed, os.O_WRONLY)
        os.dup2(out, sys.stdout.fileno())
        os.dup2(out, sys.stderr.fileno())
        os.environ.update(variables)
        status = int(pytest.main(arguments))
        sys.stdout.flush()
    finally:
        os._exit(status)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
