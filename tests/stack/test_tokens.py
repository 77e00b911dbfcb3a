"""The local gateway accepts the tokens of the pool, as API Gateway's Cognito authorizer does, and no others."""

from __future__ import annotations

import gzip
import importlib.resources
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from scripts.aws_emulator.server import AwsEmulator
from scripts.stack.aws_resources import PASSWORD, Account, Clients
from scripts.stack.gateway import Gateway
from scripts.stack.http_server import HttpRequest
from scripts.stack.tokens import TokenVerifier
from tests.support.stack import small_app


@pytest.fixture(scope="module")
def gateway(aws: AwsEmulator, account: Account) -> Gateway:
    """A gateway in front of an app, with the pool's own keys."""
    jwks = f"{aws.url}/{account.pool_id}/.well-known/jwks.json"
    return Gateway(small_app.build(), TokenVerifier(account.issuer, jwks))


@pytest.fixture(scope="module")
def signed_in(clients: Clients, account: Account) -> dict[str, str]:
    """The administrator's tokens."""
    answer = clients("cognito-idp").initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=account.client_id,
        AuthParameters={"USERNAME": "admin@example.com", "PASSWORD": PASSWORD},
    )
    return {name: value for name, value in answer["AuthenticationResult"].items() if name.endswith("Token")}


def pool_key() -> Any:
    """The private key of the emulated pool, so that a token can be wrong in one thing only."""
    file = importlib.resources.files("moto.cognitoidp") / "resources" / "jwks-private.json.gz"
    return jwt.PyJWK(json.loads(gzip.decompress(file.read_bytes()))).key


def forged(signed_in: dict[str, str], *, key: Any = None, algorithm: str = "RS256", **changes: object) -> str:
    """The administrator's ID token with some claims changed, signed again."""
    claims = {**jwt.decode(signed_in["IdToken"], options={"verify_signature": False}), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, pool_key() if key is None else key, algorithm=algorithm, headers={"kid": "dummy"})


def ask(gateway: Gateway, authorization: str | None) -> tuple[int, Any]:
    """Status and body of a call to an authorized route."""
    headers = (("Authorization", authorization),) if authorization is not None else ()
    answer = gateway(HttpRequest(method="GET", target="/api/me", headers=headers))
    return answer.status, json.loads(answer.body)


def test_claims_arrive_as_text(gateway: Gateway, signed_in: dict[str, str], account: Account) -> None:
    """An ID token is accepted; every claim is a string, groups are joined, times are dates."""
    status, claims = ask(gateway, f"Bearer {signed_in['IdToken']}")
    assert status == 200
    assert all(isinstance(value, str) for value in claims.values())
    assert claims["email"] == "admin@example.com"
    assert claims["email_verified"] == "true"
    assert claims["cognito:groups"] == "admin"
    assert claims["aud"] == account.client_id
    assert time.strptime(claims["exp"], "%a %b %d %H:%M:%S UTC %Y")


def test_a_token_signed_again_with_the_pools_key_is_accepted(gateway: Gateway, signed_in: dict[str, str]) -> None:
    """Control for the rejections below: signing again does not invalidate a token."""
    assert ask(gateway, "Bearer " + forged(signed_in))[0] == 200


def another_key() -> rsa.RSAPrivateKey:
    """A key that is not the pool's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


# Invalid tokens, each wrong in one way.
WRONG: dict[str, Callable[[dict[str, str]], str | None]] = {
    "none": lambda _: None,
    "empty": lambda _: "",
    "garbage": lambda _: "Bearer garbage",
    "not ascii": lambda _: "Bearer é.é.é",
    "tampered": lambda tokens: "Bearer " + tokens["IdToken"][:-8] + "AAAAAAAA",
    "alg none": lambda tokens: "Bearer " + forged(tokens, key="", algorithm="none"),
    "HS256": lambda tokens: "Bearer " + forged(tokens, key="k" * 32, algorithm="HS256"),
    "another key": lambda tokens: "Bearer " + forged(tokens, key=another_key()),
    "expired": lambda tokens: "Bearer " + forged(tokens, exp=int(time.time()) - 1),
    "without an end": lambda tokens: "Bearer " + forged(tokens, exp=None),
    "wrong issuer": lambda tokens: "Bearer " + forged(tokens, iss="https://evil.example.com"),
}


def test_tokens_for_other_clients_and_uses_pass_the_gateway(gateway: Gateway, signed_in: dict[str, str]) -> None:
    """As at API Gateway: that they are refused is proven where the API itself checks the claims."""
    assert ask(gateway, "Bearer " + forged(signed_in, aud="another-client"))[0] == 200
    assert ask(gateway, "Bearer " + signed_in["AccessToken"])[0] == 200


@pytest.mark.parametrize("what", list(WRONG))
def test_fault_73_and_74_any_other_token_is_rejected(gateway: Gateway, signed_in: dict[str, str], what: str) -> None:
    """No token, a broken one, or one that is wrong in a single way: 401."""
    status, body = ask(gateway, WRONG[what](signed_in))
    assert status == 401
    assert body["code"] == "unauthorized"
