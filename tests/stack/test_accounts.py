"""Accounts at the emulated user pool: codes are checked, sent again, and sessions end."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import Account, Clients, provision

_WHO = {"Username": "Nora@example.com"}
_PASSWORD = "Ferris-wheel-7"


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsEmulator]:
    """An emulated account's front door."""
    with AwsEmulator() as emulator:
        yield emulator


@pytest.fixture
def account(aws: AwsEmulator) -> Account:
    """A user pool that nobody has signed up at."""
    return provision(Clients(aws.url), stage="accounts", secret={})


@pytest.fixture
def cognito(aws: AwsEmulator) -> Any:
    """The browser's side of Cognito."""
    return Clients(aws.url)("cognito-idp")


def _sign_up(cognito: Any, account: Account) -> None:
    cognito.sign_up(ClientId=account.client_id, **_WHO, Password=_PASSWORD)


def _sign_in(cognito: Any, account: Account, flow: str = "USER_PASSWORD_AUTH", **given: str) -> Any:
    given = given or {"USERNAME": _WHO["Username"], "PASSWORD": _PASSWORD}
    return cognito.initiate_auth(AuthFlow=flow, ClientId=account.client_id, AuthParameters=given)[
        "AuthenticationResult"
    ]


def test_an_account_is_confirmed_by_its_newest_code_only(aws: AwsEmulator, cognito: Any, account: Account) -> None:
    """A wrong code and an older one are refused; before, nobody signs in; afterwards the address is proven."""
    _sign_up(cognito, account)
    first = aws.accounts.mails[0].code
    cognito.resend_confirmation_code(ClientId=account.client_id, **_WHO)
    newest = aws.accounts.mails[0].code
    with pytest.raises(cognito.exceptions.UserNotConfirmedException):
        _sign_in(cognito, account)
    for wrong in {first, "no"} - {newest}:
        with pytest.raises(cognito.exceptions.CodeMismatchException):
            cognito.confirm_sign_up(ClientId=account.client_id, **_WHO, ConfirmationCode=wrong)
    cognito.confirm_sign_up(ClientId=account.client_id, **_WHO, ConfirmationCode=newest)
    token = _sign_in(cognito, account)["AccessToken"]
    attributes = cognito.get_user(AccessToken=token)["UserAttributes"]
    assert {"Name": "email_verified", "Value": "true"} in attributes


def test_a_password_is_reset_by_a_code_that_works_once(aws: AwsEmulator, cognito: Any, account: Account) -> None:
    """The code of the e-mail sets the password; a second time it does not."""
    _sign_up(cognito, account)
    cognito.confirm_sign_up(ClientId=account.client_id, **_WHO, ConfirmationCode=aws.accounts.mails[0].code)
    cognito.forgot_password(ClientId=account.client_id, **_WHO)
    code = {"ConfirmationCode": aws.accounts.mails[0].code, "Password": "Another-one-8"}
    cognito.confirm_forgot_password(ClientId=account.client_id, **_WHO, **code)
    assert _sign_in(cognito, account, USERNAME=_WHO["Username"], PASSWORD="Another-one-8")["IdToken"]
    with pytest.raises(cognito.exceptions.CodeMismatchException):
        cognito.confirm_forgot_password(ClientId=account.client_id, **_WHO, **code)


def test_nobody_learns_who_has_an_account(aws: AwsEmulator, cognito: Any, account: Account) -> None:
    """Asking for a code for an unknown address is answered alike, and sends nothing."""
    before = list(aws.accounts.mails)
    cognito.forgot_password(ClientId=account.client_id, Username="nobody@example.com")
    cognito.resend_confirmation_code(ClientId=account.client_id, Username="nobody@example.com")
    assert list(aws.accounts.mails) == before


def test_fault_131_a_revoked_refresh_token_renews_nothing(aws: AwsEmulator, cognito: Any, account: Account) -> None:
    """Signing out ends the session at the pool, too."""
    _sign_up(cognito, account)
    cognito.confirm_sign_up(ClientId=account.client_id, **_WHO, ConfirmationCode=aws.accounts.mails[0].code)
    token = _sign_in(cognito, account)["RefreshToken"]
    assert _sign_in(cognito, account, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)["IdToken"]
    cognito.revoke_token(ClientId=account.client_id, Token=token)
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        _sign_in(cognito, account, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)


def test_whoever_is_signed_in_deletes_their_own_account(aws: AwsEmulator, cognito: Any, account: Account) -> None:
    """Afterwards they sign in no more, and no session of theirs is renewed; the token works once."""
    _sign_up(cognito, account)
    cognito.confirm_sign_up(ClientId=account.client_id, **_WHO, ConfirmationCode=aws.accounts.mails[0].code)
    tokens = _sign_in(cognito, account)
    cognito.delete_user(AccessToken=tokens["AccessToken"])
    gone = (cognito.exceptions.NotAuthorizedException, cognito.exceptions.UserNotFoundException)
    with pytest.raises(gone):
        _sign_in(cognito, account)
    with pytest.raises(gone):
        _sign_in(cognito, account, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
    with pytest.raises(gone):
        cognito.delete_user(AccessToken=tokens["AccessToken"])


def test_the_inbox_shows_the_codes(aws: AwsEmulator, cognito: Any, account: Account) -> None:
    """Whoever tries the product finds the code where an e-mail would be."""
    cognito.sign_up(ClientId=account.client_id, Username="inbox@example.com", Password=_PASSWORD)
    with urllib.request.urlopen(f"{aws.url}/inbox") as answer:
        page = answer.read().decode()
    assert aws.accounts.mails[0].code in page
    assert "inbox@example.com" in page
