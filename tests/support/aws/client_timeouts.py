"""The product's AWS clients, with timeouts long enough for the emulator on a busy machine.

The product's two seconds are meant for AWS, which does not share a processor with the tests. When the emulator takes
longer, the client retries: a test that counts calls then counts one too many, and a retried write finds its own
result already stored.
"""

from __future__ import annotations

import os
from typing import Any

TIMEOUT = 30.0  # seconds; API Gateway has no more
_SERVICES = ("dynamodb", "sqs", "secretsmanager")


def lengthen_timeouts(aws: Any) -> None:
    """Make the clients of this process anew, as the product makes them but for how long they wait.

    ``aws`` is the module adapters.aws as the code under test has it.
    """
    for service in _SERVICES:
        aws._CLIENTS[service] = aws.make_client(service, os.environ, connect_timeout=TIMEOUT, read_timeout=TIMEOUT)
