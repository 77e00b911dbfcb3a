"""What moto's CloudFormation lacks of our template: alarms, user pools, subscriptions, policies, made over the API.

A CloudFront distribution serves nothing there, and its headers policy is a name only.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import define
from moto.backends import get_backend
from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends
from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models import dynamodb_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends

from scripts.aws_emulator.server import ACCOUNT, REGION
from scripts.stack.aws_resources import Clients

Properties = Mapping[str, Any]
Maker = Callable[[Clients, str, Properties], "Made"]


@define
class Made:
    """What was made: its name to CloudFormation, and its attributes."""

    ref: str
    attributes: Mapping[str, str]


def _alarm(aws: Clients, _name: str, properties: Properties) -> Made:
    aws("cloudwatch").put_metric_alarm(**_numbers(properties))
    return Made(properties["AlarmName"], {})


def _subscription(aws: Clients, _name: str, properties: Properties) -> Made:
    return Made(aws("sns").subscribe(**properties, ReturnSubscriptionArn=True)["SubscriptionArn"], {})


def _pool(aws: Clients, _name: str, properties: Properties) -> Made:
    apart = ("UserPoolName", "MfaConfiguration", "EnabledMfas")  # the API takes the last two by another call
    given = {key: value for key, value in properties.items() if key not in apart}
    pool = aws("cognito-idp").create_user_pool(PoolName=properties["UserPoolName"], **_typed(given))["UserPool"]
    aws("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=pool["Id"],
        SoftwareTokenMfaConfiguration={"Enabled": "SOFTWARE_TOKEN_MFA" in properties["EnabledMfas"]},
        MfaConfiguration=properties["MfaConfiguration"],
    )
    return Made(pool["Id"], {"Arn": pool["Arn"]})


def _pool_client(aws: Clients, _name: str, properties: Properties) -> Made:
    made = aws("cognito-idp").create_user_pool_client(**_typed(properties))["UserPoolClient"]
    return Made(made["ClientId"], {})


def _pool_group(aws: Clients, _name: str, properties: Properties) -> Made:
    aws("cognito-idp").create_group(**properties)
    return Made(properties["GroupName"], {})


def _distribution(aws: Clients, name: str, properties: Properties) -> Made:
    """One that can be asked to empty its cache; it serves nothing."""
    config = properties["DistributionConfig"]
    origins = [
        {"Id": each["Id"], "DomainName": each["DomainName"], "S3OriginConfig": {"OriginAccessIdentity": ""}}
        for each in config["Origins"]
        if each
    ]
    behaviour = config["DefaultCacheBehavior"]
    wanted = {
        "CallerReference": name,
        "Comment": config["Comment"],
        "Enabled": True,
        "Origins": {"Quantity": len(origins), "Items": origins},
        "DefaultCacheBehavior": {
            "TargetOriginId": behaviour["TargetOriginId"],
            "ViewerProtocolPolicy": behaviour["ViewerProtocolPolicy"],
        },
    }
    made = aws("cloudfront").create_distribution(DistributionConfig=wanted)["Distribution"]
    return Made(made["Id"], {"DomainName": made["DomainName"]})


def _function(_aws: Clients, name: str, _properties: Properties) -> Made:
    return Made(name, {"FunctionARN": f"arn:aws:cloudfront::{ACCOUNT}:function/{name}"})


def _secret(aws: Clients, _name: str, properties: Properties) -> Made:
    """A secret with a generated value."""
    given = {"Name": properties["Name"], "SecretString": secrets.token_urlsafe(36)}
    return Made(aws("secretsmanager").create_secret(**given)["ARN"], {})


def _metric_filter(aws: Clients, name: str, properties: Properties) -> Made:
    transformations = [
        {f"{key[0].lower()}{key[1:]}": value for key, value in each.items()}
        for each in properties["MetricTransformations"]
    ]
    aws("logs").put_metric_filter(
        logGroupName=properties["LogGroupName"],
        filterName=name,
        filterPattern=properties["FilterPattern"],
        metricTransformations=transformations,
    )
    return Made(name, {})


def _named_only(_aws: Clients, name: str, _properties: Properties) -> Made:
    return Made(name, {"Id": name})


_MAKERS: dict[str, Maker] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::SNS::Subscription": _subscription,
    # Moto applies a policy without looking at its conditions, and would deny everything.
    "AWS::S3::BucketPolicy": _named_only,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::Cognito::UserPool": _pool,
    "AWS::Cognito::UserPoolClient": _pool_client,
    "AWS::Cognito::UserPoolGroup": _pool_group,
    "AWS::CloudFront::OriginAccessControl": _named_only,
    "AWS::CloudFront::ResponseHeadersPolicy": _named_only,
    "AWS::CloudFront::Function": _function,
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::Logs::MetricFilter": _metric_filter,
    "AWS::Logs::QueryDefinition": _named_only,
    "AWS::Route53::HealthCheck": _named_only,
}
_OURS_ALONE = (
    "apigateway",
    "cloudformation",
    "cloudfront",
    "cloudwatch",
    "events",
    "iam",
    "lambda",
    "logs",
    "s3",
    "sns",
)
# Made again on an update; the others keep what they hold.
_REPEATABLE = ("AWS::CloudWatch::Alarm",)


@contextmanager
def cloudformation(aws: Clients) -> Iterator[None]:
    """Moto's CloudFormation knows our template's resources meanwhile; they are made in the account of ``aws``."""
    models = [_model(aws, kind) for kind in _MAKERS]
    known = parsing.get_model_map()
    known.update({model.cloudformation_type(): model for model in models})
    try:
        yield
    finally:
        for kind in _MAKERS:
            known.pop(kind)
        _forget()


class _Resource:
    """A resource that moto keeps in its stack; subclasses say of which kind, where, and how it is made."""

    kind: str
    aws: Clients

    def __init__(self, made: Made) -> None:
        self.made = made
        self.physical_resource_id = made.ref

    @staticmethod
    def cloudformation_name_type() -> str:
        """No property of ours becomes a name by itself."""
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        """The kind, as templates write it."""
        return cls.kind

    @classmethod
    def has_cfn_attr(cls, _attr: str) -> bool:
        """Whatever is asked for is looked for."""
        return True

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """What Fn::GetAtt gives."""
        return self.made.attributes[attribute_name]

    @classmethod
    def create_from_cloudformation_json(cls, name: str, resource: Any, *_: Any, **__: Any) -> _Resource:
        """Make it."""
        return cls(_MAKERS[cls.kind](cls.aws, name, resource["Properties"]))

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: _Resource | None, new_resource_name: str, cloudformation_json: Any, *_: Any, **__: Any
    ) -> _Resource:
        """Make it again where that is harmless; else it stays as it is."""
        if cls.kind in _REPEATABLE:
            return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json)
        # Moto updates what a condition leaves out, too.
        return original_resource or cls(Made("none", {}))

    @classmethod
    def delete_from_cloudformation_json(cls, *_: Any, **__: Any) -> None:
        """What moto did not make it does not remove."""


def _model(aws: Clients, kind: str) -> Any:
    return type("Resource", (_Resource, CloudFormationModel), {"kind": kind, "aws": aws})


def _typed(value: Any) -> Any:
    """Templates write numbers and booleans as they like; the API does not."""
    if isinstance(value, Mapping):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _numbers(properties: Properties) -> dict[str, Any]:
    return {key: float(value) if key == "Threshold" else _typed(value) for key, value in properties.items()}


def _forget() -> None:
    """Moto's state belongs to the process: leave none of it to the next test file."""
    for service in _OURS_ALONE:
        backend: Any = get_backend(service)  # type: ignore[call-overload]
        backend.reset()
    generated: Any = secretsmanager_backends[ACCOUNT][REGION].secrets
    for name in [name for name in generated if name.startswith("learnermax/edge-")]:
        del generated[name]
    tables, queues = dynamodb_backends[ACCOUNT][REGION].tables, sqs_backends[ACCOUNT][REGION].queues
    for stage in ("dev", "drill"):
        for held, prefix in ((tables, f"learnermax-education-{stage}"), (queues, f"learnermax-payment-events-{stage}")):
            for name in [name for name in held if name.startswith(prefix)]:
                del held[name]


def compute_outputs(stack_name: str) -> None:
    """Let moto work out a stack's outputs, which it forgets to do where a change set was executed."""
    backend = cloudformation_backends[ACCOUNT][REGION]
    stack = next(stack for stack in backend.stacks.values() if stack.name == stack_name)
    stack._parse_template()
    stack.output_map = stack._create_output_map()
