"""The keys of messages, as ``keys`` has those of everything else."""

from __future__ import annotations

import zlib
from datetime import datetime

from adapters.dynamodb import keys
from adapters.dynamodb.keys import Key
from adapters.timestamps import iso

PARTITIONS = 8
LAID_ASIDE = "OUTBOX#LAIDASIDE"


def message(message_id: str, due_at: datetime) -> Key:
    """A message that is to be delivered: by when, spread over a few partitions."""
    return Key(_partition(message_id), f"{iso(due_at)}#{keys.checked_foreign(message_id)}")


def laid_aside(message_id: str) -> Key:
    """A message that a person has to look at."""
    return Key(LAID_ASIDE, keys.checked_foreign(message_id))


def partitions() -> tuple[str, ...]:
    """Where messages wait."""
    return tuple(f"OUTBOX#{number}" for number in range(PARTITIONS))


def _partition(message_id: str) -> str:
    return f"OUTBOX#{zlib.crc32(message_id.encode()) % PARTITIONS}"
