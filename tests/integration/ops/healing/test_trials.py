"""Trials, and incidents as events, in a real database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.ops import events
from cloudscale.ops.healing import keeping, told, trials
from cloudscale.ops.healing.chaos import BY_GROUP
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref

NOW = datetime.now(UTC)
REF = Ref("security_group", "fleet")


def line(number: int, phase: Phase, seconds: float = 0, **changes: object) -> Entry:
    at = NOW + timedelta(seconds=seconds)
    entry = Entry(
        f"{at.isoformat()}#{number:03d}",
        "run",
        at,
        phase,
        ref=REF,
        cause="drift",
        incident="one",
        title=f"It was {phase.value}",
        reason="Port 22 was opened.",
        is_simulated=True,
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


def listed(session: Session) -> list[events.EventView]:
    hour = timedelta(hours=1)
    return events.listed(session, NOW - hour, NOW + hour, kinds=("healing",))


@pytest.fixture
def session(session: Session) -> Iterator[Session]:
    keeping.ensure(session)
    yield session


def test_one_trial_at_a_time(session: Session):
    assert trials.begin(session, "open-port", "ada")
    assert not trials.begin(session, "open-port", "bob")
    trial = trials.open_(session)
    assert trial is not None
    trials.end(session, trial.id, "Healed.")
    assert trials.open_(session) is None
    assert trials.begin(session, "open-port", "bob")


@pytest.mark.usefixtures("database")
def test_of_many_who_begin_at_once_one_does():
    def begin(name: str) -> bool:
        with unit_of_work() as session:
            return trials.begin(session, "open-port", name) is not None

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(begin, "abcdef")) == 1


def test_a_trial_takes_its_times_from_the_record_of_what_was_broken(session: Session):
    trials.begin(session, "open-port", "ada")
    trial = trials.open_(session)
    assert trial is not None
    trials.set_broken(session, trial.id, str(REF), NOW)
    found = [
        line(1, Phase.SEEN, -60),  # before it was broken
        line(2, Phase.SEEN, 4),
        line(3, Phase.ACTED, 14),
        line(4, Phase.HEALED, 15, ref=Ref("alarm", "other")),
        line(5, Phase.HEALED, 16),
    ]
    broken = trials.open_(session)
    assert broken is not None
    seen = trials.follow(session, broken, trials.concerning(broken, found))
    moments = (seen.seen_at, seen.acted_at, seen.healthy_at)
    assert [seen.seconds_to(one) for one in moments] == [4, 14, 16]


@pytest.mark.parametrize(
    ("did", "words"),
    [
        ([], BY_GROUP),
        (
            [("i-1", "reboot")],
            "the group itself replaced 1, 2 stayed. Healing had rebooted",
        ),
        ([("i-1", "replace")], "went dark, healing replaced 1, 2 stayed."),
        (
            [("i-2", "reboot"), ("i-2", "drain")],
            "healing replaced 1, the group itself replaced 1, 1 stayed.",
        ),
    ],
)
def test_it_is_told_in_words_who_mended_the_loss_of_a_zone(did: list[tuple[str, str]], words: str):
    told_of = [
        line(number, Phase.ACTED, ref=Ref("member", name), verb=verb)
        for number, (name, verb) in enumerate(did)
    ]
    assert words in trials.who_mended(told_of, ["i-1", "i-2", "i-3"], ["i-2", "i-3", "i-4"])


def test_an_incident_is_one_event_that_ends_when_it_is_well_again(session: Session):
    first = [line(1, Phase.SEEN)]
    keeping.add(session, first)
    told.tell(session, first)
    (open_,) = listed(session)
    assert (open_.source, open_.ended_at, open_.tone) == ("simulated", None, "warn")
    more = [line(2, Phase.ACTED, 10), line(3, Phase.HEALED, 11)]
    keeping.add(session, more)
    told.tell(session, more)
    (ended,) = listed(session)
    assert (ended.id, ended.tone, ended.title) == (open_.id, "good", "It was healed")
    assert ended.duration_seconds == 11


def test_what_keeps_healing_from_working_is_an_event_too(session: Session):
    trouble = line(1, Phase.TROUBLE, ref=None, incident="", title="Healing cannot work")
    told.tell(session, [trouble])
    (event,) = listed(session)
    assert (event.title, event.tone) == ("Healing cannot work", "bad")


def test_old_trials_are_cleared_away(session: Session):
    trials.begin(session, "open-port", "ada")
    trial = trials.open_(session)
    assert trial is not None
    trials.set_broken(session, trial.id, "x/y", NOW - timedelta(days=91))
    trials.end(session, trial.id, "Healed.")
    assert trials.prune(session) == 1
