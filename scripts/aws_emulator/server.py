"""AWS on this machine: moto behind one HTTP server that adds what moto lacks.

Moto has no lock, so concurrent transactions lose writes; it ignores ClientRequestToken and accepts transactions that
AWS rejects. All of that is corrected here, in front of moto; `tables` replaces the part of moto whose work grows with
the table. Browsers may call it from any origin, as they may call Cognito.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Self

from attrs import define, field
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from scripts.aws_emulator import attribute_values, tables
from scripts.aws_emulator.accounts import Accounts
from scripts.aws_emulator.faults import Fault, Faults
from scripts.aws_emulator.functions import Functions
from scripts.aws_emulator.http_server import HttpServer
from scripts.aws_emulator.mails import SEND, SentMails
from scripts.aws_emulator.relay import Relay
from scripts.aws_emulator.transactions import SentBefore, refusal

REGION = "us-east-1"
ACCOUNT = "123456789012"

_SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "AmazonSQS": "sqs",
    "secretsmanager": "secretsmanager",
    "AWSCognitoIdentityProviderService": "cognito-idp",
}
# Moto keeps its state per process, so the lock that guards it is per process too.
_DYNAMODB_LOCK = threading.Lock()

_SIZES = ("content-length", "x-amz-crc32")

_Answer = tuple[str, list[tuple[str, str]], bytes]


@define(eq=False)
class AwsEmulator:
    """DynamoDB, SQS, Secrets Manager and Cognito over HTTP on 127.0.0.1.

    Several may run in one process: they share their tables, queues and users. `faults` makes it misbehave and
    remembers what was called. `inside` is called while a DynamoDB operation holds the lock (tests listen here).
    `dynamodb` is the address of another DynamoDB, which then carries out what is meant for DynamoDB.
    `accounts` has the e-mails that Cognito would have sent, `mails` those that were sent by SES; `functions` answers
    calls of Lambda functions.
    """

    port: int = 0
    faults: Faults = field(factory=Faults)
    inside: Callable[[str], None] = field(default=lambda _operation: None)
    dynamodb: str | None = None
    mails: SentMails = field(factory=SentMails)
    accounts: Accounts = field(factory=lambda: Accounts(ACCOUNT, REGION))
    functions: Functions = field(factory=lambda: Functions(ACCOUNT, REGION))
    _moto: Any = field(factory=lambda: DomainDispatcherApplication(create_backend_app), init=False)
    _sent: SentBefore = field(factory=SentBefore, init=False)
    _stopping: threading.Event = field(factory=threading.Event, init=False)
    _relay: Relay | None = field(default=None, init=False)
    _server: HttpServer | None = field(default=None, init=False)

    def start(self) -> Self:
        """Listen, and return at once. Raises OSError where the port is taken."""
        tables.install()
        attribute_values.install()
        self._relay = Relay(self.dynamodb) if self.dynamodb else None
        self._server = HttpServer(self.port, self)
        self.port = self._server.port
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop listening and end all connections; what is stored stays in the process. Harmless when repeated."""
        self._stopping.set()
        if self._server:
            self._server.stop()
            self._server = None
        if self._relay:
            self._relay.close()
            self._relay = None

    @property
    def connections(self) -> int:
        """How many clients' connections are open now."""
        return self._server.connections if self._server else 0

    @property
    def url(self) -> str:
        """Where it listens: the value of AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one HTTP request (WSGI)."""
        if environ["REQUEST_METHOD"] == "OPTIONS":
            status, headers, body = _preflight(environ)
        elif operation := _operation(environ):
            status, headers, body = self._operate(operation, environ)
        elif environ["PATH_INFO"] == "/inbox":
            status, headers, body = self.accounts.inbox()
        elif environ["PATH_INFO"] == SEND:
            status, headers, body = self._send_mail(environ)
        elif environ["PATH_INFO"].startswith("/2015-03-31/"):
            status, headers, body = self._lambda(environ)
        else:
            status, headers, body = self._forward(environ)
        start_response(status, headers)
        return [body]

    def _send_mail(self, environ: dict[str, Any]) -> _Answer:
        fault = self.faults.take("sesv2:SendEmail")
        request = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if fault and fault.error and not fault.after:
            return _error(fault, "sesv2:SendEmail", request)
        environ["wsgi.input"] = BytesIO(request)
        answer = self._forward(environ)
        if answer[0].startswith("200"):
            self.mails.keep(request)
        return _error(fault, "sesv2:SendEmail", request) if fault and fault.error else answer

    def _lambda(self, environ: dict[str, Any]) -> _Answer:
        request = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(request)
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if invoked := self.functions.invoked(method, path, environ.get("QUERY_STRING", ""), request):
            return "200 OK", *invoked
        status, headers, body = self._forward(environ)
        if status[0] == "2" and self.functions.is_mapping(method, path):
            body = self.functions.keep_alias(path, request, body)
            headers = [(name, value) for name, value in headers if name.lower() not in _SIZES]
        return status, headers, body

    def _operate(self, operation: str, environ: dict[str, Any]) -> _Answer:
        fault = self.faults.take(operation)
        request = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(request)
        if fault and fault.delay:
            self._stopping.wait(fault.delay)
        if fault and fault.error and not fault.after:
            return _error(fault, operation, request)
        answer = self._serialised(operation, environ, request)
        return _error(fault, operation, request) if fault and fault.error else answer

    def _serialised(self, operation: str, environ: dict[str, Any], request: bytes) -> _Answer:
        service, _, name = operation.partition(":")
        if service == "cognito-idp":
            return self.accounts.answer(name, json.loads(request or b"{}"), lambda: self._forward(environ))
        if service != "dynamodb":
            return self._forward(environ)
        if self._relay:
            return self._relay.send(environ, request)
        with _DYNAMODB_LOCK:
            self.inside(operation)
            if operation != "dynamodb:TransactWriteItems":
                return self._forward(environ)
            return self._transact(environ, json.loads(request))

    def _transact(self, environ: dict[str, Any], request: dict[str, Any]) -> _Answer:
        error = refusal(request) or self._sent.mismatch(request)
        if error:
            return _json("400 BAD REQUEST", error)
        if self._sent.knows(request):
            return _json("200 OK", {})
        answer = self._forward(environ)
        if answer[0].startswith("200"):
            self._sent.remember(request)
        return answer

    def _forward(self, environ: dict[str, Any]) -> _Answer:
        head: list[Any] = []
        body = b"".join(self._moto(environ, lambda status, headers, _=None: head.extend((status, headers))))
        return head[0], head[1], body


def _operation(environ: dict[str, Any]) -> str | None:
    target, _, name = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
    return f"{_SERVICES[target]}:{name}" if target in _SERVICES else None


def _preflight(environ: dict[str, Any]) -> _Answer:
    headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
        ("Access-Control-Allow-Headers", environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "*")),
        ("Access-Control-Max-Age", "600"),
    ]
    return "204 NO CONTENT", headers, b""


def _error(fault: Fault, operation: str, request: bytes) -> _Answer:
    error = fault.error
    if error is None:
        raise ValueError("a fault without an error has no answer")
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "injected")]
    return f"{error.status} ERROR", headers, error.body(operation, request)


def _json(status: str, body: dict[str, Any]) -> _Answer:
    return status, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode()
