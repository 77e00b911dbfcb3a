"""A Cognito user that exists only for the duration of a smoke test."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import field, frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.smoke.http_client import HttpAnswer, HttpClient


@frozen
class SignedInUser:
    """Calls the API with an ID token."""

    api: HttpClient
    token: str = field(repr=False)

    def get(self, path: str) -> HttpAnswer:
        """Send an authenticated GET request."""
        return self.api.get(path, {"Authorization": f"Bearer {self.token}"})

    def post(self, path: str, body: object) -> HttpAnswer:
        """Send an authenticated POST request with a JSON body."""
        return self.api.post(path, json.dumps(body).encode(), {"Authorization": f"Bearer {self.token}"})


@contextmanager
def temporary_user(aws: AwsClients, api: HttpClient, pool_id: str, client_id: str) -> Iterator[SignedInUser]:
    """Create a user in the pool and sign in; no e-mail is sent, and the user is deleted at the end."""
    cognito = aws("cognito-idp")
    email, password = f"smoke-{uuid.uuid4()}@example.com", f"Aa1-{secrets.token_urlsafe(24)}"
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    who = {"UserPoolId": pool_id, "Username": email}
    cognito.admin_create_user(**who, MessageAction="SUPPRESS", UserAttributes=attributes)
    try:
        cognito.admin_set_user_password(**who, Password=password, Permanent=True)
        signed_in = cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=client_id,
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        yield SignedInUser(api, signed_in["AuthenticationResult"]["IdToken"])
    finally:
        cognito.admin_delete_user(**who)
