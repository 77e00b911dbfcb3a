"""The product's clients of AWS, made to wait for the emulator as long as a busy machine needs.

Two seconds are meant for AWS, which does not share a processor with the tests. Where the emulator takes longer, the
client asks again: a test that counts calls counts one too many, and a write is told that it was there before.
"""

from __future__ import annotations

import os
from typing import Any

PATIENCE = 30.0  # seconds; API Gateway has no more
_SERVICES = ("dynamodb", "sqs", "secretsmanager")


def be_patient(aws: Any) -> None:
    """Make the clients of this process anew, as the product makes them but for how long they wait.

    ``aws`` is the module adapters.aws as the code under test has it.
    """
    for service in _SERVICES:
        aws._CLIENTS[service] = aws.make_client(service, os.environ, connect_timeout=PATIENCE, read_timeout=PATIENCE)
