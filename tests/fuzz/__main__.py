"""Send made-up requests to every operation, over DynamoDB as the emulator plays it, and say what is wrong."""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
from contextlib import closing
from typing import Any

from scripts.aws_emulator.server import AwsEmulator
from tests.fuzz.fuzzing import Finding, fuzz
from tests.fuzz.served import ROLES, ServedSchool, a_store
from tests.fuzz.stored import StoredHttpSchool
from tests.support.aws.backends import DynamoBackend, a_client

_BUSY = 30  # attempts of a client: a throttled or slow emulator is not what this is about


def main(arguments: list[str]) -> int:
    """Fuzz as every role that was asked for; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=100, help="requests to each operation, half of them invalid")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run; any by default")
    parser.add_argument("--role", action="append", choices=(*ROLES, "support", "finance"), help="every one by default")
    chosen = parser.parse_args(arguments)
    first_seed = chosen.seed if chosen.seed is not None else secrets.randbelow(10**9)
    logging.disable(logging.WARNING)  # who is refused is logged, here thousands of times
    found = sent = 0
    with AwsEmulator() as aws, closing(a_client(aws.url, attempts=_BUSY)) as client:
        for role in chosen.role or ROLES:
            for each in fuzz(lambda: _over_a_table(client), role, examples=chosen.examples, first_seed=first_seed):
                if isinstance(each, Finding):
                    found += 1
                    sys.stdout.write(f"{each}\n")
                else:
                    sent += each
            sys.stdout.write(f"{role}: {sent} requests so far, {found} findings\n")
            sys.stdout.flush()
    sys.stdout.write(f"seed {first_seed}\n")
    return 1 if found else 0


def _over_a_table(client: Any) -> ServedSchool:
    return ServedSchool(StoredHttpSchool(store=a_store(), storage=DynamoBackend(client)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
