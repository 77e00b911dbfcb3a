"""Settings of API Gateway that Chalice does not make: gateway responses, throttling and access logs.

Every deployment by Chalice replaces the API together with its gateway responses, so they are set again after each.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from adapters.http.boundary import SECURITY_HEADERS
from scripts.ops.aws.clients import AwsClients

# API Gateway's response types, each with the code and message of our error envelope.
GATEWAY_RESPONSES = {
    "DEFAULT_4XX": ("invalid_request", "The request is not valid."),
    "DEFAULT_5XX": ("internal_error", "Something went wrong on our side. Please try again."),
    "UNAUTHORIZED": ("unauthorized", "Please sign in and try again."),
    "EXPIRED_TOKEN": ("unauthorized", "Please sign in and try again."),
    "ACCESS_DENIED": ("forbidden", "This address does not exist, or you do not have permission to use it."),
    "MISSING_AUTHENTICATION_TOKEN": (
        "forbidden",
        "This address does not exist, or you do not have permission to use it.",
    ),
    "RESOURCE_NOT_FOUND": ("forbidden", "This address does not exist, or you do not have permission to use it."),
    "REQUEST_TOO_LARGE": ("request_too_large", "The request is too large."),
    "THROTTLED": ("rate_limited", "Too many requests. Please try again in a moment."),
    "INTEGRATION_FAILURE": ("internal_error", "Something went wrong on our side. Please try again."),
    "INTEGRATION_TIMEOUT": ("unavailable", "The service is not available right now. Please try again in a moment."),
}
# API Gateway answers an expired token with 403; clients expect the same status as for a missing one.
_STATUS = {"EXPIRED_TOKEN": "401"}


# A literal of API Gateway stands in single quotes, so the policy with its own cannot be one: CloudFront adds it.
_SECURITY_HEADERS = {
    f"gatewayresponse.header.{name}": f"'{value}'" for name, value in SECURITY_HEADERS.items() if "'" not in value
}
WEBHOOKS = ("/api/webhooks/{provider}", "/api/payments/webhooks/stripe", "/api/stripe/webhooks")
"""The paths that payment providers call."""

_LOGGED = {
    "requestId": "requestId",
    "method": "httpMethod",
    "route": "resourcePath",
    "status": "status",
    "error": "error.responseType",
    "latency": "responseLatency",
    "functionLatency": "integration.latency",
    "bytes": "responseLength",
    "user": "authorizer.claims.sub",
}
ACCESS_LOG = json.dumps({name: f"$context.{variable}" for name, variable in _LOGGED.items()})
"""A line of the access log. It has the route as it is declared: paths and queries as they came hold ids and addresses.
Nor has it the caller's network address; latencies are in milliseconds."""


@frozen
class DeployedApi:
    """The REST API of this id; ``stage`` is its API Gateway stage."""

    aws: AwsClients
    api_id: str
    stage: str

    @property
    def url(self) -> str:
        """The base URL, without /api."""
        return f"https://{self.api_id}.execute-api.{self.aws.region}.amazonaws.com/{self.stage}"

    def set_gateway_responses(self, origin: str) -> int:
        """Give API Gateway's own responses our error envelope and CORS headers; returns their number."""
        for response_type, (code, message) in GATEWAY_RESPONSES.items():
            status = {"statusCode": _STATUS[response_type]} if response_type in _STATUS else {}
            self._client.put_gateway_response(
                restApiId=self.api_id,
                responseType=response_type,
                responseParameters={
                    "gatewayresponse.header.Access-Control-Allow-Origin": f"'{origin}'",
                    "gatewayresponse.header.Cache-Control": "'no-store'",
                    **_SECURITY_HEADERS,
                },
                responseTemplates={"application/json": _template(code, message)},
                **status,
            )
        # Gateway responses are part of the API: they take effect with a deployment.
        self._client.create_deployment(restApiId=self.api_id, stageName=self.stage, description="gateway responses")
        return len(GATEWAY_RESPONSES)

    def throttle(self, *, rate: int, burst: int) -> None:
        """Limit the API to ``rate`` requests a second and bursts of ``burst``; enable metrics by route.

        Webhooks have the same limits for themselves: whoever floods the API cannot crowd them out.
        """
        settings = {"throttling/rateLimit": str(rate), "throttling/burstLimit": str(burst), "metrics/enabled": "true"}
        methods = ["*/*", *(f"{path.replace('/', '~1')}/POST" for path in WEBHOOKS)]
        self._client.update_stage(
            restApiId=self.api_id,
            stageName=self.stage,
            patchOperations=[
                {"op": "replace", "path": f"/{method}/{name}", "value": value}
                for method in methods
                for name, value in settings.items()
            ],
        )

    def log_accesses(self, group_arn: str) -> None:
        """Write a line for each request into this log group. The account must allow it, see ``GatewayLogs``."""
        settings = {"destinationArn": group_arn.removesuffix(":*"), "format": ACCESS_LOG}
        self._client.update_stage(
            restApiId=self.api_id,
            stageName=self.stage,
            patchOperations=[
                {"op": "replace", "path": f"/accessLogSettings/{name}", "value": value}
                for name, value in settings.items()
            ],
        )

    def throttling(self, method: str = "*/*") -> tuple[float, int] | None:
        """The rate in requests a second and the burst, or None if the method, or the API, has none of its own."""
        found = self._client.get_stage(restApiId=self.api_id, stageName=self.stage)
        settings = found.get("methodSettings", {}).get(method)
        return (float(settings["throttlingRateLimit"]), int(settings["throttlingBurstLimit"])) if settings else None

    def integrations(self) -> set[str]:
        """The ARNs of the functions that the API calls."""
        pages = self._client.get_paginator("get_resources").paginate(restApiId=self.api_id, embed=["methods"])
        uris = [
            str(found.get("methodIntegration", {}).get("uri", ""))
            for page in pages
            for resource in page["items"]
            for found in resource.get("resourceMethods", {}).values()
        ]
        return {uri.partition("/functions/")[2].partition("/")[0] for uri in uris if "/functions/" in uri}

    def methods(self) -> dict[tuple[str, str], bool]:
        """Maps every (method, path) to whether API Gateway requires a token."""
        pages = self._client.get_paginator("get_resources").paginate(restApiId=self.api_id, embed=["methods"])
        return {
            (method, resource["path"]): found.get("authorizationType", "NONE") != "NONE"
            for page in pages
            for resource in page["items"]
            for method, found in resource.get("resourceMethods", {}).items()
            if method != "OPTIONS"
        }

    @property
    def _client(self) -> Any:
        return self.aws("apigateway")


def _template(code: str, message: str) -> str:
    # API Gateway fills in $context.requestId; nothing of the request itself is quoted.
    return json.dumps({"error": message, "code": code, "requestId": "$context.requestId"})
