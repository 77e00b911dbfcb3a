"""After `chalice deploy`: repair what it leaves undone, and check what it deployed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.aws.event_source import WORKER, queue_mappings
from scripts.ops.deploy.api_gateway import GATEWAY_RESPONSES, DeployedApi
from scripts.ops.deploy.app_declarations import AppDeclarations
from scripts.ops.deploy.checks import Check
from scripts.ops.deploy.deployment_record import Resources
from scripts.ops.deploy.live_function import ALIAS, LiveFunction
from scripts.ops.deploy.record_recovery import apis_of
from scripts.ops.stage import Stage


@frozen(kw_only=True)
class DeployedStage:
    """A deployed stage, compared with what its app.py declares."""

    stage: Stage
    aws: AwsClients
    declarations: AppDeclarations
    api: DeployedApi

    def repair_handlers(self) -> list[str]:
        """Point functions at their current handlers; returns the functions that were changed.

        Chalice updates a function's code but never its handler, so a renamed handler would not be found.
        """
        repaired = []
        for name, handler in self.declarations.handlers.items():
            function = self.stage.function_of(name)
            if self._configuration(function)["Handler"] != handler:
                self.aws("lambda").update_function_configuration(FunctionName=function, Handler=handler)
                self.aws("lambda").get_waiter("function_updated_v2").wait(FunctionName=function)
                repaired.append(function)
        return repaired

    def repair_mappings(self, recorded: str) -> list[str]:
        """Leave the queue one enabled event source mapping to its function; returns a sentence for each change.

        ``recorded`` is the UUID of the mapping in Chalice's record; others come from deployments without that record.
        """
        client, done = self.aws("lambda"), []
        for mapping in queue_mappings(self.stage, self.aws):
            if mapping["UUID"] != recorded:
                client.delete_event_source_mapping(UUID=mapping["UUID"])
                done.append(f"removed a second event source mapping of the queue, {mapping['UUID']}")
            elif mapping["State"] in ("Disabled", "Disabling"):
                client.update_event_source_mapping(UUID=recorded, Enabled=True)
                done.append("enabled the queue's event source mapping")
        return done

    def remove_other_apis(self, kept: Iterable[str]) -> list[str]:
        """Delete APIs of this stage that are neither the deployed one nor in ``kept``; returns their ids.

        A deployment without Chalice's record creates a second API, which would stay open under its own address.
        """
        others = [each for each in apis_of(self.stage, self.aws, self.api.stage) if each != self.api.api_id]
        removed = [each for each in others if each not in set(kept)]
        for api_id in removed:
            self.aws("apigateway").delete_rest_api(restApiId=api_id)
        return removed

    def checks(self) -> tuple[Check, ...]:
        """Checks of functions, queue, routes and API Gateway settings."""
        return (*self._functions(), *self._queue(), *self._routes(), *self._gateway())

    def aliases(self) -> tuple[Check, ...]:
        """Checks that every function has its alias, and that API, queue and schedules go through it."""
        return tuple(self._aliases())

    def _aliases(self) -> Iterator[Check]:
        functions = [self.stage.function_of(name) for name in self.declarations.handlers]
        without = [name for name in functions if LiveFunction(aws=self.aws, name=name).live() is None]
        yield _check("versions and aliases", [f"no alias: {', '.join(without)}" if without else ""])
        around = [
            *around_alias(self.api.integrations()),
            *around_alias(each["FunctionArn"] for each in queue_mappings(self.stage, self.aws)),
            *around_alias(schedule_targets(self.stage, self.aws, self.declarations.handlers)),
        ]
        yield _check(
            f"everything is called through the alias {ALIAS}",
            [f"not {', '.join(sorted(set(around)))}" if around else ""],
        )

    def _functions(self) -> Iterator[Check]:
        for name, handler in self.declarations.handlers.items():
            found = self._configuration(self.stage.function_of(name))
            wrong = [
                f"its handler is {found['Handler']}, not {handler}" if found["Handler"] != handler else "",
                "its last update failed" if found.get("LastUpdateStatus", "Successful") == "Failed" else "",
            ]
            yield _check(f"function {found['FunctionName']}", wrong)

    def _queue(self) -> Iterator[Check]:
        function, mappings = self.stage.function_of(WORKER), queue_mappings(self.stage, self.aws)
        wrong = [
            "" if mappings else "the queue invokes no function",
            "it has more than one event source mapping" if len(mappings) > 1 else "",
        ]
        wrong += [
            f"its event source mapping is {each['State']}"
            for each in mappings
            if each["State"] not in ("Enabled", "Enabling", "Updating")
        ]
        yield _check(f"queue {self.stage.queue} invokes {function}", wrong)

    def _routes(self) -> Iterator[Check]:
        deployed = self.api.methods()
        missing = sorted(f"{method} {path}" for method, path in self.declarations.routes.keys() - deployed.keys())
        opened = [key for key, guarded in self.declarations.routes.items() if guarded and not deployed.get(key, True)]
        closed = [key for key, guarded in self.declarations.routes.items() if not guarded and deployed.get(key, False)]
        yield _check(f"{len(deployed)} routes", [f"missing: {', '.join(missing)}" if missing else ""])
        public = sum(not guarded for guarded in self.declarations.routes.values())
        yield _check(
            f"a token is required on all but {public} routes",
            [_named("open without a token", opened), _named("closed although public", closed)],
        )

    def _gateway(self) -> Iterator[Check]:
        client = self.aws("apigateway")
        found = client.get_gateway_responses(restApiId=self.api.api_id, limit=100)["items"]
        set_here = {each["responseType"] for each in found if not each.get("defaultResponse")}
        missing = sorted(GATEWAY_RESPONSES.keys() - set_here)
        yield _check("gateway responses", [f"not set: {', '.join(missing)}" if missing else ""])
        yield _check("throttling", ["" if self.api.throttling() else "not set"])

    def _configuration(self, function: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.aws("lambda").get_function_configuration(FunctionName=function)
        return found


def lead_mappings(stage: Stage, aws: AwsClients) -> list[str]:
    """Lead the queue's mapping through the alias, where it goes around it; returns a sentence for each change."""
    done = []
    for mapping in queue_mappings(stage, aws):
        if around_alias([mapping["FunctionArn"]]):
            aws("lambda").update_event_source_mapping(
                UUID=mapping["UUID"], FunctionName=f"{mapping['FunctionArn']}:{ALIAS}"
            )
            done.append("the queue's event source mapping goes through the alias from now on")
    return done


def schedule_targets(stage: Stage, aws: AwsClients, handlers: Iterable[str]) -> list[str]:
    """The ARNs that the schedules call."""
    client = aws("events")
    rules = {f"{stage.function_of(name)}-event" for name in handlers}
    pages = client.get_paginator("list_rules").paginate(NamePrefix=stage.function)
    found = [rule["Name"] for page in pages for rule in page["Rules"] if rule["Name"] in rules]
    return [target["Arn"] for name in found for target in client.list_targets_by_rule(Rule=name)["Targets"]]


def around_alias(arns: Iterable[str]) -> list[str]:
    """The names of functions among these ARNs that are not called through their alias."""
    parts = [arn.split(":") for arn in arns]
    return [part[6] for part in parts if part[7:8] != [ALIAS]]


def rest_api_id(resources: Resources) -> str:
    """The REST API's id in Chalice's record."""
    return next(str(each["rest_api_id"]) for each in resources if each["resource_type"] == "rest_api")


def mapping_id(resources: Resources) -> str:
    """The UUID of the queue's event source mapping in Chalice's record."""
    return next(str(each["event_uuid"]) for each in resources if each["resource_type"] == "sqs_event")


def _check(what: str, problems: list[str]) -> Check:
    return Check(what=what, problem="; ".join(filter(None, problems)) or None)


def _named(what: str, routes: list[tuple[str, str]]) -> str:
    return f"{what}: {', '.join(' '.join(route) for route in sorted(routes))}" if routes else ""
