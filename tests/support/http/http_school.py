"""The real Chalice app over the memory adapters, called as API Gateway calls it; every answer is held to OpenAPI."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen
from chalice.app import Chalice
from punq import Container

from adapters.container import build_container
from adapters.http.api import create_app
from domain.payments.events import IgnoredEvent, ProviderEvent
from tests.support.http.api_gateway_events import claims, proxy_event
from tests.support.http.openapi import response_problems
from tests.support.memory.memory_ports import MemoryPorts
from tests.support.wiring import SETTINGS

ORIGIN = "https://school.example"
JSON = {"Content-Type": "application/json"}
SAM = claims("user-1")
KIM = claims("user-2")
ADA = claims("admin-1", groups="admin")


@frozen
class Answer:
    """One answer: ``headers`` with names in lower case, ``body`` as read from JSON."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The body: as read from JSON, or the text of another kind."""
        return self.text if self.headers["content-type"].startswith("text/csv") else json.loads(self.text)

    @property
    def code(self) -> str:
        """The error's code."""
        code: str = self.body["code"]
        return code

    @property
    def sentence(self) -> str:
        """The error's sentence."""
        sentence: str = self.body["error"]
        return sentence


@define(kw_only=True, eq=False)
class HttpSchool(MemoryPorts):
    """The API; Sam is signed in unless told otherwise.

    Give a misbehaving ``gateway``, ``unit_of_work`` or other port, or change ``store`` and ``provider`` at any time.
    """

    container: Container = field(init=False)
    app: Chalice = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.container = build_container(SETTINGS)
        for port, fake in self.ports().items():
            self.container.register(port, instance=fake)  # of two registrations the later one counts
        self.app = create_app(SETTINGS, self.container, environment={})

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        who: Mapping[str, Any] | None = SAM,
        in_base64: bool = False,
    ) -> Answer:
        """The answer to one request: ``body`` is sent as JSON, ``raw`` as it is. It must be as OpenAPI describes it."""
        target, _, query = path.partition("?")
        resource, params = self._route(target)
        sent = json.dumps(body) if raw is None and body is not None else raw
        given = headers if headers is not None else JSON if sent is not None else {}
        event = proxy_event(
            method,
            resource,
            path_params=params,
            body=sent,
            headers=given,
            query=_query(query),
            who=who,
            in_base64=in_base64,
        )
        return self.invoke(event)

    def invoke(self, event: dict[str, Any]) -> Answer:
        """The answer to one event of API Gateway."""
        emitted = json.loads(json.dumps(self.app(event, None)))
        headers = {name.lower(): str(value) for name, value in emitted["headers"].items()}
        answer = Answer(emitted["statusCode"], headers, emitted["body"])
        assert not emitted.get("multiValueHeaders"), "no route sets a header twice"
        kind = "text/csv" if event["path"].endswith(".csv") and answer.status < 400 else "application/json"
        assert headers["content-type"] == f"{kind}; charset=utf-8"
        problems = response_problems(event["httpMethod"], event["resource"], answer.status, answer.headers, answer.body)
        assert not problems, problems
        return answer

    def get(self, path: str, **more: Any) -> Answer:
        """GET."""
        return self.call("GET", path, **more)

    def post(self, path: str, body: object = None, **more: Any) -> Answer:
        """POST."""
        return self.call("POST", path, body, **more)

    def put(self, path: str, body: object = None, **more: Any) -> Answer:
        """PUT."""
        return self.call("PUT", path, body, **more)

    def patch(self, path: str, body: object = None, **more: Any) -> Answer:
        """PATCH."""
        return self.call("PATCH", path, body, **more)

    def receive(self, event: ProviderEvent | IgnoredEvent, path: str = "/api/webhooks/stripe") -> Answer:
        """The provider sends this event, signed."""
        body, headers = self.provider.message(event)
        return self.post(path, raw=body, headers=headers, who=None)

    def start(self, **more: Any) -> str:
        """Sam opens a checkout; returns the payment session's id."""
        answer = self.post("/api/enrollments", {"courseId": "course-1", **more})
        assert answer.status == 201, answer
        session_id: str = answer.body["paymentSessionId"]
        return session_id

    def pay(self, session_id: str) -> None:
        """The student pays, and the webhook tells us."""
        assert self.receive(self.provider.pay(session_id)).status == 200

    def _route(self, path: str) -> tuple[str, dict[str, str]]:
        for template in sorted(self.app.routes, key=lambda known: known.replace("{", "~")):
            found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]*)", template), path, re.DOTALL)
            if found:
                return template, found.groupdict()
        raise LookupError(path)


def _query(text: str) -> dict[str, list[str]] | None:
    query: dict[str, list[str]] = {}
    for pair in filter(None, text.split("&")):
        name, _, value = pair.partition("=")
        query.setdefault(name, []).append(value)
    return query or None
