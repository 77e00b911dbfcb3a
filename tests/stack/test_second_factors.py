"""The emulated user pool's second factor: keys, codes, challenges, and the function that is called for tokens."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from scripts.aws_emulator.second_factors import SESSION_SECONDS
from scripts.aws_emulator.server import AwsEmulator
from scripts.aws_emulator.totp import STEP, code_of, step_at
from scripts.stack.aws_resources import PASSWORD, SECOND_FACTOR_FUNCTION, Account, Clients, User, add_user, provision
from tests.support.stack.authenticator import Authenticator, authenticator

_ON = {"Enabled": True, "PreferredMfa": True}


@pytest.fixture
def app(aws: AwsEmulator) -> Iterator[Authenticator]:
    """An authenticator app without a key."""
    with authenticator(aws.accounts.factors) as found:
        yield found


@pytest.fixture
def cognito(clients: Clients) -> Any:
    """The browser's side of Cognito."""
    return clients("cognito-idp")


@pytest.fixture
def email(cognito: Any, account: Account) -> str:
    """Somebody new of the office."""
    return _somebody(cognito, account, "support")


def _somebody(cognito: Any, account: Account, *groups: str) -> str:
    email = f"{uuid.uuid4().hex[:8]}@example.com"
    add_user(cognito, account.pool_id, User(email, "Some Body", groups))
    return email


def _sign_in(cognito: Any, account: Account, email: str) -> Any:
    return cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=account.client_id,
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )


def _answer(cognito: Any, account: Account, email: str, challenge: Any, code: str) -> Any:
    return cognito.respond_to_auth_challenge(
        ClientId=account.client_id,
        ChallengeName=challenge["ChallengeName"],
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": email, "SOFTWARE_TOKEN_MFA_CODE": code},
    )["AuthenticationResult"]


def _refresh(cognito: Any, account: Account, token: str) -> Any:
    return cognito.initiate_auth(
        AuthFlow="REFRESH_TOKEN_AUTH", ClientId=account.client_id, AuthParameters={"REFRESH_TOKEN": token}
    )["AuthenticationResult"]


def _registered(cognito: Any, account: Account, email: str, app: Authenticator) -> Any:
    result = _sign_in(cognito, account, email)["AuthenticationResult"]
    app.register(cognito, result["AccessToken"])
    return result


def _claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(moment: int, code: str) -> None:
    """The last six digits of the values in RFC 6238, appendix B, for SHA-1."""
    assert code_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", step_at(moment)) == code


def test_a_key_counts_once_its_first_code_was_given(
    cognito: Any, account: Account, email: str, app: Authenticator
) -> None:
    """A wrong code registers nothing, and a registered app is asked for only once it is preferred."""
    token = {"AccessToken": _sign_in(cognito, account, email)["AuthenticationResult"]["AccessToken"]}
    app.secret = cognito.associate_software_token(**token)["SecretCode"]
    with pytest.raises(cognito.exceptions.EnableSoftwareTokenMFAException):
        cognito.verify_software_token(**token, UserCode=app.wrong_code())
    with pytest.raises(cognito.exceptions.InvalidParameterException):
        cognito.set_user_mfa_preference(**token, SoftwareTokenMfaSettings=_ON)
    cognito.verify_software_token(**token, UserCode=app.code())
    assert "AuthenticationResult" in _sign_in(cognito, account, email)
    cognito.set_user_mfa_preference(**token, SoftwareTokenMfaSettings=_ON)
    assert cognito.get_user(**token)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert _sign_in(cognito, account, email)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_everybody_has_a_key_of_their_own(cognito: Any, account: Account, email: str, app: Authenticator) -> None:
    """A key is new each time that one is asked for, and 32 bytes long."""
    token = {"AccessToken": _sign_in(cognito, account, email)["AuthenticationResult"]["AccessToken"]}
    keys = {cognito.associate_software_token(**token)["SecretCode"] for _ in range(3)}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {52}


def test_a_sign_in_takes_the_password_and_a_code(
    cognito: Any, account: Account, email: str, app: Authenticator
) -> None:
    """A wrong code is refused and can be corrected; the refresh token asks for none."""
    _registered(cognito, account, email, app)
    challenge = _sign_in(cognito, account, email)
    assert "AuthenticationResult" not in challenge
    app.next_code()
    with pytest.raises(cognito.exceptions.CodeMismatchException):
        _answer(cognito, account, email, challenge, app.wrong_code())
    result = _answer(cognito, account, email, challenge, app.code())
    assert _claims(result["IdToken"])["email"] == email
    assert _refresh(cognito, account, result["RefreshToken"])["IdToken"]


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_may_be_one_step_off(
    cognito: Any, account: Account, email: str, app: Authenticator, steps: int
) -> None:
    """The code of the step before or after is taken; two steps off it is not."""
    _registered(cognito, account, email, app)
    app.moment += 10 * STEP
    challenge = _sign_in(cognito, account, email)
    now = step_at(app.moment)
    with pytest.raises(cognito.exceptions.CodeMismatchException):
        _answer(cognito, account, email, challenge, code_of(app.secret, now + 2 * steps))
    assert _answer(cognito, account, email, challenge, code_of(app.secret, now + steps))


def test_a_code_counts_once(cognito: Any, account: Account, email: str, app: Authenticator) -> None:
    """Whoever looks over a shoulder cannot use the code that they saw, nor the one that registered the app."""
    _registered(cognito, account, email, app)
    challenge = _sign_in(cognito, account, email)
    with pytest.raises(cognito.exceptions.ExpiredCodeException, match="already been used once"):
        _answer(cognito, account, email, challenge, app.code())
    _answer(cognito, account, email, challenge, app.next_code())
    again = _sign_in(cognito, account, email)
    with pytest.raises(cognito.exceptions.ExpiredCodeException, match="already been used once"):
        _answer(cognito, account, email, again, app.code())


def test_a_challenge_ends_and_is_answered_once_and_by_its_user(
    cognito: Any, account: Account, email: str, app: Authenticator
) -> None:
    """After three minutes, after it was answered, and for somebody else's name, the right code is worth nothing."""
    _registered(cognito, account, email, app)
    other = _somebody(cognito, account, "admin")
    challenge = _sign_in(cognito, account, email)
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        _answer(cognito, account, other, challenge, app.next_code())
    _answer(cognito, account, email, challenge, app.code())
    with pytest.raises(cognito.exceptions.NotAuthorizedException, match="Invalid session"):
        _answer(cognito, account, email, challenge, app.next_code())
    late = _sign_in(cognito, account, email)
    app.moment += SESSION_SECONDS + 1
    with pytest.raises(cognito.exceptions.NotAuthorizedException, match="expired"):
        _answer(cognito, account, email, late, app.code())


def test_a_new_password_does_not_go_around_the_second_factor(
    cognito: Any, account: Account, email: str, app: Authenticator
) -> None:
    """A password that was set by an operator is changed at the next sign-in, and the code is asked for after that."""
    _registered(cognito, account, email, app)
    cognito.admin_set_user_password(
        UserPoolId=account.pool_id, Username=email, Password="Given-by-hand-1", Permanent=False
    )
    first = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=account.client_id,
        AuthParameters={"USERNAME": email, "PASSWORD": "Given-by-hand-1"},
    )
    second = cognito.respond_to_auth_challenge(
        ClientId=account.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=first["Session"],
        ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": "Chosen-myself-2"},
    )
    assert second["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert "AuthenticationResult" not in second
    assert _answer(cognito, account, email, second, app.next_code())["IdToken"]


def test_switched_off_the_password_is_enough(cognito: Any, account: Account, email: str, app: Authenticator) -> None:
    """By its owner, or by an operator."""
    token = {"AccessToken": _registered(cognito, account, email, app)["AccessToken"]}
    cognito.set_user_mfa_preference(**token, SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False})
    assert _sign_in(cognito, account, email)["AuthenticationResult"]
    cognito.set_user_mfa_preference(**token, SoftwareTokenMfaSettings=_ON)
    assert _sign_in(cognito, account, email)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    cognito.admin_set_user_mfa_preference(
        UserPoolId=account.pool_id,
        Username=email,
        SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False},
    )
    assert _sign_in(cognito, account, email)["AuthenticationResult"]


def test_a_pool_without_second_factors_registers_none(clients: Clients, cognito: Any) -> None:
    """An existing pool may have them off."""
    account = provision(clients, stage="without-factors", secret={})
    cognito.set_user_pool_mfa_config(UserPoolId=account.pool_id, MfaConfiguration="OFF")
    token = _sign_in(cognito, account, "admin@example.com")["AuthenticationResult"]["AccessToken"]
    with pytest.raises(cognito.exceptions.SoftwareTokenMFANotFoundException):
        cognito.associate_software_token(AccessToken=token)


# -- the function that is called for tokens ----------------------------------------------------------------------------


@pytest.fixture
def strict(aws: AwsEmulator, clients: Clients) -> Iterator[Account]:
    """A user pool that calls a function for tokens; none is there yet."""
    yield provision(clients, stage=f"strict-{uuid.uuid4().hex[:6]}", secret={}, requires_second_factor=True)
    aws.accounts.factors.triggers.clear()


def test_a_pools_function_is_asked_at_every_sign_in_and_renewal(
    aws: AwsEmulator, cognito: Any, strict: Account
) -> None:
    """It gets the event that Cognito documents; its groups are in both tokens, its claims in the ID token."""
    events: list[Any] = []

    def trigger(event: dict[str, Any], _context: object) -> dict[str, Any]:
        events.append(event)
        event["response"]["claimsOverrideDetails"] = {
            "claimsToAddOrOverride": {"colour": "red"},
            "groupOverrideDetails": {"groupsToOverride": []},
        }
        return event

    aws.accounts.factors.triggers[SECOND_FACTOR_FUNCTION] = trigger
    result = _sign_in(cognito, strict, "admin@example.com")["AuthenticationResult"]
    renewed = _refresh(cognito, strict, result["RefreshToken"])

    for answer in (result, renewed):
        assert _claims(answer["IdToken"])["colour"] == "red"
        assert "colour" not in _claims(answer["AccessToken"])
        assert all("cognito:groups" not in _claims(answer[name]) for name in ("IdToken", "AccessToken"))
        assert cognito.get_user(AccessToken=answer["AccessToken"])["Username"]
    assert [event["triggerSource"] for event in events] == [
        "TokenGeneration_Authentication",
        "TokenGeneration_RefreshTokens",
    ]
    assert events[0]["userPoolId"] == strict.pool_id
    assert events[0]["userName"] == _claims(result["IdToken"])["cognito:username"]
    assert events[0]["request"]["groupConfiguration"]["groupsToOverride"] == ["admin"]
    assert events[0]["request"]["userAttributes"]["email"] == "admin@example.com"


def test_tokens_stay_as_they_are_where_the_function_says_nothing(
    aws: AwsEmulator, cognito: Any, strict: Account
) -> None:
    """An event that comes back as it was changes nothing."""
    aws.accounts.factors.triggers[SECOND_FACTOR_FUNCTION] = lambda event, _context: event
    result = _sign_in(cognito, strict, "admin@example.com")["AuthenticationResult"]
    assert _claims(result["IdToken"])["cognito:groups"] == ["admin"]


def test_a_function_that_fails_lets_nobody_in(aws: AwsEmulator, cognito: Any, strict: Account) -> None:
    """Neither one that raises nor one that is not there."""
    with pytest.raises(cognito.exceptions.UnexpectedLambdaException):
        _sign_in(cognito, strict, "admin@example.com")
    aws.accounts.factors.triggers[SECOND_FACTOR_FUNCTION] = lambda event, _context: event["nothing"]
    with pytest.raises(cognito.exceptions.UserLambdaValidationException, match="PreTokenGeneration failed"):
        _sign_in(cognito, strict, "admin@example.com")
