"""Which program stores the stack's tables, and what is said where it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.engine import Engine
from scripts.stack.errors import StackError
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.support.stack import small_app

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("given", [{}, {"ENGINE": ""}, {"ENGINE": "emulator"}])
def test_by_default_the_emulator_stores_the_tables(given: dict[str, str]) -> None:
    """No other program is started."""
    with Engine.of(given).running() as address:
        assert address is None


def test_an_unknown_engine_is_refused() -> None:
    """The sentence names those that there are."""
    with pytest.raises(StackError, match="ENGINE must be emulator or dynamodb-local, not 'oracle'"):
        Engine.of({"ENGINE": "oracle"})


def test_without_java_the_start_says_what_is_missing(tmp_path: Path) -> None:
    """One sentence about what is missing, and one about what to do; nothing is left running."""
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.stack"],
        cwd=ROOT,
        env=os.environ | {"ENGINE": "dynamodb-local", "PATH": str(tmp_path)} | variables_of(Ports.free()),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("DynamoDB Local cannot be started: javac is not on this machine. ")
    assert "leave ENGINE out" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_the_stack_stores_its_tables_in_the_engine(aws: AwsEmulator) -> None:
    """The product's table is made there, and the ready line says where the tables are."""
    aws.faults.forget()
    with LocalStack(
        ports=Ports.free(), engine=Engine("another", lambda: nullcontext(aws.url)), load=small_app.build
    ) as stack:
        assert "(tables in another)" in stack.ready_line
        assert stack.account.table in stack.clients("dynamodb").list_tables()["TableNames"]
    assert "dynamodb:CreateTable" in aws.faults.calls()
    assert not [call for call in aws.faults.calls() if not call.startswith("dynamodb:")]


def variables_of(ports: Ports) -> dict[str, str]:
    """The overrides that choose these ports."""
    return {f"{name.upper()}_PORT": str(getattr(ports, name)) for name in ("web", "api", "aws", "stripe")}
