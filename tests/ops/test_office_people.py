"""The people of the office from the command line: who has a second factor, and taking one off."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.ops.terminal.output import WIDTH
from scripts.stack.aws_resources import PASSWORD, User, add_user
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.deployment.operators import operator_of
from tests.support.stack.authenticator import Authenticator, authenticator

WHY = ("--reason", "Lost the phone; seen in person.")


@pytest.fixture
def app(accounts: EmulatedAccounts) -> Iterator[Authenticator]:
    """An authenticator app."""
    with authenticator(accounts.emulated.accounts.factors) as found:
        yield found


@pytest.fixture
def pool(accounts: EmulatedAccounts) -> tuple[str, str]:
    """The option that names this test's user pool."""
    return "--user-pool", accounts.account.pool_id


def sign_in(accounts: EmulatedAccounts, email: str, password: str = PASSWORD) -> Any:
    """What the user pool answers to the password."""
    return accounts.clients("cognito-idp").initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=accounts.account.client_id,
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )


def somebody(accounts: EmulatedAccounts, app: Authenticator | None, *groups: str) -> tuple[str, Any]:
    """A new user, with a second factor if there is an app; their address and their tokens."""
    email = f"{uuid.uuid4().hex[:8]}@example.com"
    cognito = accounts.clients("cognito-idp")
    add_user(cognito, accounts.account.pool_id, User(email, "Some Body", groups))
    tokens = sign_in(accounts, email)["AuthenticationResult"]
    if app:
        app.register(cognito, tokens["AccessToken"])
    return email, tokens


def records(accounts: EmulatedAccounts, email: str) -> list[dict[str, str]]:
    """The audit records about this person."""
    user = accounts.clients("cognito-idp").admin_get_user(UserPoolId=accounts.account.pool_id, Username=email)
    [user_id] = [each["Value"] for each in user["UserAttributes"] if each["Name"] == "sub"]
    found: list[dict[str, str]] = accounts.ops_json("audit", "list", "--user", user_id)
    return found


def test_the_people_of_the_office_are_listed_with_their_factor(
    accounts: EmulatedAccounts, app: Authenticator, pool: tuple[str, str]
) -> None:
    """Once each with all their groups, students not; the table fits a terminal."""
    strict, _ = somebody(accounts, app, "finance", "support")
    lax, _ = somebody(accounts, None, "admin")
    student, _ = somebody(accounts, app)

    listed = {row["email"]: row for row in accounts.ops_json("office", "list", *pool)}

    assert (listed[strict]["groups"], listed[strict]["second_factor"]) == ("support, finance", "on")
    assert (listed[lax]["groups"], listed[lax]["second_factor"]) == ("admin", "off")
    assert student not in listed
    shown = accounts.ops("office", "list", *pool)
    assert strict in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= WIDTH


def test_a_lost_phone_is_taken_off_with_a_record(
    accounts: EmulatedAccounts, app: Authenticator, pool: tuple[str, str]
) -> None:
    """The password is enough again, sessions are over, and who did it and why is kept."""
    email, tokens = somebody(accounts, app, "admin")
    assert sign_in(accounts, email)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"

    done = accounts.ops_json("office", "reset-second-factor", email, *WHY, *pool, "--yes")

    cognito = accounts.clients("cognito-idp")
    assert done["second_factor"] == "taken off"
    assert sign_in(accounts, email)["AuthenticationResult"]
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        cognito.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH",
            ClientId=accounts.account.client_id,
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )
    [kept] = records(accounts, email)
    assert (kept["action"], kept["by"], kept["role"]) == ("second_factor_reset", operator_of(accounts), "operator")
    assert kept["reason"] == WHY[1]
    again = accounts.ops_json("office", "reset-second-factor", email, *WHY, *pool, "--yes")
    assert again["second_factor"] == "was off already"
    assert len(records(accounts, email)) == 1


def test_without_a_yes_it_stays(accounts: EmulatedAccounts, app: Authenticator, pool: tuple[str, str]) -> None:
    """A dry run, a no, a missing reason and an unknown account change nothing and record nothing."""
    email, _ = somebody(accounts, app, "admin")
    dry = accounts.ops_json("office", "reset-second-factor", email, *WHY, *pool, "--dry-run")
    assert dry["second_factor"] == "would be taken off"
    assert accounts.ops("office", "reset-second-factor", email, *WHY, *pool, answer="n\n").exit_code == 1
    assert accounts.ops("office", "reset-second-factor", email, *pool, "--yes").exit_code == 2
    assert accounts.ops("office", "reset-second-factor", email, "--reason", " ", *pool, "--yes").exit_code == 1
    unknown = accounts.ops("office", "reset-second-factor", "nobody@example.com", *WHY, *pool, "--yes")
    assert (unknown.exit_code, "no such account" in unknown.stderr) == (1, True)
    assert sign_in(accounts, email)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert records(accounts, email) == []


def test_a_pool_need_not_have_every_group(accounts: EmulatedAccounts, app: Authenticator) -> None:
    """A school's own pool may have administrators alone, or nobody yet."""
    cognito = accounts.clients("cognito-idp")
    made = cognito.create_user_pool(PoolName="a-schools-own", UsernameAttributes=["email"])["UserPool"]["Id"]
    empty = accounts.ops("office", "list", "--user-pool", made)
    assert "Nobody is in a group of the office." in empty.stdout
    cognito.create_group(GroupName="admin", UserPoolId=made)
    add_user(cognito, made, User("boss@example.com", "Boss", ("admin",)))
    assert [row["email"] for row in accounts.ops_json("office", "list", "--user-pool", made)] == ["boss@example.com"]


def test_the_pool_is_the_stages_own_unless_it_is_named(accounts: EmulatedAccounts) -> None:
    """On this machine the one of make run; a stage without a stack says so."""
    assert "admin@example.com" in [row["email"] for row in accounts.ops_json("office", "list")]
    missing = accounts.ops("office", "list", stage="prod")
    assert (missing.exit_code, "provision" in missing.stderr) == (1, True)
