"""Requests of the office that race each other over one table, and the same requests one after the other."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BrokenBarrierError
from typing import Any

from attrs import define, field, frozen

from adapters.memory.clock import MemoryClock
from adapters.memory.payment_gateway import MemoryPaymentGateway
from domain.ports.unit_of_work import UnitOfWork
from domain.services.seating import SeatingUnitOfWork
from domain.transactions.writes import Write
from tests.support.aws.backends import DynamoBackend
from tests.support.aws.stored_office import StoredHttpSchool, furnish
from tests.support.factories import NOW, PROVIDER
from tests.support.http.http_school import ADA, Answer

_RANDOM = re.compile(r"au_[0-9a-f]{32}|price_[0-9]{6}")
MOST_CALLS = 20
"""How often a request is repeated after the answer that something is busy or does not answer for now."""


@frozen(kw_only=True)
class Request:
    """One request: ``who`` asks, an administrator unless told otherwise. Paths name the payments of ``furnish``."""

    route: str
    body: Mapping[str, Any] | None = None
    who: Mapping[str, Any] = field(factory=lambda: ADA)


@define(eq=False)
class TogetherUnitOfWork(UnitOfWork):
    """Each thread waits before its first commit until all others have read what they decide on, or are done."""

    good: UnitOfWork
    barrier: threading.Barrier
    _mine: threading.local = field(factory=threading.local, init=False)

    def commit(self, writes: tuple[Write, ...]) -> None:
        """Wait for the others the first time; then commit."""
        if not getattr(self._mine, "waited", False):
            self._mine.waited = True
            self._wait()
        self.good.commit(writes)

    def done(self) -> None:
        """Whoever is done without a commit lets the others go on."""
        if not getattr(self._mine, "waited", False):
            self.barrier.abort()

    def _wait(self) -> None:
        try:
            self.barrier.wait()
        except BrokenBarrierError:
            return


@define(kw_only=True, eq=False)
class RacingSchool(StoredHttpSchool):
    """The API for one of several threads: Chalice's app holds the request that it answers."""

    together: UnitOfWork

    def ports(self) -> dict[type, object]:
        """Those of the table; commits go together."""
        unit_of_work = SeatingUnitOfWork(plain=self.together, clock=self.clock, ids=self.ids, telemetry=self.telemetry)
        return StoredHttpSchool.ports(self) | {UnitOfWork: unit_of_work}


@frozen
class Outcome:
    """The answers to requests, and what is stored and refunded after them. What differs from run to run, ids made up at
    random, is left out.
    """

    answers: tuple[Answer, ...]
    stored: tuple[str, ...]

    @property
    def made(self) -> frozenset[int]:
        """Which requests were carried out: their numbers."""
        return frozenset(number for number, answer in enumerate(self.answers) if answer.status < 400)


@define(eq=False)
class OfficeRaces:
    """A furnished school that every run begins with anew."""

    client: Any
    items: list[dict[str, Any]] = field(init=False)
    provider: MemoryPaymentGateway = field(init=False)
    names: dict[str, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        stored, clock = DynamoBackend(self.client), MemoryClock(NOW)
        self.provider = MemoryPaymentGateway(clock, name=PROVIDER)
        school = StoredHttpSchool(stored=stored, clock=clock, provider=self.provider)
        self.names = furnish(school)
        self.items = stored.everything()
        stored.drop()

    def at_once(self, requests: Sequence[Request], before: Sequence[Request] = ()) -> Outcome:
        """All of these requests at the same moment, each decided on before any other was carried out."""
        with self._school(before) as school:
            together = TogetherUnitOfWork(school.stored.unit_of_work, threading.Barrier(len(requests)))

            def ask(request: Request) -> Answer:
                own = RacingSchool(
                    stored=school.stored,
                    clock=school.clock,
                    provider=school.provider,
                    prices=school.prices,
                    together=together,
                )
                try:
                    return self._patiently(own, request)
                finally:
                    together.done()

            with ThreadPoolExecutor(len(requests)) as threads:
                answers = tuple(threads.map(ask, requests))
            return Outcome(answers, self._stored(school))

    def in_turn(self, requests: Sequence[Request], before: Sequence[Request] = ()) -> Outcome:
        """The same, one after the other."""
        with self._school(before) as school:
            answers = tuple(self._patiently(school, request) for request in requests)
            return Outcome(answers, self._stored(school))

    @contextmanager
    def _school(self, before: Sequence[Request]) -> Iterator[StoredHttpSchool]:
        stored, clock = DynamoBackend(self.client), MemoryClock(NOW)
        for item in self.items:
            stored.put(item)
        provider = MemoryPaymentGateway(clock, name=PROVIDER)
        provider.checkouts.update(self.provider.checkouts)
        provider.bank.payments.update(self.provider.bank.payments)
        provider.bank.references.update(self.provider.bank.references)
        provider.bank.movements.extend(self.provider.bank.movements)
        school = StoredHttpSchool(stored=stored, clock=clock, provider=provider)
        try:
            for request in before:
                assert self._patiently(school, request).status < 400, request
            yield school
        finally:
            stored.drop()

    def _patiently(self, school: StoredHttpSchool, request: Request) -> Answer:
        method, path = request.route.split(" ")
        for _ in range(MOST_CALLS):
            answer = school.call(method, path.format(**self.names), request.body, who=request.who)
            if answer.status != 503:
                return answer
        raise AssertionError(answer)

    def _stored(self, school: StoredHttpSchool) -> tuple[str, ...]:
        known = {made: name for name, made in self.names.items()}
        returned = [repr((name, one.refunds)) for name, one in school.provider.bank.payments.items()]
        items = [json.dumps(item, default=str, sort_keys=True) for item in school.stored.everything()]
        return tuple(sorted(_named(text, known) for text in (*items, *returned)))


def _named(text: str, known: Mapping[str, str]) -> str:
    """The text with the names of what is known, and without ids that differ from run to run."""
    for made, name in known.items():
        text = text.replace(made, name)
    return _RANDOM.sub("(an id)", text)
