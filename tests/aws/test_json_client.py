"""The client of AWS's JSON services: what it sends, what it makes of answers, and what it does when there are none."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from functools import partial
from typing import Any, Self

import pytest
from attrs import define, field

from adapters import aws
from adapters.aws.errors import AwsError, AwsUnreachable
from adapters.aws.json_client import JsonClient, endpoint_of
from adapters.aws.retries import RetryBudget
from scripts.stack.http_server import HttpRequest, HttpResponse, HttpServer
from tests.support.sources import python_files

ENVIRONMENT = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
KEY = {"TableName": "t", "Key": {"PK": {"S": "1"}}}
OVERLOADED = HttpResponse(status=500, body=b"<html>")


@define(eq=False)
class Aws:
    """Answers in turn, the last one for good, and remembers what it was asked. Its clients are closed with it."""

    answers: list[HttpResponse] = field(factory=lambda: [HttpResponse(status=200, body=b"{}")])
    asked: list[HttpRequest] = field(factory=list)
    pauses: list[float] = field(factory=list)
    clients: ExitStack = field(factory=ExitStack)
    server: HttpServer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.server = HttpServer(self._answer, largest_body=10_000)

    def client(self, service: str = "dynamodb", **more: Any) -> Any:
        """A client of it, which notes its pauses instead of waiting."""
        options: dict[str, Any] = {"connect_timeout": 5.0, "read_timeout": 5.0, "attempts": 3} | more
        variables = ENVIRONMENT | {"AWS_ENDPOINT_URL": self.server.url}
        return self.clients.enter_context(closing(JsonClient(service, variables, **options, pause=self.pauses.append)))

    def _answer(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server() -> Iterator[Aws]:
    """Something that answers."""
    running = Aws()
    with running.server, running.clients:
        yield running


def error(code: str, **headers: str) -> HttpResponse:
    """An error as AWS words it."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "shown to nobody"}).encode()
    return HttpResponse(status=400, headers=tuple(headers.items()), body=body)


def test_a_request_is_what_aws_expects(server: Aws) -> None:
    """The operation in a header, JSON of its service's version, a signature, and the trace that it belongs to."""
    given = {**ENVIRONMENT, "AWS_ENDPOINT_URL": server.server.url, "_X_AMZN_TRACE_ID": "Root=1-2-3"}
    with closing(JsonClient("secretsmanager", given, connect_timeout=30, read_timeout=30, attempts=1)) as client:
        client.get_secret_value(SecretId="x")
    [request] = server.asked
    headers = {name.lower(): value for name, value in request.headers}
    assert (request.method, request.target, json.loads(request.body)) == ("POST", "/", {"SecretId": "x"})
    assert headers["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["x-amzn-trace-id"] == "Root=1-2-3"
    assert "/eu-west-1/secretsmanager/aws4_request" in headers["authorization"]
    assert "x-amzn-trace-id" not in headers["authorization"]


def test_an_operation_that_the_product_does_not_use_is_not_there(server: Aws) -> None:
    """A misspelt one either: nothing is asked."""
    with pytest.raises(AttributeError, match="the JSON client of dynamodb has no scan"):
        server.client().scan(TableName="t")
    assert server.asked == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_passes_is_repeated(server: Aws, status: int) -> None:
    """Server errors, whatever is in them; the answer that comes in the end is the answer."""
    server.answers = [HttpResponse(status=status, body=b"<html>"), HttpResponse(status=200, body=b'{"Item": {}}')]
    assert server.client().get_item(**KEY) == {"Item": {}}
    assert len(server.asked) == 2
    assert [0 <= pause <= 1 for pause in server.pauses] == [True]


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "TransactionInProgressException"]
)
def test_throttling_is_repeated_and_then_said(server: Aws, code: str) -> None:
    """Three attempts, with pauses whose bound doubles; then the error is the caller's."""
    server.answers = [error(code)]
    with pytest.raises(AwsError) as raised:
        server.client().get_item(**KEY)
    assert raised.value.response["Error"] == {"Code": code, "Message": "shown to nobody"}
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(server.asked) == 3
    assert server.pauses[0] <= 1
    assert server.pauses[1] <= 2


@pytest.mark.parametrize("code", ["ValidationException", "ConditionalCheckFailedException", "AccessDeniedException"])
def test_what_does_not_pass_is_said_at_once(server: Aws, code: str) -> None:
    """One attempt; the text of the exception has the name, and not the message."""
    server.answers = [error(code)]
    with pytest.raises(AwsError, match=f"GetItem: {code}") as raised:
        server.client().get_item(**KEY)
    assert "shown to nobody" not in str(raised.value)
    assert len(server.asked) == 1


def test_an_error_of_sqs_has_the_name_that_its_callers_know(server: Aws) -> None:
    """SQS speaks JSON, and names errors as it did before in a header."""
    server.answers = [
        error("QueueDoesNotExist", **{"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"})
    ]
    with pytest.raises(AwsError) as raised:
        server.client("sqs").get_queue_url(QueueName="q")
    assert raised.value.code == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_transaction_is_repeated_with_its_token(server: Aws) -> None:
    """So it takes effect once, even where only the first answer was lost; another transaction has another token."""
    server.answers = [OVERLOADED, HttpResponse(status=200, body=b"{}")]
    client = server.client()
    client.transact_write_items(TransactItems=[])
    client.transact_write_items(TransactItems=[])
    first, again, other = (json.loads(request.body)["ClientRequestToken"] for request in server.asked)
    assert first == again != other
    assert len(first) == 36


def test_many_failures_use_up_the_budget(server: Aws) -> None:
    """While everything fails, AWS is asked once per call and no longer three times; success earns repetitions again."""
    server.answers = [OVERLOADED]
    client = server.client()
    client.budget = RetryBudget(left=11)
    for _ in range(3):
        with pytest.raises(AwsError):
            client.get_item(**KEY)
    assert len(server.asked) == 3 + 2
    server.answers = [HttpResponse(status=200, body=b"{}")]
    for _ in range(5):
        client.get_item(**KEY)
    assert client.budget.left == 6


def test_a_damaged_answer_is_asked_for_again(server: Aws) -> None:
    """A checksum that does not fit the body, or a body that is cut short of being JSON."""
    body = b'{"Item": {}}'
    whole = HttpResponse(status=200, headers=(("x-amz-crc32", str(zlib.crc32(body))),), body=body)
    damaged = HttpResponse(status=200, headers=(("x-amz-crc32", "1"),), body=body)
    server.answers = [damaged, HttpResponse(status=200, body=b'{"Item'), whole]
    assert server.client().get_item(**KEY) == {"Item": {}}
    server.answers = [damaged]
    with pytest.raises(AwsUnreachable):
        server.client().get_item(**KEY)


def test_binary_values_are_bytes(server: Aws) -> None:
    """Base64 is for the way only; an attribute that is merely called B is none."""
    stored = {
        "a": {"B": b"\x00\x01"},
        "b": {"BS": [b"\x02", b"\x03"]},
        "c": {"M": {"B": {"S": "AAE="}}},
        "B": {"N": "1"},
    }
    in_base64 = {"a": {"B": "AAE="}, "b": {"BS": ["Ag==", "Aw=="]}, "c": {"M": {"B": {"S": "AAE="}}}, "B": {"N": "1"}}
    server.answers = [HttpResponse(status=200, body=json.dumps({"Item": in_base64}).encode())]
    client = server.client()
    assert client.get_item(**KEY) == {"Item": stored}
    client.put_item(TableName="t", Item=stored)
    assert json.loads(server.asked[-1].body)["Item"] == in_base64


def test_what_has_no_form_in_json_is_not_sent(server: Aws) -> None:
    """It fails here, before anything is asked."""
    with pytest.raises(TypeError, match="object cannot be sent"):
        server.client().put_item(TableName="t", Item={"a": {"B": object()}})
    assert server.asked == []


def test_a_wrong_clock_is_corrected(server: Aws) -> None:
    """AWS's own time comes with its error; the repetition, and every later request, is signed with that."""
    now = time.time()
    server.answers = [error("InvalidSignatureException"), HttpResponse(status=200, body=b"{}")]
    client = server.client(now=lambda: now - 3600)
    client.get_item(**KEY)
    client.get_item(**KEY)
    dates = [datetime.strptime(dict(request.headers)["x-amz-date"], "%Y%m%dT%H%M%S%z") for request in server.asked]
    assert [abs(date.timestamp() - now) < 300 for date in dates] == [False, True, True]


def test_a_wrong_secret_is_no_wrong_clock(server: Aws) -> None:
    """Where the clock is right, a bad signature is not repeated."""
    server.answers = [error("InvalidSignatureException")]
    with pytest.raises(AwsError):
        server.client().get_item(**KEY)
    assert len(server.asked) == 1


def test_connections_are_kept_and_found_again() -> None:
    """One connection for calls in a row; when the other side has ended it, the next call makes a new one at once."""
    with Listener() as listener:
        client = listener.client()
        for _ in range(3):
            client.get_item(**KEY)
        assert listener.accepted == 1
        listener.hang_up()
        client.get_item(**KEY)
        assert listener.accepted == 2
        assert listener.pauses == []
        client.close()


def test_many_threads_share_a_client(server: Aws) -> None:
    """Each has its own answer."""
    client = server.client()
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(client.get_item(**KEY))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [{}] * 16


def test_silence_is_not_waited_for_beyond_its_bound() -> None:
    """Somebody who accepts and says nothing: after all attempts it is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        variables = ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        pauses: list[float] = []
        client = JsonClient(
            "dynamodb", variables, connect_timeout=1, read_timeout=0.05, attempts=2, pause=pauses.append
        )
        with pytest.raises(AwsUnreachable, match="TimeoutError"):
            client.get_item(**KEY)
        assert len(pauses) == 1


@define(eq=False)
class Listener:
    """A server of one connection at a time, which can hang up between two requests."""

    accepted: int = 0
    pauses: list[float] = field(factory=list)
    _socket: socket.socket = field(factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _open: socket.socket | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self.hang_up()

    def client(self) -> Any:
        """A client of it."""
        variables = ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._socket.getsockname()[1]}"}
        return JsonClient(
            "dynamodb", variables, connect_timeout=30, read_timeout=30, attempts=3, pause=self.pauses.append
        )

    def hang_up(self) -> None:
        """End the connection that is open, and return when the client's side can see it."""
        if self._open:
            self._open.shutdown(socket.SHUT_RDWR)
            self._open.close()
            self._open = None

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            self._open = connection
            self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as received:
                length = 0
                for line in received:
                    if line.lower().startswith(b"content-length:"):
                        length = int(line[15:])
                    if line == b"\r\n":
                        received.read(length)
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except OSError:
            return


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "https://dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL": "http://x", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:2"}, "http://127.0.0.1:2"),
        (
            {"AWS_ENDPOINT_URL": "http://x", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "https://dynamodb.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_the_address_is_the_regions_or_what_a_variable_says(more: dict[str, str], expected: str) -> None:
    """The variables are those of AWS's own SDKs."""
    assert endpoint_of("dynamodb", ENVIRONMENT | more) == expected


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "json"),
        ({"AWS_CLIENT": "botocore"}, "botocore"),
        ({"HTTPS_PROXY": "http://proxy"}, "botocore"),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, "botocore"),
        ({"AWS_REGION": "cn-north-1"}, "botocore"),
        ({"AWS_CLIENT": "json", "HTTPS_PROXY": "http://proxy"}, "json"),
    ],
)
def test_which_client_it_is(more: dict[str, str], kind: str) -> None:
    """Ours, unless a variable chooses or asks for something that only botocore does."""
    assert aws.kind_of(ENVIRONMENT | more) == kind


def test_the_client_has_what_the_adapters_call() -> None:
    """Every call of a client in the sources is an operation that it knows, and it knows no others."""
    environment = ENVIRONMENT | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    packages = {"dynamodb": "dynamodb", "sqs": "sqs", "secretsmanager": "secrets_manager", "cognito-idp": "cognito"}
    for service, package in packages.items():
        sources = "".join(path.read_text("utf-8") for path in python_files(f"adapters/{package}"))
        called = set(re.findall(r"\b(?:client\(\)|sqs)\.([a-z_]+)\(", sources))
        client = JsonClient(service, environment, connect_timeout=1, read_timeout=1, attempts=1)
        known = {name for name, value in vars(client).items() if isinstance(value, partial)}
        assert called == known, service
