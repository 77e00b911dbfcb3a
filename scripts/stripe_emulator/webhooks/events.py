"""Recording an event: a snapshot of an object at the time something happened to it."""

from copy import deepcopy

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.http.routing import Call
from scripts.stripe_emulator.objects.event import event


def emit(
    account: Account,
    kind: str,
    subject: Json,
    call: Call | None = None,
    overrides: Json | None = None,
    *,
    previous: Json | None = None,
) -> None:
    """Record that `kind` happened to `subject` and have it delivered.

    `call`: the API call that caused it. `overrides`: fields of the event to replace. `previous`: the values of changed
    attributes before the change.
    """
    request = {"id": call.request_id, "idempotency_key": call.idempotency_key} if call else None
    for _ in range(2 if account.same_fact_twice else 1):
        body = event(kind, deepcopy(subject), account.now(), request=request, **(overrides or {}))
        if previous:
            body["data"]["previous_attributes"] = deepcopy(previous)
        account.events[body["id"]] = body
        account.publish(body)
