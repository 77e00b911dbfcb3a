"""The restore drill: a table loses an hour, and one command leads to a shop that serves, with everybody who paid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.deployment.drill import STACK, TABLE, Drill, a_drill
from tests.support.deployment.emulated_accounts import FREE, PAID, new_identity

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]
NEW = f"{TABLE}-restored"


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """The school that will have a bad night."""
    with a_drill(tmp_path_factory.mktemp("drill")) as running:
        yield running


def test_from_a_point_in_time_to_a_serving_shop(drill: Drill) -> None:
    """Who paid before and after the point is enrolled in the new table, which everything now names."""
    students = drill.students()
    drill.done("courses", "capacity", PAID, "30", "--reason", "A room of thirty chairs.")
    before = students.paid()
    kept = drill.items(TABLE)
    point = datetime.now(UTC)
    after, unreported = students.paid(), students.pay(students.checkout())
    free = new_identity()
    students.enroll(FREE, free)
    drill.put_back(kept, TABLE)

    words = ("restore", "--point", f"{point:%Y-%m-%dT%H:%M:%SZ}", "--to", NEW, "--chalice", str(drill.chalice))
    planned = drill.ops(*words, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert NEW not in drill.accounts.clients("dynamodb").list_tables()["TableNames"]
    said = drill.done(*words, "--yes", "--json")

    for session in (before, after, unreported):
        assert drill.enrolled(session.user_id, NEW)
    assert not drill.enrolled(free.user_id, NEW)
    assert "free and granted enrollments" in said
    assert json.loads(said)["seats"] == [{"course": PAID, "seats": "3 of 30 taken"}]
    assert drill.stage().table == NEW
    _serves_from_the_new_table(drill)
    assert {item["PK"]["S"] for item in drill.items(TABLE)} == {item["PK"]["S"] for item in kept}


def _serves_from_the_new_table(drill: Drill) -> None:
    aws = drill.accounts.clients
    every = {each["FunctionName"]: each for each in aws("lambda").list_functions()["Functions"]}
    # moto keeps functions of other stages that were deployed earlier in the same process.
    functions = {name: each for name, each in every.items() if name.startswith(STACK)}
    assert {each["Environment"]["Variables"]["TABLE_NAME"] for each in functions.values()} == {NEW}
    for function in functions.values():
        role = function["Role"].rpartition("/")[2]
        [name] = aws("iam").list_role_policies(RoleName=role)["PolicyNames"]
        written = json.dumps(aws("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        assert f'table/{NEW}"' in written
        assert f'table/{TABLE}"' not in written
    [alarm] = aws("cloudwatch").describe_alarms(AlarmNamePrefix="learnermax-test-TableThrottled")["MetricAlarms"]
    assert {"Name": "TableName", "Value": NEW} in alarm["Dimensions"]
    table = aws("dynamodb").describe_table(TableName=NEW)["Table"]
    assert table["DeletionProtectionEnabled"]
    ttl = aws("dynamodb").describe_time_to_live(TableName=NEW)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")
    recovery = aws("dynamodb").describe_continuous_backups(TableName=NEW)["ContinuousBackupsDescription"]
    assert recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert aws("dynamodb").describe_table(TableName=TABLE)["Table"]["TableStatus"] == "ACTIVE"
    assert aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"].endswith("_COMPLETE")


def test_an_interrupted_restore_goes_on(drill: Drill) -> None:
    """Repeated with the point and the table, the command does what is missing and nothing twice."""
    items = len(drill.items(NEW))

    again = drill.ops(
        "restore",
        "--since",
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "--to",
        NEW,
        "--chalice",
        str(drill.chalice),
        "--yes",
    )

    assert again.returncode == 0, again.stdout + again.stderr
    assert len(drill.items(NEW)) == items
    assert drill.stage().table == NEW
