"""The whole stack over another DynamoDB: with `make test-dynamodb-local` AWS's own engine, otherwise the emulator's."""

from __future__ import annotations

from contextlib import nullcontext

from adapters.dynamodb.codec import decode
from scripts.stack.engine import Engine
from scripts.stack.ports import Ports
from scripts.stack.stack import LocalStack
from tests.support.stack.running_stack import LiveSchool
from tests.support.stack.stored_state import broken_invariants


def test_paid_means_enrolled_over_another_engine(dynamodb_url: str) -> None:
    """A student pays, the webhook arrives, and the student is enrolled; the storage is in order."""
    with LocalStack(ports=Ports.free(), engine=Engine("another", lambda: nullcontext(dynamodb_url))) as stack:
        school = LiveSchool(stack)
        student = school.student()
        _, checkout = student.checkout()
        school.pay(checkout)
        school.hear()
        stack.drain_queue()
        assert student.is_enrolled()
        stored = stack.clients("dynamodb").scan(TableName=stack.account.table)["Items"]
        assert broken_invariants(map(decode, stored)) == []
        school.http.clear()
