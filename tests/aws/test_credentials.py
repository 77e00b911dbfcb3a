"""Credentials are found where Lambda puts them, and fetched again before they expire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import define, field

from adapters.aws.credentials import EARLY, CredentialSource
from adapters.aws.errors import AwsUnreachable, NoCredentials
from scripts.stack.http_server import HttpRequest, HttpResponse, HttpServer

URL = "http://169.254.170.23/v1/credentials"
HOURS = 6 * 3600


@define
class Endpoint:
    """What Lambda listens with: credentials that last for six hours, and a count of those who asked."""

    now: float = 1_000_000.0
    is_down: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(factory=list)

    def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Fresh credentials, numbered."""
        self.asked.append((url, dict(headers)))
        if self.is_down:
            raise OSError("no route")
        expires = datetime.fromtimestamp(self.now + HOURS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = {"AccessKeyId": f"AKID{len(self.asked)}", "SecretAccessKey": "s", "Token": "t", "Expiration": expires}
        return json.dumps(found).encode()

    def source(self, **environment: str) -> CredentialSource:
        """Somebody who asks it."""
        given = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": URL, **environment}
        return CredentialSource(given, fetch=self.fetch, now=lambda: self.now)


def test_a_functions_variables_come_first() -> None:
    """Nobody is asked where they hold credentials; a token is part of them, and each call looks anew."""
    endpoint = Endpoint()
    environment = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    found = endpoint.source(**environment).current()
    assert (found.access_key, found.secret_key, found.token, found.expires) == ("AKID", "secret", "token", None)
    assert endpoint.asked == []


def test_they_are_fetched_once_and_again_before_they_expire() -> None:
    """The same until a quarter of an hour before their end."""
    endpoint = Endpoint()
    source = endpoint.source()
    assert [source.current().access_key for _ in range(3)] == ["AKID1"] * 3
    endpoint.now += HOURS - EARLY - 1
    assert source.current().access_key == "AKID1"
    endpoint.now += 2
    assert source.current().access_key == "AKID2"


def test_an_endpoint_that_is_down_is_borne_while_the_old_ones_hold() -> None:
    """Until a minute before their end the old ones serve on; then, and at the beginning, it is said."""
    endpoint = Endpoint()
    source = endpoint.source()
    source.current()
    endpoint.is_down = True
    endpoint.now += HOURS - 300
    assert source.current().access_key == "AKID1"
    endpoint.now += 250
    with pytest.raises(AwsUnreachable):
        source.current()
    with pytest.raises(AwsUnreachable):
        endpoint.source().current()


def test_the_token_of_the_container_is_sent(tmp_path: Path) -> None:
    """From its variable, or from the file that another names, which may change."""
    endpoint = Endpoint()
    endpoint.source(AWS_CONTAINER_AUTHORIZATION_TOKEN="Basic abc").current()
    file = tmp_path / "token"
    file.write_text("from the file\n")
    endpoint.source(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file)).current()
    endpoint.source(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/x").current()
    assert endpoint.asked == [
        (URL, {"Authorization": "Basic abc"}),
        (URL, {"Authorization": "from the file"}),
        ("http://169.254.170.2/v2/x", {}),
    ]


@pytest.mark.parametrize("url", ["", "http://example.com/steal", "file:///etc/passwd", "http://169.254.170.2.example/"])
def test_without_credentials_nothing_is_asked(url: str) -> None:
    """Nor is anybody else's machine."""
    endpoint = Endpoint()
    with pytest.raises(NoCredentials):
        endpoint.source(AWS_CONTAINER_CREDENTIALS_FULL_URI=url).current()
    assert endpoint.asked == []


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b"{}", b'{"AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "x"}']
)
def test_an_answer_that_makes_no_sense_is_no_credentials(body: bytes) -> None:
    """It counts as none, and its text is quoted nowhere."""
    source = CredentialSource({"AWS_CONTAINER_CREDENTIALS_FULL_URI": URL}, fetch=lambda _url, _headers: body)
    with pytest.raises(AwsUnreachable) as failed:
        source.current()
    assert "nonsense" not in str(failed.value)


def test_over_http_it_is_one_get() -> None:
    """As the endpoint of a container is asked: the token in Authorization."""
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse(status=200, body=Endpoint().fetch(request.path, {}))

    with HttpServer(answer) as server:
        environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/c",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "T",
        }
        assert CredentialSource(environment, now=lambda: 0.0).current().token == "t"
    [request] = seen
    assert (request.method, request.path, dict(request.headers)["Authorization"]) == ("GET", "/c", "T")
