"""Which program carries out what is meant for DynamoDB: the AWS emulator itself, or AWS's own DynamoDB Local."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from attrs import frozen

from scripts.peers import dynamodb_local
from scripts.peers.errors import PeerMissing
from scripts.stack.errors import StackError

_LOCAL = "dynamodb-local"


@frozen
class Engine:
    """A DynamoDB. `running` keeps it running during a block and gives its address; None is the AWS emulator itself."""

    name: str = "emulator"
    running: Callable[[], AbstractContextManager[str | None]] = nullcontext

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Engine:
        """The one that ENGINE names; the emulator where it is not set. Raises StackError for another name."""
        name = environment.get("ENGINE", "")
        if name in ("", "emulator"):
            return cls()
        if name != _LOCAL:
            raise StackError(f"ENGINE must be emulator or {_LOCAL}, not {name!r}.")
        return cls(_LOCAL, _dynamodb_local)


@contextmanager
def _dynamodb_local() -> Iterator[str | None]:
    with ExitStack() as running:
        try:
            url = running.enter_context(dynamodb_local.running())
        except PeerMissing as missing:
            advice = "Install what is missing, or leave ENGINE out: then the AWS emulator stores the tables itself."
            raise StackError(f"DynamoDB Local cannot be started: {missing} {advice}") from missing
        yield url
