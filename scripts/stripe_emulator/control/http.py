"""The control API over HTTP: JSON under /emulator, without a key. README.md lists the calls."""

import json

from attrs import define
from werkzeug.wrappers import Request, Response

from scripts.stripe_emulator.control import dashboard_routes, routes
from scripts.stripe_emulator.control.control import Control
from scripts.stripe_emulator.control.error import ControlError
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.http.json_response import json_response
from scripts.stripe_emulator.http.routing import Routes

ROUTES = Routes()
ROUTES.include(routes.ROUTES)
ROUTES.include(dashboard_routes.ROUTES)


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
