"""What one viewer sees of the timeline, and what of it is new."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.events import EventView
from cloudscale.ops.timeline import MOST_SHOWN, PAGE_SIZE, News, Timeline, Wanted

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def event(id_: int, minutes: int = 0, is_open: bool = False, **more) -> EventView:
    at = START + timedelta(minutes=minutes)
    given = {
        "key": str(id_), "kind": "system", "tone": "info", "source": "measured",
        "title": f"Event {id_}", "cause": "", "effect": "", "subject": "",
    }  # fmt: skip
    ended_at = None if is_open else at
    return EventView(id_, started_at=at, ended_at=ended_at, updated_at=at, **{**given, **more})


def ids(timeline: Timeline) -> list[int]:
    return [one.id for one in timeline.shown]


def page(*minutes: int) -> list[EventView]:
    return [event(100 + one, one) for one in sorted(minutes, reverse=True)]


def test_news_are_told_once_and_again_when_they_change():
    news, first = News(), event(1)
    assert news.fresh([first]) == (first,)
    assert news.fresh([first]) == ()
    changed = replace(first, effect="Done.", updated_at=START + timedelta(seconds=1))
    assert news.fresh([changed, event(2)]) == (changed, event(2))


def test_what_is_not_read_any_more_is_forgotten():
    news = News()
    news.fresh([event(1)])
    news.fresh([])
    assert not news._seen


def test_what_is_new_takes_its_place():
    shown = Timeline().first_page(page(1, 5, 9)).with_changes([event(1, 7), event(2, 3, True)])
    assert ids(shown) == [2, 109, 1, 105, 101]


def test_what_ends_moves_from_the_top_to_its_place():
    lasting = event(1, 3, is_open=True)
    shown = Timeline().first_page([lasting, *page(1, 5)])
    assert ids(shown) == [1, 105, 101]
    ended = replace(lasting, ended_at=START + timedelta(minutes=9))
    assert ids(shown.with_changes([ended])) == [105, 1, 101]


def test_what_is_not_wanted_does_not_come_in():
    shown = Timeline(Wanted("alarm", "cpu")).with_changes(
        [
            event(1, kind="alarm", cause="CPU was 74 %."),
            event(2, kind="alarm", cause="Memory."),
            event(3, kind="system", title="cpu"),
        ]
    )
    assert ids(shown) == [1]


@pytest.mark.parametrize(
    ("text", "is_met"),
    [("", True), ("CPU", True), ("cpu 74", True), ("cpu 75", False), ("%", True), ("i-0C", True)],
)
def test_words_are_found_as_the_database_finds_them(text: str, is_met: bool):
    one = event(1, title="It is high", cause="CPU was 74 %", subject="i-0c1")
    assert Wanted(text=text).is_met_by(one) is is_met


def test_pages_join_on_without_doubles():
    first = Timeline().first_page(page(*range(10, 31)))
    assert (len(first.events), first.has_older) == (PAGE_SIZE, True)
    whole = first.with_older([event(111, 11), *page(8, 9, 10)])
    assert [one.place for one in whole.events] == sorted(
        (one.place for one in whole.events), reverse=True
    )
    assert (len(whole.events), whole.has_older) == (PAGE_SIZE + 3, False)


def test_what_changes_before_the_oldest_one_shown_waits_until_it_is_asked_for():
    shown = Timeline().first_page(page(*range(10, 31)))
    assert 1 not in ids(shown.with_changes([event(1, 2)]))
    assert 1 in ids(shown.with_changes([event(1, 2, is_open=True)]))
    whole = shown.with_older([])
    assert 1 in ids(whole.with_changes([event(1, 2)]))


def test_a_page_that_is_read_anew_keeps_what_was_paged_back_to():
    shown = Timeline().first_page(page(*range(10, 31))).with_older(page(*range(1, 11)))
    again = shown.refreshed(page(*range(12, 32)))
    assert len(again.events) == 31
    assert ids(again)[0] == 131
    assert ids(shown.refreshed(page(500, 501))) == [601, 600]  # all of it is newer


def test_a_page_that_is_read_anew_and_is_the_same_changes_nothing():
    whole = page(*range(10, 31))
    shown = Timeline().first_page(whole)
    assert shown.refreshed(whole) == shown


def test_the_linked_event_is_shown_wherever_it_stands():
    linked = event(1, -5000)
    shown = replace(Timeline().first_page(page(1, 2)), linked=linked)
    assert ids(shown) == [1, 102, 101]
    changed = replace(linked, effect="Changed.")
    assert shown.with_changes([changed]).shown[-1].effect == "Changed."
    among = replace(Timeline().first_page(page(1, 2)), linked=event(101, 1))
    assert ids(among) == [102, 101]


def test_a_flood_is_cut_and_leads_on():
    shown = Timeline().with_changes([event(n, n) for n in range(MOST_SHOWN + 50)])
    assert (len(shown.events), shown.has_older) == (MOST_SHOWN, True)


changes = st.lists(
    st.lists(st.builds(event, st.integers(1, 9), st.integers(0, 30), st.booleans()), max_size=4)
)


@given(changes)
def test_whatever_changes_every_event_is_there_once_and_in_its_place(batches):
    shown, last = Timeline(), {}
    for batch in batches:
        told = {one.id: one for one in batch}
        shown, last = shown.with_changes(list(told.values())), last | told
    expected = sorted(last.values(), key=lambda one: one.place, reverse=True)
    assert list(shown.events) == expected


def test_of_two_choices_the_later_one_stays_whichever_is_read_first():
    shown = Timeline().first_page(page(1, 2))
    asked = shown.asking(Wanted("alarm")).asking(Wanted("deploy"))
    assert (asked.asked, asked.shown) == (Wanted("deploy"), shown.shown)
    assert asked.answered(Wanted("alarm"), page(3)) == asked
    answered = asked.answered(Wanted("deploy"), page(4))
    assert (answered.wanted, answered.asked_next) == (Wanted("deploy"), None)
    assert [one.id for one in answered.shown] == [one.id for one in page(4)]
    assert answered.answered(Wanted("alarm"), page(3)) == answered


def test_what_is_asked_for_comes_with_what_is_read_anew_if_its_own_answer_was_lost():
    asked = Timeline().first_page(page(1, 2)).asking(Wanted("alarm"))
    assert asked.refreshed(page(5)) == Timeline(Wanted("alarm")).first_page(page(5))


def test_an_older_page_of_something_else_is_not_added():
    shown = Timeline(Wanted("alarm")).first_page(page(5))
    assert shown.with_older(page(1), Wanted("deploy")) == shown
