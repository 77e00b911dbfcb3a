"""Webhook endpoints over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import page
from scripts.stripe_emulator.api_version import API_VERSION
from scripts.stripe_emulator.errors import Json, invalid, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.ids import token
from scripts.stripe_emulator.objects.deleted import deleted
from scripts.stripe_emulator.objects.webhook_endpoint import webhook_endpoint as webhook_endpoint_object
from scripts.stripe_emulator.validation import check_metadata, check_url, merged_metadata

ROUTES = Routes()


@ROUTES.post("/v1/webhook_endpoints")
def create(account: Account, call: Call) -> Json:
    """An endpoint. Its signing secret is in this answer and never again."""
    params = call.params
    check_url(params["url"], "url")
    check_metadata(params.get("metadata"), "metadata")
    if params.get("connect"):
        raise not_emulated("Connect", "connect")
    _check_events(params)
    if params.get("api_version", API_VERSION) != API_VERSION:
        raise not_emulated(f"events of API version {params['api_version']}", "api_version")
    body = webhook_endpoint_object(params, account.now())
    secret = f"whsec_{token(32)}"
    account.endpoints[body["id"]] = body
    account.endpoint_secrets[body["id"]] = secret
    return body | {"secret": secret}


@ROUTES.get("/v1/webhook_endpoints/{webhook_endpoint}")
def retrieve(account: Account, call: Call) -> Json:
    """One endpoint, without its secret."""
    return expanded(account, _find(account, call), call.params)


@ROUTES.post("/v1/webhook_endpoints/{webhook_endpoint}")
def update(account: Account, call: Call) -> Json:
    """Change where and what; the API version stays."""
    body, params = _find(account, call), call.params
    _check_events(params)
    if "url" in params:
        check_url(params["url"], "url")
    body |= {name: params[name] for name in ("url", "enabled_events", "description") if name in params}
    if "disabled" in params:
        body["status"] = "disabled" if params["disabled"] else "enabled"
    body["metadata"] = merged_metadata(body["metadata"], params.get("metadata", {}))
    return expanded(account, body, params)


@ROUTES.delete("/v1/webhook_endpoints/{webhook_endpoint}")
def delete(account: Account, call: Call) -> Json:
    """Remove an endpoint; retries to it stop."""
    body = _find(account, call)
    del account.endpoints[body["id"]]
    del account.endpoint_secrets[body["id"]]
    return deleted("webhook_endpoint", body["id"])


@ROUTES.get("/v1/webhook_endpoints")
def list_endpoints(account: Account, call: Call) -> Json:
    """All endpoints."""
    return expanded(account, page(account.endpoints.values(), call.params, "/v1/webhook_endpoints"), call.params)


def _find(account: Account, call: Call) -> Json:
    endpoint_id = call.args["webhook_endpoint"]
    body = account.endpoints.get(endpoint_id)
    if body is None:
        raise missing("webhook endpoint", endpoint_id, "webhook_endpoint", 404)
    return body


def _check_events(params: Json) -> None:
    if params.get("enabled_events", ["*"]) == []:
        raise invalid("You must pass at least one event.", "enabled_events")
