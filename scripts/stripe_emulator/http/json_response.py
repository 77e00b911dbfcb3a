"""Answers in JSON."""

import json
from typing import Any

from werkzeug.wrappers import Response


def json_response(status: int, body: Any) -> Response:
    """JSON that is never cached."""
    return Response(json.dumps(body), status, content_type="application/json", headers={"Cache-Control": "no-store"})
