"""A control request that cannot be done."""

from typing import Any

from scripts.stripe_emulator.errors import Json


class ControlError(Exception):
    """The HTTP status and the JSON body with the reason: 400 malformed, 404 no such object, 409 not in this state."""

    def __init__(self, http_status: int, message: str, /, **state: Any) -> None:
        super().__init__(message)
        self.status = http_status
        self.body: Json = {"error": message} | state
