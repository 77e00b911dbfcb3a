"""From sign-in to a lesson that is done, in Firefox, against the running product."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from scripts.peers.browsers import firefox
from scripts.stack.aws_resources import PASSWORD
from tests.support.stack.running_stack import FREE, PAID, LiveSchool

JOURNEY = Path(__file__).with_name("journey.mjs")
_TIMEOUT = 280  # seconds


def _walk(puppeteer: Path, directory: Path, **given: object) -> dict[str, object]:
    (directory / "node_modules").symlink_to(puppeteer / "node_modules")
    (directory / JOURNEY.name).write_text(JOURNEY.read_text("utf-8"))
    command = ["node", JOURNEY.name, json.dumps({"firefox": firefox(), **given})]
    done = subprocess.run(command, cwd=directory, check=False, timeout=_TIMEOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_a_student_buys_and_learns_in_firefox(school: LiveSchool, puppeteer: Path, tmp_path: Path) -> None:
    """A free course, a paid one by card, the way back, a lesson done; without an error in the console."""
    email = school.user("Fiona Fox")

    told = _walk(puppeteer, tmp_path, web=school.stack.web_url, email=email, password=PASSWORD, paid=PAID, free=FREE)

    assert str(told["browser"]).startswith("firefox/")
    assert told["steps"] == [
        "signed in",
        "enrolled in the free course",
        "paid",
        "enrolled",
        "a lesson done",
        "in the purchases",
    ]
    assert told["problems"] == []
