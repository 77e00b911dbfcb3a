"""From sign-in to a lesson that is done, in WebKit, against the running product."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from scripts.peers.webkit import screen, webkit
from scripts.stack.aws_resources import PASSWORD
from scripts.stack.ports import Ports
from tests.support.stack.running_stack import FREE, PAID, LiveSchool

JOURNEY = Path(__file__).with_name("journey.mjs")
_TIMEOUT = 280  # seconds


def _walk(selenium: Path, directory: Path, **given: object) -> dict[str, object]:
    programs = webkit()
    (directory / "node_modules").symlink_to(selenium / "node_modules")
    (directory / JOURNEY.name).write_text(JOURNEY.read_text("utf-8"))
    known = {"driver": programs.driver, "browser": programs.browser, "port": Ports.free().web, **given}
    with screen(programs) as display:
        done = subprocess.run(
            ["node", JOURNEY.name, json.dumps(known)],
            cwd=directory,
            env={**os.environ, "DISPLAY": display},
            check=False,
            timeout=_TIMEOUT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("width", [1200, 400])
def test_a_student_buys_and_learns_in_webkit(school: LiveSchool, selenium: Path, tmp_path: Path, width: int) -> None:
    """A free course, a paid one by PayPal, the way back, a lesson done; wide and narrow."""
    email = school.user("Wilma Webkit")

    told = _walk(
        selenium, tmp_path, web=school.stack.web_url, email=email, password=PASSWORD, paid=PAID, free=FREE, width=width
    )

    assert told["problems"] == []
    assert str(told["browser"]).startswith("MiniBrowser/")
    assert told["steps"] == [
        "signed in",
        "enrolled in the free course",
        "paid",
        "enrolled",
        "a lesson done",
        "in the purchases",
        "signed out",
    ]
