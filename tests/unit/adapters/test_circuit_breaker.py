"""The circuit breaker: nothing new is begun while Stripe is silent."""

from __future__ import annotations

from datetime import timedelta

from adapters.circuit_breaker import FAILURES, REST, CircuitBreaker
from adapters.memory.clock import MemoryClock


def _failing(times: int) -> tuple[CircuitBreaker, MemoryClock]:
    clock = MemoryClock()
    breaker = CircuitBreaker(clock)
    for _ in range(times):
        breaker.failed()
    return breaker, clock


def test_fault_44_the_circuit_opens_after_some_failures_in_a_row() -> None:
    """One silence fewer than the bound leaves the circuit closed; the bound opens it."""
    assert not _failing(FAILURES - 1)[0].is_open
    assert _failing(FAILURES)[0].is_open


def test_fault_44_the_circuit_closes_by_itself_after_its_rest() -> None:
    """After its rest the next question may try again, and its failure opens the circuit at once."""
    breaker, clock = _failing(FAILURES)
    clock.advance(REST - timedelta(milliseconds=1))
    seen = [breaker.is_open]
    clock.advance(timedelta(milliseconds=1))
    seen.append(breaker.is_open)
    breaker.failed()
    assert [*seen, breaker.is_open] == [True, False, True]


def test_fault_44_any_answer_closes_the_circuit() -> None:
    """An answer ends the count, so that only failures in a row open the circuit."""
    breaker, _ = _failing(FAILURES)
    breaker.answered()
    assert not breaker.is_open
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert not breaker.is_open
