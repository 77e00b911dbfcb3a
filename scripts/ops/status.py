"""`status`: how a stage is, on one page, and whether somebody should do something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import stripe
from attrs import define, field

from adapters.cloudwatch.telemetry import NAMESPACE
from domain.errors import DomainError
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal
from domain.use_cases.schedule.reconcile import BATCH, MOST_REVIEWS
from scripts.ops.command import Operator, operated
from scripts.ops.dead_letters import DeadLetters
from scripts.ops.errors import OpsError
from scripts.ops.redrive import foreseen_letters
from scripts.ops.shop import shop
from scripts.ops.stack import Stack
from scripts.ops.stage import read_config
from scripts.ops.views import Row
from scripts.ops.webhook_endpoint import endpoints_of, problems_of

SILENCE = timedelta(minutes=15)
"""How long no reconciliation may run, as its alarm has it."""

_LETTERS = 100
_LOOKED_BACK = timedelta(hours=24)


@click.command()
@operated
def status(operator: Operator) -> None:
    """Show what is deployed, queues, dead letters, live sessions, reviews, reconciliation, and the webhook endpoint.

    Ends with status 1 where somebody should do something; "attention" says what.
    """
    seen = _Status(operator)
    sections: dict[str, Row | list[Row]] = {}
    if not operator.stage.is_local:
        sections["deployed"] = seen.section(seen.deployed)
        sections["functions"] = list(seen.functions())
        sections["alarms"] = list(seen.alarms())
    sections["queues"] = seen.section(seen.queues)
    sections["dead letters"] = list(seen.dead_letters())
    sections["payments"] = seen.section(seen.payments)
    sections["webhook endpoint"] = seen.section(seen.endpoint)
    sections["attention"] = [{"what": sentence} for sentence in seen.attention]
    operator.out.sections(sections)
    if seen.attention:
        raise OpsError(f"{len(seen.attention)} things need attention.")


@define(eq=False)
class _Status:
    """Each method looks at one thing, and notes what needs attention."""

    operator: Operator
    attention: list[str] = field(factory=list)

    def section(self, look: Callable[[], Row]) -> Row:
        """What was seen; something that cannot be looked at is worth attention, and hides nothing else."""
        try:
            return look()
        except (OpsError, DomainError) as error:
            problem = str(error)
        except stripe.StripeError as error:
            problem = f"Stripe cannot be asked: {error.code or type(error).__name__}"
        self.attention.append(problem)
        return {"problem": problem}

    def deployed(self) -> Row:
        stack = Stack(self.operator.aws, self.operator.stage.stack)
        state = stack.status()
        if state is None or not state.endswith("_COMPLETE") or "ROLLBACK" in state:
            self.attention.append(f"the stack is {state or 'not there'}: provision")
        last = self._last_reconciliation()
        if last is None or datetime.now(UTC) - last > SILENCE:
            self.attention.append("no reconciliation has run lately: ReconcilerSilent in docs/runbook.md")
        outputs = stack.outputs()
        return {
            "stack": state,
            "web": outputs.get("WebOrigin"),
            "api": stack.parameters().get("ApiId"),
            "last_reconciliation": last,
        }

    def functions(self) -> Iterator[Row]:
        client = self.operator.aws("lambda")
        for name in read_config()["lambda_functions"]:
            stage = self.operator.stage
            function = stage.function if name == "api_handler" else stage.function_of(name)
            try:
                found = client.get_function_configuration(FunctionName=function)
            except client.exceptions.ResourceNotFoundException:
                self.attention.append(f"{function} is not deployed: deploy")
                continue
            yield {
                "function": function,
                "handler": found["Handler"],
                "runtime": found["Runtime"],
                "state": found.get("State"),
                "updated": found["LastModified"],
                "code": found["CodeSha256"][:12],
            }

    def alarms(self) -> Iterator[Row]:
        prefix = f"learnermax-{self.operator.stage.name}-"
        pages = self.operator.aws("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
        for alarm in (alarm for page in pages for alarm in page["MetricAlarms"]):
            if alarm["StateValue"] == "ALARM":
                self.attention.append(f"the alarm {alarm['AlarmName']} is on: see docs/runbook.md")
                yield {"alarm": alarm["AlarmName"], "since": alarm["StateUpdatedTimestamp"]}

    def queues(self) -> Row:
        stage = self.operator.stage
        waiting = DeadLetters(self.operator.aws, stage.queue).count()
        dead = DeadLetters(self.operator.aws, stage.dead_letters).count()
        if dead:
            self.attention.append(f"{dead} dead letters: redrive list")
        return {"waiting": waiting, "dead_letters": dead, **self._event_source()}

    def _event_source(self) -> Row:
        """Whether the queue sets the worker off; the local stage has a thread for that."""
        if self.operator.stage.is_local:
            return {}
        aws = self.operator.aws
        arn = f"arn:aws:sqs:{aws.region}:{aws.account()}:{self.operator.stage.queue}"
        found = aws("lambda").list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        states = [each["State"] for each in found]
        if states != ["Enabled"]:
            self.attention.append(f"the queue sets the worker off by {states or 'nothing'}: deploy")
        return {"sets_off_worker": states}

    def dead_letters(self) -> Iterator[Row]:
        causes = Counter(str(row["effect"]) for row in foreseen_letters(self.operator, _LETTERS))
        yield from ({"effect of replaying": effect, "letters": number} for effect, number in causes.most_common())

    def payments(self) -> Row:
        container = shop(self.operator.stage)
        sessions, now = container.resolve(PaymentSessionRepo), container.resolve(Clock).now()
        live = sessions.due(before=now, at_most=BATCH)
        reviews = sessions.in_review(at_most=MOST_REVIEWS)
        overdue = [session for session in live if session.expires_at < now - SILENCE]
        if reviews:
            self.attention.append(f"{len(reviews)} payments wait for a decision: payments review list")
        if overdue:
            self.attention.append(f"{len(overdue)} live sessions are past their end: reconcile --all")
        return {
            "live": f"{len(live)}{' or more' if len(live) == BATCH else ''}",
            "oldest_live": min((session.created_at for session in live), default=None),
            "past_their_end": len(overdue),
            "in_review": len(reviews),
        }

    def endpoint(self) -> Row:
        endpoints = endpoints_of(self.operator, None)
        found = endpoints.ours()
        wrong = problems_of(self.operator, endpoints, found)
        self.attention += [f"webhook endpoint: {sentence}" for sentence in wrong]
        return {**(found[0].row() if found else {"url": endpoints.url}), "problems": wrong}

    def _last_reconciliation(self) -> datetime | None:
        now = datetime.now(UTC)
        stage = self.operator.stage
        answer: dict[str, Any] = self.operator.aws("cloudwatch").get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=Signal.RECONCILED.value,
            Dimensions=[{"Name": "service", "Value": stage.app}, {"Name": "stage", "Value": stage.name}],
            StartTime=now - _LOOKED_BACK,
            EndTime=now,
            Period=300,
            Statistics=["Sum"],
        )
        return max((point["Timestamp"] for point in answer["Datapoints"]), default=None)
