"""Figures as Markdown tables and SVG charts."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from xml.sax.saxutils import escape

from scripts.bench import costs
from scripts.bench.calls import Asked
from scripts.bench.measure import Taken
from scripts.bench.requests import PATHS

Results = Mapping[str, Mapping[str, Sequence[Taken]]]
"""Requests that were measured, by function and path."""

Calls = Mapping[str, Mapping[str, Asked]]
"""What a request of a function that runs already asks of others, by function and path."""

PRODUCT, EMPTY, FLOOR, NAIVE, NODE, BEFORE = "product", "empty Chalice", "floor", "naive", "Node", "product at "
OVER_TLS = " over TLS"
AIMS = (
    ("cold health", EMPTY, 3.5),
    ("cold paid", NODE, 0.95),
    ("cold webhook", NODE, 0.95),
    ("cold paid", NODE + OVER_TLS, 0.95),
    ("cold webhook", NODE + OVER_TLS, 0.95),
    *((f"cold {path}", NAIVE, 1 / 3) for path in PATHS),
    ("warm webhook", FLOOR, 2.5),
)
DEPLOYED = 512  # megabytes, see .chalice/config.json

CALLS = """**Calls** of one request to a function that runs already, counted on the wire: of DynamoDB, with their
units by its documented rules; of other services of AWS; of Stripe."""

_BEGIN, _END = "<!-- bench: begin -->", "<!-- bench: end -->"
_BAR, _GAP, _LABEL, _WIDTH = 16, 6, 170, 640
_FEW = 3


def tables(cold: Results, warm: Results, memory: Mapping[str, float], calls: Calls, left_out: Sequence[str]) -> str:
    """Everything that was measured, in Markdown. ``left_out`` says which peers are missing and why."""
    return "\n".join(
        (
            _where(),
            *left_out,
            "",
            "**Cold start:** processor time in ms of init and first request, median (and quartiles).",
            "",
            *_table(cold, digits=0),
            "",
            "![Cold start](images/performance-cold.svg)",
            "",
            "**Warm:** processor time in ms per request, median (and quartiles); the most memory used.",
            "",
            *_table(warm, digits=2, last=("MB", {name: f"{value:.0f}" for name, value in memory.items()})),
            "",
            "![Warm requests](images/performance-warm.svg)",
            "",
            "**Aims:**",
            "",
            *_aims(cold, warm),
            "",
            CALLS,
            "",
            *_calls(calls),
            "",
            *_costs(cold, warm, calls),
        )
    )


def _aims(cold: Results, warm: Results) -> Iterator[str]:
    """What was aimed at, beside what was reached; nothing where a function was not measured."""
    yield "| The product's processor time, as a multiple | at most | reached | |"
    yield "|---|---|---|---|"
    tables = {"cold": _medians(cold), "warm": _medians(warm)}
    before = tuple((f"warm {path}", name, 0.6) for name in warm if name.startswith(BEFORE) for path in PATHS[1:])
    for request, other, most in AIMS + before:
        kind, path = request.split()
        table = tables[kind]
        if path in table.get(other, {}):
            product = PRODUCT + OVER_TLS if other.endswith(OVER_TLS) else PRODUCT
            reached = table[product][path] / table[other][path]
            verdict = "reached" if reached <= most else f"missed by {100 * (reached / most - 1):.0f} %"
            yield f"| {request}: of {other} | {most:.2f} | {reached:.2f} | {verdict} |"


def _calls(calls: Calls) -> Iterator[str]:
    yield "| | | DynamoDB | write units | read units | other AWS | Stripe |"
    yield "|---|---|---|---|---|---|---|"
    for name, paths in calls.items():
        for path, one in paths.items():
            yield f"| {name} | {path} | {one.dynamodb} | {one.written} | {one.read} | {one.aws} | {one.stripe} |"


def _costs(cold: Results, warm: Results, calls: Calls) -> Iterator[str]:
    yield (
        f"**A thousand paid enrollments** (request and webhook, at {DEPLOYED} MB) cost, without Stripe's fees and what "
        "is stored for months:"
    )
    yield ""
    yield "| | Lambda and API Gateway | DynamoDB |"
    yield "|---|---|---|"
    run = _medians(warm)
    for name, paths in calls.items():
        if {"paid", "webhook"} <= paths.keys():
            functions, storage = costs.thousand(run[name], paths, DEPLOYED)
            yield f"| {name} | ${functions:.4f} | ${storage:.4f} |"
    yield ""
    waits = costs.WAITS
    yield (
        "**Memory of the product's functions:** processor time is divided by the share of a processor that Lambda "
        f"gives (megabytes / {costs.WHOLE_PROCESSOR}); added is what calls are assumed to take on AWS: "
        f"{1000 * waits.dynamodb:.0f} ms for DynamoDB, {1000 * waits.stripe:.0f} ms for Stripe. Nothing of this was "
        "measured on AWS, where the init phase may have more of a processor than that share."
    )
    yield ""
    yield from costs.memory_table(_medians(cold)[PRODUCT], run[PRODUCT], calls[PRODUCT])


def _medians(results: Results) -> dict[str, dict[str, float]]:
    return {name: {path: _median(taken) for path, taken in paths.items()} for name, paths in results.items()}


def _where() -> str:
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    when = f"{datetime.now(UTC):%d %B %Y}"
    load = os.getloadavg()[2]
    return (
        f"Measured {when} on {os.cpu_count()} cores, Python {platform.python_version()}, {system}, load average "
        f"{load:.0f}. The more others work at the same time, the more processor time everything takes, so compare "
        "within a table only."
    )


def write(page: Path, text: str) -> None:
    """Replace what lies between the page's marks."""
    whole = page.read_text("utf-8")
    page.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: f"{_BEGIN}\n{text}\n{_END}", whole, flags=re.DOTALL), "utf-8")


def charts(directory: Path, cold: Results, warm: Results) -> None:
    """One chart for each kind: bars of the medians of paid enrollments and webhooks."""
    for name, results, title in (
        ("cold", cold, "Cold start: processor time, ms"),
        ("warm", warm, "Warm request: processor time, ms"),
    ):
        (directory / f"performance-{name}.svg").write_text(chart(title, results), "utf-8")


def chart(title: str, results: Results) -> str:
    """Horizontal bars, one per function, for each of the two requests that pay the school's bills."""
    lines: list[str] = []
    top = 34
    for path in ("paid", "webhook"):
        rows = [(name, _median(paths[path])) for name, paths in results.items() if path in paths]
        most = max(value for _, value in rows)
        lines.append(f'<text x="0" y="{top}" font-weight="bold">{path}</text>')
        top += 8
        for name, value in rows:
            length = (_WIDTH - _LABEL - 60) * value / most
            fill = "#2d6a4f" if name == "product" else "#9aa5b1"
            lines.append(f'<text x="0" y="{top + 12}">{escape(name)}</text>')
            lines.append(f'<rect x="{_LABEL}" y="{top}" width="{length:.0f}" height="{_BAR}" fill="{fill}"/>')
            lines.append(f'<text x="{_LABEL + length + 6:.0f}" y="{top + 12}">{value:.3g}</text>')
            top += _BAR + _GAP
        top += 22
    body = "\n".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{escape(title)}">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n<text x="0" y="14" font-size="14">{escape(title)}</text>\n'
        f"{body}\n</svg>\n"
    )


def _table(results: Results, digits: int, last: tuple[str, Mapping[str, str]] | None = None) -> Iterator[str]:
    more = [last[0]] if last else []
    yield "| | " + " | ".join((*PATHS, *more)) + " |"
    yield "|---" * (len(PATHS) + 1 + len(more)) + "|"
    for name, paths in results.items():
        cells = [_cell(paths[path], digits) if path in paths else "" for path in PATHS]
        yield f"| {name} | " + " | ".join((*cells, *([last[1][name]] if last else []))) + " |"


def _cell(taken: Sequence[Taken], digits: int) -> str:
    values = [one.processor for one in taken]
    if len(values) < _FEW:
        return f"{median(values):.{digits}f}"
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def _median(taken: Sequence[Taken]) -> float:
    return median(one.processor for one in taken)
