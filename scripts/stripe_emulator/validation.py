"""Checks that several calls share: metadata, URLs, e-mail addresses."""

import re
from urllib.parse import urlsplit

from scripts.stripe_emulator.errors import Json, invalid, not_emulated

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_METADATA_KEY = 40
_METADATA_KEYS = 50


def check_metadata(metadata: Json | str | None, param: str) -> None:
    """Keys of metadata are at most 40 characters long (the schema limits values and count)."""
    for key in metadata if isinstance(metadata, dict) else ():
        if len(key) > _METADATA_KEY:
            text = f"Metadata keys can have up to {_METADATA_KEY} characters; you passed one of {len(key)}."
            raise invalid(text, f"{param}[{key[:_METADATA_KEY]}]")


def merged_metadata(old: Json, new: Json | str) -> Json:
    """Metadata after an update: an empty value removes its key, an empty string all of them."""
    if isinstance(new, str):
        return {}
    together = {key: value for key, value in (old | new).items() if value != ""}
    if len(together) > _METADATA_KEYS:
        raise invalid(f"You can have at most {_METADATA_KEYS} keys in metadata", "metadata")
    return together


def check_url(url: str, param: str, *, local_only: bool = False) -> None:
    """A web address with a host; on this machine, where that is asked for."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"]", url)
        local = parts.hostname in _LOOPBACK
    except ValueError:
        good = local = False
    if not good:
        raise invalid("Not a valid URL", param, "url_invalid")
    if local_only and not local:
        raise not_emulated("redirects that leave this machine", param)


def check_email(email: str, param: str) -> None:
    """Something that can be an e-mail address."""
    if not _EMAIL.fullmatch(email):
        raise invalid(f"Invalid email address: {email[:100]}", param, "email_invalid")
