"""A small course and a private one, as the office runs them: over HTTP and on the command line."""

from __future__ import annotations

import json
import re
import urllib.request
import uuid
from typing import Any

import pytest
from click.testing import CliRunner

from scripts.ops.cli import ops
from tests.support.stack.running_stack import LiveSchool

pytestmark = pytest.mark.journey

WHY = {"reason": "The day's business."}


def command(*words: str) -> Any:
    """What a command prints as JSON."""
    result = CliRunner().invoke(ops, [*words, "--stage", "local", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def mails(school: LiveSchool) -> list[str]:
    """The subjects of all mails, the newest first; those that wait are sent."""
    with urllib.request.urlopen(f"{school.stack.web_url}/inbox", timeout=30) as answer:
        return re.findall(r"<h2>(.*?)</h2>", answer.read().decode())


def test_a_course_with_one_seat(school: LiveSchool) -> None:
    """It is full, somebody waits, the seat becomes free, and whoever waited has it and a mail; all of it on record."""
    ada, first, second = school.admin(), school.regular(), school.regular()
    course = f"SMALL-{uuid.uuid4().hex[:8]}"
    one, line = f"/api/admin/courses/{course}", f"/api/courses/{course}/waitlist"
    words = ("--name", f"Small {course}", "--model", "free", "--currency", "usd", "--open", "--reason", "New.")
    command("courses", "create", course, *words)
    limited = ada.send("PUT", f"{one}/capacity", json.dumps({"capacity": 1, **WHY}).encode())
    assert limited.body["seatsLeft"] == 1
    assert first.enroll(course).status == 201
    assert second.enroll(course).code == "course_full"
    assert second.post(line).body["position"] == 1
    [waiting] = command("courses", "waitlist", course)
    assert (waiting["student"], waiting["state"]) == (second.user_id, "waiting")

    command("enrollments", "revoke", first.user_id, course, "--reason", "Moved away.", "--yes")
    school.stack.schedules["reconcile"].fire()

    assert second.get(line).body["state"] == "held"
    [held] = ada.get(f"{one}/waitlist").body
    assert (held["userId"], held["state"]) == (second.user_id, "held")
    assert f"A seat is free for you: Small {course}" in mails(school)
    assert first.enroll(course).code == "course_full"
    assert second.enroll(course).status == 201
    assert ada.get(f"{one}/waitlist").body == []
    assert command("courses", "recount-seats", course, "--reason", "Check.")["seats_taken"] == 1
    done = [record["action"] for record in ada.get(f"/api/admin/audit?course={course}").body]
    assert done == ["capacity_changed", "course_created"]


def test_a_course_by_invitation(school: LiveSchool) -> None:
    """Two are invited, one comes, the other is withdrawn; the list says so, page by page."""
    ada, guest, other = school.admin(), school.regular(), school.regular()
    course = f"PRIVATE-{uuid.uuid4().hex[:8]}"
    many = f"/api/admin/courses/{course}/invitations"
    words = ("--name", "Private", "--model", "invitation", "--currency", "usd", "--open", "--reason", "New.")
    command("courses", "create", course, *words)
    assert guest.enroll(course).code == "not_invited"
    assert ada.post(many, {"email": guest.email.upper(), **WHY}).status == 201
    made = command("courses", "invite", course, "--user", other.user_id, "--reason", "A friend.")
    assert guest.enroll(course).status == 201
    command("courses", "withdraw", course, made["invitation"], "--reason", "Ill.")
    assert other.enroll(course).code == "not_invited"

    first = ada.get(f"{many}?limit=1")
    rest = ada.get(f"{many}?limit=1&cursor={first.headers['x-next-cursor']}")
    assert "x-next-cursor" not in rest.headers
    assert {one["state"] for one in first.body + rest.body} == {"used", "withdrawn"}
    assert {one["state"] for one in command("courses", "invitations", course)} == {"used", "withdrawn"}
    assert guest.email not in json.dumps(ada.get(f"/api/admin/audit?course={course}").body)
