"""`python -m scripts.stack`: run the product in the foreground until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import redirect_stdout

from scripts.ops.deploy.template import OPTIONAL, REQUIRED
from scripts.stack.console import Console
from scripts.stack.engine import Engine
from scripts.stack.errors import StackError
from scripts.stack.paypal_keys import PayPalKeys
from scripts.stack.ports import Ports
from scripts.stack.stripe_keys import StripeKeys

BANK_DEBIT_SECONDS = 15
"""How long an emulated bank debit takes to succeed; a real one takes days."""


def main() -> int:
    """Run until SIGINT or SIGTERM. Returns the exit status: 0 after a signal, 1 if the stack could not start."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        _run(
            Ports.of(os.environ),
            StripeKeys.of(os.environ),
            PayPalKeys.of(os.environ),
            Engine.of(os.environ),
            requires_second_factor=_requires_second_factor(os.environ.get("SECOND_FACTOR")),
            stop=stop,
        )
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _requires_second_factor(value: str | None) -> bool:
    """Whether SECOND_FACTOR requires one of the office, in the words of `provision`. Raises StackError for others."""
    if value not in (None, "", OPTIONAL, REQUIRED):
        raise StackError(f"SECOND_FACTOR must be {OPTIONAL} or {REQUIRED}, not {value!r}.")
    return value == REQUIRED


def _run(
    ports: Ports,
    keys: StripeKeys,
    paypal_keys: PayPalKeys,
    engine: Engine,
    *,
    requires_second_factor: bool,
    stop: threading.Event,
) -> None:
    # Imported after the settings are checked: loading moto, Chalice and botocore takes a second.
    from scripts.stack.stack import LocalStack

    console = Console(sys.stdout)

    def log(line: str) -> None:
        console.write(line + "\n")
        console.flush()

    origin = os.environ.get("WEB_ORIGIN")
    with (
        redirect_stdout(console),
        LocalStack(
            ports=ports,
            keys=keys,
            paypal_keys=paypal_keys,
            engine=engine,
            log=log,
            bank_debit_seconds=BANK_DEBIT_SECONDS,
            web_origin=origin,
            requires_second_factor=requires_second_factor,
        ) as stack,
    ):
        log(stack.ready_line)
        stop.wait()


if __name__ == "__main__":
    sys.exit(main())
