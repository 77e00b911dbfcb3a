"""What Chalice does not set at API Gateway: the gateway's own answers, and how much it lets through.

Every deployment by Chalice overwrites the API and with it these answers, so they are put back after each.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from scripts.ops.aws import Aws

# The gateway's occasions, and the code and sentence of the product for each.
ANSWERS = {
    "DEFAULT_4XX": ("invalid_request", "The request is not valid."),
    "DEFAULT_5XX": ("internal_error", "Something went wrong on our side. Please try again."),
    "UNAUTHORIZED": ("unauthorized", "Please sign in and try again."),
    "EXPIRED_TOKEN": ("unauthorized", "Please sign in and try again."),
    "ACCESS_DENIED": ("forbidden", "This URL does not exist, or you do not have permission to use it."),
    "MISSING_AUTHENTICATION_TOKEN": ("forbidden", "This URL does not exist, or you do not have permission to use it."),
    "RESOURCE_NOT_FOUND": ("forbidden", "This URL does not exist, or you do not have permission to use it."),
    "REQUEST_TOO_LARGE": ("request_too_large", "The request is too large."),
    "THROTTLED": ("rate_limited", "Too many requests. Please try again in a moment."),
    "INTEGRATION_FAILURE": ("internal_error", "Something went wrong on our side. Please try again."),
    "INTEGRATION_TIMEOUT": ("unavailable", "The service is not available right now. Please try again in a moment."),
}
# The gateway calls an expired token forbidden; to a front end it is one thing with a missing one.
_STATUS = {"EXPIRED_TOKEN": "401"}


@frozen
class DeployedApi:
    """The REST API of this id, deployed at ``stage``."""

    aws: Aws
    api_id: str
    stage: str

    @property
    def url(self) -> str:
        """Its address, without /api."""
        return f"https://{self.api_id}.execute-api.{self.aws.region}.amazonaws.com/{self.stage}"

    def answer_as_the_product(self, origin: str) -> int:
        """Give the gateway's own answers the product's envelope and CORS headers; how many there are."""
        for occasion, (code, sentence) in ANSWERS.items():
            status = {"statusCode": _STATUS[occasion]} if occasion in _STATUS else {}
            self._client.put_gateway_response(
                restApiId=self.api_id,
                responseType=occasion,
                responseParameters={
                    "gatewayresponse.header.Access-Control-Allow-Origin": f"'{origin}'",
                    "gatewayresponse.header.Cache-Control": "'no-store'",
                },
                responseTemplates={"application/json": _template(code, sentence)},
                **status,
            )
        # They are part of the API, and only what is deployed is served.
        self._client.create_deployment(restApiId=self.api_id, stageName=self.stage, description="gateway responses")
        return len(ANSWERS)

    def throttle(self, *, rate: int, burst: int) -> None:
        """Let through ``rate`` requests a second, and ``burst`` at once; count them by route."""
        settings = {"throttling/rateLimit": str(rate), "throttling/burstLimit": str(burst), "metrics/enabled": "true"}
        self._client.update_stage(
            restApiId=self.api_id,
            stageName=self.stage,
            patchOperations=[
                {"op": "replace", "path": f"/*/*/{name}", "value": value} for name, value in settings.items()
            ],
        )

    def throttling(self) -> tuple[float, int] | None:
        """The rate and the burst in force, None where there are none."""
        found = self._client.get_stage(restApiId=self.api_id, stageName=self.stage)
        settings = found.get("methodSettings", {}).get("*/*")
        return (float(settings["throttlingRateLimit"]), int(settings["throttlingBurstLimit"])) if settings else None

    def methods(self) -> dict[tuple[str, str], bool]:
        """Every (method, path), and whether the gateway asks for a token there."""
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


def _template(code: str, sentence: str) -> str:
    # $context.requestId is filled in by the gateway, and is all that it fills in: nothing of the request is quoted.
    return json.dumps({"error": sentence, "code": code, "requestId": "$context.requestId"})
