"""Stripe's refusals: an HTTP status and an `error` object in the shape Stripe gives them."""

import re
from typing import Any

Json = dict[str, Any]

NOT_IMPLEMENTED = 501
_DOCS = "https://docs.stripe.com/error-codes#"


class StripeError(Exception):
    """An answer that is not 200. `stored` says whether an idempotency key remembers it."""

    def __init__(self, status: int, error: Json, *, stored: bool = True) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.body: Json = {"error": error}
        self.stored = stored


def invalid(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> StripeError:
    """A refused request; `param` is the form key at fault, `code` Stripe's machine-readable reason."""
    error: Json = {}
    if code:
        error |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
    error["message"] = message
    if param:
        error["param"] = param
    error["type"] = "invalid_request_error"
    return StripeError(status, error)


def unparsable(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """A parameter that fails validation before anything ran, which an idempotency key does not remember."""
    error = invalid(message, param, code)
    error.stored = False
    return error


def missing(kind: str, object_id: str, param: str, status: int = 400) -> StripeError:
    """No object of that id. 404 when the id was in the path, 400 when it was a parameter."""
    quoted = object_id if kind == "checkout.session" else f"'{object_id}'"
    return invalid(f"No such {kind}: {quoted}", param, "resource_missing", status)


def exclusive(*params: str) -> StripeError:
    """Two parameters that Stripe does not take together."""
    return invalid(f"You may only specify one of these parameters: {', '.join(params)}.")


def required(param: str) -> StripeError:
    """A parameter that has to be there."""
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def not_emulated(what: str, param: str | None = None) -> StripeError:
    """400: a parameter that Stripe takes and this emulator does not; refused by name, rather than ignored."""
    return invalid(f"The emulator does not support {what}.", param)


def bad_key(given: str) -> StripeError:
    """401: the secret key is not ours. The key itself is masked, as Stripe does."""
    if not given:
        text = (
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    else:
        prefix = re.match(r"[a-z]+_[a-z]+_", given)
        text = f"Invalid API Key provided: {prefix[0] if prefix else ''}*******"
    return StripeError(401, {"message": text, "type": "invalid_request_error"}, stored=False)


def path_not_emulated(method: str, path: str) -> StripeError:
    """501: a call that Stripe has, or may have, and this emulator does not. Nothing is remembered for a retry."""
    error = {"message": f"The emulator does not support {method} {path} yet.", "type": "invalid_request_error"}
    return StripeError(NOT_IMPLEMENTED, error, stored=False)


def unknown_url(method: str, path: str) -> StripeError:
    """404: no path of Stripe's."""
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs."
    error = invalid(message, status=404)
    error.stored = False
    return error


def key_reused(key: str) -> StripeError:
    """400: the idempotency key was first used with other parameters."""
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return StripeError(400, {"message": message, "type": "idempotency_error"}, stored=False)


def key_in_use(key: str) -> StripeError:
    """409: the first request with this idempotency key is still running."""
    code = "idempotency_key_in_use"
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}. Please try again later."
    )
    error = {"code": code, "doc_url": _DOCS + "idempotency-key-in-use", "message": message}
    return StripeError(409, error | {"type": "invalid_request_error"}, stored=False)


def rate_limited() -> StripeError:
    """429: too many requests; nothing ran and nothing is remembered."""
    error = invalid("Request rate limit exceeded.", code="rate_limit", status=429)
    error.stored = False
    return error


def server_error() -> StripeError:
    """500: an idempotency key remembers it and replays it, as Stripe's does."""
    message = "An unknown error occurred. If the problem persists, please contact Stripe support."
    return StripeError(500, {"message": message, "type": "api_error"})
