"""Every error of the school and of HTTP is complete."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

import domain
from adapters import http
from adapters.http.errors import STATUS, HttpError
from domain.errors import Conflict, DomainError

OUTSIDE = ("domain.", "adapters.http.")


def every_error() -> list[type[DomainError]]:
    """All classes of errors that can reach the boundary of HTTP, however deeply they are derived."""
    for package in (domain, http):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    found: list[type[DomainError]] = []
    waiting = list(DomainError.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found += [kind] if kind.__module__.startswith(OUTSIDE) else []
    return sorted(found, key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_a_code_and_a_sentence(kind: type[DomainError]) -> None:
    """By itself or by a base class; a code in small letters, a sentence that ends."""
    assert any(base in STATUS for base in kind.__mro__)
    assert kind.code.replace("_", "").islower()
    assert kind.sentence.endswith((".", "!", "?"))
    assert kind.__doc__
    if kind not in {HttpError, Conflict}:
        assert "code" in vars(kind), "a program has to tell it from its base class"


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_what_may_be_tried_again_says_when(kind: type[DomainError]) -> None:
    """An error with a waiting time is one that waiting helps with."""
    if getattr(kind, "retry_after_seconds", None):
        assert kind.retryable
