"""`python -m scripts.bench`: measure the product beside its peers, in one run, and write docs/performance.md's tables.

ROUNDS (5) cold starts of each function and request, BLOCKS (3) of REQUESTS (20) warm ones, all in turn, so that what
else the machine does falls on everybody alike. BEFORE names an earlier commit to be measured with the others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from attrs import evolve

from scripts.bench import functions, report, tls
from scripts.bench.calls import counted
from scripts.bench.functions import Function
from scripts.bench.measure import Bench, Taken
from scripts.bench.requests import Requests
from scripts.ops.deploy.build import ROOT
from tests.support.deployment.deployed_functions import emulated_services
from tests.support.deployment.lambda_runtime import managed_runtime

Results = dict[str, dict[str, list[Taken]]]


def candidates(directory: Path, before: str) -> tuple[list[Function], list[str]]:
    """What is measured, and what is left out because its packages cannot be had, in words."""
    task = functions.product(directory / "product")
    product = Function("product", task)
    found = [product, Function("product with botocore", task, environment={"AWS_CLIENT": "botocore"})]
    if before:
        found.append(Function(f"product at {before}", functions.product_at(before, directory / "before")))
    empty = functions.copied("empty_chalice", directory / "empty", with_chalice=True)
    found.append(Function("empty Chalice", empty, paths=("health",)))
    found.append(Function("floor", functions.floor(task, directory / "floor"), paths=("webhook",), maker=product))
    found.append(Function("naive", functions.naive(task, directory / "naive")))
    left_out: list[str] = []
    try:
        found.append(Function("Node", functions.node_peer(directory / "node"), "app.handler", is_node=True))
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        left_out.append(f"Node was not measured: its packages could not be fetched ({type(error).__name__}).")
    try:
        python = functions.python_peer(directory / "python")
        found.append(Function("FastAPI", python, "fastapi_app.app"))
        found.append(Function("boto3", python, "plain_app.app"))
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        left_out.append(f"FastAPI and boto3 were not measured: no packages could be fetched ({type(error).__name__}).")
    return found, left_out


def over_tls(found: list[Function], bundle: Path, aws: str, stripe: str) -> list[Function]:
    """The product and the Node peer once more, where what they call is behind TLS."""
    variables = {
        "AWS_ENDPOINT_URL": aws,
        "STRIPE_API_BASE": stripe,
        "SSL_CERT_FILE": str(bundle),
        "NODE_EXTRA_CA_CERTS": str(bundle),
    }
    return [
        evolve(one, name=one.name + report.OVER_TLS, environment=variables, paths=("courses", "paid", "webhook"))
        for one in found
        if one.name in (report.PRODUCT, report.NODE)
    ]


def measure(bench: Bench, found: list[Function]) -> tuple[Results, Results]:
    """Cold and warm figures by function and request."""
    rounds, blocks, times = (int(os.environ.get(name, usual)) for name, usual in _COUNTS.items())
    cold: Results = {one.name: {path: [] for path in one.paths} for one in found}
    warm: Results = {one.name: {path: [] for path in one.paths} for one in found}
    pairs = [(one, path) for one in found for path in one.paths]
    for number in range(rounds):
        for one, path in pairs:
            cold[one.name][path].append(bench.cold(one, path))
        print(f"cold: round {number + 1} of {rounds}", file=sys.stderr)
    for one, path in pairs:
        bench.warm(one, path, 5)
    for number in range(blocks):
        for one, path in pairs:
            warm[one.name][path].extend(bench.warm(one, path, times))
        print(f"warm: block {number + 1} of {blocks}", file=sys.stderr)
    return cold, warm


_COUNTS = {"ROUNDS": "5", "BLOCKS": "3", "REQUESTS": "20"}


def main() -> int:
    """The exit status."""
    with (
        tempfile.TemporaryDirectory() as name,
        emulated_services() as world,
        tls.fronts(Path(name), world.aws.url, world.stripe.url) as (bundle, urls),
    ):
        directory = Path(name)
        found, left_out = candidates(directory, os.environ.get("BEFORE", ""))
        found += over_tls(found, bundle, *urls)
        bench = Bench(world, managed_runtime(directory / "runtime"), Requests(world))
        try:
            cold, warm = measure(bench, found)
            if raw := os.environ.get("RAW"):
                Path(raw).write_text(json.dumps({"cold": _raw(cold), "warm": _raw(warm)}))
            memory = {one.name: bench.memory(one) for one in found}
            with counted(world.aws, world.stripe) as counting:
                calls = {
                    one.name: {path: bench.asked(one, path, counting) for path in one.paths if path != "health"}
                    for one in found
                    if one.name in ("product", "Node", "boto3")
                }
        finally:
            bench.close()
    tables = report.tables(cold, warm, memory, calls, left_out)
    print(tables)
    if "--write" in sys.argv:
        report.write(ROOT / "docs" / "performance.md", tables)
        report.charts(ROOT / "docs" / "images", cold, warm)
    return 0


def _raw(results: Results) -> dict[str, dict[str, list[float]]]:
    return {
        name: {path: [one.processor for one in taken] for path, taken in paths.items()}
        for name, paths in results.items()
    }


if __name__ == "__main__":
    sys.exit(main())
