"""Releases: published, tried, led to step by step, and gone back from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.aws_emulator.functions import FunctionFailedError, Functions, healthy
from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.live_function import ALIAS, KEPT, LiveFunction
from scripts.ops.deploy.releases import Releases
from scripts.ops.deploy.rollout import Rollout
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage, read_config
from tests.support.deployment.deployment import FUNCTIONS, STACK, STAGE, Deployment

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]


@pytest.fixture
def functions(deployed: Deployment) -> Iterator[Functions]:
    """The functions as the emulator calls them; healthy again afterwards."""
    emulated = deployed.aws.functions
    yield emulated
    emulated.call = healthy


def releases() -> Releases:
    """The releases of the deployed stage."""
    return Releases(stage=Stage.named(STAGE), aws=AwsClients(), handlers=tuple(read_config()["lambda_functions"]))


def serving(deployed: Deployment) -> dict[str, str]:
    """The commit that serves, by function."""
    found = {}
    for name in FUNCTIONS.values():
        version = LiveFunction(aws=AwsClients(), name=name).live()
        assert version is not None
        found[name] = version.commit
    return found


def change_commit(deployed: Deployment, commit: str) -> None:
    """What `chalice deploy` leaves behind: the unpublished code of every function is of another commit."""
    for name in FUNCTIONS.values():
        function = LiveFunction(aws=AwsClients(), name=name)
        variables = function.latest()["Environment"]["Variables"]
        function.configure({**variables, "APP_COMMIT": commit})


def release(deployed: Deployment, commit: str, at: str, **shift: Any) -> list[str]:
    """Publish and lead to another commit; returns what was said."""
    from datetime import datetime

    change_commit(deployed, commit)
    said: list[str] = []
    Rollout(releases=releases(), say=said.append, **shift)(releases().publish(datetime.fromisoformat(at)))
    return said


def test_everything_calls_the_functions_through_their_alias(deployed: Deployment) -> None:
    """The API, the queue and the schedules name the alias, and each may call it."""
    aws = deployed.accounts.clients
    resources = aws("apigateway").get_resources(restApiId=deployed.api_id(), limit=500, embed=["methods"])["items"]
    uris = {
        method["methodIntegration"]["uri"]
        for each in resources
        for name, method in each.get("resourceMethods", {}).items()
        if name != "OPTIONS"
    }
    [mapping] = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    targets = [
        aws("events").list_targets_by_rule(Rule=rule["Name"])["Targets"][0]["Arn"]
        for rule in aws("events").list_rules()["Rules"]
    ]

    assert all(uri.endswith(f":function:{STACK}:{ALIAS}/invocations") for uri in uris)
    assert mapping["FunctionArn"].endswith(f"settle_queued_event:{ALIAS}")
    assert targets
    assert all(arn.endswith(f":{ALIAS}") for arn in targets)
    assert set(serving(deployed)) == set(FUNCTIONS.values())


def test_rollback_lets_the_release_before_serve_and_back_again(deployed: Deployment) -> None:
    """Every function goes back by moving its alias; a dry run and a no move nothing; --to goes forward again."""
    first = serving(deployed)[STACK]
    release(deployed, "feedbee", "2030-01-01T00:00:00+00:00")
    assert set(serving(deployed).values()) == {"feedbee"}
    assert deployed.accounts.ops("rollback", "--dry-run", stage=STAGE).exit_code == 0
    assert deployed.accounts.ops("rollback", stage=STAGE, answer="n\n").exit_code == 1
    assert set(serving(deployed).values()) == {"feedbee"}
    unpublished = deployed.functions()

    done = deployed.accounts.ops_json("rollback", "--yes", stage=STAGE)

    assert {row["function"] for row in done} == set(FUNCTIONS.values())
    assert set(serving(deployed).values()) == {first}
    assert deployed.functions() == unpublished
    listed = deployed.accounts.ops_json("rollback", "--list", stage=STAGE)
    assert [(row["commit"], row["serves"]) for row in listed[:2]] == [("feedbee", False), (first, True)]
    assert deployed.accounts.ops("rollback", "--to", "feed", "--yes", stage=STAGE).exit_code == 0
    assert set(serving(deployed).values()) == {"feedbee"}
    assert deployed.accounts.ops("rollback", "--to", "nothing", "--yes", stage=STAGE).exit_code == 1


def test_settling_stays_paused_across_a_rollback(deployed: Deployment) -> None:
    """Pausing moves the alias to the version that queues, whichever release serves, and a rollback keeps that."""
    release(deployed, "cafe001", "2030-02-01T00:00:00+00:00")
    assert deployed.accounts.ops("settling", "pause", "--yes", stage=STAGE).exit_code == 0

    assert deployed.accounts.ops("rollback", "--yes", stage=STAGE).exit_code == 0

    api = LiveFunction(aws=AwsClients(), name=STACK)
    version = api.live()
    assert version is not None
    assert (version.commit, version.queues) == ("feedbee", True)
    assert deployed.accounts.ops("settling", "resume", stage=STAGE).exit_code == 0
    version = api.live()
    assert version is not None
    assert (version.commit, version.queues) == ("feedbee", False)


def test_a_version_that_does_not_start_serves_nobody(deployed: Deployment, functions: Functions) -> None:
    """New versions are asked before anybody is led to them; one that fails stops the deployment."""
    before = serving(deployed)

    def broken(name: str, version: str, event: dict[str, Any]) -> Any:
        raise FunctionFailedError("Runtime.ImportModuleError")

    functions.call = broken
    with pytest.raises(OpsError, match="ImportModuleError"):
        release(deployed, "bad0001", "2030-03-01T00:00:00+00:00")

    assert serving(deployed) == before


def test_an_api_that_answers_badly_serves_nobody(deployed: Deployment, functions: Functions) -> None:
    """An answer other than 200 to GET /api/health stops the deployment too."""
    before = serving(deployed)
    functions.call = lambda _name, _version, _event: {"statusCode": 502}
    with pytest.raises(OpsError, match="answers 502"):
        release(deployed, "bad0002", "2030-04-01T00:00:00+00:00")

    assert serving(deployed) == before


def test_an_alarm_during_the_shift_goes_back(deployed: Deployment) -> None:
    """A part of the calls goes to the new version; when an alarm goes on, everybody is on the old one again."""
    before = serving(deployed)
    shares, waits = [], []

    def alarmed(seconds: float) -> None:
        waits.append(seconds)
        alias = deployed.accounts.clients("lambda").get_alias(FunctionName=STACK, Name=ALIAS)
        shares.append(list(alias["RoutingConfig"]["AdditionalVersionWeights"].values()))
        if len(waits) == 2:
            _alarm(deployed, "ALARM")

    with pytest.raises(OpsError, match="learnermax-dev-ApiErrors went on: the versions from before serve"):
        release(deployed, "bad0003", "2030-05-01T00:00:00+00:00", percent=10, seconds=300, pause=alarmed)

    assert shares == [[0.1], [0.1]]
    assert serving(deployed) == before
    assert _shares(deployed) == {}
    _alarm(deployed, "OK")


def test_a_quiet_shift_leads_everybody_on(deployed: Deployment) -> None:
    """After the whole time without an alarm, all calls go to the new version. One that was on before does not count."""
    waits: list[float] = []
    _alarm(deployed, "ALARM")

    said = release(deployed, "fade001", "2030-06-01T00:00:00+00:00", percent=10, seconds=40, pause=waits.append)

    assert waits == [15, 15, 10]
    assert set(serving(deployed).values()) == {"fade001"}
    assert _shares(deployed) == {}
    assert said[0] == "The new versions answer."
    _alarm(deployed, "OK")


def test_functions_from_before_aliases_get_one_for_what_they_run(deployed: Deployment) -> None:
    """Without an alias, a deployment first makes one for what serves, and leads the queue through it."""
    aws = deployed.accounts.clients
    worker = FUNCTIONS["settle_queued_event"]
    [mapping] = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    aws("lambda").update_event_source_mapping(UUID=mapping["UUID"], FunctionName=worker)
    aws("lambda").delete_alias(FunctionName=worker, Name=ALIAS)
    status = deployed.accounts.ops("status", stage=STAGE).output
    assert "not called through the alias" in " ".join(status.split())

    again = deployed.deploy()

    assert again.exit_code == 0, again.output
    assert f"{worker}: has an alias from now on" in again.output
    [left] = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert (left["UUID"], left["FunctionArn"].rpartition(":")[2]) == (mapping["UUID"], ALIAS)


def test_snapshots_are_off_unless_asked_for(deployed: Deployment) -> None:
    """No function starts from a snapshot by itself."""
    assert not [
        each["FunctionName"]
        for each in deployed.functions().values()
        if each.get("SnapStart", {}).get("ApplyOn", "None") != "None"
    ]


def test_old_versions_go_and_those_that_serve_stay(deployed: Deployment) -> None:
    """Of many releases the newest are kept, and the one that serves however old it is."""
    function = LiveFunction(aws=AwsClients(), name=FUNCTIONS["recount"])
    oldest = function.versions()[-1]
    function.point_to(oldest)
    variables = function.latest()["Environment"]["Variables"]
    for number in range(KEPT + 2):
        function.configure({**variables, "APP_COMMIT": f"c{number}"})
        function.publish(f"2031{number:04} 1 c{number}")

    function.prune()

    kept = [version.number for version in function.versions()]
    assert len(kept) == KEPT + 1
    assert oldest.number in kept


def _alarm(deployed: Deployment, state: str) -> None:
    deployed.accounts.clients("cloudwatch").set_alarm_state(
        AlarmName="learnermax-dev-ApiErrors", StateValue=state, StateReason="a test"
    )


def _shares(deployed: Deployment) -> dict[str, float]:
    alias = deployed.accounts.clients("lambda").get_alias(FunctionName=STACK, Name=ALIAS)
    shares: dict[str, float] = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
    return shares
