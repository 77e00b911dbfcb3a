"""Answers that are kept, so that a repeated request gets the same one: what is kept, and the port that keeps it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from attrs import field, frozen

KEPT_FOR = timedelta(hours=24)
"""How long an answer is given again."""

LEASE = timedelta(seconds=30)
"""How long a request that has no answer yet keeps its repetitions waiting: as long as one may run. Killed meanwhile,
the next repetition acts.
"""


@frozen(kw_only=True)
class Repeatable:
    """One request that may be repeated.

    ``name`` is a hash of caller, route and idempotency key, ``fingerprint`` one of everything that the request asks
    for; neither can be turned back. ``owner`` is this attempt alone.
    """

    name: str
    fingerprint: str
    owner: str


@frozen(kw_only=True)
class KeptAnswer:
    """An answer: its HTTP status, and its body as JSON. ``at`` is when it was given.

    ``withheld``: the body had secrets, which are not kept; whoever answers again gets them anew.
    """

    status: int
    body: str = field(repr=False)
    at: datetime
    withheld: bool = False


@frozen
class Mine:
    """Nobody has asked this before, or whoever did was stopped: act, then ``keep`` or ``release``."""


@frozen
class Running:
    """The same request is being answered at the moment."""


@frozen
class Different:
    """The idempotency key was used for another request."""


Claim = Mine | Running | Different | KeptAnswer
"""What claiming a request finds."""


class IdempotencyStore(Protocol):
    """Keeps answers for ``KEPT_FOR``.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def claim(self, request: Repeatable, at: datetime) -> Claim:
        """Have the request alone for ``LEASE``, unless somebody has it or had it: one conditional write."""
        ...

    def keep(self, request: Repeatable, answer: KeptAnswer) -> None:
        """Store the answer, if this attempt still has the request; nothing happens where another one took it over."""
        ...

    def release(self, request: Repeatable) -> None:
        """Give the request back without an answer, if this attempt still has it: the next one acts at once."""
        ...
