"""The right to read the secret of every payment provider: `python -m scripts.ops.deploy.policies` writes it into the
policies of those functions that read secrets, from the one list in ``adapters.settings``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from adapters.settings import SECRET_NAMES

FOLDER = Path(__file__).parents[3] / ".chalice"


def secret_resources() -> list[str]:
    """The secrets by the pattern of their ARN: Secrets Manager adds six characters to a name."""
    return [f"arn:aws:secretsmanager:*:*:secret:{name}-??????" for name in sorted(SECRET_NAMES.values())]


def with_secrets(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy, whose statement ``Keys``, if it has one, allows to read every provider's secret."""
    resources = secret_resources()
    statements = [
        one | {"Resource": resources if len(resources) > 1 else resources[0]} if one["Sid"] == "Keys" else one
        for one in policy["Statement"]
    ]
    return policy | {"Statement": statements}


def main() -> None:
    """Write the policies."""
    for path in sorted(FOLDER.glob("policy-*.json")):
        policy = with_secrets(json.loads(path.read_text("utf-8")))
        path.write_text(json.dumps(policy, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
