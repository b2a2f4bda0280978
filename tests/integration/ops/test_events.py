"""The timeline's rows on a real PostgreSQL: told once a key, found again, cleared away."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as event_of_engine
from sqlalchemy import func, select, text, update
from sqlmodel import Session

from cloudscale.db import get_engine, unit_of_work
from cloudscale.errors import InvalidInput
from cloudscale.models import OpsEvent
from cloudscale.models.base import table_of
from cloudscale.ops import events
from cloudscale.ops.events import EventView, Happening, Place

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
table = table_of(OpsEvent)


def told(key: str = "a", minutes: float | None = 0, **more: Any) -> Happening:
    at = None if minutes is None else START + timedelta(minutes=minutes)
    given = {"kind": "system", "tone": "info", "title": f"Event {key}", "cause": "A test."}
    return Happening(key, started_at=at, **{**given, **more})


def moments(session: Session, count: int) -> None:
    """Events of a minute each, the newest with the highest number."""
    events.record(session, [told(f"e{n:03}", n, is_moment=True) for n in range(count)])


def all_of(session: Session, **more: Any) -> list[EventView]:
    return events.listed(session, *EVER, **more)


def titles(found: list[EventView]) -> list[str]:
    return [one.title for one in found]


def test_what_is_told_is_read_back(session: Session):
    events.begin(
        session, "heal:i-1", "healing", "bad", "i-1 is replaced", "Its health check failed.",
        "One instance less.", subject="i-1", source="simulated", started_at=START,
        details={"checks": [1, 2]},
    )  # fmt: skip
    (found,) = all_of(session)
    assert (found.key, found.kind, found.tone, found.source) == (
        "heal:i-1", "healing", "bad", "simulated",
    )  # fmt: skip
    assert (found.title, found.cause) == ("i-1 is replaced", "Its health check failed.")
    assert (found.effect, found.subject) == ("One instance less.", "i-1")
    assert (found.started_at, found.ended_at, found.duration_seconds) == (START, None, None)
    assert events.event(session, found.id) == found


def test_what_is_told_twice_under_one_key_is_one_event(session: Session):
    assert events.record(session, [told(), told()]) == 1
    (first,) = all_of(session)
    assert events.record(session, [told()]) == 0
    assert all_of(session) == [first]  # not even its time of change


def test_what_changed_of_it_is_brought_up_to_date(session: Session):
    events.record(session, [told(effect="30 %")])
    (before,) = all_of(session)
    assert events.record(session, [told(minutes=5, effect="60 %")]) == 1
    (after,) = all_of(session)
    assert (after.id, after.effect, after.started_at) == (before.id, "60 %", START)
    assert after.updated_at > before.updated_at


def test_it_ends_once_and_what_has_ended_is_history(session: Session):
    events.record(session, [told()])
    assert events.end(session, "a", "Done.", "good", START + timedelta(seconds=90))
    (ended,) = all_of(session)
    assert (ended.duration_seconds, ended.effect, ended.tone) == (90, "Done.", "good")
    assert not events.end(session, "a", "Again.")
    assert events.record(session, [told(effect="Otherwise.")]) == 0
    assert all_of(session) == [ended]


def test_it_is_ended_by_being_told_with_an_end(session: Session):
    events.record(session, [told()])
    assert events.record(session, [told(ended_at=START + timedelta(minutes=2))]) == 1
    assert all_of(session)[0].duration_seconds == 120


def test_nothing_ends_before_it_began_even_when_a_clock_is_set_back(session: Session):
    early = START - timedelta(days=1)
    events.record(session, [told("a"), told("b", ended_at=early)])
    events.end(session, "a", ended_at=early)
    events.record(session, [told("c"), told("c", ended_at=early)])
    assert [one.duration_seconds for one in all_of(session)] == [0, 0, 0]


def test_a_moment_without_a_time_is_now_by_the_databases_clock(session: Session):
    events.happened(session, "a", "system", "info", "It happened", "A test.")
    (found,) = all_of(session)
    now = session.connection().scalar(select(func.clock_timestamp()))
    assert found.duration_seconds == 0
    assert abs((now - found.started_at).total_seconds()) < 60


def test_what_may_recur_begins_anew_once_it_has_ended(session: Session):
    for _ in range(2):
        assert events.record(session, [told("alarm:x")]) == 1
        assert events.record(session, [told("alarm:x")]) == 0
        assert events.end(session, "alarm:x", may_recur=True)
    assert len(all_of(session)) == 2
    assert len({one.key for one in all_of(session)}) == 2


ODD = "a\x00b\ud800c\n\u2028d\x1b[31m " + "long " * 400


def test_odd_and_endless_text_is_cleaned_and_cut_and_never_refused(session: Session):
    odd = told(
        ODD, title=ODD, cause=ODD, effect=ODD, subject=ODD, details={ODD: [ODD, float("nan")]}
    )
    assert events.record(session, [odd]) == 1
    assert events.record(session, [odd]) == 0
    (found,) = all_of(session)
    assert found.title.startswith("a b?c d [31m long")
    lengths = (len(found.title), len(found.cause), len(found.subject), len(found.key))
    assert lengths <= (200, 500, 120, 160)
    assert events.end(session, ODD, ODD, may_recur=True)


def test_details_of_any_form_are_kept_as_json(session: Session):
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    details = {"at": START, "deep": deep, "n": float("inf"), "ok": True, "text": "é"}
    events.record(session, [told(details=details), told("b", details={"x": ["y" * 900] * 900})])
    rows = dict(session.connection().execute(select(table.c.key, table.c.details)).all())
    assert rows["a"]["at"] == str(START)
    assert (rows["a"]["n"], rows["a"]["ok"], rows["a"]["text"]) == (None, True, "é")
    assert rows["b"] == {"isCut": True}


def test_long_keys_that_differ_at_their_end_stay_apart(session: Session):
    assert events.record(session, [told("k" * 300 + "1"), told("k" * 300 + "2")]) == 2


def test_in_progress_comes_first_then_the_newest(session: Session):
    moments(session, 3)
    events.record(session, [told("old", -60), told("older", -90)])
    assert titles(all_of(session)) == [
        "Event old", "Event older", "Event e002", "Event e001", "Event e000",
    ]  # fmt: skip


def test_pages_hold_every_event_once(session: Session):
    moments(session, 20)
    events.record(session, [told(f"open{n}", 5) for n in range(3)])  # at one moment
    seen, before = [], None
    while page := all_of(session, before=before, limit=4):
        seen += titles(page)
        before = Place.of_text(page[-1].place.text)
    assert len(seen) == 23
    assert seen == titles(all_of(session))


def test_a_span_holds_what_happened_in_it_and_what_reached_into_it(session: Session):
    moments(session, 10)
    events.record(session, [
        told("over", -60, ended_at=START + timedelta(minutes=4)), told("open", -90),
        told("before", -60, ended_at=START - timedelta(minutes=1)), told("after", 90),
    ])  # fmt: skip
    found = events.listed(session, START + timedelta(minutes=3), START + timedelta(minutes=5))
    assert titles(found) == [
        "Event open", "Event e005", "Event e004", "Event e003", "Event over",
    ]  # fmt: skip


def test_only_the_kinds_that_are_asked_for(session: Session):
    kinds = ("scaling", "healing", "deploy", "alarm", "system")
    events.record(session, [told(kind, n, kind=kind) for n, kind in enumerate(kinds)])
    assert titles(all_of(session, kinds=["alarm"])) == ["Event alarm"]
    assert titles(all_of(session, kinds=["scaling", "deploy"])) == [
        "Event deploy", "Event scaling",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cpu", {"a"}), ("CPU  74", {"a"}), ("i-0C1", {"b"}), ("100%", {"c"}), ("a_b", {"d"}),
        ("_", {"d"}), ("%", {"a", "c"}), ("\\", {"e"}), ("'; DROP TABLE ops_event; --", set()),
        ("", {"a", "b", "c", "d", "e"}), ("\x00", {"a", "b", "c", "d", "e"}),
        ("cpu threshold", {"a"}), ("cpu nothing", set()), ("x" * 10_000, set()),
    ],
)  # fmt: skip
def test_search_finds_words_and_takes_wildcards_for_what_they_are(
    session: Session, text: str, found: set[str]
):
    events.record(session, [
        told("a", cause="CPU was 74 %; the threshold"), told("b", subject="i-0c1"),
        told("c", effect="100% done"), told("d", title="a_b"), told("e", cause="C:\\x"),
    ])  # fmt: skip
    assert {one.key for one in all_of(session, text=text)} == found


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": 201}, {"kinds": ["alarm", "nonsense"]}],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_in_words(session: Session, wrong: dict[str, Any]):
    with pytest.raises(InvalidInput):
        all_of(session, **wrong)


def test_a_span_that_ends_before_it_begins_is_refused(session: Session):
    with pytest.raises(InvalidInput):
        events.listed(session, *reversed(EVER))


NO_PLACES = (
    *("", "1.2", "x.1.1", "2.1.1", "1.1.0", "1.\u0661.1", "9" * 100),
    *("0.9999999999999999999999.1", "0.1.99999999999999999999999"),
)


@pytest.mark.parametrize("text", NO_PLACES)
def test_a_page_that_no_page_linked_to_is_refused(text: str):
    with pytest.raises(InvalidInput):
        Place.of_text(text)


@pytest.mark.parametrize("id_", [0, -1, 2**63, True, "1", None, 10**9])
def test_an_event_that_is_not_there_is_none(session: Session, id_: Any):
    assert events.event(session, id_) is None


def test_changes_are_told_in_their_order(session: Session):
    events.record(session, [told("a"), told("b")])
    seen = events.changed_since(session, EVER[0])
    assert {one.key for one in seen} == {"a", "b"}
    last = seen[-1].updated_at
    assert events.changed_since(session, last) == []
    events.record(session, [told("c")])
    events.end(session, "a")
    assert [one.key for one in events.changed_since(session, last)] == ["c", "a"]


def test_what_changed_lately_is_found_by_an_index(session: Session):
    """It is read every second by every process, however long the timeline is."""
    connection, seen = session.connection(), []
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    events.record(session, [told("a")])

    @event_of_engine.listens_for(connection, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_) -> None:
        seen.append((statement, parameters))

    assert [one.key for one in events.changed_within(session, 60)] == ["a"]
    statement, parameters = seen[0]
    plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
    assert "ix_ops_event_updated_at" in "\n".join(plan)
    assert events.changed_within(session, 0) == []


def test_what_lasts_and_the_newest_are_found_by_kind(session: Session):
    events.record(session, [
        told("a", 1, kind="deploy"), told("b", 2, kind="deploy", is_moment=True),
        told("c", 3, kind="alarm"),
    ])  # fmt: skip
    assert [one.key for one in events.in_progress(session, "deploy")] == ["a"]
    newest = events.latest(session, "deploy")
    assert newest and newest.key == "b"
    assert events.latest(session, "healing") is None


def test_what_ended_90_days_ago_is_cleared_away_in_batches(session: Session, monkeypatch):
    monkeypatch.setattr(events.recording, "PRUNE_BATCH", 3)
    old, new = datetime.now(UTC) - timedelta(days=91), datetime.now(UTC) - timedelta(days=89)
    events.record(session, [
        *(told(f"old{n}", is_moment=True) for n in range(4)),
        told("new", is_moment=True), told("open"),
    ])  # fmt: skip
    times = {"started_at": old, "ended_at": old}
    connection = session.connection()
    connection.execute(update(table).where(table.c.key.startswith("old")).values(times))
    connection.execute(update(table).where(table.c.key == "open").values(started_at=old))
    connection.execute(
        update(table).where(table.c.key == "new").values(started_at=new, ended_at=new)
    )
    assert [events.prune(session) for _ in range(3)] == [3, 1, 0]
    assert {one.key for one in all_of(session)} == {"new", "open"}


def test_a_bare_connection_will_do(session: Session):
    connection = session.connection()
    assert events.begin(connection, "a", "alarm", "bad", "It burns", "A test.") == 1
    assert [one.key for one in events.in_progress(connection, "alarm")] == ["a"]


@pytest.mark.usefixtures("database")
def test_two_who_tell_the_same_at_once_tell_one_event_each_key():
    told_by_both = [told(f"k{n}") for n in range(20)]
    failures: list[BaseException] = []

    def tell(happenings: list[Happening]) -> None:
        try:
            for _ in range(10):
                with unit_of_work() as session:
                    events.record(session, happenings)
        except BaseException as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=tell, args=(order,)) for order in (told_by_both, told_by_both[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Session(get_engine()) as session:
        assert session.connection().scalar(select(func.count()).select_from(table)) == 20
