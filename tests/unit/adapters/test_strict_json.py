"""The strict reader of JSON."""

from __future__ import annotations

import pytest

from adapters.strict_json import load_object


def test_an_object_is_read() -> None:
    """From bytes or text, integers of any sensible size exactly."""
    assert load_object(b'{"a": [1, null, "\xc3\xa9"]}') == {"a": [1, None, "é"]}
    assert load_object('{"a": 12345678901234567890}') == {"a": 12345678901234567890}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 01}',
        b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_whatever_is_no_strict_json_object_is_refused_without_being_quoted(text: bytes) -> None:
    """One error for every way to be wrong, and no content in it."""
    with pytest.raises(ValueError, match=r"^The text is not (strict JSON|a JSON object)\.$"):
        load_object(text)
