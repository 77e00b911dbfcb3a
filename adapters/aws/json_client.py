"""A client of AWS services that speak JSON: DynamoDB, SQS, Secrets Manager and Cognito, as far as the product uses
them.

POST /, the operation in X-Amz-Target, one JSON object each way, signed with Signature Version 4. Answers and errors
are laid out as botocore's, binary attribute values included, with one exception: times stay numbers.
"""

from __future__ import annotations

import base64
import json
import random
import time
import uuid
import zlib
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from adapters import deadline
from adapters.aws.credentials import CredentialSource
from adapters.aws.errors import AwsError, AwsUnreachable
from adapters.aws.retries import RetryBudget, is_passing, pause_before
from adapters.aws.signing import Signer
from adapters.connections import Connections, HttpAnswer, Unanswered, tls_context

_PROTOCOLS = {
    "dynamodb": ("DynamoDB_20120810", "application/x-amz-json-1.0"),
    "sqs": ("AmazonSQS", "application/x-amz-json-1.0"),
    "secretsmanager": ("secretsmanager", "application/x-amz-json-1.1"),
    "cognito-idp": ("AWSCognitoIdentityProviderService", "application/x-amz-json-1.1"),
}
_OPERATIONS = {
    "dynamodb": (
        "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem",
    ),
    "sqs": ("GetQueueUrl", "SendMessage"),
    "secretsmanager": ("GetSecretValue",),
    "cognito-idp": ("AdminDeleteUser",),
}  # fmt: skip
_WITH_TOKEN = "TransactWriteItems"  # noqa: S105 - no password
# Our clock may be wrong: these errors come with AWS's own time.
_BY_CLOCK = frozenset(
    {"RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"}
)
_WORTH_CORRECTING = 240.0  # seconds; AWS accepts five minutes
_LEAST_TIME = 1.0  # seconds that must be left for a repetition
_SUCCESS = 300
_SERVER_ERROR = 500


class JsonClient:
    """The operations of one service as methods, in snake case: ``get_item(TableName=..., Key=...)``. For any thread.

    Raises, from every operation:
        AwsError: AWS answered with an error, after the repetitions where it was one that passes.
        AwsUnreachable: no answer after all repetitions, or no credentials could be fetched.
        NoCredentials: there are none.
    """

    def __init__(
        self,
        service: str,
        environment: Mapping[str, str],
        *,
        connect_timeout: float,
        read_timeout: float,
        attempts: int,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        credentials: CredentialSource | None = None,
    ) -> None:
        """Take region and endpoint from the environment; connect to nobody yet."""
        self.service = service
        self.endpoint = endpoint_of(service, environment)
        self.attempts = attempts
        self.connections = Connections(self.endpoint, connect_timeout, read_timeout)
        self.budget = RetryBudget()
        self._environment = environment
        self._credentials = credentials or CredentialSource(environment)
        self._signer = Signer(service, region_of(environment))
        self._target, self._content_type = _PROTOCOLS[service]
        self._pause, self._now = pause, now
        self._chance = random.SystemRandom()
        self._ahead = 0.0  # seconds by which AWS's clock is ahead of ours
        for operation in _OPERATIONS[service]:
            setattr(self, _snake(operation), partial(self._call, operation))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the operations are found by name
        """Only for what is not there: an operation that the product does not use yet."""
        raise AttributeError(f"the JSON client of {self.__dict__.get('service')} has no {name}")

    def prepare(self) -> None:
        """Make what the first call needs, and connect to nobody."""
        if self.endpoint.startswith("https:"):
            tls_context()

    def close(self) -> None:
        """End the connections."""
        self.connections.close()

    def _call(self, operation: str, **request: object) -> dict[str, Any]:
        if operation == _WITH_TOKEN:
            request = {"ClientRequestToken": str(uuid.uuid4()), **request}
        body = json.dumps(request, separators=(",", ":"), default=_base64).encode()
        taken, attempt = 0, 1
        while True:
            try:
                answer = self._attempt(operation, body)
            except (AwsError, AwsUnreachable) as error:
                taken = self._may_repeat(error, attempt)
                if not taken:
                    raise
            else:
                self.budget.give_back(taken)
                return answer
            attempt += 1
            self._pause(pause_before(attempt, self._chance))

    def _may_repeat(self, error: AwsError | AwsUnreachable, attempt: int) -> int:
        """What the repetition takes from the budget; 0 if there is none."""
        if attempt >= self.attempts or deadline.remaining() < _LEAST_TIME:
            return 0
        if isinstance(error, AwsError) and not is_passing(error.status, error.code) and not self._corrected(error):
            return 0
        return self.budget.take(silence=isinstance(error, AwsUnreachable))

    def _corrected(self, error: AwsError) -> bool:
        """Whether the error was due to our clock, which has been corrected now."""
        date = error.response["ResponseMetadata"].get("Date")
        if error.code not in _BY_CLOCK or not date:
            return False
        ahead = parsedate_to_datetime(date).timestamp() - self._now()
        if abs(ahead - self._ahead) < _WORTH_CORRECTING:
            return False
        self._ahead = ahead
        return True

    def _attempt(self, operation: str, body: bytes) -> dict[str, Any]:
        try:
            answer = self.connections.exchange("POST", "/", self._headers(operation, body), body)
        except Unanswered as error:
            raise AwsUnreachable(str(error)) from None
        return _read(operation, answer)

    def _headers(self, operation: str, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": self._content_type,
            "host": self.connections.host,
            "x-amz-target": f"{self._target}.{operation}",
        }
        signed = self._signer.signed(headers, body, self._credentials.current(), self._now() + self._ahead)
        trace = self._environment.get("_X_AMZN_TRACE_ID")
        return signed | ({"X-Amzn-Trace-Id": trace} if trace else {}) | {"User-Agent": "learnermax-education"}


def region_of(environment: Mapping[str, str]) -> str:
    """The region that Lambda, or a developer's shell, names."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise ValueError("AWS_REGION is not set")
    return region


def endpoint_of(service: str, environment: Mapping[str, str]) -> str:
    """The service's address, or what AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL say."""
    given = environment.get(f"AWS_ENDPOINT_URL_{_VARIABLES[service]}") or environment.get("AWS_ENDPOINT_URL")
    if given and environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        return given
    return f"https://{service}.{region_of(environment)}.amazonaws.com"


_VARIABLES = {
    "dynamodb": "DYNAMODB",
    "sqs": "SQS",
    "secretsmanager": "SECRETS_MANAGER",
    "cognito-idp": "COGNITO_IDENTITY_PROVIDER",
}


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).removeprefix("_")


def _read(operation: str, answer: HttpAnswer) -> dict[str, Any]:
    checksum = answer.headers.get("x-amz-crc32", "")
    if checksum.isdecimal() and int(checksum) != zlib.crc32(answer.body):
        raise AwsUnreachable("the checksum is not that of the body")
    try:
        read = _parsed(answer.body) if answer.body else {}
    except ValueError as error:
        if answer.status < _SERVER_ERROR:
            raise AwsUnreachable("the answer is not JSON") from error
        read = {}
    if not isinstance(read, dict):
        raise AwsUnreachable("the answer is not a JSON object")
    if answer.status < _SUCCESS:
        return read
    raise AwsError(operation, read | _error(read, answer))


def _parsed(body: bytes) -> object:
    # A hook is called for every object of the body, so only where it has something to do.
    return json.loads(body, object_hook=_with_binary if b'"B":' in body or b'"BS":' in body else None)


def _with_binary(read: dict[str, Any]) -> dict[str, Any]:
    """An attribute value in binary, or a set of them, from base64; any other object as it is."""
    match read:
        case {"B": str(value)}:
            return {"B": base64.b64decode(value)}
        case {"BS": [str(), *_] as values}:
            return {"BS": [base64.b64decode(value) for value in values]}
        case _:
            return read


def _base64(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} cannot be sent")
    return base64.b64encode(value).decode()


def _error(read: dict[str, Any], answer: HttpAnswer) -> dict[str, Any]:
    """The error's name, from where SQS or the others put it, and AWS's time."""
    name = answer.headers.get("x-amzn-query-error") or read.get("__type") or read.get("code") or answer.status
    code = str(name).partition(";")[0].rpartition("#")[2].partition(":")[0]
    metadata = {"HTTPStatusCode": answer.status, "Date": answer.headers.get("Date", "")}
    return {
        "Error": {"Code": code, "Message": str(read.get("message") or read.get("Message") or "")},
        "ResponseMetadata": metadata,
    }
