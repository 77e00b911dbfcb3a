"""A user made for one visit, and removed afterwards."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import field, frozen

from scripts.ops.aws import Aws
from scripts.ops.outside import Answer, Outside


@frozen
class Visitor:
    """Somebody signed in."""

    api: Outside
    token: str = field(repr=False)

    def get(self, path: str) -> Answer:
        """GET with the token."""
        return self.api.get(path, {"Authorization": f"Bearer {self.token}"})

    def post(self, path: str, body: object) -> Answer:
        """POST with the token."""
        return self.api.post(path, json.dumps(body).encode(), {"Authorization": f"Bearer {self.token}"})


@contextmanager
def a_visitor(aws: Aws, api: Outside, pool_id: str, client_id: str) -> Iterator[Visitor]:
    """A new user of the pool, signed in; no mail is sent, and the user is removed at the end."""
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
        yield Visitor(api, signed_in["AuthenticationResult"]["IdToken"])
    finally:
        cognito.admin_delete_user(**who)
