"""What deletes accounts must be, over memory and each client of Cognito."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from attrs import frozen

from adapters.aws.json_client import JsonClient
from adapters.cognito.sign_ins import CognitoSignIns, KeptSignIns
from adapters.memory.sign_ins import MemorySignIns
from domain.errors import SignInsUnavailable
from domain.ports.sign_ins import SignIns
from scripts.aws_emulator.faults import AwsError, Fault
from scripts.aws_emulator.server import REGION, AwsEmulator
from scripts.stack.aws_resources import Clients

NUMBERS = itertools.count()
ENVIRONMENT = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}


@frozen
class Pool:
    """Accounts that can be made, seen and deleted, and a sign-in of nobody."""

    sign_ins: SignIns
    sign_up: Callable[[], str]
    is_there: Callable[[str], bool]


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsEmulator]:
    """An emulated AWS."""
    with AwsEmulator() as running:
        yield running


def a_user_pool(aws: AwsEmulator, client: Any) -> Pool:
    """A pool of its own, which this client deletes from."""
    admin: Any = Clients(aws.url)("cognito-idp")
    made = admin.create_user_pool(PoolName=f"sign-ins-{next(NUMBERS)}", UsernameAttributes=["email"])
    pool = made["UserPool"]["Id"]

    def sign_up() -> str:
        address = f"student-{next(NUMBERS)}@example.com"
        user = admin.admin_create_user(UserPoolId=pool, Username=address)["User"]
        return next(str(one["Value"]) for one in user["Attributes"] if one["Name"] == "sub")

    def is_there(user_id: str) -> bool:
        users = admin.list_users(UserPoolId=pool)["Users"]
        return any({"Name": "sub", "Value": user_id} in one["Attributes"] for one in users)

    return Pool(CognitoSignIns(lambda: client, pool), sign_up, is_there)


@pytest.fixture(params=["memory", "json", "botocore"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """A pool of each kind."""
    if request.param == "memory":
        memory = MemorySignIns()
        yield Pool(memory, lambda: f"user-{next(NUMBERS)}", lambda user_id: user_id not in memory.deleted)
        return
    aws: AwsEmulator = request.getfixturevalue("aws")
    if request.param == "botocore":
        yield a_user_pool(aws, Clients(aws.url)("cognito-idp"))
        return
    given = ENVIRONMENT | {"AWS_ENDPOINT_URL": aws.url}
    with closing(JsonClient("cognito-idp", given, connect_timeout=30, read_timeout=30, attempts=1)) as client:
        yield a_user_pool(aws, client)


def test_a_deleted_account_is_gone_and_no_other(pool: Pool) -> None:
    """Deleting it again is as good."""
    gone, kept = pool.sign_up(), pool.sign_up()
    for _ in range(2):
        pool.sign_ins.delete(gone)
    assert not pool.is_there(gone)
    assert pool.is_there(kept)


def test_whatever_cognito_refuses_can_be_tried_again(aws: AwsEmulator) -> None:
    """As long as a permission lacks, say: nobody takes the account for deleted."""
    given = ENVIRONMENT | {"AWS_ENDPOINT_URL": aws.url}
    with closing(JsonClient("cognito-idp", given, connect_timeout=30, read_timeout=30, attempts=1)) as client:
        pool = a_user_pool(aws, client)
        user = pool.sign_up()
        aws.faults.add(Fault(operation="cognito-idp:AdminDeleteUser", error=AwsError(400, "AccessDeniedException")))
        with pytest.raises(SignInsUnavailable):
            pool.sign_ins.delete(user)
        assert pool.is_there(user)
        pool.sign_ins.delete(user)
        assert not pool.is_there(user)


def test_nobody_answers() -> None:
    """No answer is no deletion."""
    given = ENVIRONMENT | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    client = JsonClient("cognito-idp", given, connect_timeout=1, read_timeout=1, attempts=1)
    with closing(client), pytest.raises(SignInsUnavailable):
        CognitoSignIns(lambda: client, "us-east-1_AbCdEfGhI").delete("user-1")


def test_accounts_of_others_are_left_alone() -> None:
    """There is nobody to ask."""
    KeptSignIns().delete("user-1")
