"""`python -m scripts.openapi`: write adapters/http/openapi.json anew."""

from __future__ import annotations

import json
from pathlib import Path

from adapters.container import build_container
from adapters.http.api import create_router
from adapters.settings import Settings
from scripts.openapi.document import build

TARGET = Path(__file__).resolve().parents[2] / "adapters" / "http" / "openapi.json"

# Routes are the same in every deployment; nothing here is called.
_SETTINGS = Settings(
    stage="local",
    table_name="none",
    queue_name="none",
    web_origin="https://school.example",
    user_pool_arn="arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_none",
    user_pool_client_id="none",
)


def text() -> str:
    """The document as the file has it."""
    document = build(create_router(_SETTINGS, build_container(_SETTINGS)).routes)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
    print(f"Wrote {TARGET}.")
