"""Messages are stored in the transaction that makes them true."""

from __future__ import annotations

from attrs import frozen

from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.announcing import messages_of
from domain.transactions.writes import AddMessage, Write


@frozen
class AnnouncingUnitOfWork(UnitOfWork):
    """Commits writes together with the messages that follow from them."""

    plain: UnitOfWork

    def commit(self, writes: tuple[Write, ...]) -> None:
        """All the writes and their messages, or none. A message has no condition, so it makes nothing conflict."""
        self.plain.commit((*writes, *map(AddMessage, messages_of(writes))))


def silent(unit_of_work: UnitOfWork) -> UnitOfWork:
    """The same unit of work without messages: for repairs, whose changes happened long ago."""
    return unit_of_work.plain if isinstance(unit_of_work, AnnouncingUnitOfWork) else unit_of_work
