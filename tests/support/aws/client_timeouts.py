"""The product's clients of AWS, made to wait for the emulator as long as a busy machine needs.

Two seconds are meant for AWS, which does not share a processor with the tests. Where the emulator takes longer, the
client asks again: a test that counts calls counts one too many, and a write is told that it was there before.
"""

from __future__ import annotations

from typing import Any

TIMEOUT = 30.0  # seconds; API Gateway has no more
_SERVICES = ("dynamodb", "sqs", "secretsmanager")


def lengthen_timeouts(aws: Any) -> None:
    """Make the clients of this process anew, as the product makes them but for how long they wait.

    ``aws`` is the module adapters.aws as the code under test has it.
    """
    from botocore.config import Config

    config = aws._config().merge(Config(connect_timeout=TIMEOUT, read_timeout=TIMEOUT))
    for service in _SERVICES:
        aws._CLIENTS[service] = aws._session().create_client(service, config=config)
