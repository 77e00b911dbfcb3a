"""The e-mails to students and the office, seen in the inbox of the local stack."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request

import pytest

from scripts.stack.app_loader import ROOT
from tests.support.stack.running_stack import FREE, LiveSchool

pytestmark = pytest.mark.journey


def inbox(school: LiveSchool) -> list[str]:
    """The subjects on the page of sent mails, the newest first; it sends those that wait."""
    with urllib.request.urlopen(f"{school.stack.web_url}/inbox", timeout=30) as answer:
        page: str = answer.read().decode()
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_a_purchase_and_its_refund_are_mailed(school: LiveSchool) -> None:
    """One mail each, whatever is delivered twice; nothing waits for them."""
    inbox(school)
    student = school.student()
    session_id, checkout_id = student.checkout()
    school.pay(checkout_id)
    school.hear()
    assert student.is_enrolled()
    event = school.event("checkout.session.completed", checkout_id)
    assert school.deliver(event).status == 200
    welcome = inbox(school)[0]
    assert welcome.startswith("You are enrolled: ")
    body = json.dumps({"reason": "moved away"}).encode()
    path = f"/api/admin/payments/{session_id}/refunds/r-1"
    assert school.admin().send("PUT", path, body).status == 200
    school.hear()
    refunded, again, *_ = inbox(school)
    assert refunded.startswith("Your refund: ")
    assert again == welcome
    assert inbox(school)[:2] == [refunded, welcome]


def test_what_an_operator_changes_is_mailed(school: LiveSchool) -> None:
    """A command in a process of its own, which knows the stack by its ports alone, leaves the same messages."""
    inbox(school)
    student = school.student()
    student.enroll(FREE)
    assert inbox(school)[0].startswith("You are enrolled: ")
    ports = school.stack.ports
    known = {"AWS_PORT": str(ports.aws), "STRIPE_PORT": str(ports.stripe), "PAYPAL_PORT": str(ports.paypal)}
    words = ("enrollments", "revoke", student.user_id, FREE, "--reason", "Moved away.", "--yes", "--stage", "local")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.ops", *words],
        env={"PATH": os.environ["PATH"], **known},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert inbox(school)[0].startswith("Your enrollment has ended: ")
