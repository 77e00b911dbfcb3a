"""Requests are signed as AWS's own test suite for Signature Version 4 says, and as botocore signs them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.credentials import Credentials
from adapters.aws.signing import Signer

# The credentials, the moment and the expected signatures of AWS's published suite, those of its POST requests to "/"
# without a query.
EXAMPLE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
MOMENT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp()
HOST = {"host": "example.amazonaws.com"}
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwth"
    "Ax7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAk"
    "iY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)


@pytest.mark.parametrize(
    ("headers", "token", "body", "signature"),
    [
        ({}, "", b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ({"my-header1": "value1"}, "", b"", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
        ({"my-header1": "VALUE1"}, "", b"", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
        ({}, TOKEN, b"", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
        (
            {"content-type": "application/x-www-form-urlencoded"},
            "",
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
)
def test_aws_published_these_signatures(headers: dict[str, str], token: str, body: bytes, signature: str) -> None:
    """A bare request, other headers, values that keep their case, a session token, a body."""
    credentials = Credentials(EXAMPLE.access_key, EXAMPLE.secret_key, token)
    signed = Signer("service", "us-east-1").signed(HOST | headers, body, credentials, MOMENT)
    assert signed["authorization"].endswith(f"Signature={signature}")


VALUES = st.text("abcdefgXYZ0123456789-_./=+", min_size=1, max_size=30)


@given(
    secret=VALUES,
    token=st.one_of(st.just(""), VALUES),
    asked=st.tuples(st.binary(max_size=200), VALUES),
    service=st.sampled_from(["dynamodb", "sqs", "secretsmanager"]),
    seconds=st.integers(0, 4_000_000_000),
)
def test_botocore_signs_the_same_way(
    secret: str, token: str, asked: tuple[bytes, str], service: str, seconds: int
) -> None:
    """Whatever the key, the token, the body and the day."""
    body, target = asked
    headers = {"host": f"{service}.eu-west-1.amazonaws.com", "x-amz-target": target, "content-type": "application/json"}
    ours = Signer(service, "eu-west-1").signed(headers, body, Credentials("AKID", secret, token), seconds)
    request = AWSRequest("POST", f"https://{headers['host']}/", headers=dict(ours), data=body)
    del request.headers["authorization"]
    request.context["timestamp"] = ours["x-amz-date"]
    theirs = SigV4Auth(BotocoreCredentials("AKID", secret, token or None), service, "eu-west-1")
    canonical = theirs.canonical_request(request)
    expected = theirs.signature(theirs.string_to_sign(request, canonical), request)
    assert ours["authorization"].endswith(f"Signature={expected}")


def test_a_days_key_is_not_used_for_another_day_or_secret() -> None:
    """The signer keeps a derived key, and derives anew when what it was derived from has changed."""
    signer = Signer("service", "us-east-1")
    for credentials, moment in ((EXAMPLE, MOMENT), (Credentials("AKID", "other"), MOMENT), (EXAMPLE, MOMENT + 86_400)):
        fresh = Signer("service", "us-east-1").signed(HOST, b"", credentials, moment)
        assert signer.signed(HOST, b"", credentials, moment) == fresh


def test_nothing_prints_the_secret() -> None:
    """Neither the credentials nor the signer show it."""
    signer = Signer("service", "us-east-1")
    signer.signed(HOST, b"", EXAMPLE, MOMENT)
    assert EXAMPLE.secret_key not in repr(signer) + repr(Credentials("AKID", EXAMPLE.secret_key, TOKEN))
