"""What a request asks of others, counted on the wire: calls of each service, and DynamoDB's capacity units."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from scripts.aws_emulator.http_server import HttpServer
from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Clients
from scripts.stripe_emulator import StripeEmulator
from tests.support.aws.capacity_units import Meter

_DYNAMODB = "DynamoDB_20120810"


@frozen
class Asked:
    """Calls of DynamoDB, of other services of AWS and of Stripe; write and read units."""

    dynamodb: int
    aws: int
    stripe: int
    written: int
    read: Decimal


@define(eq=False)
class CountedAws:
    """The AWS emulator behind another address, where calls are counted. One call at a time."""

    aws: AwsEmulator
    stripe: StripeEmulator
    meter: Meter
    calls: Counter[str] = field(factory=Counter)
    url: str = field(default="", init=False)
    _lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Hand a request on (WSGI)."""
        service, _, operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).partition(".")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        with self._lock:
            self.calls[service] += 1
            if service != _DYNAMODB:
                return list(self.aws(environ, start_response))
            self.meter.before(operation, json.loads(body))
            answer = b"".join(self.aws(environ, start_response))
            self.meter.after(json.loads(answer))
            return [answer]

    def asked_by(self, request: Callable[[], object]) -> Asked:
        """What a request asks of others, until it is answered."""
        self.calls.clear()
        self.meter.reset()
        self.stripe.api.log.clear()
        request()
        dynamodb = self.calls[_DYNAMODB]
        others = self.calls.total() - dynamodb
        return Asked(dynamodb, others, len(self.stripe.api.log), self.meter.written, self.meter.read)


@contextmanager
def counted(aws: AwsEmulator, stripe: StripeEmulator) -> Iterator[CountedAws]:
    """Such an address during the block."""
    counting = CountedAws(aws, stripe, Meter(Clients(aws.url)("dynamodb")))
    server = HttpServer(0, counting)
    counting.url = f"http://127.0.0.1:{server.port}"
    server.start()
    try:
        yield counting
    finally:
        server.stop()
