"""The AWS emulator does what AWS does where moto does not."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from scripts.aws_emulator.faults import INTERNAL_ERROR, REMEMBERED, TRANSACTION_CONFLICT, Fault
from scripts.aws_emulator.server import AwsEmulator
from scripts.aws_emulator.transactions import TOKEN_WINDOW, SentBefore
from scripts.stack.aws_resources import Account, Clients, create_table

THREADS = 50


@pytest.fixture
def dynamodb(aws: AwsEmulator, clients: Clients) -> Any:
    """A client, and an emulator without faults."""
    aws.faults.clear()
    return clients("dynamodb")


@pytest.fixture
def table(dynamodb: Any) -> str:
    """An empty table."""
    return create_table(dynamodb, "probe")


def increment(table: str, who: str) -> list[dict[str, Any]]:
    """A transaction: one more on the shared counter, and one item of its own."""
    counter = {
        "TableName": table,
        "Key": {"PK": {"S": "COUNTER"}, "SK": {"S": "X"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    own = {
        "TableName": table,
        "Item": {"PK": {"S": who}, "SK": {"S": "X"}},
        "ConditionExpression": "attribute_not_exists(PK)",
    }
    return [{"Update": counter}, {"Put": own}]


def count(dynamodb: Any, table: str) -> int:
    """What the counter says."""
    item = dynamodb.get_item(TableName=table, Key={"PK": {"S": "COUNTER"}, "SK": {"S": "X"}}).get("Item", {})
    return int(item["n"]["N"]) if item else 0


@pytest.mark.races
def test_no_transaction_of_fifty_threads_is_lost(dynamodb: Any, table: str) -> None:
    """Fifty concurrent increments count fifty, and each leaves its own item."""
    with ThreadPoolExecutor(THREADS) as pool:
        for answer in [
            pool.submit(dynamodb.transact_write_items, TransactItems=increment(table, f"T{n}")) for n in range(THREADS)
        ]:
            answer.result()
    assert count(dynamodb, table) == THREADS
    assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == THREADS + 1


@pytest.mark.races
def test_two_dynamodb_operations_are_never_inside_at_once(aws: AwsEmulator, dynamodb: Any, table: str) -> None:
    """While one operation is being carried out, a second one waits at the door."""
    together = threading.Barrier(2)
    met = []

    def meet(operation: str) -> None:
        try:
            together.wait(timeout=0.2)
            met.append(operation)
        except threading.BrokenBarrierError:
            together.reset()

    aws.inside = meet
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: count(dynamodb, table), range(2)))
    finally:
        aws.inside = lambda _: None
    assert met == []


def test_a_token_carries_its_transaction_once(dynamodb: Any, table: str) -> None:
    """Repeating a transaction with its token succeeds and changes nothing."""
    items = increment(table, "A")
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=items, ClientRequestToken="token-1")
    assert count(dynamodb, table) == 1


def test_a_token_does_not_fit_another_transaction(dynamodb: Any, table: str) -> None:
    """The same token with other items is refused."""
    dynamodb.transact_write_items(TransactItems=increment(table, "A"), ClientRequestToken="token-2")
    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        dynamodb.transact_write_items(TransactItems=increment(table, "B"), ClientRequestToken="token-2")


def test_a_failed_transaction_does_not_use_up_its_token(dynamodb: Any, table: str) -> None:
    """A transaction that was cancelled is tried again in earnest, not answered from memory."""
    dynamodb.put_item(TableName=table, Item={"PK": {"S": "A"}, "SK": {"S": "X"}})
    for _ in range(2):
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
            dynamodb.transact_write_items(TransactItems=increment(table, "A"), ClientRequestToken="token-3")


def test_a_transaction_over_four_megabytes_is_refused(dynamodb: Any, table: str) -> None:
    """All items of a transaction together stay below 4 MB."""
    big = {"S": "x" * 390_000}
    items = [
        {"Put": {"TableName": table, "Item": {"PK": {"S": str(n)}, "SK": {"S": "X"}, "big": big}}} for n in range(11)
    ]
    with pytest.raises(ClientError, match="4 MB"):
        dynamodb.transact_write_items(TransactItems=items)


@pytest.mark.parametrize("values", [{}, {":one": {"N": "1"}, ":two": {"N": "2"}}])
def test_values_given_and_used_must_agree(dynamodb: Any, table: str, values: dict[str, Any]) -> None:
    """An expression value that is missing, or that no expression uses, is a ValidationException."""
    items = increment(table, "A")
    items[0]["Update"]["ExpressionAttributeValues"] = values
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.transact_write_items(TransactItems=items)


def test_a_conflict_gives_its_reasons(aws: AwsEmulator, dynamodb: Any, table: str) -> None:
    """An injected conflict cancels the transaction with one reason per item, and once only."""
    aws.faults.add(Fault(operation="dynamodb:TransactWriteItems", error=TRANSACTION_CONFLICT))
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=increment(table, "A"))
    codes = [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]]
    assert codes == ["TransactionConflict", "None"]
    dynamodb.transact_write_items(TransactItems=increment(table, "A"))
    assert count(dynamodb, table) == 1


def test_a_lost_answer_is_repaired_by_repeating(aws: AwsEmulator, dynamodb: Any, table: str) -> None:
    """When only the answer is lost, the SDK's own retry finds the work done and does it no second time."""
    aws.faults.forget()
    aws.faults.add(Fault(operation="dynamodb:TransactWriteItems", error=INTERNAL_ERROR, after=True))
    dynamodb.transact_write_items(TransactItems=increment(table, "A"))
    assert aws.faults.calls() == ["dynamodb:TransactWriteItems"] * 2
    assert count(dynamodb, table) == 1


def test_a_fault_stays_until_it_is_cleared(aws: AwsEmulator, clients: Clients, account: Account) -> None:
    """A fault without a number of times spoils every operation of its service until somebody clears it."""
    aws.faults.add(Fault(operation="sqs:*", error=INTERNAL_ERROR, times=None))
    sqs = clients("sqs")
    with pytest.raises(ClientError, match="Injected"):
        sqs.send_message(QueueUrl=account.queue_url, MessageBody="x")
    aws.faults.clear()
    sqs.send_message(QueueUrl=account.queue_url, MessageBody="x")


def test_connections_are_kept(clients: Clients, aws: AwsEmulator, table: str) -> None:
    """A client makes many calls over one connection."""
    client = clients("dynamodb")
    before = aws.connections
    for _ in range(20):
        assert count(client, table) == 0
    assert aws.connections == before + 1
    client.close()


def test_a_stopped_emulator_answers_nobody() -> None:
    """Connections that clients keep end with it: no thread goes on answering for an emulator that is gone."""
    with AwsEmulator() as emulator, socket.create_connection(("127.0.0.1", emulator.port), timeout=30) as kept:
        kept.sendall(b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(4096).startswith(b"HTTP/1.1 204")
        emulator.stop()
        assert kept.recv(4096) == b""
        assert emulator.connections == 0


def test_a_body_in_chunks_is_read_to_its_end(aws: AwsEmulator) -> None:
    """A body without a length is taken as it comes, and the connection ends after it."""
    head = b"PUT /a-bucket HTTP/1.1\r\nHost: s3.amazonaws.com\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", aws.port), timeout=30) as connection, connection.makefile("rb") as said:
        connection.sendall(head + b"1\r\nx\r\n0\r\n\r\n")
        answer = said.read()
    assert answer.startswith(b"HTTP/1.1 ")
    assert b"Connection: close" in answer


def test_what_it_cannot_read_is_an_error_for_that_client_alone(aws: AwsEmulator, dynamodb: Any, table: str) -> None:
    """A body that is no JSON gets a 500, and the next request on the connection its answer."""
    pool = urllib3.HTTPConnectionPool("127.0.0.1", aws.port, maxsize=1, retries=False)
    target = {"X-Amz-Target": "DynamoDB_20120810.TransactWriteItems"}
    assert pool.request("POST", "/", body=b"nonsense", headers=target).status == 500
    assert pool.request("OPTIONS", "/").status == 204
    assert pool.num_connections == 1
    assert count(dynamodb, table) == 0


def test_another_dynamodb_can_carry_out_what_is_meant_for_dynamodb(aws: AwsEmulator) -> None:
    """Its answers and its errors come through, faults still come first, and other services are asked here."""
    with AwsEmulator(dynamodb=aws.url) as front:
        clients = Clients(front.url)
        there, name = clients("dynamodb"), create_table(clients("dynamodb"), "relayed")
        aws.faults.forget()
        there.transact_write_items(TransactItems=increment(name, "A"))
        with pytest.raises(there.exceptions.TransactionCanceledException) as cancelled:
            there.transact_write_items(TransactItems=increment(name, "A"))
        assert [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]] == [
            "None",
            "ConditionalCheckFailed",
        ]
        assert count(there, name) == 1
        assert aws.faults.calls() == ["dynamodb:TransactWriteItems"] * 2 + ["dynamodb:GetItem"]
        front.faults.add(Fault(operation="dynamodb:GetItem", error=INTERNAL_ERROR, times=None))
        with pytest.raises(ClientError, match="Injected"):
            count(there, name)
        clients("sqs").list_queues()
        assert "sqs:ListQueues" not in aws.faults.calls()


def test_the_record_of_calls_is_bounded(aws: AwsEmulator) -> None:
    """A stack that runs for days does not remember every call."""
    for _ in range(REMEMBERED + 1):
        aws.faults.take("dynamodb:GetItem")
    assert len(aws.faults.calls()) == REMEMBERED
    aws.faults.forget()


def test_a_browser_may_call_cognito(aws: AwsEmulator) -> None:
    """The preflight of a sign-in from another origin is granted, with the headers that it needs."""
    headers = {
        "Origin": "http://127.0.0.1:3000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-amz-target",
    }
    with urllib.request.urlopen(urllib.request.Request(aws.url, method="OPTIONS", headers=headers)) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Headers"] == "content-type,x-amz-target"


def test_the_account_has_its_secret_and_its_dead_letter_queue(clients: Clients, account: Account) -> None:
    """The secret holds what it was given, and the queue sends to its dead letters after five receives."""
    secret = clients("secretsmanager").get_secret_value(SecretId=account.secret)["SecretString"]
    assert json.loads(secret) == {"STRIPE_SECRET_KEY": "sk_test_x"}
    policy = clients("sqs").get_queue_attributes(QueueUrl=account.queue_url, AttributeNames=["RedrivePolicy"])
    assert json.loads(policy["Attributes"]["RedrivePolicy"])["maxReceiveCount"] == 5


def test_a_body_that_is_announced_is_let_in_at_once(aws: AwsEmulator) -> None:
    """Who asks before sending a body, as AWS's clients do for S3, hears the word before the body is sent."""
    head = b"PUT /a-bucket HTTP/1.1\r\nHost: s3.amazonaws.com\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", aws.port), timeout=30) as connection, connection.makefile("rb") as said:
        connection.sendall(head)
        assert said.readline() == b"HTTP/1.1 100 Continue\r\n"
        connection.sendall(b"x")
        assert said.readline() == b"\r\n"
        assert said.readline().startswith(b"HTTP/1.")


def test_transactions_are_forgotten_with_their_tokens() -> None:
    """After ten minutes a token may come back with anything, and nothing of the old transaction is kept."""
    clock = [0.0]
    sent = SentBefore(lambda: clock[0])
    for number in range(3):
        clock[0] = number * TOKEN_WINDOW / 2
        sent.remember({"ClientRequestToken": f"token-{number}", "TransactItems": []})
    known = [sent.knows({"ClientRequestToken": f"token-{number}", "TransactItems": []}) for number in range(3)]
    assert known == [False, True, True]
    assert len(sent._digests) == 2
