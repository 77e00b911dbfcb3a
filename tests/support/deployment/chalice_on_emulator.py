"""The `chalice` program against moto: only the form of the API document is changed.

Moto takes OpenAPI 3 only, wants a uri and a method on every integration, and makes no authorizers out of `security`.
For tests; it runs only against an emulator on this machine.
"""

from __future__ import annotations

import copy
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chalice import cli
from chalice.awsclient import TypedAWSClient

Document = dict[str, Any]


def main() -> None:
    """Run Chalice's command line."""
    if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname != "127.0.0.1":
        sys.exit("AWS_ENDPOINT_URL must lead to an emulator on this machine.")
    _translate()
    _as_the_product_starts_it()
    sys.exit(cli.main())


def _as_the_product_starts_it() -> None:
    """Everything that calls a function goes through its alias. By its path: the build has modules of our names."""
    path = Path(__file__).parents[3] / "scripts" / "ops" / "deploy" / "chalice_live.py"
    spec = importlib.util.spec_from_file_location("chalice_live", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.lead_through_alias()


def _translate() -> None:
    create, update = TypedAWSClient.import_rest_api, TypedAWSClient.update_api_from_swagger

    def import_rest_api(self: Any, swagger_document: Document, endpoint_type: str) -> str:
        api_id: str = create(self, openapi_3(swagger_document), endpoint_type)
        _authorize(self._client("apigateway"), api_id, swagger_document)
        return api_id

    def update_api_from_swagger(self: Any, rest_api_id: str, swagger_document: Document) -> None:
        update(self, rest_api_id, openapi_3(swagger_document))
        _authorize(self._client("apigateway"), rest_api_id, swagger_document)

    TypedAWSClient.import_rest_api = import_rest_api  # type: ignore[method-assign]
    TypedAWSClient.update_api_from_swagger = update_api_from_swagger  # type: ignore[method-assign]


def openapi_3(swagger: Document) -> Document:
    """The same API, as moto wants it written."""
    document = copy.deepcopy(swagger)
    for name in ("swagger", "schemes", "basePath", "host"):
        document.pop(name, None)
    document["openapi"] = "3.0.1"
    document["info"].setdefault("description", document["info"].get("title", ""))
    document["components"] = {
        "schemas": document.pop("definitions", {}),
        "securitySchemes": document.pop("securityDefinitions", {}),
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            _translate_operation(operation)
    return document


def _translate_operation(operation: Document) -> None:
    for name in ("consumes", "produces"):
        operation.pop(name, None)
    integration = operation.get("x-amazon-apigateway-integration", {})
    integration.setdefault("uri", "mock")
    integration.setdefault("httpMethod", "POST")
    for parameter in operation.get("parameters", ()):
        _type_to_schema(parameter)
    for response in operation.get("responses", {}).values():
        if response.pop("schema", None):
            response["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Empty"}}}
        for header in response.get("headers", {}).values():
            _type_to_schema(header)


def _type_to_schema(described: Document) -> None:
    if "type" in described:
        described["schema"] = {"type": described.pop("type")}


def _authorize(client: Any, api_id: str, swagger: Document) -> None:
    """As API Gateway does with `security`: a method that has it asks for a token."""
    resources = client.get_resources(restApiId=api_id, limit=500)["items"]
    ids = {resource["path"]: resource["id"] for resource in resources}
    for path, operations in swagger["paths"].items():
        for method, operation in operations.items():
            which = {"restApiId": api_id, "resourceId": ids[path], "httpMethod": method.upper()}
            if method != "options":
                # Moto cannot change a method, and putting it again takes its integration away.
                kind = "COGNITO_USER_POOLS" if operation.get("security") else "NONE"
                client.put_method(**which, authorizationType=kind)
                uri = operation["x-amazon-apigateway-integration"]["uri"]
                client.put_integration(**which, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)


if __name__ == "__main__":
    main()
