"""The script side over HTTP: JSON under /emulator, without a key. See docs/stripe-emulator.md."""

import json
from typing import Any

from attrs import define

from scripts.stripe_emulator.backstage import Backstage, Refused
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.http import Request, Response, json_response
from scripts.stripe_emulator.router import Routes

ROUTES = Routes()


@define
class Control:
    """Answers /emulator/*. Web pages of other origins are refused: only scripts drive the emulator."""

    backstage: Backstage
    own_origin: str

    def handle(self, request: Request) -> Response:
        """The answer in JSON; a refusal is {"error": "..."}."""
        match = ROUTES.find(request.method, request.path)
        if match is None:
            return json_response(404, {"error": "No such path. See docs/stripe-emulator.md."})
        if request.header("Origin") not in (None, self.own_origin):
            return json_response(403, {"error": "Not for web pages of other origins."})
        try:
            return json_response(200, match.handler(self.backstage, _body(request), **match.args))
        except Refused as error:
            return json_response(error.status, error.body)


def _body(request: Request) -> Json:
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Refused(400, "The body is not a JSON object.")
    return body


def _text(body: Json, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(400, f"{name} must be text")
    return value


def _seconds(body: Json, name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**10:
        raise Refused(400, f"{name} must be a number of seconds, not negative")
    return float(value)


@ROUTES.get("/emulator/health")
def health(_: Backstage, __: Json) -> Json:
    """It runs."""
    return {"status": "ok"}


@ROUTES.post("/emulator/sessions/{session}/pay")
def pay(backstage: Backstage, body: Json, session: str) -> Json:
    """{"card": "4242424242424242", "challenge"?: "complete"|"fail", "email"?, "name"?}."""
    names = ("card", "challenge", "email", "name")
    return backstage.pay(session, **{name: _text(body, name) for name in names})


@ROUTES.post("/emulator/sessions/{session}/settle-delayed")
def settle_delayed(backstage: Backstage, body: Json, session: str) -> Json:
    """{"outcome"?: "succeeded"|"failed"}."""
    return backstage.settle_delayed(session, _text(body, "outcome"))


@ROUTES.post("/emulator/sessions/{session}/expire")
def expire(backstage: Backstage, _: Json, session: str) -> Json:
    """No body."""
    return backstage.expire(session)


@ROUTES.post("/emulator/sessions/{session}/tamper")
def tamper(backstage: Backstage, body: Json, session: str) -> Json:
    """{"amount_total"?: n, "currency"?, "livemode"?, "metadata"?: {...}, ...}."""
    return backstage.tamper(session, body)


@ROUTES.get("/emulator/sessions")
def sessions(backstage: Backstage, _: Json) -> list[Json]:
    """All sessions, oldest first."""
    return backstage.sessions()


@ROUTES.get("/emulator/clock")
def clock(backstage: Backstage, _: Json) -> Json:
    """The emulator's time."""
    return {"now": backstage.world.now()}


@ROUTES.post("/emulator/clock")
def move_clock(backstage: Backstage, body: Json) -> Json:
    """{"advance": seconds} or {"reset": true}."""
    if body.get("reset"):
        backstage.world.clock.reset()
    backstage.advance(_seconds(body, "advance"))
    return {"now": backstage.world.now()}


@ROUTES.get("/emulator/faults")
def faults(backstage: Backstage, _: Json) -> Json:
    """The faults in force."""
    return backstage.faults.shown()


@ROUTES.post("/emulator/faults")
def set_faults(backstage: Backstage, body: Json) -> Json:
    """{"webhooks"?: {...}, "api"?: {...} or [...]}."""
    return backstage.set_faults(body)


@ROUTES.delete("/emulator/faults")
def clear_faults(backstage: Backstage, _: Json) -> Json:
    """Back to good weather."""
    backstage.clear_faults()
    return backstage.faults.shown()


@ROUTES.get("/emulator/webhooks")
def deliveries(backstage: Backstage, _: Json) -> list[Json]:
    """The deliveries, oldest first."""
    return backstage.deliveries()


@ROUTES.post("/emulator/webhook_url")
def webhook_url(backstage: Backstage, body: Json) -> Json:
    """{"url": "http://127.0.0.1:8000/..." or null, "secret"?: "...", "keep_old_seconds"?: n}."""
    url = _text(body, "url")
    backstage.webhooks.point(url, _text(body, "secret"), _seconds(body, "keep_old_seconds"))
    return {"url": url}


@ROUTES.post("/emulator/events/{event}/resend")
def resend(backstage: Backstage, _: Json, event: str) -> Json:
    """No body."""
    return backstage.resend(event)


@ROUTES.get("/emulator/requests")
def requests(backstage: Backstage, _: Json) -> list[Json]:
    """The API calls, oldest first."""
    return backstage.requests()


@ROUTES.delete("/emulator/requests")
def forget_requests(backstage: Backstage, _: Json) -> Any:
    """Start counting anew."""
    backstage.api.log.clear()
    return {"status": "ok"}
