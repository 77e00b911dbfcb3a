"""Customers over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.errors import Json, missing
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.objects.customer import customer as customer_object
from scripts.stripe_emulator.objects.deleted import deleted
from scripts.stripe_emulator.validation import check_email, check_metadata, merged_metadata
from scripts.stripe_emulator.webhooks.events import emit

ROUTES = Routes()
_PLAIN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")


@ROUTES.post("/v1/customers")
def create(account: Account, call: Call) -> Json:
    """A customer. Stripe allows any number with one e-mail address."""
    _check(call.params)
    body = customer_object(call.params, account.now())
    account.customers[body["id"]] = body
    emit(account, "customer.created", body, call)
    return expanded(account, body, call.params)


@ROUTES.get("/v1/customers/{customer}")
def retrieve(account: Account, call: Call) -> Json:
    """One customer; of a deleted one, only that it is deleted."""
    found = account.customers.get(call.args["customer"], {})
    return found if found.get("deleted") else expanded(account, _find(account, call), call.params)


@ROUTES.post("/v1/customers/{customer}")
def update(account: Account, call: Call) -> Json:
    """Change what is given."""
    _check(call.params)
    body = _find(account, call)
    body |= {name: call.params[name] or None for name in _PLAIN if name in call.params}
    body["metadata"] = merged_metadata(body["metadata"], call.params.get("metadata", {}))
    emit(account, "customer.updated", body, call)
    return expanded(account, body, call.params)


@ROUTES.delete("/v1/customers/{customer}")
def delete(account: Account, call: Call) -> Json:
    """Delete a customer for good. Its id can still be retrieved, as a deleted one, and is refused everywhere else."""
    body = _find(account, call)
    account.customers[body["id"]] = deleted("customer", body["id"])
    emit(account, "customer.deleted", body, call)
    return account.customers[body["id"]]


@ROUTES.get("/v1/customers")
def list_customers(account: Account, call: Call) -> Json:
    """Customers by e-mail address (case matters) or creation time."""
    params = call.params
    found = [
        body
        for body in account.customers.values()
        if not body.get("deleted")
        and params.get("email", body["email"]) == body["email"]
        and created_within(body, params.get("created"))
        and "test_clock" not in params
    ]
    return expanded(account, page(found, params, "/v1/customers"), params)


def _find(account: Account, call: Call) -> Json:
    body = account.customers.get(call.args["customer"])
    if body is None or body.get("deleted"):
        raise missing("customer", call.args["customer"], "customer", 404)
    return body


def _check(params: Json) -> None:
    check_metadata(params.get("metadata"), "metadata")
    if params.get("email"):
        check_email(params["email"], "email")
