"""What happened, as headlines tell it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloudscale.ops.events import EventView
from cloudscale.ops.telemetry import news
from tests.points import START

NOW = START


def event(
    title: str = "Many users are active",
    tone: str = "warn",
    *,
    began: float = 3,
    ended: float | None = None,
    id_: int = 1,
) -> EventView:
    """Something that began, and perhaps ended, so many minutes ago."""
    began_at = NOW - timedelta(minutes=began)
    ended_at = None if ended is None else NOW - timedelta(minutes=ended)
    told = (title, "Active users were 5.", "", "")
    updated_at = ended_at or began_at
    return EventView(id_, "k", "alarm", tone, "measured", *told, began_at, ended_at, updated_at)


@pytest.mark.parametrize(
    ("happened", "when"),
    [
        (event(began=0.5), "Just begun"),
        (event(began=1), "For 1 minute"),
        (event(began=2), "For 2 minutes"),
        (event(began=9, ended=2), "Ended 2 minutes ago"),
        (event(began=9, ended=0.5), "Just ended"),
        (event(began=2, ended=2), "2 minutes ago"),
        (event(began=0, ended=0), "Just now"),
    ],
)
def test_a_title_stands_as_it_was_written_beside_the_time(happened: EventView, when: str):
    assert news.told(happened, NOW) == f"{when}: Many users are active. Active users were 5."


def test_what_ended_over_an_hour_ago_is_no_news():
    assert news.told(event(began=90, ended=61), NOW) == ""
    assert news.told(event(began=90, ended=59), NOW).startswith("Ended 59 minutes ago:")
    assert news.told(None, NOW) == ""


def test_after_an_outage_it_is_told_and_not_which_process_leads_since():
    away = event("The database was away", "bad", began=3, ended=1, id_=1)
    leads = event("web-2 leads", "info", began=0.9, ended=0.9, id_=2)
    back = event("web-1 is back", "info", began=3, ended=0.8, id_=3)
    for told in ([away, leads, back], [back, leads, away]):
        assert news.latest(told) == away


def test_of_what_is_not_bad_the_newest_is_told():
    leads = event("web-2 leads", "info", began=1, ended=1, id_=1)
    deployed = event("Version 2 deployed", "good", began=1, ended=0.9, id_=2)
    assert news.latest([leads, deployed]) == deployed


def test_a_minute_later_something_else_is_news():
    away = event("The database was away", "bad", began=30, ended=20, id_=1)
    started = event("web-3 started", "good", began=2, ended=2, id_=2)
    assert news.latest([away, started]) == started
    assert news.latest([]) is None


def test_of_one_event_its_newest_words_count():
    lasting, over = event(began=9), event(began=9, ended=1)
    assert news.latest([lasting, over]) == news.latest([over, lasting]) == over


def test_the_worst_alarm_is_named_first_and_then_the_oldest():
    alarms = [
        event("Answers are slow", "warn", began=2, id_=1),
        event("CPU is high", "warn", began=5, id_=2),
        event("Requests fail", "bad", began=1, id_=3),
    ]
    told = "Alarms in progress: Requests fail; CPU is high; Answers are slow."
    assert news.raised(alarms) == told
    assert news.raised([replace(alarms[0])]) == "Alarm in progress: Answers are slow."
    assert news.raised([]) == ""
