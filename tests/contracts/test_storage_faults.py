"""DynamoDB under stress: what passes is waited for within bounds, what is down is said to be, what is wrong is loud."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters.aws import KINDS, errors
from adapters.dynamodb.table import ATTEMPTS, Table
from adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from adapters.memory.backoff import MemoryBackoff
from domain.errors import CheckoutInProgress, StorageUnavailable
from domain.transactions.conflicts import AlreadyEnrolled, SessionConflict
from domain.transactions.payments import reserve
from domain.transactions.writes import AddCoupon, AddEnrollment, Write
from scripts.aws_emulator.faults import (
    INTERNAL_ERROR,
    SERVICE_UNAVAILABLE,
    THROTTLED,
    TRANSACTION_CONFLICT,
    AwsError,
    Fault,
)
from scripts.aws_emulator.server import AwsEmulator
from tests.support.aws.backends import Backend, DynamoBackend, a_client, a_json_client
from tests.support.aws.call_counter import Calls
from tests.support.aws.canned_responses import Answer, Answers
from tests.support.factories import a_coupon, a_session, a_student, an_enrollment

IN_PROGRESS = AwsError(400, "TransactionInProgressException")
OUT_OF_CAPACITY = AwsError(400, "ProvisionedThroughputExceededException")
OVER_THE_LIMIT = AwsError(400, "RequestLimitExceeded")
DOWN = [INTERNAL_ERROR, SERVICE_UNAVAILABLE, THROTTLED, IN_PROGRESS, OUT_OF_CAPACITY, OVER_THE_LIMIT]

ONE: tuple[Write, ...] = (AddEnrollment(an_enrollment()),)
MANY = reserve(a_session(), None)
OPERATION = {len(ONE): "dynamodb:PutItem", len(MANY): "dynamodb:TransactWriteItems"}


@pytest.fixture
def weather(emulator: AwsEmulator) -> Iterator[AwsEmulator]:
    """The emulator, ready for faults; without any afterwards."""
    emulator.faults.forget()
    yield emulator
    emulator.faults.clear()


@pytest.mark.parametrize("writes", [ONE, MANY])
@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
def test_fault_85_a_conflict_that_passes_is_waited_for(
    dynamo: DynamoBackend, weather: AwsEmulator, writes: tuple[Write, ...], times: int
) -> None:
    """Botocore retries no conflict, so we do, with a growing pause before each new attempt."""
    weather.faults.add(Fault(operation=OPERATION[len(writes)], error=TRANSACTION_CONFLICT, times=times))
    dynamo.commit(*writes)
    assert dynamo.backoff.pauses == list(range(1, times + 1))
    assert weather.faults.calls().count(OPERATION[len(writes)]) == times + 1


@pytest.mark.parametrize("writes", [ONE, MANY])
def test_fault_85_a_conflict_that_stays_is_given_up(
    dynamo: DynamoBackend, weather: AwsEmulator, writes: tuple[Write, ...]
) -> None:
    """After six attempts the storage is unavailable, and nothing was written."""
    weather.faults.add(Fault(operation=OPERATION[len(writes)], error=TRANSACTION_CONFLICT, times=None))
    with pytest.raises(StorageUnavailable):
        dynamo.commit(*writes)
    assert weather.faults.calls().count(OPERATION[len(writes)]) == ATTEMPTS
    assert dynamo.backoff.pauses == [*range(1, ATTEMPTS)]
    assert dynamo.everything() == []


ASKING: list[Callable[[Backend], object]] = [
    lambda storage: storage.commit(*ONE),
    lambda storage: storage.commit(*MANY),
    lambda storage: storage.courses.get("course-1"),
    lambda storage: storage.courses.page(limit=5, cursor=None),
    lambda storage: storage.students.find("user-1"),
    lambda storage: storage.students.add(a_student()),
    lambda storage: storage.students.rename(a_student()),
    lambda storage: storage.enrollments.find("user-1", "course-1"),
    lambda storage: storage.enrollments.of_student("user-1"),
    lambda storage: storage.enrollments.context("user-1", "course-1"),
    lambda storage: storage.sessions.find("user-1", "ps_1"),
    lambda storage: storage.sessions.find_by_provider_session("stripe", "cs_1"),
    lambda storage: storage.sessions.of_student("user-1"),
    lambda storage: storage.sessions.count_open("user-1", at_most=5),
    lambda storage: storage.coupons.find("SPRING"),
    lambda storage: storage.coupons.page(limit=5),
]


@pytest.mark.parametrize("ask", ASKING)
@pytest.mark.parametrize("error", DOWN)
def test_fault_85_whatever_asks_a_database_that_is_down_is_told_so(
    dynamo: DynamoBackend, weather: AwsEmulator, ask: Callable[[Backend], object], error: AwsError
) -> None:
    """Throttled or broken, it is one error, and we add no attempts to those of botocore."""
    weather.faults.add(Fault(operation="dynamodb:*", error=error, times=None))
    weather.faults.forget()
    with pytest.raises(StorageUnavailable):
        ask(dynamo)
    calls = weather.faults.calls()
    weather.faults.clear()
    assert len(calls) == 1


@pytest.mark.parametrize("a_client", [a_client, a_json_client])
def test_nobody_listening_is_unavailable_too(a_client: Callable[[str], Any]) -> None:
    """A refused connection says that the storage is unavailable."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = a_client(f"http://127.0.0.1:{taken.getsockname()[1]}")
        table = Table(lambda: client, "storage", MemoryBackoff())
        with pytest.raises(StorageUnavailable):
            DynamoUnitOfWork(table).commit(ONE)
        client.close()


def test_fault_86_a_reservation_whose_answer_was_lost_can_be_repeated(
    dynamo: DynamoBackend, weather: AwsEmulator
) -> None:
    """The outcome is unknown; the repetition finds what is there, and that is what was to be made."""
    weather.faults.add(Fault(operation="dynamodb:TransactWriteItems", error=INTERNAL_ERROR, after=True))
    with pytest.raises(StorageUnavailable):
        dynamo.commit(*MANY)
    session, lock = dynamo.conflicts(*MANY)
    assert isinstance(session, SessionConflict)
    assert session.session == a_session()
    assert isinstance(lock, CheckoutInProgress)
    assert lock.payment_session_id == "ps_1"


@pytest.mark.parametrize("a_client", [a_client, a_json_client])
def test_fault_86_a_clients_own_repetition_of_a_transaction_is_the_same_transaction(
    dynamo: DynamoBackend, weather: AwsEmulator, a_client: Callable[..., Any]
) -> None:
    """Its token tells AWS so: a lost answer is made up for and nothing is refused."""
    client = a_client(weather.url, attempts=2)
    weather.faults.add(Fault(operation="dynamodb:TransactWriteItems", error=INTERNAL_ERROR, after=True))
    DynamoUnitOfWork(Table(lambda: client, dynamo.name, dynamo.backoff)).commit(MANY)
    client.close()
    assert dynamo.sessions.find("user-1", "ps_1") == a_session()


def test_fault_86_an_enrollment_whose_answer_was_lost_is_refused_by_itself(
    dynamo: DynamoBackend, weather: AwsEmulator
) -> None:
    """A single put has no token; its repetition finds the enrollment that it made."""
    weather.faults.add(Fault(operation="dynamodb:PutItem", error=INTERNAL_ERROR, after=True))
    with pytest.raises(StorageUnavailable):
        dynamo.commit(*ONE)
    (refusal,) = dynamo.conflicts(*ONE)
    assert isinstance(refusal, AlreadyEnrolled)
    assert refusal.enrollment == an_enrollment()


@pytest.fixture(scope="module")
def scripted_client(emulator: AwsEmulator) -> Iterator[tuple[Any, Answers]]:
    """A client that may be answered for."""
    client = a_client(emulator.url)
    yield client, Answers().speak_for(client)
    client.close()


@pytest.fixture
def scripted(scripted_client: tuple[Any, Answers]) -> Iterator[tuple[DynamoBackend, Answers]]:
    """Storage whose client gets canned responses."""
    backend = DynamoBackend(scripted_client[0])
    yield backend, scripted_client[1]
    scripted_client[1].waiting.clear()
    backend.drop()


@pytest.mark.parametrize("passing", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
@pytest.mark.parametrize("beside", ["None", "ConditionalCheckFailed"])
def test_fault_85_one_passing_reason_makes_the_others_doubtful(
    scripted: tuple[DynamoBackend, Answers], passing: str, beside: str
) -> None:
    """A failed condition beside a conflict may hold a moment later: try again instead of refusing."""
    storage, answers = scripted
    answers.waiting[:] = [Answer.cancelled(beside, passing, "None")]
    storage.commit(*MANY)
    assert storage.sessions.find("user-1", "ps_1") == a_session()
    assert storage.backoff.pauses == [1]


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded", "SomethingNew"])
def test_a_reason_that_is_our_mistake_is_loud(scripted: tuple[DynamoBackend, Answers], code: str) -> None:
    """It is neither a refusal nor something to wait for."""
    storage, answers = scripted
    answers.waiting[:] = [Answer.cancelled("ConditionalCheckFailed", code, "None")]
    with pytest.raises(ClientError):
        storage.commit(*MANY)
    assert storage.backoff.pauses == []


def test_a_table_that_is_not_there_is_loud(dynamo: DynamoBackend) -> None:
    """A wrong name in the settings must not look like bad weather."""
    table = Table(lambda: dynamo.client, "no-such-table", dynamo.backoff)
    with pytest.raises((ClientError, errors.AwsError)):
        DynamoUnitOfWork(table).commit(ONE)


def _unprocessed(storage: DynamoBackend) -> Answer:
    keys = [{"PK": {"S": "USER#user-1"}, "SK": {"S": "METADATA"}}]
    return Answer(200, {"Responses": {}, "UnprocessedKeys": {storage.name: {"Keys": keys, "ConsistentRead": True}}})


def test_what_a_batch_left_out_is_asked_for_again(scripted: tuple[DynamoBackend, Answers]) -> None:
    """Only the keys that were not processed, after a pause."""
    storage, answers = scripted
    storage.students.add(a_student())
    answers.waiting[:] = [_unprocessed(storage)]
    assert storage.enrollments.context("user-1", "course-1").student == a_student()
    assert storage.backoff.pauses == [1]


def test_a_batch_that_is_never_whole_is_given_up(scripted: tuple[DynamoBackend, Answers]) -> None:
    """After six attempts the storage is unavailable: half a context would decide wrongly."""
    storage, answers = scripted
    answers.waiting[:] = [_unprocessed(storage)] * ATTEMPTS
    with pytest.raises(StorageUnavailable):
        storage.enrollments.context("user-1", "course-1")
    assert storage.backoff.pauses == [*range(1, ATTEMPTS)]
    assert answers.waiting == []


def test_lists_are_read_to_their_end(emulator: AwsEmulator) -> None:
    """DynamoDB hands out a megabyte at a time; nobody's later enrollments or coupons are lost."""
    client = a_client(emulator.url)
    storage, calls = DynamoBackend(client), Calls().listen_to(client)
    heavy = "x" * 300_000
    for number in range(8):
        storage.commit(AddEnrollment(an_enrollment(course_id=f"c-{number}")))
        storage.commit(AddCoupon(a_coupon(code=f"CODE{number}", description=heavy)))
        item = storage.item("USER#user-1", f"COURSE#c-{number}")
        assert item is not None
        storage.put(item | {"notes": heavy})
    calls.forget()
    assert len(storage.enrollments.of_student("user-1")) == 8
    assert len(storage.coupons.all()) == 8
    assert calls.counted["Query"] > 2
    storage.drop()
    client.close()


def test_aws_is_imported_when_it_is_first_asked() -> None:
    """A cold start does not pay for botocore before the first call."""
    modules = "adapters.aws, adapters.dynamodb.unit_of_work, adapters.dynamodb.coupons"
    code = f"import sys, {modules}; sys.exit(any(m.partition('.')[0] in ('boto3', 'botocore') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_has_one_client_per_service(kind: str) -> None:
    """A second one would cost as much as the first; both kinds wait for as long and ask as often."""
    code = (
        "from adapters import aws; a, b = aws.client('dynamodb'), aws.client('dynamodb'); "
        "assert a is b and a is not aws.client('sqs'); "
    )
    code += {
        "botocore": (
            "c = a.meta.config; assert (c.connect_timeout, c.read_timeout) == (1, 2); "
            "assert c.retries['total_max_attempts'] == 3 and a.meta.endpoint_url == 'http://127.0.0.1:9'; "
            "from adapters.aws import botocore_clients; assert len(botocore_clients._SESSIONS) == 1"
        ),
        "json": (
            "c = a.connections; assert (c.connect_timeout, c.read_timeout) == (1, 2); "
            "assert a.attempts == 3 and c.url == 'http://127.0.0.1:9'; "
            "import sys; assert 'botocore' not in sys.modules"
        ),
    }[kind]
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_CLIENT": kind}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment | {"PATH": ""}).returncode == 0
