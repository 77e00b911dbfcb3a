"""Requests as API Gateway hands them to a Lambda (REST API, proxy integration)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


def claims(user_id: str = "user-1", groups: object = None, **more: Any) -> dict[str, Any]:
    """The claims of somebody's ID token as the Cognito authorizer gives them: text, all of them."""
    given = {
        "sub": user_id,
        "email": f"{user_id}@example.com",
        "email_verified": "true",
        "name": "Sam",
        "token_use": "id",
        "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI",
        "aud": "client-1",
        "exp": "Tue Apr 04 18:39:39 UTC 2023",
    }
    return given | ({"cognito:groups": groups} if groups is not None else {}) | more


def token_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The claims that name the user pool and client of a function with these variables."""
    pool = environment["USER_POOL_ARN"].rpartition("/")[2]
    issuer = f"https://cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}"
    return {"iss": issuer, "aud": environment["USER_POOL_CLIENT_ID"]}


def proxy_event(
    method: str,
    resource: str,
    *,
    path_params: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, list[str]] | None = None,
    who: Mapping[str, Any] | None = None,
    in_base64: bool = False,
) -> dict[str, Any]:
    """One request to the route ``resource``; ``who`` is the authorizer's claims, None where it has none."""
    given = dict(headers or {})
    authorizer = {} if who is None else {"authorizer": {"claims": dict(who)}}
    return {
        "resource": resource,
        "path": resource,
        "httpMethod": method,
        "headers": given or None,
        "multiValueHeaders": {name: [value] for name, value in given.items()} or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} if query else None,
        "multiValueQueryStringParameters": dict(query) if query else None,
        "pathParameters": dict(path_params) if path_params else None,
        "stageVariables": None,
        "body": _body(body, in_base64),
        "isBase64Encoded": in_base64,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/test{resource}",
            "stage": "test",
            "requestId": REQUEST_ID,
            "apiId": "api",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "test"},
            **authorizer,
        },
    }


def _body(body: bytes | str | None, in_base64: bool) -> str | None:
    if body is None:
        return None
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    if in_base64:
        return b64encode(raw).decode()
    return raw.decode("utf-8", "surrogatepass")
