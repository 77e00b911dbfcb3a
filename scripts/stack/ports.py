"""The ports of the stack's servers."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Mapping
from typing import Self

from attrs import asdict, frozen

from scripts.stack.errors import StackError

_NEEDED_BY = {
    "web": "the web pages",
    "api": "the API",
    "aws": "the AWS emulator",
    "stripe": "the Stripe emulator",
    "paypal": "the PayPal emulator",
}
_HIGHEST = 65535
# Below the kernel's range of ports for outgoing connections.
_FREE_RANGE = range(15_000, 32_000)


@frozen
class Ports:
    """Five ports on 127.0.0.1."""

    web: int = 3000
    api: int = 8000
    aws: int = 4566
    stripe: int = 12111
    paypal: int = 12112

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The default ports, or those of WEB_PORT, API_PORT, AWS_PORT, STRIPE_PORT, PAYPAL_PORT. Raises StackError."""
        given = {name: environment.get(_variable(name), "") for name in _NEEDED_BY}
        return cls(**{name: _number(name, text) for name, text in given.items() if text})

    @classmethod
    def free(cls) -> Self:
        """Five unused ports, for tests."""
        found: list[int] = []
        while len(found) < len(_NEEDED_BY):
            port = random.SystemRandom().choice(_FREE_RANGE)
            if port not in found and _is_free(port):
                found.append(port)
        return cls(*found)

    def require_free(self, *names: str) -> None:
        """Raises StackError for the first of the named ports that is in use, or that two servers are to use."""
        wanted = {name: port for name, port in asdict(self).items() if name in names}
        for name, port in wanted.items():
            if not _is_free(port):
                raise StackError(_taken(name, port))
            if list(wanted.values()).count(port) > 1:
                raise StackError(f"Port {port} is set for two servers; change {_variable(name)}.")


def _variable(name: str) -> str:
    return f"{name.upper()}_PORT"


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST:
        raise StackError(f"{_variable(name)} must be a port number between 1 and {_HIGHEST}, not {text!r}.")
    return int(text)


def _taken(name: str, port: int) -> str:
    variable = _variable(name)
    return (
        f"Port {port} is taken, and {_NEEDED_BY[name]} need{'' if name == 'web' else 's'} it. "
        f"Stop the program that uses it, or choose another port: {variable}={port + 1} make run"
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True
