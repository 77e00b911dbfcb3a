"""Who is calling, by the claims that API Gateway's authorizer has verified."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from adapters.http.errors import Forbidden, NotAuthenticated
from adapters.http.permissions import Role
from domain.audit import ActorRole
from domain.errors import InvalidValue
from domain.students import Identity


@frozen(kw_only=True)
class Caller:
    """Somebody who is signed in, and their Cognito groups."""

    identity: Identity
    groups: frozenset[str] = frozenset()

    @property
    def user_id(self) -> str:
        """The caller's id, Cognito's ``sub``."""
        return self.identity.user_id

    def require_one_of(self, roles: frozenset[Role]) -> ActorRole:
        """The first of the roles that the caller has, in the order in which they are declared.

        Raises:
            Forbidden: they are in none of the groups of these names.
        """
        for role in Role:
            if role in roles and role.value in self.groups:
                return ActorRole(role.value)
        raise Forbidden


def caller(context: Mapping[str, object]) -> Caller:
    """The caller, by the request's context. A request without claims is unauthenticated, even if API Gateway passed it.

    Raises:
        NotAuthenticated: there are no claims, they are not an ID token's, or they name no user.
    """
    authorizer = context.get("authorizer")
    claims = authorizer.get("claims") if isinstance(authorizer, Mapping) else None
    if not isinstance(claims, Mapping) or claims.get("token_use", "id") != "id":
        raise NotAuthenticated
    try:
        identity = Identity(
            user_id=_text(claims.get("sub")),
            email=_text(claims.get("email")),
            name=_text(claims.get("name")),
            email_verified=str(claims.get("email_verified", "")).lower() == "true",
        )
    except InvalidValue:
        raise NotAuthenticated from None
    return Caller(identity=identity, groups=_groups(claims.get("cognito:groups")))


def _text(claim: object) -> str:
    return claim if isinstance(claim, str) else ""


def _groups(claim: object) -> frozenset[str]:
    """The groups, from a REST API's authorizer ("a,b"), an HTTP API's ("[a b]") or the token itself (a list)."""
    if isinstance(claim, list):
        return frozenset(group for group in claim if isinstance(group, str))
    if not isinstance(claim, str):
        return frozenset()
    if claim.startswith("[") and claim.endswith("]"):
        claim = claim[1:-1].replace(" ", ",")
    return frozenset(group.strip() for group in claim.split(",")) - {""}
