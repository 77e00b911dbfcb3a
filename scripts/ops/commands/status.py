"""`status`: the state of a stage on one page, and what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import stripe
from attrs import define, field

from adapters.cloudwatch.telemetry import NAMESPACE
from domain.ports.school import SchoolRepo
from domain.ports.telemetry import Signal
from scripts.ops.aws.dead_letter_queue import DeadLetterQueue
from scripts.ops.aws.event_source import queue_mappings
from scripts.ops.commands.redrive import preview_rows
from scripts.ops.commands.sales import school_row
from scripts.ops.commands.settling import SCHEDULES, settling_state
from scripts.ops.container import ops_container, settings_of
from scripts.ops.deploy.after_deploy import around_alias, schedule_targets
from scripts.ops.deploy.api_gateway import DeployedApi
from scripts.ops.deploy.live_function import LiveFunction, snap_start
from scripts.ops.deploy.stack import Stack
from scripts.ops.errors import OpsError
from scripts.ops.payments.standing import SILENCE, Standing
from scripts.ops.paypal.account import NAME as PAYPAL
from scripts.ops.paypal.webhooks import Webhooks
from scripts.ops.providers import providers_of
from scripts.ops.stage import read_config
from scripts.ops.stripe.webhook_endpoints import endpoint_row, endpoints_of, problems_of
from scripts.ops.terminal.command import EXPECTED, Operator, operated, sentence_of
from scripts.ops.terminal.rows import Row

_DEAD_LETTERS_READ = 100
_METRIC_PERIOD = timedelta(hours=24)


@click.command()
@operated
def status(operator: Operator) -> None:
    """Show what is deployed, queues, dead letters, live sessions, reviews, reconciliation, webhook endpoints.

    The exit status is 1 if something needs attention; the section "attention" says what.
    """
    report = _StatusReport(operator)
    sections: dict[str, Row | list[Row]] = {}
    if not operator.stage.is_local:
        sections["deployed"] = report.section(report.deployed)
        sections["settling"] = report.section(report.settling)
        sections["functions"] = report.rows(report.functions)
        sections["alarm addresses"] = report.rows(report.addresses)
        sections["alarms"] = report.rows(report.alarms)
    sections["sales"] = report.section(report.sales)
    sections["queues"] = report.section(report.queues)
    sections["dead letters"] = report.rows(report.dead_letters)
    sections["payments"] = report.section(report.payments)
    names = providers_of(operator.stage)
    if "stripe" in names:
        sections["webhook endpoint"] = report.section(report.endpoint)
    if PAYPAL in names:
        sections["paypal webhook"] = report.section(report.paypal_webhook)
    sections["attention"] = [{"what": sentence} for sentence in report.attention]
    operator.out.sections(sections)
    if report.attention:
        raise OpsError(f"Needs attention: {len(report.attention)}.")


@define(eq=False)
class _StatusReport:
    """Each method reports one section and adds what needs attention to ``attention``."""

    operator: Operator
    attention: list[str] = field(factory=list)

    def section(self, read: Callable[[], Row]) -> Row:
        """The section, or its problem: a section that cannot be read needs attention and hides no other."""
        try:
            return read()
        except EXPECTED as error:
            return self._problem(error)

    def rows(self, read: Callable[[], Iterator[Row]]) -> list[Row]:
        """The rows of a section; after those that could be read, the problem."""
        found: list[Row] = []
        try:
            found.extend(read())
        except EXPECTED as error:
            found.append(self._problem(error))
        return found

    def _problem(self, error: Exception) -> Row:
        problem = sentence_of(error)
        if isinstance(error, stripe.StripeError):
            problem = f"Stripe does not answer: {error.code or type(error).__name__} (ProviderError in docs/runbook.md)"
        if problem not in self.attention:
            self.attention.append(problem)
        return {"problem": problem}

    def deployed(self) -> Row:
        stack = Stack(self.operator.aws, self.operator.stage.stack)
        state = stack.status()
        if state is None or not state.endswith("_COMPLETE") or "ROLLBACK" in state:
            self.attention.append(f"the stack is {state or 'missing'}: provision")
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

    def settling(self) -> Row:
        """Whether payments are settled: an operator may have stopped it."""
        state = settling_state(self.operator.stage, self.operator.aws)
        if state["webhooks"] != "settle":
            self.attention.append("settling is stopped: settling resume")
        off = [name for name in SCHEDULES if state[name] != "enabled"]
        if off:
            self.attention.append(f"the schedule of {' and '.join(off)} is disabled: settling resume, or deploy")
        return {**state}

    def sales(self) -> Row:
        """Whether the school sells: an operator or the office may have stopped it."""
        school = ops_container(self.operator.stage).resolve(SchoolRepo).get()
        if school.sales_closed:
            self.attention.append("the whole school is closed for new enrollments: sales open")
        for provider in sorted(school.closed_providers):
            self.attention.append(f"nobody can begin to pay through {provider}: sales open --provider {provider}")
        return school_row(school)

    def addresses(self) -> Iterator[Row]:
        """The addresses that alarms are sent to; one that nobody has confirmed gets none."""
        if not Stack(self.operator.aws, self.operator.stage.stack).parameters().get("Runbook", "").startswith("https:"):
            self.attention.append("alarm mails do not lead to the runbook: provision --runbook https://...")
        topics = {
            name: arn
            for name, arn in Stack(self.operator.aws, self.operator.stage.stack).outputs().items()
            if "Topic" in name
        }
        for name, topic in topics.items():
            pages = self.operator.aws("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            found = [each for page in pages for each in page["Subscriptions"]]
            if not found:
                self.attention.append(f"nobody gets what is sent to {name}: provision --alarm-email")
            for each in found:
                confirmed = each["SubscriptionArn"] != "PendingConfirmation"
                if not confirmed:
                    self.attention.append(f"{each['Endpoint']} has not confirmed the alarms: see its mail")
                yield {"topic": name, "address": each["Endpoint"], "confirmed": confirmed}

    def functions(self) -> Iterator[Row]:
        commits, names = set[str](), self._declared()
        for name in names:
            function = self.operator.stage.function_of(name)
            deployed = LiveFunction(aws=self.operator.aws, name=function)
            if not deployed.exists():
                self.attention.append(f"{function} is not deployed: deploy")
                continue
            found = deployed.serving()
            variables = found.get("Environment", {}).get("Variables", {})
            commits.add(variables.get("APP_COMMIT", "unknown"))
            yield {
                "function": function,
                "version": variables.get("APP_VERSION"),
                "commit": variables.get("APP_COMMIT"),
                "number": found["Version"],
                "snapshots": snap_start(found) != "None",
                "handler": found["Handler"],
                "runtime": found["Runtime"],
                "state": found.get("State"),
                "updated": found["LastModified"],
                "code": found["CodeSha256"][:12],
            }
        if len(commits) > 1:
            self.attention.append(f"the functions are of different commits, {', '.join(sorted(commits))}: deploy")
        if around := self._around_alias(names) if commits else []:
            self.attention.append(f"not called through the alias live, {', '.join(around)}: deploy")

    def _declared(self) -> list[str]:
        """The functions that a deployment of this stage makes; messages have one only where they are on."""
        names = list(read_config()["lambda_functions"])
        sends = settings_of(self.operator.stage).channels
        return [name for name in names if sends or name != "deliver_messages"]

    def _around_alias(self, handlers: list[str]) -> list[str]:
        """The functions that something calls by their unpublished code."""
        stage, aws = self.operator.stage, self.operator.aws
        arns = [each["FunctionArn"] for each in queue_mappings(stage, aws)] + schedule_targets(stage, aws, handlers)
        if api_id := Stack(aws, stage.stack).parameters().get("ApiId"):
            api_stage = read_config()["stages"][stage.name]["api_gateway_stage"]
            arns += DeployedApi(aws, api_id, api_stage).integrations()
        return sorted(set(around_alias(arns)))

    def alarms(self) -> Iterator[Row]:
        prefix = f"learnermax-{self.operator.stage.name}-"
        pages = self.operator.aws("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
        for alarm in (alarm for page in pages for alarm in page["MetricAlarms"]):
            if alarm["StateValue"] == "ALARM":
                self.attention.append(f"the alarm {alarm['AlarmName']} is on: see docs/runbook.md")
                yield {"alarm": alarm["AlarmName"], "since": alarm["StateUpdatedTimestamp"]}

    def queues(self) -> Row:
        stage = self.operator.stage
        waiting = DeadLetterQueue(self.operator.aws, stage.queue).count()
        dead = DeadLetterQueue(self.operator.aws, stage.dead_letter_queue).count()
        if dead:
            self.attention.append(f"{dead} dead letters: redrive list")
        return {"waiting": waiting, "dead_letters": dead, **self._event_source()}

    def _event_source(self) -> Row:
        """The state of the queue's event source mapping; the local stage has a thread instead."""
        if self.operator.stage.is_local:
            return {}
        aws = self.operator.aws
        arn = f"arn:aws:sqs:{aws.region}:{aws.account()}:{self.operator.stage.queue}"
        found = aws("lambda").list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        states = [each["State"] for each in found]
        if states != ["Enabled"]:
            self.attention.append(
                f"the queue's event source mapping is {', '.join(states) or 'missing'}: QueueAge in docs/runbook.md"
            )
        return {"event_source_mapping": states}

    def dead_letters(self) -> Iterator[Row]:
        causes = Counter(str(row["effect"]) for row in preview_rows(self.operator, _DEAD_LETTERS_READ))
        yield from ({"effect of settling": effect, "letters": number} for effect, number in causes.most_common())

    def payments(self) -> Row:
        """What is on its way, and what waits for a person."""
        standing = Standing.of(ops_container(self.operator.stage))
        self.attention += standing.attention()
        return standing.row()

    def endpoint(self) -> Row:
        endpoints = endpoints_of(self.operator.stage, self.operator.aws)
        found = endpoints.registered()
        wrong = problems_of(self.operator.stage, self.operator.aws, endpoints, found)
        self.attention += [f"webhook endpoint: {sentence}" for sentence in wrong]
        return {**endpoint_row(endpoints, found), "problems": wrong}

    def paypal_webhook(self) -> Row:
        webhooks = Webhooks.at(self.operator.stage, self.operator.aws)
        found = webhooks.registered()
        wrong = list(webhooks.problems(found))
        self.attention += [f"paypal webhook: {sentence}" for sentence in wrong]
        return {**(found.row() if found else {"url": webhooks.url}), "mode": webhooks.account.mode, "problems": wrong}

    def _last_reconciliation(self) -> datetime | None:
        now = datetime.now(UTC)
        stage = self.operator.stage
        answer: dict[str, Any] = self.operator.aws("cloudwatch").get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=Signal.RECONCILED.value,
            Dimensions=[{"Name": "service", "Value": stage.app}, {"Name": "stage", "Value": stage.name}],
            StartTime=now - _METRIC_PERIOD,
            EndTime=now,
            Period=300,
            Statistics=["Sum"],
        )
        return max((point["Timestamp"] for point in answer["Datapoints"]), default=None)
