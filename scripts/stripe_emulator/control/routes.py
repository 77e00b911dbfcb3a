"""Control calls about sessions, the clock, faults, webhooks and the logs."""

from typing import Any

from scripts.stripe_emulator.control.control import Control
from scripts.stripe_emulator.control.fields import seconds, text
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.http.routing import Routes

ROUTES = Routes()


@ROUTES.get("/emulator/health")
def health(_: Control, __: Json) -> Json:
    """Answer that the emulator runs."""
    return {"status": "ok"}


@ROUTES.post("/emulator/sessions/{session}/pay")
def pay(control: Control, body: Json, session: str) -> Json:
    """{"card": "4242424242424242", "challenge"?: "complete"|"fail", "email"?, "name"?}."""
    names = ("card", "challenge", "email", "name")
    return control.pay(session, **{name: text(body, name) for name in names})


@ROUTES.post("/emulator/sessions/{session}/settle-delayed")
def settle_delayed(control: Control, body: Json, session: str) -> Json:
    """{"outcome"?: "succeeded"|"failed"}."""
    return control.settle_delayed(session, text(body, "outcome"))


@ROUTES.post("/emulator/sessions/{session}/expire")
def expire(control: Control, _: Json, session: str) -> Json:
    """No body."""
    return control.expire(session)


@ROUTES.post("/emulator/sessions/{session}/tamper")
def tamper(control: Control, body: Json, session: str) -> Json:
    """{"amount_total"?: n, "currency"?, "livemode"?, "metadata"?: {...}, ...}."""
    return control.tamper(session, body)


@ROUTES.get("/emulator/sessions")
def sessions(control: Control, _: Json) -> list[Json]:
    """All sessions, oldest first."""
    return control.sessions()


@ROUTES.get("/emulator/clock")
def clock(control: Control, _: Json) -> Json:
    """The emulator's time."""
    return {"now": control.account.now()}


@ROUTES.post("/emulator/clock")
def move_clock(control: Control, body: Json) -> Json:
    """{"advance": seconds} or {"reset": true}."""
    if body.get("reset"):
        control.account.clock.reset()
    control.advance(seconds(body, "advance"))
    return {"now": control.account.now()}


@ROUTES.get("/emulator/faults")
def faults(control: Control, _: Json) -> Json:
    """The faults in force."""
    return control.faults.as_json()


@ROUTES.post("/emulator/faults")
def set_faults(control: Control, body: Json) -> Json:
    """{"webhooks"?: {...}, "api"?: {...} or [...]}."""
    return control.set_faults(body)


@ROUTES.delete("/emulator/faults")
def clear_faults(control: Control, _: Json) -> Json:
    """End all faults."""
    control.clear_faults()
    return control.faults.as_json()


@ROUTES.get("/emulator/webhooks")
def deliveries(control: Control, _: Json) -> list[Json]:
    """The deliveries, oldest first."""
    return control.deliveries()


@ROUTES.post("/emulator/webhook_url")
def webhook_url(control: Control, body: Json) -> Json:
    """{"url": "http://127.0.0.1:8000/..." or null, "secret"?: "...", "keep_old_seconds"?: n}."""
    url = text(body, "url")
    control.webhooks.send_to(url, text(body, "secret"), seconds(body, "keep_old_seconds"))
    return {"url": url}


@ROUTES.post("/emulator/events/{event}/resend")
def resend(control: Control, _: Json, event: str) -> Json:
    """No body."""
    return control.resend(event)


@ROUTES.get("/emulator/requests")
def requests(control: Control, _: Json) -> list[Json]:
    """The API calls, oldest first."""
    return control.requests()


@ROUTES.delete("/emulator/requests")
def forget_requests(control: Control, _: Json) -> Any:
    """Empty the log of API calls."""
    control.api.log.clear()
    return {"status": "ok"}


@ROUTES.post("/emulator/idempotency_keys/forget")
def forget_idempotency_keys(control: Control, body: Json) -> Json:
    """{"older_than"?: seconds, 86400 when absent}."""
    return {"forgotten": control.forget_idempotency_keys(seconds(body, "older_than", 86400))}
