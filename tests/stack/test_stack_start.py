"""The stack starts and stops completely, and says why it does not start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import jwt
import pytest

from scripts.stack.errors import StackError
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from scripts.stack.stripe_keys import StripeKeys
from tests.support.stack import small_app
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
# Seconds. A start takes two and a stop one; a machine that has much else to do takes ten times as long.
START_TIMEOUT = 120.0
STOP_TIMEOUT = 30.0


def taken(ports: Ports) -> str | None:
    """The error about the first port that is in use, or None."""
    try:
        ports.require_free("web", "api", "aws", "stripe")
    except StackError as error:
        return str(error)
    return None


def test_after_the_stop_everything_is_as_before() -> None:
    """Ports are free, threads are gone, the environment is what it was."""
    before, ports, threads = dict(os.environ), Ports.free(), set(threading.enumerate())
    with LocalStack(ports=ports, load=small_app.build):
        assert os.environ != before
    assert dict(os.environ) == before
    until(lambda: taken(ports) is None)
    assert not [thread for thread in threading.enumerate() if thread not in threads and not thread.daemon]


def test_another_front_end_may_take_the_place_of_the_pages() -> None:
    """Its origin is the one that may call the API, and where students are sent back to."""
    with LocalStack(ports=Ports.free(), load=small_app.build, web_origin="http://localhost:3100"):
        assert os.environ["WEB_ORIGIN"] == "http://localhost:3100"


def test_a_failed_start_leaves_nothing_running() -> None:
    """An app that cannot be loaded takes the servers that were already up down with it."""
    before, ports = dict(os.environ), Ports.free()

    def broken() -> Any:
        raise RuntimeError("no such app")

    with pytest.raises(RuntimeError, match="no such app"):
        LocalStack(ports=ports, load=broken).start()
    assert dict(os.environ) == before
    until(lambda: taken(ports) is None)


def test_a_taken_port_stops_the_start() -> None:
    """Nothing is started where one of the ports is taken."""
    ports = Ports.free()
    with socket.create_server(("127.0.0.1", ports.web)), pytest.raises(StackError, match=f"Port {ports.web} is taken"):
        LocalStack(ports=ports, load=small_app.build).start()


def test_with_a_sandboxs_keys_no_emulator_runs() -> None:
    """Real Stripe: its own Stripe.js, no address of an emulator, and the ready line says so."""
    keys = StripeKeys("sk_test_1", "pk_test_1", "whsec_1", emulated=False)
    with LocalStack(ports=Ports.free(), keys=keys, load=small_app.build) as stack:
        assert stack.emulator is None
        assert "STRIPE_API_BASE" not in os.environ
        assert os.environ["STRIPE_JS_URL"] == "https://js.stripe.com/endive/stripe.js"
        assert "Stripe real" in stack.ready_line
        secret = stack.clients("secretsmanager").get_secret_value(SecretId="learnermax/stripe")["SecretString"]
        assert json.loads(secret) == keys.as_secret()


def command(**variables: str) -> subprocess.Popen[str]:
    """`make run`'s own command, started."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.stack"],
        cwd=ROOT,
        env={**environment, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def courses_at(ports: Ports) -> Any:
    """What the API lists."""
    with urllib.request.urlopen(f"http://127.0.0.1:{ports.api}/api/courses", timeout=30) as answer:
        return json.loads(answer.read())


def variables_of(ports: Ports) -> dict[str, str]:
    """The overrides that choose these ports."""
    return {
        "WEB_PORT": str(ports.web),
        "API_PORT": str(ports.api),
        "AWS_PORT": str(ports.aws),
        "STRIPE_PORT": str(ports.stripe),
        "PAYPAL_PORT": str(ports.paypal),
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_runs_until_a_signal(number: signal.Signals) -> None:
    """It prints the ready line, serves the product's own app, and ends by itself soon after the signal."""
    ports = Ports.free()
    with command(**variables_of(ports)) as process:
        assert process.stdout is not None
        killer = threading.Timer(START_TIMEOUT, process.kill)
        killer.start()
        line = process.stdout.readline()
        try:
            assert line.startswith("Ready: "), process.communicate()
            assert len(courses_at(ports)) == 6
        finally:
            killer.cancel()
            process.send_signal(number)
            out, err = process.communicate(timeout=STOP_TIMEOUT)
    assert process.returncode == 0, err
    assert out.splitlines()[-1].startswith("GET /api/courses 200 ")
    assert err == ""


def test_the_command_names_the_port_that_is_taken() -> None:
    """One sentence on standard error, no traceback, exit status 1."""
    ports = Ports.free()
    with socket.create_server(("127.0.0.1", ports.aws)), command(**variables_of(ports)) as process:
        out, err = process.communicate(timeout=START_TIMEOUT)
    assert process.returncode == 1
    assert out == ""
    assert err.startswith(f"Port {ports.aws} is taken, and the AWS emulator needs it.")
    assert len(err.splitlines()) == 1


def test_the_command_takes_all_keys_or_none() -> None:
    """A single key of three is reported at once."""
    with command(STRIPE_SECRET_KEY="sk_test_1") as process:
        _, err = process.communicate(timeout=START_TIMEOUT)
    assert process.returncode == 1
    assert "STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET" in err


def test_the_office_needs_a_second_factor_where_the_stack_is_told_so() -> None:
    """The function of the template runs for every token: the administrator has no groups, a student is as ever."""
    with LocalStack(ports=Ports.free(), load=small_app.build, requires_second_factor=True) as stack:
        admin, student = (
            jwt.decode(stack.sign_in(email), options={"verify_signature": False})
            for email in ("admin@example.com", "student@example.com")
        )
    assert "cognito:groups" not in admin
    assert admin["officeSecondFactor"] == "missing"
    assert "officeSecondFactor" not in student


def test_the_command_takes_the_words_of_provision_for_a_second_factor() -> None:
    """One sentence and exit status 1 for others."""
    with command(**variables_of(Ports.free()), SECOND_FACTOR="yes") as process:
        _, err = process.communicate(timeout=START_TIMEOUT)
    assert process.returncode == 1
    assert err == "SECOND_FACTOR must be optional or required-for-office, not 'yes'.\n"
