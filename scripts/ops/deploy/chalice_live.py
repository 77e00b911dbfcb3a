"""The chalice program, with everything that calls a function going through the function's alias ``live``.

Chalice leads the API, the queue and the schedules to a function's unpublished code, so new code would serve everybody
as soon as it is uploaded. Here they go to the alias; which version it stands for is decided after the deployment.

It is started by its path and imports nothing of ours: the build has modules of the same names.
"""

from __future__ import annotations

import copy
import functools
import re
import sys
from collections.abc import Callable
from typing import Any

from chalice import cli
from chalice.awsclient import TypedAWSClient

ALIAS = "live"

_FUNCTION = re.compile(r"(:function:[A-Za-z0-9_-]+)/invocations$")

Given = dict[str, Any]


def main() -> None:
    """Run Chalice's command line."""
    lead_through_alias()
    sys.exit(cli.main())


def lead_through_alias() -> None:
    """Change Chalice's client of AWS: what calls a function names the alias, and a new function gets one at once."""
    _change("import_rest_api", _document)
    _change("update_api_from_swagger", _document)
    _change("connect_rule_to_lambda", _named("function_arn"))
    _change("add_permission_for_cloudwatch_event", _named("function_arn"))
    _change("add_permission_for_apigateway", _named("function_name"))
    _change("create_lambda_event_source", _named("function_name"))
    _change("verify_event_source_current", _named("function_arn"))
    _change("create_function", lambda given: given, _give_alias)


def through_alias(document: Given) -> Given:
    """The API's document with every function named by its alias."""
    led = copy.deepcopy(document)
    for operations in led["paths"].values():
        for operation in operations.values():
            integration = operation.get("x-amazon-apigateway-integration", {})
            if "uri" in integration:
                integration["uri"] = _FUNCTION.sub(rf"\1:{ALIAS}/invocations", integration["uri"])
    return led


def _document(given: Given) -> Given:
    return {**given, "swagger_document": through_alias(given["swagger_document"])}


def _named(parameter: str) -> Callable[[Given], Given]:
    return lambda given: {**given, parameter: f"{given[parameter]}:{ALIAS}"}


def _give_alias(aws: Any, given: Given) -> None:
    client, name = aws._client("lambda"), given["function_name"]  # noqa: SLF001 - Chalice's own client
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)


def _nothing(_aws: Any, _given: Given) -> None:
    return


def _change(method: str, change: Callable[[Given], Given], then: Callable[[Any, Given], None] = _nothing) -> None:
    original = getattr(TypedAWSClient, method)

    @functools.wraps(original)
    def changed(self: Any, **given: Any) -> Any:
        answer = original(self, **change(given))
        then(self, given)
        return answer

    setattr(TypedAWSClient, method, changed)


if __name__ == "__main__":
    main()
