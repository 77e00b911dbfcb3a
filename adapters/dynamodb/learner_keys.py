"""The keys of what comes with learning: certificates, and interest in courses that are announced."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.keys import Key

INTEREST = "INTEREST#"


def certificate(user_id: str, course_id: str) -> Key:
    """A student's certificate of a course."""
    return Key(keys.students_partition(user_id), f"CERTIFICATE#{keys.checked(course_id)}")


def certificate_index(number: str) -> dict[str, str]:
    """Where the index has a certificate: under its number."""
    return keys.index_entry(f"CERTIFICATE#{keys.checked(number)}", "METADATA")


def interest(course_id: str, address: str) -> Key:
    """That somebody asked to be notified about a course; ``address`` is the hash of an e-mail address."""
    return Key(keys.course(course_id).pk, f"{INTEREST}{keys.checked(address)}")
