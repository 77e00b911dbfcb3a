"""`python -m scripts.bench.clients`: the product beside its peers with 1, 8 and 64 clients at once.

As Lambda does it, every client has an instance of the function of its own, and all instances share two or so cores and
one emulated account, which is the slowest part. What is compared is therefore processor time: how many requests a core
carries out in a second of it, and whether that falls where many write at the same time. Prints a table in Markdown.
CLIENTS (1,8,64) and REQUESTS (192, to be divided by the clients) choose how much.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from attrs import frozen

from scripts.bench.__main__ import candidates
from scripts.bench.functions import Function
from scripts.bench.measure import Bench, processor_time
from scripts.bench.requests import EXPECTED, Requests
from tests.support.deployment.deployed_functions import emulated_services
from tests.support.deployment.lambda_runtime import LambdaRig, managed_runtime

NAMES = ("product", "Node", "FastAPI", "boto3")
_PATH = "paid"
_WARM = 2  # requests to each instance that do not count


@frozen
class Measured:
    """Of all requests together: ``processor`` seconds of all instances, each request's milliseconds of wall time, how
    many were answered with an error, and the most files that an instance has open.
    """

    requests: int
    processor: float
    waits: Sequence[float]
    errors: int
    files: int

    def row(self, name: str, clients: int) -> str:
        """One line of the table."""
        figures = (
            f"{self.requests / self.processor:.0f}",
            f"{1000 * self.processor / self.requests:.1f}",
            f"{median(self.waits):.0f}",
            f"{self.errors}",
            f"{self.files}",
        )
        return f"| {name} | {clients} | " + " | ".join(figures) + " |"


def measure(bench: Bench, function: Function, clients: int, requests: int) -> Measured:
    """So many requests by so many clients, each of whom sends the next when the one before is answered."""
    with ExitStack() as running, ThreadPoolExecutor(clients) as threads:
        rigs = [running.enter_context(bench.instance(function)) for _ in range(clients)]
        list(threads.map(lambda rig: _client(bench, rig, _WARM), rigs))
        before = sum(processor_time(rig.pid) for rig in rigs)
        done = list(threads.map(lambda rig: _client(bench, rig, requests // clients), rigs))
        processor = (sum(processor_time(rig.pid) for rig in rigs) - before) / 1000
        files = max(len(list(Path(f"/proc/{rig.pid}/fd").iterdir())) for rig in rigs)
    waits = [wait for each in done for wait, _ in each]
    errors = sum(status not in EXPECTED[_PATH] for each in done for _, status in each)
    return Measured(len(waits), processor, waits, errors, files)


def _client(bench: Bench, rig: LambdaRig, times: int) -> list[tuple[float, int]]:
    """How many milliseconds each request took, and the status of its answer."""
    taken = []
    for _ in range(times):
        event, began = bench.requests.event(_PATH), time.perf_counter()
        status = rig.invoke(event)["statusCode"]
        taken.append((1000 * (time.perf_counter() - began), status))
    return taken


def main() -> int:
    """The exit status: 1 where the product answered with an error."""
    counts = [int(number) for number in os.environ.get("CLIENTS", "1,8,64").split(",")]
    requests, failed = int(os.environ.get("REQUESTS", "192")), False
    with tempfile.TemporaryDirectory() as name, emulated_services() as world:
        directory = Path(name)
        found, left_out = candidates(directory, "")
        bench = Bench(world, managed_runtime(directory / "runtime"), Requests(world))
        print("| | clients | a core, requests a second | processor, ms | wall, ms (median) | errors | open files |")
        print("|---|---|---|---|---|---|---|")
        for function in (one for one in found if one.name in NAMES):
            for clients in counts:
                measured = measure(bench, function, clients, requests)
                failed |= function.name == NAMES[0] and measured.errors > 0
                print(measured.row(function.name, clients), flush=True)
    print("\n".join(left_out))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
