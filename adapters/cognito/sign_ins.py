"""Deleting accounts of the user pool, or leaving them to whoever keeps the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from adapters.aws.errors import answered, failed
from domain.errors import SignInsUnavailable
from domain.ports.sign_ins import SignIns

_GONE = "UserNotFoundException"


class CognitoClient(Protocol):
    """What is used of Cognito, whichever client it is."""

    def admin_delete_user(self, *, UserPoolId: str, Username: str) -> object:  # noqa: N803 - Cognito's names
        """Delete a user of the pool."""
        ...


@frozen
class CognitoSignIns(SignIns):
    """Deletes from this user pool. ``client`` returns the same client every time.

    Users are named by their ``sub``, as Cognito allows for those that the pool keeps itself.
    """

    client: Callable[[], CognitoClient]
    pool_id: str

    def delete(self, user_id: str) -> None:
        """Delete the user."""
        try:
            self.client().admin_delete_user(UserPoolId=self.pool_id, Username=user_id)
        except answered() as error:
            if error.response["Error"]["Code"] != _GONE:
                raise SignInsUnavailable from None
        except failed():
            raise SignInsUnavailable from None


@frozen
class KeptSignIns(SignIns):
    """Accounts are not the school's to delete."""

    def delete(self, user_id: str) -> None:
        """Do nothing."""
