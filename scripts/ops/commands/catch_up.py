"""`catch-up`: settle undelivered events and completed checkouts that we may have missed."""

from __future__ import annotations

from collections.abc import Iterator

import click
from punq import Container

from domain.payments.states import Status
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.schedule.catch_up import AT_MOST, COMPLETED_SINCE, UNDELIVERED_SINCE, CatchUp
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError
from scripts.ops.payments.previews import preview_event
from scripts.ops.providers import any_provider, chosen_of
from scripts.ops.terminal.command import Operator, dry_run, operated
from scripts.ops.terminal.rows import Row

_SETTLED = frozenset(status.value for status in Status)
"""What a session can become; every other reason is that of a failure."""


@click.command("catch-up")
@any_provider
@dry_run
@operated
def catch_up(operator: Operator, *, provider: str | None, dry_run: bool) -> None:
    """Settle what the provider has recorded and we may have missed: undelivered events, completed checkouts.

    The exit status is 1 if some could not be settled; the reason stands in the place of what became of them.
    """
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    rows: list[Row] = []
    failed = 0
    for name in chosen_of(container.resolve(Gateways).names, provider):
        if dry_run:
            rows += _preview(operator, container, name)
        else:
            differences = container.resolve(CatchUp)(name)
            rows += [{"session": found.payment_session_id, "became": found.reason} for found in differences]
            failed += sum(found.reason not in _SETTLED for found in differences)
    operator.out.table(rows, if_empty="No difference.")
    if failed:
        raise OpsError(f"Not settled: {failed}. Run it again once the cause is repaired; status may name it.")


def _preview(operator: Operator, container: Container, provider: str) -> Iterator[Row]:
    """What catching up would change, one row per session."""
    gateway, clock = container.resolve(Gateways).named(provider), container.resolve(Clock)
    sessions, now = container.resolve(PaymentSessionRepo), clock.now()
    missed = gateway.undelivered_events(since=now - UNDELIVERED_SINCE, at_most=AT_MOST)
    completed = gateway.completed_checkouts(since=now - COMPLETED_SINCE, at_most=AT_MOST)
    seen = set[str]()
    for event in operator.out.progress((*missed, *completed), "records", len(missed) + len(completed)):
        becomes = preview_event(event, sessions, clock)
        if becomes and event.payment_session_id not in seen:
            seen.add(event.payment_session_id)
            yield {"session": event.payment_session_id, "would become": becomes}
