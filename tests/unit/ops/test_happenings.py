"""What happens to processes, versions, the lead, the database and the fleet, told as events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops import happenings
from cloudscale.ops.events import EventView, Happening
from cloudscale.ops.happenings import changes, deployments, of_processes
from cloudscale.ops.ports import ScalingActivity
from cloudscale.ops.processes import Present
from cloudscale.ops.telemetry.sampler import Instance

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOW = START + timedelta(hours=1)


def process(id_: str, version: str = "1", minutes: int = 0) -> Present:
    instance = Instance(f"host-{id_}", "host", version=version)
    return Present(id_, instance, START + timedelta(minutes=minutes), NOW, is_live=True)


def titles(told: list[Happening]) -> list[str]:
    return [one.title for one in told]


A, B = process("a"), process("b", minutes=10)
SILENT = replace(B, is_live=False, seen_at=NOW - timedelta(seconds=7))


def test_a_process_that_is_new_has_started():
    (told,) = changes(of_processes([A]), of_processes([A, B]), NOW)
    assert (told.title, told.started_at, told.tone) == ("host-b started", B.started_at, "good")


def test_a_process_that_is_gone_has_stopped():
    (told,) = changes(of_processes([A, B]), of_processes([A]), NOW)
    assert (told.title, told.effect) == ("host-b stopped", "It had served for 50 min.")


def test_a_process_that_says_nothing_more_has_vanished_once():
    (told,) = changes(of_processes([A, B]), of_processes([A, SILENT]), NOW)
    assert (told.title, told.tone, told.started_at) == ("host-b vanished", "bad", SILENT.seen_at)
    assert changes(of_processes([A, SILENT]), of_processes([A, SILENT]), NOW) == []


def test_a_vanished_process_whose_row_is_cleared_away_did_not_stop():
    assert changes(of_processes([A, SILENT]), of_processes([A]), NOW) == []


def test_a_process_that_was_only_stalled_is_back():
    (told,) = changes(of_processes([A, SILENT]), of_processes([A, B]), NOW)
    assert (told.title, told.effect) == ("host-b is back", "Nothing was heard of it for 7 s.")
    assert told.ended_at == NOW


def test_a_new_leader_tells_the_same_again_under_the_same_keys():
    known = [*changes({}, of_processes([A, B]), NOW), *changes(of_processes([B]), {}, NOW)]
    keys = {one.key for one in known}
    assert {one.key for one in changes({}, of_processes([A, B]), NOW)} <= keys
    first = changes(of_processes([A, B]), of_processes([A, SILENT]), NOW)
    again = changes({}, of_processes([A, SILENT]), NOW + timedelta(seconds=4))
    assert {one.key for one in first} <= {one.key for one in again}
    assert happenings.stopped(B, NOW).key in keys


def test_nothing_happened_where_nothing_changed():
    assert changes(of_processes([A, B]), of_processes([A, B]), NOW) == []


def view(told: Happening) -> EventView:
    names = ("key", "kind", "tone", "source", "title", "cause", "effect", "subject")
    fields = {name: getattr(told, name) for name in names}
    return EventView(
        id=1, started_at=told.started_at, ended_at=told.ended_at, updated_at=NOW, **fields
    )


def test_a_version_is_deployed_until_every_process_runs_it():
    old = [process("a", "1"), process("b", "1")]
    (first,) = deployments(of_processes(old), None, NOW)
    assert (first.subject, first.ended_at, first.tone) == ("1", NOW, "good")
    assert deployments(of_processes(old), view(first), NOW) == []

    new = process("c", "2", minutes=30)
    (begun,) = deployments(of_processes([*old, new]), view(first), NOW)
    assert (begun.title, begun.started_at) == ("Version 2 deployed", new.started_at)
    assert begun.cause == "host-c is the first that runs it, in place of 1."
    assert (begun.effect, begun.ended_at) == ("1 of 3 server processes run it.", None)

    newer = [old[0], new, process("d", "2", minutes=31)]
    (further,) = deployments(of_processes(newer), view(begun), NOW)
    assert (further.key, further.effect) == (begun.key, "2 of 3 server processes run it.")
    (done,) = deployments(of_processes(newer[1:]), view(further), NOW)
    assert (done.key, done.ended_at, done.tone) == (begun.key, NOW, "good")


def test_going_back_to_the_version_before_is_a_deployment_too():
    deployed = view(deployments(of_processes([process("c", "2", 30)]), None, NOW)[0])
    back = process("e", "1", minutes=40)
    (told,) = deployments(of_processes([process("c", "2", 30), back]), deployed, NOW)
    assert (told.subject, told.key) == ("1", "deploy:e")


def test_a_version_that_was_overtaken_is_ended():
    on_its_way = deployments(of_processes([A, process("c", "2", 30)]), None, NOW)[0]
    assert on_its_way.ended_at is None
    newest = process("d", "3", 40)
    ended, begun = deployments(of_processes([A, newest]), view(on_its_way), NOW)
    assert (ended.key, ended.ended_at, ended.tone) == (on_its_way.key, NOW, "warn")
    assert ended.effect == "Version 3 came before every server process ran it."
    assert begun.subject == "3"


def test_a_version_that_nobody_tells_is_no_deployment():
    nameless = replace(A, instance=replace(A.instance, version=""))
    assert deployments(of_processes([nameless]), None, NOW) == []
    assert "version" not in happenings.started(nameless).cause


def test_processes_that_are_not_there_deploy_nothing():
    assert deployments({}, None, NOW) == []
    assert deployments(of_processes([SILENT]), None, NOW) == []


def test_who_takes_the_lead_says_how_long_there_was_none():
    told = happenings.took_the_lead(B, NOW, 6.4)
    assert (told.title, told.started_at) == ("host-b leads", NOW)
    assert told.effect.startswith("Nobody led for 6.4 s;")
    assert "lost the database" in told.cause  # the leader may lose it, live on and lead again


def test_an_outage_of_the_database_is_told_from_when_to_when():
    told = happenings.database_was_away(START, NOW)
    assert (told.started_at, told.ended_at, told.tone) == (START, NOW, "bad")


ACTIVITY = ScalingActivity(
    id="7f1c",
    started_at=START,
    ended_at=None,
    status="InProgress",
    cause="an instance was started in response to a difference between desired and actual",
    description="Launching a new EC2 instance: i-0abc",
    progress_percent=30,
)


def test_a_scaling_activity_is_told_in_the_clouds_words_while_it_lasts():
    told = happenings.scaling(ACTIVITY)
    assert (told.kind, told.source, told.tone) == ("scaling", "aws", "info")
    assert told.title == ACTIVITY.description
    assert told.effect == "30 % done (InProgress)."
    assert told.ended_at is None


@pytest.mark.parametrize(
    ("status", "tone", "effect"),
    [
        ("Successful", "good", "Done."),
        ("Failed", "bad", "It came to nothing (Failed)."),
        ("Cancelled", "bad", "It came to nothing (Cancelled)."),
    ],
)
def test_a_scaling_activity_ends_under_the_same_key(status: str, tone: str, effect: str):
    told = happenings.scaling(replace(ACTIVITY, status=status, ended_at=NOW, progress_percent=100))
    assert told.key == happenings.scaling(ACTIVITY).key
    assert (told.tone, told.effect, told.ended_at) == (tone, effect, NOW)
