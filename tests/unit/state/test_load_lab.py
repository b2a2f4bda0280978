"""What a tab's panel follows, against readers that answer late."""

from collections.abc import Callable
from typing import Any, Self

import pytest

from cloudscale.errors import NotAllowed
from cloudscale.state import leaving, load_lab
from cloudscale.state.load_lab import LoadLabState
from cloudscale.state.load_lab_screen import NO_SCREEN, LabScreen

IDLE = LabScreen(is_known=True, is_on=True)
RUNNING = LabScreen(is_known=True, is_on=True, is_running=True)


class Tab:
    """The part of a tab's state that following touches."""

    def __init__(self) -> None:
        self.screen, self._watch, self._changes = NO_SCREEN, "this", 0

    _show = LoadLabState._show

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Admitted:
    """A viewer who may look."""

    async def ask(self) -> None:
        pass

    def check(self) -> None:
        pass


class Late:
    """Tells what it knew before something happened to the tab."""

    def __init__(self, *answers: tuple[LabScreen, Callable[[], None]]) -> None:
        self._answers = list(answers)

    async def read(self) -> LabScreen:
        known, happens = self._answers.pop(0)
        happens()
        return known


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> Tab:
    monkeypatch.setattr(leaving, "_asked", [])
    monkeypatch.setattr(load_lab, "EVERY_SECONDS", 0.001)
    return Tab()


async def follow(tab: Tab, reader: Late, admission: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_lab, "_readers", [reader])
    await LoadLabState._follow(tab, "this", admission)  # pyright: ignore


async def test_what_was_read_before_a_click_does_not_undo_what_the_click_shows(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
):
    shown = []

    def start() -> None:
        tab.screen, tab._changes = RUNNING, 1

    def look_again() -> None:
        shown.append(tab.screen)

    def leave() -> None:
        shown.append(tab.screen)
        tab._watch = "another"

    reader = Late((IDLE, start), (IDLE, look_again), (RUNNING, leave))
    await follow(tab, reader, Admitted(), monkeypatch)
    assert shown == [RUNNING, IDLE]  # the second was asked after the click, and counts


async def test_whoever_may_look_no_more_sees_nothing_whatever_was_clicked(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
):
    class Refused(Admitted):
        def check(self) -> None:
            tab.screen, tab._changes = RUNNING, 1
            raise NotAllowed("no")

    await follow(tab, Late(), Refused(), monkeypatch)
    assert tab.screen == NO_SCREEN
