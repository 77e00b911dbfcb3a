"""Cognito's pre token generation trigger, where a second factor is required of the office.

Who is in the office and has no factor gets tokens without its groups. `provision --second-factor required-for-office`
deploys this file alone, as a function of the stack: it imports nothing of the product. Students are never looked up:
what goes wrong here keeps the office out and nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

OFFICE = ("admin", "support", "finance")
"""The groups of the office, as adapters/http/permissions.py has them."""

CLAIM = "officeSecondFactor"
"""The claim that tells the pages why the groups are gone."""

MISSING = "missing"
"""The user has not registered an authenticator app, or has switched it off."""

UNKNOWN = "unknown"
"""Cognito did not say whether the user has one."""

Event = dict[str, Any]


def handler(event: Event, _context: object) -> Event:
    """The event with the response that Cognito makes the tokens by (version V1_0 of the trigger)."""
    return checked(event, factors_of)


def checked(event: Event, factors: Callable[[str, str], list[str] | None]) -> Event:
    """The event, its groups of the office taken out unless the user signs in with an app.

    ``factors`` gives the second factors that a user of a pool has switched on, None if they cannot be known.
    """
    groups = event["request"].get("groupConfiguration", {}).get("groupsToOverride") or []
    if not set(groups) & set(OFFICE):
        return event
    found = factors(event["userPoolId"], event["userName"])
    if found is not None and "SOFTWARE_TOKEN_MFA" in found:
        return event
    # What replaces the groups replaces them in the access token too; roles of an identity pool are left out with them.
    event["response"]["claimsOverrideDetails"] = {
        "claimsToAddOrOverride": {CLAIM: UNKNOWN if found is None else MISSING},
        "groupOverrideDetails": {"groupsToOverride": [group for group in groups if group not in OFFICE]},
    }
    return event


def factors_of(pool_id: str, username: str) -> list[str] | None:
    """The user's second factors, asked of Cognito once: it waits five seconds for this function, and no longer."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    limits = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
    try:
        user: Mapping[str, Any] = boto3.client("cognito-idp", config=limits).admin_get_user(
            UserPoolId=pool_id, Username=username
        )
    except (BotoCoreError, ClientError) as error:
        # The kind of the error alone: its message may name the user.
        print(f"AdminGetUser failed: {type(error).__name__}")
        return None
    return list(user.get("UserMFASettingList", ()))
