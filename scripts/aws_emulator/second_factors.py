"""What Cognito does about authenticator apps and moto leaves out: secrets, codes, challenges, the trigger of tokens.

Moto gives everybody the same secret, accepts any code, forgets the challenge after a new password, and calls no
function. Here every user has a secret of their own; a code counts in its own thirty seconds and the ones before and
after, and once.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

from attrs import define, field
from joserfc import jwt
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUser, CognitoIdpUserPool, cognitoidp_backends

from scripts.aws_emulator import totp
from scripts.aws_emulator.answers import Answer, error, json_answer

Event = dict[str, Any]
Trigger = Callable[[Event, object], Event]

SESSION_SECONDS = 180
"""How long a challenge may be answered: Cognito's own value where a client has none."""

_SECRET_BYTES = 32
_CHALLENGE = "SOFTWARE_TOKEN_MFA"
_SIGNING_IN = ("InitiateAuth", "AdminInitiateAuth", "RespondToAuthChallenge", "AdminRespondToAuthChallenge")
_REFRESHING = ("REFRESH_TOKEN", "REFRESH_TOKEN_AUTH")
_NOT_FOUND = "SoftwareTokenMFANotFoundException"
_NO_SESSION = "Invalid session for the user."
_ENDED = "Invalid session for the user, session is expired."


@define
class _App:
    """A user's authenticator app: the secret that it has, and the last step whose code was used."""

    secret: str
    last_step: int = -1


@define(eq=False)
class SecondFactors:
    """Stands before moto's Cognito. ``clock`` is in seconds since 1970; ``triggers`` are functions by their ARN."""

    account: str
    region: str
    clock: Callable[[], float] = time.time
    triggers: dict[str, Trigger] = field(factory=dict)
    _offered: dict[str, _App] = field(factory=dict, init=False)
    _apps: dict[str, _App] = field(factory=dict, init=False)
    _begun: dict[str, float] = field(factory=dict, init=False)

    def answer(self, operation: str, request: dict[str, Any]) -> Answer | None:
        """The answer to one Cognito operation where it is not moto's; None where moto may go on."""
        if operation == "AssociateSoftwareToken":
            return self._associate(request)
        if operation == "VerifySoftwareToken":
            return self._verify(request)
        if request.get("ChallengeName") == _CHALLENGE:
            return self._check(request)
        return None

    def after(self, operation: str, request: dict[str, Any], answer: Answer) -> Answer:
        """Moto's answer, corrected: a challenge instead of tokens, or the tokens that the trigger wants."""
        if operation not in _SIGNING_IN or not answer[0].startswith("200"):
            return answer
        body = json.loads(answer[2])
        result = body.get("AuthenticationResult")
        if result is None:
            return self._challenged(answer, body)
        pool, username = self._signed_in(result["AccessToken"])
        user = pool._get_user(username)  # noqa: SLF001 - moto finds users by their address in no other way
        source = _source(request)
        if user.software_token_mfa_enabled and source != "RefreshTokens" and not self._has_answered(request):
            return self._challenge(pool, username)
        event = _event(pool, user, f"TokenGeneration_{source}", str(request.get("ClientId", "")))
        return self._triggered(pool, event, body) or answer

    def _associate(self, request: dict[str, Any]) -> Answer:
        found = self._of_token(request)
        if found is None:
            return error("NotAuthorizedException", "Invalid Access Token")
        pool, user = found
        if pool.mfa_config == "OFF" or not (pool.token_mfa_config or {}).get("Enabled"):
            return error(
                "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool."
            )
        secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")
        self._offered[user.id] = _App(secret)
        return json_answer(200, {"SecretCode": secret})

    def _verify(self, request: dict[str, Any]) -> Answer:
        found = self._of_token(request)
        if found is None:
            return error("NotAuthorizedException", "Invalid Access Token")
        _, user = found
        offered = self._offered.get(user.id)
        if offered is None:
            return error(_NOT_FOUND, "Software Token MFA has not been set up by the user.")
        if self._uses(offered, str(request.get("UserCode", ""))):
            return error("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
        self._apps[user.id] = self._offered.pop(user.id)
        user.token_verified = True
        return json_answer(200, {"Status": "SUCCESS"})

    def _check(self, request: dict[str, Any]) -> Answer | None:
        """Nothing where the code is right; moto then ends the session and makes the tokens."""
        session, given = str(request.get("Session", "")), request.get("ChallengeResponses", {})
        begun, known = self._begun.get(session), self._cognito.sessions.get(session)
        if begun is None or known is None:
            return error("NotAuthorizedException", _NO_SESSION)
        if self.clock() - begun > SESSION_SECONDS:
            return error("NotAuthorizedException", _ENDED)
        username, pool = known
        user = pool._get_user(username)  # noqa: SLF001 - as above
        app = self._apps.get(user.id)
        if pool._get_user(str(given.get("USERNAME", ""))) is not user or app is None:  # noqa: SLF001 - as above
            return error("NotAuthorizedException", _NO_SESSION)
        problem = self._uses(app, str(given.get("SOFTWARE_TOKEN_MFA_CODE", "")))
        if problem is None:
            del self._begun[session]
        return problem

    def _uses(self, app: _App, code: str) -> Answer | None:
        """Nothing where the code is the app's now, and is used by that."""
        now = totp.step_at(self.clock())
        for step in (now - 1, now, now + 1):
            if hmac.compare_digest(totp.code_of(app.secret, step).encode(), code.encode()):
                if step <= app.last_step:
                    return error("ExpiredCodeException", "Your software token has already been used once.")
                app.last_step = step
                return None
        return error("CodeMismatchException", "Invalid code received for user")

    def _challenged(self, answer: Answer, body: dict[str, Any]) -> Answer:
        if body.get("ChallengeName") == _CHALLENGE:
            self._begun[body["Session"]] = self.clock()
        return answer

    def _challenge(self, pool: CognitoIdpUserPool, username: str) -> Answer:
        session = str(uuid.uuid4())
        self._cognito.sessions[session] = (username, pool)
        self._begun[session] = self.clock()
        return json_answer(200, {"ChallengeName": _CHALLENGE, "ChallengeParameters": {}, "Session": session})

    @staticmethod
    def _has_answered(request: dict[str, Any]) -> bool:
        return request.get("ChallengeName") == _CHALLENGE

    def _triggered(self, pool: CognitoIdpUserPool, event: Event, body: dict[str, Any]) -> Answer | None:
        """The answer with the tokens that the pool's function wants; None where there is nothing to change."""
        config = pool.extended_config.get("LambdaConfig") or {}
        arn = config.get("PreTokenGenerationConfig", {}).get("LambdaArn") or config.get("PreTokenGeneration")
        if arn is None:
            return None
        if arn not in self.triggers:
            return error("UnexpectedLambdaException", "The function of PreTokenGeneration cannot be invoked.")
        try:
            given = json.loads(json.dumps(self.triggers[arn](event, None)))
        except Exception as problem:  # noqa: BLE001 - Cognito tells the client of whatever a trigger raises
            return error("UserLambdaValidationException", f"PreTokenGeneration failed with error {problem}.")
        wanted = given["response"]["claimsOverrideDetails"]
        if not wanted:
            return None
        result = body["AuthenticationResult"]
        result["IdToken"] = _made_again(pool, pool.id_tokens, result["IdToken"], wanted, more=_more(wanted))
        result["AccessToken"] = _made_again(pool, pool.access_tokens, result["AccessToken"], wanted, more={})
        return json_answer(200, body)

    def _of_token(self, request: dict[str, Any]) -> tuple[CognitoIdpUserPool, CognitoIdpUser] | None:
        token = request.get("AccessToken")
        if not any(token in pool.access_tokens for pool in self._cognito.user_pools.values()):
            return None
        pool, username = self._signed_in(str(token))
        return pool, pool._get_user(username)  # noqa: SLF001 - as above

    def _signed_in(self, token: str) -> tuple[CognitoIdpUserPool, str]:
        pool = next(pool for pool in self._cognito.user_pools.values() if token in pool.access_tokens)
        _, username = pool.access_tokens[token]
        return pool, username

    @property
    def _cognito(self) -> CognitoIdpBackend:
        return cognitoidp_backends[self.account][self.region]


def _source(request: dict[str, Any]) -> str:
    if request.get("AuthFlow") in _REFRESHING:
        return "RefreshTokens"
    return "NewPasswordChallenge" if request.get("ChallengeName") == "NEW_PASSWORD_REQUIRED" else "Authentication"


def _event(pool: CognitoIdpUserPool, user: CognitoIdpUser, source: str, client_id: str) -> Event:
    """What Cognito gives a pre token generation trigger of version V1_0."""
    groups = sorted(group.group_name for group in user.groups)
    return {
        "version": "1",
        "triggerSource": source,
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": user.username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
        "request": {
            "userAttributes": {**user.attribute_lookup, "cognito:user_status": str(user.status)},
            "groupConfiguration": {"groupsToOverride": groups, "iamRolesToOverride": [], "preferredRole": None},
        },
        "response": {"claimsOverrideDetails": None},
    }


def _more(wanted: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = wanted.get("claimsToAddOrOverride") or {}
    return found


def _made_again(
    pool: CognitoIdpUserPool, known: dict[str, Any], token: str, wanted: dict[str, Any], *, more: dict[str, Any]
) -> str:
    """The token with other groups and more claims, signed again; groups that are replaced by none disappear."""
    head, payload, _ = token.split(".")
    claims = _read(payload) | more
    if "groupOverrideDetails" in wanted:
        claims.pop("cognito:groups", None)
        if groups := (wanted["groupOverrideDetails"] or {}).get("groupsToOverride"):
            claims["cognito:groups"] = groups
    made: str = jwt.encode(_read(head), claims, pool.json_web_key)
    known[made] = known.pop(token)
    return made


def _read(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
