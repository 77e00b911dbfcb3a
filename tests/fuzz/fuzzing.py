"""Made-up requests for every operation and role, and what is wrong with the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from zlib import crc32

import schemathesis
from attrs import frozen
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
)

from tests.fuzz.served import CLAIMS, KNOWN, ServedSchool
from tests.support.http.openapi import document, operations, response_problems

CHECKS = (
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
)
_BAD_REQUEST = 400
_UNAUTHENTICATED = 401
_MOST_KNOWN = 3  # of four requests, so many have parameters that lead somewhere


@frozen
class Finding:
    """One answer that should not have been given, and the request as a curl command."""

    role: str
    operation: str
    why: str
    request: str

    def __str__(self) -> str:
        return f"{self.role}: {self.operation}: {self.why}\n    {self.request}"


def fuzz(make: Callable[[], ServedSchool], role: str, *, examples: int, first_seed: int) -> Iterator[Finding | int]:
    """Send ``examples`` requests to every operation as this role, half of them invalid by the document.

    Yields:
        Each finding, and after each operation how many requests it was sent.
    """
    schema = schemathesis.openapi.from_dict(document())
    schema.app = make()
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr] # the document is valid
        sent = 0
        for mode in schemathesis.GenerationMode:
            with suppress(Unsatisfiable):  # no request of it can be invalid
                for findings in _requests(operation, mode, role, examples // 2, first_seed):
                    sent += 1
                    yield from findings
        yield sent
        if operation.path.endswith("/deletion"):
            schema.app = make()


def _requests(operation: Any, mode: Any, role: str, examples: int, first_seed: int) -> list[list[Finding]]:
    """The findings of each request."""
    answers: list[list[Finding]] = []

    @seed(crc32(f"{first_seed} {role} {operation.label} {mode}".encode()))
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), choice=st.data())
    def send(case: Any, choice: st.DataObject) -> None:
        if mode.is_positive:
            _lead_somewhere(case, choice)
        answers.append(list(_findings(case, role)))

    send()
    return answers


def _lead_somewhere(case: Any, choice: st.DataObject) -> None:
    for parameters in (case.path_parameters, case.query):
        for name in set(parameters or ()) & KNOWN.keys():
            if choice.draw(st.integers(0, _MOST_KNOWN)):
                parameters[name] = choice.draw(st.sampled_from(KNOWN[name]))
    body = case.body
    for name in set(body) & KNOWN.keys() if isinstance(body, dict) else ():
        if choice.draw(st.booleans()):
            body[name] = choice.draw(st.sampled_from(KNOWN[name]))


def _findings(case: Any, role: str) -> Iterator[Finding]:
    headers = {"Authorization": f"Bearer {role}"} if role in CLAIMS else {"Authorization": ""}
    response = case.call(headers=headers)
    for why in (*_by_schemathesis(case, response, headers), *_by_us(case, response, role)):
        yield Finding(role, case.operation.label, why, case.as_curl_command(headers=headers))


def _by_schemathesis(case: Any, response: Any, headers: dict[str, str]) -> list[str]:
    try:
        case.validate_response(response, checks=list(CHECKS), headers=headers)
    except FailureGroup as group:
        return [f"{failure.title}: {failure.message}" for failure in group.exceptions if not _is_ignored(failure)]
    return []


def _is_ignored(failure: Any) -> bool:
    """Whether the only thing wrong with a request was a header or a query parameter that nobody reads."""
    violations = [line for line in str(failure.message).splitlines() if "violates" in line]
    return bool(violations) and all(
        "header" in line or ("query" in line and "additionalProperties" in line) for line in violations
    )


def _by_us(case: Any, response: Any, role: str) -> Iterator[str]:
    method, path = case.operation.method.upper(), case.operation.path
    described = operations()[method, path]
    status, headers = response.status_code, {name: values[0] for name, values in response.headers.items()}
    if str(status) not in described["responses"]:
        yield f"status {status} is not described: {response.text[:200]}"
    if described["security"] and role == "nobody" and status != _UNAUTHENTICATED:
        yield f"{status} without a token"
    is_json = headers.get("content-type", "").startswith("application/json")
    if is_json == path.endswith(".csv") and status < _BAD_REQUEST:
        yield "another type of content than described"
    else:
        body = json.loads(response.text) if is_json else response.text
        yield from response_problems(method, path, status, headers, body)
