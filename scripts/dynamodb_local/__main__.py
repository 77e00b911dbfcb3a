"""`python -m scripts.dynamodb_local`: the contracts of the books, races included, over DynamoDB Local."""

from __future__ import annotations

import os
import subprocess
import sys

from scripts.dynamodb_local.local import DynamoDBLocalMissing, fetch, running

CANNOT = os.EX_TEMPFAIL
_TESTING = 600  # seconds


def main(arguments: list[str]) -> int:
    """The tests' exit status; EX_TEMPFAIL (75) where DynamoDB Local cannot be had, with a line that says why."""
    try:
        with running(fetch()) as url:
            command = [sys.executable, "-m", "pytest", "tests/contracts", f"--dynamodb-local={url}", *arguments]
            return subprocess.run(command, check=False, timeout=_TESTING).returncode
    except DynamoDBLocalMissing as missing:
        print(f"Not run over DynamoDB Local: {missing}", file=sys.stderr)
        return CANNOT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
