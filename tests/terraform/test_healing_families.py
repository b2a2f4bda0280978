"""The built stack, tampered with family by family, healed by the function that Terraform made.

Whether it is healed is judged by reading all of the family, and by a plan of Terraform's.
"""

import base64
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale import healer
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.ledger import DynamoLedger
from cloudscale.ops.healing.clock import SystemClock
from cloudscale.ops.healing.record import Phase
from tests import healing_events
from tests.terraform.conftest import Built
from tests.terraform.stack import NOTHING_TO_DO
from tests.terraform.tampering import FAMILIES
from tests.terraform.tampering.stage import NAME, Family, Stage

CALLS_OF_A_HUNDRED = 60
"""So many calls a look at a hundred of Terraform's resources may take."""


@pytest.fixture(scope="module")
def stage(built: Built) -> Stage:
    return Stage(built.aws, built.stack.outputs())


@pytest.fixture(scope="module")
def function(stage: Stage) -> dict:
    """The function as Terraform made it."""
    name = stage.outputs["healer_function_name"]
    return stage.aws.client("lambda").get_function_configuration(FunctionName=name)


@pytest.fixture(autouse=True)
def environment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stage.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: time.sleep(min(seconds, 0.05)))


@pytest.fixture(autouse=True)
def forgotten(stage: Stage) -> None:
    stage.forget()


def test_the_function_is_the_zip_that_was_planned(built, function):
    zipped = (built.stack.root.parent / "healer.zip").read_bytes()
    assert function["CodeSha256"] == base64.b64encode(hashlib.sha256(zipped).digest()).decode()
    assert (function["Handler"], function["Runtime"]) == ("cloudscale.healer.handler", "python3.12")
    assert function["Environment"]["Variables"]["HEALING_STACK"] == NAME


def test_a_whole_run_with_its_record_takes_few_calls(built):
    told = healer.handler(healing_events.SCHEDULE)
    assert (told["outcome"], told["lines"]) == ("calm", 0), told
    assert told["calls"] < CALLS_OF_A_HUNDRED * built.stack.hundreds()


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_what_somebody_did_by_hand_is_put_back(built, stage, family: Family):
    before = family.read(stage)
    family.tamper(stage)
    assert family.read(stage) != before

    told = [healer.handler(event) for event in (healing_events.SCHEDULE, healing_events.ALARM)]

    assert told[0]["outcome"] == "acted", told
    assert family.read(stage) == before
    planned = built.stack.plan(*(f"-target={module}" for module in family.modules))
    assert planned.returncode == NOTHING_TO_DO, planned.stdout[-6000:] + planned.stderr
    assert_each_is_healed(stage)


def assert_each_is_healed(stage: Stage) -> None:
    """By the record: each intent came to its end, and the breaker stayed closed."""
    ledger = DynamoLedger(Calls(stage.aws.client), stage.outputs["healing_table"])
    entries = ledger.entries(datetime.now(UTC) - timedelta(hours=1))
    phases = [entry.phase for entry in entries]
    assert phases.count(Phase.INTENT) == phases.count(Phase.HEALED) >= 1
    assert Phase.FAILED not in phases
    board = ledger.board()
    assert board is not None
    assert board["breaker"]["isOpen"] is False


def test_whoever_was_mailed_is_mailed_again(built, stage):
    topic = {"TopicArn": stage.topic_arn()}
    (mail,) = stage.sns.list_subscriptions_by_topic(**topic)["Subscriptions"]
    stage.sns.unsubscribe(SubscriptionArn=mail["SubscriptionArn"])
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "acted"
    (again,) = stage.sns.list_subscriptions_by_topic(**topic)["Subscriptions"]
    assert (again["Protocol"], again["Endpoint"]) == ("email", mail["Endpoint"])
    built.stack.apply()  # its ARN is another one, which Terraform has to learn


def test_the_kill_switch_stops_it_and_no_plan_turns_it_on(built, stage):
    switch = {"Name": f"/{NAME}/healing/switch", "Overwrite": True}
    log = {"logGroupName": f"/{NAME}/network-flows"}
    stage.ssm.put_parameter(**switch, Value="off")
    try:
        stage.logs.put_retention_policy(**log, retentionInDays=5)
        assert healer.handler(healing_events.SCHEDULE)["outcome"] == "off"
        planned = built.stack.plan("-target=module.healing.aws_ssm_parameter.switch")
        assert planned.returncode == NOTHING_TO_DO, planned.stdout
    finally:
        stage.ssm.put_parameter(**switch, Value="on")
        stage.logs.put_retention_policy(**log, retentionInDays=30)


def test_an_apply_says_so_before_it_changes_anything(built):
    """Judged by the order of the calls that built it: the hold first, the pointer late."""
    puts = [
        json.loads(base64.b64decode(call["body"] or ""))["Name"]
        for call in built.aws.calls()
        if "PutParameter" in str(call["headers"])
    ]
    assert puts[0] == f"/{NAME}/healing/applying"
    assert puts.index(f"/{NAME}/healing/desired") > puts.index(f"/{NAME}/scaling-policy")


def test_terraform_has_nothing_to_do_after_all_of_it(built):
    planned = built.stack.plan()
    assert planned.returncode == NOTHING_TO_DO, planned.stdout[-6000:] + planned.stderr
