"""Who runs the commands of the tests, and what was recorded of it."""

from __future__ import annotations

from typing import Any

from adapters.dynamodb.codec import decode
from tests.support.deployment.emulated_accounts import EmulatedAccounts


def operator_of(accounts: EmulatedAccounts) -> str:
    """How records name whoever runs the commands of these tests."""
    return f"cli:{accounts.clients('sts').get_caller_identity()['Arn'].rpartition(':')[2]}"


def audit_of(accounts: EmulatedAccounts, subject: str, kind: str = "USER") -> list[dict[str, Any]]:
    """The audit records about a student, or about another kind of subject, oldest first."""
    answer = accounts.clients("dynamodb").query(
        TableName=accounts.account.table,
        KeyConditionExpression="PK = :subject AND begins_with(SK, :audit)",
        ExpressionAttributeValues={":subject": {"S": f"{kind}#{subject}"}, ":audit": {"S": "AUDIT#"}},
    )
    return [dict(decode(item)) for item in answer["Items"]]
