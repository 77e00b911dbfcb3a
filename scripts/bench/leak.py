"""`python -m scripts.bench.leak 100000`: so many requests to one instance of the deployed function.

Prints its resident memory and its open files on the way. Fails where the second half of the requests needs more memory
than the first did by MOST_GROWTH, or where files stay open.

The emulators are in this process, and what is stored in them stays. Python's collector is kept from walking through all
of it again (`gc.freeze`): after 100,000 requests that took 9 seconds, longer than the product waits for DynamoDB.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from attrs import frozen

from scripts.bench import functions
from scripts.bench.functions import Function
from scripts.bench.measure import Bench
from scripts.bench.requests import Requests
from tests.support.deployment.deployed_functions import emulated_services
from tests.support.deployment.lambda_runtime import managed_runtime

MOST_GROWTH = 2.0
"""Megabytes. What a request leaves behind shows as more than that in a few thousand requests."""

_MIX = ("health", "courses", "courses", "free", "paid")
_ROWS = 20
_KILOBYTES = 1024


@frozen
class State:
    """Of the function's process after so many requests: resident megabytes, and how many files it has open."""

    requests: int
    megabytes: float
    files: int

    @classmethod
    def of(cls, requests: int, pid: int) -> State:
        """As the kernel has it now."""
        status = Path(f"/proc/{pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return cls(requests, int(resident.split()[1]) / _KILOBYTES, len(list(Path(f"/proc/{pid}/fd").iterdir())))


def grows(states: Sequence[State]) -> bool:
    """Whether memory or open files went on growing in the second half."""
    middle, last = states[len(states) // 2], states[-1]
    return last.megabytes - middle.megabytes > MOST_GROWTH or last.files > middle.files + 1


def main(requests: int) -> int:
    """The exit status."""
    states: list[State] = []
    print("| Requests | resident, MB | open files |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name, emulated_services() as world:
        directory = Path(name)
        product = Function("product", functions.product(directory / "product"))
        bench = Bench(world, managed_runtime(directory / "runtime"), Requests(world))
        try:
            for done, path in enumerate(islice(cycle(_MIX), requests), start=1):
                bench.warm(product, path, 1)
                if done % max(requests // _ROWS, 1) == 0:
                    states.append(State.of(done, bench.running(product).pid))
                    gc.freeze()
                    print(f"| {done:,} | {states[-1].megabytes:.1f} | {states[-1].files} |", flush=True)
        finally:
            bench.close()
    return 1 if grows(states) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
