"""What is checked of every request before a view sees it: the token is of our user pool and client, the way it came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.client_address import came_through_edge
from adapters.http.errors import Forbidden, NotAuthenticated
from adapters.settings import Settings

if TYPE_CHECKING:
    from adapters.http.address_limit import AddressLimit
    from adapters.http.routing import Call

COUNTED = frozenset(
    {
        ("POST", "/api/enrollments"),
        ("POST", "/api/payments/sessions"),
        ("POST", "/api/payments/sessions/{id}/cancel"),
    }
)
"""The canonical routes whose requests are counted by the client's address: each may cost us a call to the provider."""


@frozen(kw_only=True)
class RequestChecks:
    """The checks, in the order in which they are made. ``address_limit`` is built where it is first needed."""

    settings: Settings
    address_limit: Callable[[], AddressLimit]

    def require_edge(self, headers: Mapping[str, str]) -> None:
        """Check that the request came through CloudFront, if the school asks for it.

        Raises:
            Forbidden: it did not.
        """
        if self.settings.edge_required == "yes" and not came_through_edge(headers, self.settings.edge_secret):
            raise Forbidden

    def require_own_token(self, context: Mapping[str, object]) -> None:
        """Check that the claims, if there are any, are of an ID token of our user pool for our client.

        API Gateway's authorizer checks the pool alone: it also lets in tokens for other clients of the pool.

        Raises:
            NotAuthenticated: they are not.
        """
        authorizer = context.get("authorizer")
        claims = authorizer.get("claims") if isinstance(authorizer, Mapping) else None
        if not isinstance(claims, Mapping):
            return
        if (claims.get("token_use"), claims.get("iss")) != ("id", self.settings.token_issuer):
            raise NotAuthenticated
        client = claims.get("aud")
        if not isinstance(client, str) or client not in self.settings.accepted_clients:
            raise NotAuthenticated

    def count(self, method: str, path: str, call: Call) -> None:
        """Count a request of a costly route by its client's address.

        Raises:
            RateLimited: too many of them came from there in this minute.
            StorageUnavailable: the database does not answer.
        """
        if (method, path) in COUNTED:
            self.address_limit()(call)
