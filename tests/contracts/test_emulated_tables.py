"""The emulator's tables answer as DynamoDB does: writes, transactions and queries give what DynamoDB Local gives."""

from __future__ import annotations

import json
from typing import Any

from tests.support.aws.table_script import RECORDED, answers, script


def test_the_emulator_answers_what_dynamodb_local_answered(dynamodb_url: str, client: Any) -> None:
    """Hundreds of writes, transactions and queries get the answers on file, and leave the items on file.

    Over DynamoDB Local this compares the file with the program that it was recorded from.
    """
    expected, given = json.loads(RECORDED.read_text(encoding="utf-8")), answers(client)
    for call, wanted, answer in zip([*script(), "what is stored at the end"], expected, given, strict=True):
        assert answer == wanted, f"{dynamodb_url}: {call}"


def test_the_script_goes_where_the_emulator_differs_from_moto() -> None:
    """Transactions succeed and fail, for every reason; queries find something in tables and in both indexes."""
    text = RECORDED.read_text(encoding="utf-8")
    found = json.loads(text)
    assert sum(answer == "done" for answer in found) > 100
    assert text.count("TransactionCanceledException") > 100
    assert '"ConditionalCheckFailed", {' in text, "a reason with the item that is there"
    queries = [(request, answer) for (name, request), answer in zip(script(), found, strict=False) if name == "query"]
    for index in (None, "GSI1", "email-index"):
        assert (
            sum(
                len(answer) > 1 and answer[-1] != [] for request, answer in queries if request.get("IndexName") == index
            )
            > 20
        )
