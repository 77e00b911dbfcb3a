"""The AWS resources that the local stack provisions: table, queues, secret, user pool with users."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import botocore.session
from attrs import field, frozen

from scripts.aws_emulator.server import ACCOUNT, REGION

VISIBILITY_TIMEOUT = 180  # seconds, as deployed: six times the handler's timeout
MAX_RECEIVES = 5
PASSWORD = "Learn-2026!"
PASSWORD_POLICY = {
    "MinimumLength": 10,
    "RequireLowercase": True,
    "RequireUppercase": True,
    "RequireNumbers": True,
    "RequireSymbols": False,
}
"""As deployed; the pages tell these rules to who chooses a password."""
SECOND_FACTOR_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:learnermax-education-local-second_factor"
"""What a pool calls where a second factor is required of the office."""


@frozen
class User:
    """A user of the user pool."""

    email: str
    name: str
    groups: tuple[str, ...] = ()


USERS = (
    User("student@example.com", "Sam Student"),
    User("second@example.com", "Sol Second"),
    User("admin@example.com", "Ada Admin", ("admin",)),
)


@frozen
class Clients:
    """botocore clients of the emulated AWS account at ``url``."""

    url: str
    _session: botocore.session.Session = field(factory=botocore.session.Session, init=False)

    def __call__(self, service: str) -> Any:
        """A client of "dynamodb", "sqs", "secretsmanager" or "cognito-idp"."""
        return self._session.create_client(
            service, region_name=REGION, endpoint_url=self.url, aws_access_key_id="local", aws_secret_access_key="local"
        )


@frozen(kw_only=True)
class Account:
    """Names and URLs of the provisioned resources."""

    table: str
    queue: str
    queue_url: str
    dead_letter_url: str
    secret: str
    pool_id: str
    client_id: str

    @property
    def pool_arn(self) -> str:
        """The user pool's ARN, as API Gateway's authorizer takes it."""
        return f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{self.pool_id}"

    @property
    def issuer(self) -> str:
        """The `iss` claim of the pool's tokens."""
        return f"https://cognito-idp.{REGION}.amazonaws.com/{self.pool_id}"


def provision(
    clients: Clients,
    *,
    stage: str,
    secret: dict[str, str],
    users: Iterable[User] = USERS,
    requires_second_factor: bool = False,
) -> Account:
    """Create all resources of one stage, replacing those of the same names.

    With ``requires_second_factor`` the user pool calls ``SECOND_FACTOR_FUNCTION``, as one of the option
    ``--second-factor required-for-office`` does.
    """
    queue_url, dead_letter_url = _queues(clients("sqs"), f"learnermax-payment-events-{stage}")
    trigger = {"LambdaArn": SECOND_FACTOR_FUNCTION, "LambdaVersion": "V1_0"}
    functions = {"LambdaConfig": {"PreTokenGenerationConfig": trigger}} if requires_second_factor else {}
    pool_id, client_id = _pool(clients("cognito-idp"), f"learnermax-{stage}", users, functions)
    return Account(
        table=create_table(clients("dynamodb"), f"learnermax-education-{stage}"),
        queue=f"learnermax-payment-events-{stage}",
        queue_url=queue_url,
        dead_letter_url=dead_letter_url,
        secret=put_secret(clients("secretsmanager"), "learnermax/stripe", secret),
        pool_id=pool_id,
        client_id=client_id,
    )


def create_table(dynamodb: Any, name: str) -> str:
    """Create an empty table with the product's keys and indexes, replacing one of the same name; returns the name."""
    if name in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=name)
    attributes = ("PK", "SK", "GSI1PK", "GSI1SK", "email")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        KeySchema=_keys("PK", "SK"),
        GlobalSecondaryIndexes=[
            {"IndexName": "GSI1", "KeySchema": _keys("GSI1PK", "GSI1SK"), "Projection": {"ProjectionType": "ALL"}},
            {"IndexName": "email-index", "KeySchema": _keys("email"), "Projection": {"ProjectionType": "ALL"}},
        ],
    )
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    return name


def _keys(partition: str, sort: str | None = None) -> list[dict[str, str]]:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else keys


def _queues(sqs: Any, name: str) -> tuple[str, str]:
    for url in sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", ()):
        sqs.delete_queue(QueueUrl=url)
    dead = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-dlq", "maxReceiveCount": MAX_RECEIVES}
    attributes = {"VisibilityTimeout": str(VISIBILITY_TIMEOUT), "RedrivePolicy": json.dumps(redrive)}
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], dead


def put_secret(secrets: Any, name: str, value: dict[str, str]) -> str:
    """Store a secret, replacing one of the same name; returns the name."""
    known = {entry["Name"] for entry in secrets.list_secrets()["SecretList"]}
    if name in known:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name=name, SecretString=json.dumps(value))
    return name


def _pool(cognito: Any, name: str, users: Iterable[User], functions: dict[str, Any]) -> tuple[str, str]:
    pool = cognito.create_user_pool(
        PoolName=name,
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": PASSWORD_POLICY},
        **functions,
    )
    pool_id = pool["UserPool"]["Id"]
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool_id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="OPTIONAL"
    )
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        ReadAttributes=["email", "email_verified", "name"],
    )
    for group in ("admin", "support", "finance"):
        cognito.create_group(GroupName=group, UserPoolId=pool_id)
    for user in users:
        add_user(cognito, pool_id, user)
    return pool_id, client["UserPoolClient"]["ClientId"]


def add_user(cognito: Any, pool_id: str, user: User) -> None:
    """Add a user to the pool, who can sign in with PASSWORD at once."""
    attributes = {"email": user.email, "email_verified": "true", "name": user.name}
    cognito.admin_create_user(
        UserPoolId=pool_id,
        Username=user.email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
    )
    user_key = {"UserPoolId": pool_id, "Username": user.email}
    cognito.admin_set_user_password(**user_key, Password=PASSWORD, Permanent=True)
    for group in user.groups:
        cognito.admin_add_user_to_group(**user_key, GroupName=group)
