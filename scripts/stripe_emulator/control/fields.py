"""Typed fields of a control request's JSON body."""

from scripts.stripe_emulator.control.error import ControlError
from scripts.stripe_emulator.errors import Json


def text(body: Json, name: str) -> str | None:
    """A string, or None when it is absent. Raises ControlError."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise ControlError(400, f"{name} must be text")
    return value


def seconds(body: Json, name: str, default: float = 0) -> float:
    """A number of seconds, not negative. Raises ControlError."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**10:
        raise ControlError(400, f"{name} must be a number of seconds, not negative")
    return float(value)


def required_text(body: Json, name: str) -> str:
    """A string that has to be there. Raises ControlError."""
    value = text(body, name)
    if value is None:
        raise ControlError(400, f"{name} is missing")
    return value


def amount(body: Json, name: str) -> int | None:
    """A positive integer, or None when it is absent. Raises ControlError."""
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ControlError(400, f"{name} must be a positive integer, in minor units")
    return value


def boolean(body: Json, name: str) -> bool:
    """True or false; false when it is absent. Raises ControlError."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise ControlError(400, f"{name} must be true or false")
    return value
