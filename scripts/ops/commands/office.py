"""`office`: who works in the office, and who of them has a second factor; take one off whose phone is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from adapters.http.permissions import Role
from domain.audit import AuditAction, AuditSubject
from domain.use_cases.office.record_action import RecordAction
from scripts.ops.container import ops_container
from scripts.ops.deploy.stack import required_outputs
from scripts.ops.errors import OpsError
from scripts.ops.terminal.command import REASON, Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import Row, shortened

_APP = "SOFTWARE_TOKEN_MFA"
_ADDRESS = 40  # characters that a table has room for
_user_pool = click.option("--user-pool", "pool_id", help="The id of the user pool; by default the stage's own.")


@click.group(cls=OpsGroup)
def office() -> None:
    """See who works in the office and has a second factor; take it off whose phone is lost."""


@office.command("list")
@_user_pool
@operated
def list_people(operator: Operator, *, pool_id: str | None) -> None:
    """List the people of the office with their groups, and whether each signs in with an authenticator app."""
    pool_id, cognito = pool_id or _pool_of(operator), operator.aws("cognito-idp")
    groups: dict[str, list[str]] = {}
    for role in Role:
        for name in _members(cognito, pool_id, role):
            groups.setdefault(name, []).append(role.value)
    rows = [_person(cognito, pool_id, name, found) for name, found in groups.items()]
    operator.out.table(
        [row if operator.out.as_json else {**row, "email": shortened(str(row["email"]), _ADDRESS)} for row in rows],
        if_empty="Nobody is in a group of the office.",
    )


@office.command("reset-second-factor")
@click.argument("user", metavar="USER")
@click.option("--reason", required=True, help=REASON)
@_user_pool
@dry_run
@yes
@operated
def reset_second_factor(
    operator: Operator, user: str, *, reason: str, pool_id: str | None, dry_run: bool, yes: bool
) -> None:
    """Take the second factor off USER, an e-mail address or the name in the user pool, and end all their sessions.

    Their password is enough then, to come in and to set up a new one: be sure that it is they who ask. Who did it and
    why is among the audit records.
    """
    pool_id, cognito = pool_id or _pool_of(operator), operator.aws("cognito-idp")
    try:
        found = cognito.admin_get_user(UserPoolId=pool_id, Username=user)
    except cognito.exceptions.UserNotFoundException as error:
        raise OpsError("The user pool has no such account.") from error
    who = {"UserPoolId": pool_id, "Username": found["Username"]}
    if _APP not in found.get("UserMFASettingList", ()):
        operator.out.details({"user": found["Username"], "second_factor": "was off already"})
        return
    if dry_run:
        operator.out.details({"user": found["Username"], "second_factor": "would be taken off"})
        return
    operator.confirm("Take the second factor off? The password alone is enough then.", yes=yes)
    subject = AuditSubject(user_id={each["Name"]: each["Value"] for each in found["UserAttributes"]}["sub"])
    record: RecordAction = ops_container(operator.stage).resolve(RecordAction)
    record(operator.author(reason), AuditAction.SECOND_FACTOR_RESET, subject)
    cognito.admin_set_user_mfa_preference(**who, SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False})
    cognito.admin_user_global_sign_out(**who)
    operator.out.details({"user": found["Username"], "second_factor": "taken off", "sessions": "ended"})


def _pool_of(operator: Operator) -> str:
    """The user pool that the stage's API takes tokens of."""
    if not operator.stage.is_local:
        return required_outputs(operator.stage, operator.aws)["UserPoolArn"].rpartition("/")[2]
    pages = operator.aws("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
    pools = [pool for page in pages for pool in page["UserPools"] if pool["Name"] == "learnermax-local"]
    if not pools:
        raise OpsError("make run has no user pool: is it running?")
    return str(max(pools, key=lambda pool: pool["CreationDate"])["Id"])


def _members(cognito: Any, pool_id: str, role: Role) -> Iterator[str]:
    pages = cognito.get_paginator("list_users_in_group").paginate(UserPoolId=pool_id, GroupName=role.value)
    try:
        for page in pages:
            yield from (user["Username"] for user in page["Users"])
    except cognito.exceptions.ResourceNotFoundException:
        return  # a pool of the school's own need not have every group


def _person(cognito: Any, pool_id: str, name: str, groups: list[str]) -> Row:
    found = cognito.admin_get_user(UserPoolId=pool_id, Username=name)
    attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    return {
        "email": attributes.get("email", ""),
        "groups": ", ".join(groups),
        "second_factor": "on" if _APP in found.get("UserMFASettingList", ()) else "off",
        "user": name,
    }
