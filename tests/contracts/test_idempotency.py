"""Answers that are kept for repeated requests, in memory and in DynamoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from attrs import evolve

from adapters.idempotency import KEPT_FOR, LEASE, Different, KeptAnswer, Mine, Repeatable, Running
from domain.errors import Unavailable
from tests.support.aws.backends import Backend
from tests.support.factories import NOW

FIRST = Repeatable(name="a" * 64, fingerprint="f" * 64, owner="request-1")
AGAIN = evolve(FIRST, owner="request-2")
ANSWER = KeptAnswer(status=201, body='{"id":"1"}', at=NOW)
SECOND = timedelta(seconds=1)


def test_the_first_acts_and_the_others_get_its_answer(storage: Backend) -> None:
    """Once there is an answer, everybody who repeats the request is given it, until a day is over."""
    assert storage.repeated.claim(FIRST, NOW) == Mine()
    assert storage.repeated.claim(AGAIN, NOW) == Running()

    storage.repeated.keep(FIRST, ANSWER)

    assert storage.repeated.claim(AGAIN, NOW) == ANSWER
    assert storage.repeated.claim(AGAIN, NOW + KEPT_FOR - SECOND) == ANSWER
    assert storage.repeated.claim(AGAIN, NOW + KEPT_FOR) == Mine()


def test_an_answer_without_its_secrets_says_so(storage: Backend) -> None:
    """Whoever gives it again has to get them anew."""
    storage.repeated.claim(FIRST, NOW)
    withheld = evolve(ANSWER, withheld=True)
    storage.repeated.keep(FIRST, withheld)
    assert storage.repeated.claim(AGAIN, NOW) == withheld


def test_another_request_under_the_same_key_is_refused(storage: Backend) -> None:
    """Whether the first has an answer or not, and also when it was stopped."""
    other = evolve(AGAIN, fingerprint="0" * 64)
    storage.repeated.claim(FIRST, NOW)
    assert storage.repeated.claim(other, NOW) == Different()
    assert storage.repeated.claim(other, NOW + LEASE + SECOND) == Different()
    storage.repeated.keep(FIRST, ANSWER)
    assert storage.repeated.claim(other, NOW) == Different()


def test_fault_137_who_was_stopped_before_the_answer_is_taken_over(storage: Backend) -> None:
    """After its lease the next one acts, and the first one's late answer no longer counts."""
    storage.repeated.claim(FIRST, NOW)
    assert storage.repeated.claim(AGAIN, NOW + LEASE - SECOND) == Running()
    assert storage.repeated.claim(AGAIN, NOW + LEASE) == Mine()

    storage.repeated.keep(FIRST, ANSWER)
    assert storage.repeated.claim(evolve(FIRST, owner="request-3"), NOW + LEASE) == Running()

    storage.repeated.release(FIRST)
    storage.repeated.keep(AGAIN, evolve(ANSWER, status=200))
    assert storage.repeated.claim(FIRST, NOW + LEASE) == evolve(ANSWER, status=200)


def test_a_request_given_back_is_free_at_once(storage: Backend) -> None:
    """And an answer that is kept is not given back any more."""
    storage.repeated.claim(FIRST, NOW)
    storage.repeated.release(FIRST)
    assert storage.repeated.claim(AGAIN, NOW) == Mine()
    storage.repeated.keep(AGAIN, ANSWER)
    storage.repeated.release(AGAIN)
    assert storage.repeated.claim(FIRST, NOW) == ANSWER


def test_an_answer_that_is_kept_is_not_replaced(storage: Backend) -> None:
    """Whoever was given it once is given the same again, whatever the attempt has to say later."""
    storage.repeated.claim(FIRST, NOW)
    storage.repeated.keep(FIRST, ANSWER)
    storage.repeated.keep(FIRST, evolve(ANSWER, status=500, body="{}"))
    assert storage.repeated.claim(AGAIN, NOW) == ANSWER


def test_an_attempt_that_asks_twice_still_has_the_request(storage: Backend) -> None:
    """As when the answer to its claim was lost on the way."""
    storage.repeated.claim(FIRST, NOW)
    assert storage.repeated.claim(FIRST, NOW) == Mine()


def test_fault_136_of_50_threads_one_acts(storage: Backend) -> None:
    """Under one key, at one moment."""

    def claim(number: int) -> object:
        try:
            return storage.repeated.claim(evolve(FIRST, owner=f"request-{number}"), NOW)
        except Unavailable:
            return None

    with ThreadPoolExecutor(50) as threads:
        found = list(threads.map(claim, range(50)))
    assert found.count(Mine()) == 1
    assert set(map(type, found)) <= {Mine, Running, type(None)}
