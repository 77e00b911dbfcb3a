"""A few made-up requests for every operation, the same ones every time; make fuzz sends many more, and other ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.fuzzing import Finding, fuzz
from tests.fuzz.served import CLAIMS, ROLES, ServedSchool
from tests.support.http.openapi import operations

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SEED = 14
EXAMPLES = 2


class Indifferent(ServedSchool):
    """Answers everybody alike."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with a field that no document names."""
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"surprise": 1}']


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_a_described_one(role: str, caplog: pytest.LogCaptureFixture) -> None:
    """No 5xx, no status, header, type of content or field that the document does not name, nothing invalid accepted."""
    caplog.set_level(logging.ERROR, "learnermax.http")  # not every line about who was refused
    outcome = list(fuzz(ServedSchool, role, examples=EXAMPLES, first_seed=SEED))
    findings = [each for each in outcome if isinstance(each, Finding)]
    assert not findings, "\n".join(map(str, findings))
    assert len(outcome) == len(operations()), "every operation was asked"
    assert sum(each for each in outcome if isinstance(each, int)) > EXAMPLES // 2 * len(operations())


def test_a_broken_answer_would_be_found() -> None:
    """An application that answers everybody alike is found out at every operation."""
    outcome = fuzz(Indifferent, next(iter(CLAIMS)), examples=2, first_seed=SEED)
    found = {each.operation for each in outcome if isinstance(each, Finding)}
    missed = {f"{method} {path}" for method, path in operations()} - found
    assert missed == {"GET /api/openapi.json"}, "which describes itself as any object"
