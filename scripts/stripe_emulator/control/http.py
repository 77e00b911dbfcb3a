"""The control API over HTTP: JSON under /emulator, without a key. README.md lists the calls."""

import json
from typing import Any

from attrs import define
from werkzeug.wrappers import Request, Response

from scripts.stripe_emulator.control.control import Control, ControlError
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.http.json_response import json_response
from scripts.stripe_emulator.http.routing import Routes

ROUTES = Routes()


@define
class ControlApi:
    """Answers /emulator/*. Web pages of other origins are refused: only scripts drive the emulator."""

    control: Control
    own_origin: str

    def handle(self, request: Request) -> Response:
        """The answer in JSON; a refusal is {"error": "..."}."""
        match = ROUTES.find(request.method, request.path)
        if match is None:
            return json_response(404, {"error": "No such path. See scripts/stripe_emulator/README.md."})
        if request.headers.get("Origin") not in (None, self.own_origin):
            return json_response(403, {"error": "Not for web pages of other origins."})
        try:
            return json_response(200, match.handler(self.control, _body(request), **match.args))
        except ControlError as error:
            return json_response(error.status, error.body)


def _body(request: Request) -> Json:
    if not request.get_data():
        return {}
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise ControlError(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise ControlError(400, "The body is not a JSON object.")
    return body


def _text(body: Json, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise ControlError(400, f"{name} must be text")
    return value


def _seconds(body: Json, name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**10:
        raise ControlError(400, f"{name} must be a number of seconds, not negative")
    return float(value)


@ROUTES.get("/emulator/health")
def health(_: Control, __: Json) -> Json:
    """Answer that the emulator runs."""
    return {"status": "ok"}


@ROUTES.post("/emulator/sessions/{session}/pay")
def pay(control: Control, body: Json, session: str) -> Json:
    """{"card": "4242424242424242", "challenge"?: "complete"|"fail", "email"?, "name"?}."""
    names = ("card", "challenge", "email", "name")
    return control.pay(session, **{name: _text(body, name) for name in names})


@ROUTES.post("/emulator/sessions/{session}/settle-delayed")
def settle_delayed(control: Control, body: Json, session: str) -> Json:
    """{"outcome"?: "succeeded"|"failed"}."""
    return control.settle_delayed(session, _text(body, "outcome"))


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
    control.advance(_seconds(body, "advance"))
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
    url = _text(body, "url")
    control.webhooks.send_to(url, _text(body, "secret"), _seconds(body, "keep_old_seconds"))
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
