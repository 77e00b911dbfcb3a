"""After `chalice deploy`: what it leaves undone, and whether what it did is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from scripts.ops.api_gateway import ANSWERS, DeployedApi
from scripts.ops.app_facts import AppFacts
from scripts.ops.aws import Aws
from scripts.ops.preflight import Check
from scripts.ops.records import Resources
from scripts.ops.stage import Stage


@frozen(kw_only=True)
class Deployed:
    """What stands in the account after a deployment, by Chalice's own record."""

    stage: Stage
    aws: Aws
    facts: AppFacts
    api: DeployedApi

    def mend_handlers(self) -> list[str]:
        """Point functions at where their handlers are now; the functions that were wrong.

        Chalice updates a function's code and never its handler, so a handler that moved would not be found.
        """
        mended = []
        for name, handler in self.facts.handlers.items():
            function = self._function(name)
            if self._configuration(function)["Handler"] != handler:
                self.aws("lambda").update_function_configuration(FunctionName=function, Handler=handler)
                self.aws("lambda").get_waiter("function_updated_v2").wait(FunctionName=function)
                mended.append(function)
        return mended

    def checks(self) -> tuple[Check, ...]:
        """What has to be so for the product to work."""
        return (*self._functions(), *self._queue(), *self._routes(), *self._gateway())

    def _functions(self) -> Iterator[Check]:
        for name, handler in self.facts.handlers.items():
            found = self._configuration(self._function(name))
            wrong = [
                f"its handler is {found['Handler']}, not {handler}" if found["Handler"] != handler else "",
                "its last update failed" if found.get("LastUpdateStatus", "Successful") == "Failed" else "",
            ]
            yield _check(f"function {found['FunctionName']}", wrong)

    def _queue(self) -> Iterator[Check]:
        function = self._function("settle_queued_event")
        arn = f"arn:aws:sqs:{self.aws.region}:{self.aws.account()}:{self.stage.queue}"
        found = self.aws("lambda").list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        ours = [each for each in found if each["FunctionArn"].endswith(f":{function}")]
        wrong = ["" if ours else "the queue sets off nothing", "it is set off twice" if len(ours) > 1 else ""]
        wrong += [f"it is {each['State']}" for each in ours if each["State"] not in ("Enabled", "Enabling", "Updating")]
        yield _check(f"queue {self.stage.queue} sets off {function}", wrong)

    def _routes(self) -> Iterator[Check]:
        deployed = self.api.methods()
        missing = sorted(f"{method} {path}" for method, path in self.facts.routes.keys() - deployed.keys())
        opened = [key for key, guarded in self.facts.routes.items() if guarded and not deployed.get(key, True)]
        closed = [key for key, guarded in self.facts.routes.items() if not guarded and deployed.get(key, False)]
        yield _check(f"{len(deployed)} routes", [f"missing: {', '.join(missing)}" if missing else ""])
        public = sum(not guarded for guarded in self.facts.routes.values())
        yield _check(
            f"a token is asked for everywhere but at {public} routes",
            [_named("open to everybody", opened), _named("closed to everybody", closed)],
        )

    def _gateway(self) -> Iterator[Check]:
        client = self.aws("apigateway")
        found = client.get_gateway_responses(restApiId=self.api.api_id, limit=100)["items"]
        set_here = {each["responseType"] for each in found if not each.get("defaultResponse")}
        missing = sorted(ANSWERS.keys() - set_here)
        yield _check("the gateway's own answers", [f"not set: {', '.join(missing)}" if missing else ""])
        yield _check("throttling", ["" if self.api.throttling() else "there is none"])

    def _function(self, name: str) -> str:
        return self.stage.function if name == "api_handler" else self.stage.function_of(name)

    def _configuration(self, function: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.aws("lambda").get_function_configuration(FunctionName=function)
        return found


def rest_api_id(resources: Resources) -> str:
    """The API's id in Chalice's record."""
    return next(str(each["rest_api_id"]) for each in resources if each["resource_type"] == "rest_api")


def _check(what: str, problems: list[str]) -> Check:
    return Check(what=what, problem="; ".join(filter(None, problems)) or None)


def _named(what: str, routes: list[tuple[str, str]]) -> str:
    return f"{what}: {', '.join(' '.join(route) for route in sorted(routes))}" if routes else ""
