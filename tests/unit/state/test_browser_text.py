"""What was typed goes into a script as text and nothing else."""

import json
from pathlib import Path

import pytest
import reflex as rx
from hypothesis import given
from hypothesis import strategies as st

from cloudscale import state
from cloudscale.state.browser_text import encodable, literal
from cloudscale.state.cart import focus_first
from cloudscale.state.listing import Listing
from tests.deadline import within

# The first makes Reflex look for ever, the others for a variable that is not there.
TAGS = [f"a <reflex.Var>{inside}</reflex.Var> b" for inside in ("x", "7", "-7", "²")]


def script_of(event: rx.event.EventSpec) -> str:
    """The script that an event sends."""
    return event.args[0][1]._decode()


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_reads_back_and_can_end_nothing(text: str):
    written = literal(text)
    assert json.loads(written) == text
    assert written.isascii()
    assert "<" not in written


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_sent_and_whole_text_is_left_alone(text: str):
    sent = encodable(text)
    assert len(sent.encode()) >= len(text)
    assert encodable(sent) == sent


@pytest.mark.parametrize("text", TAGS)
def test_reflexes_own_tags_are_text(text: str):
    with within(10):
        script = script_of(rx.run_script(f"csSearchText({literal(text)})"))
    assert json.loads(script[script.index('("') + 1 : script.rindex('")') + 1]) == text


@pytest.mark.parametrize("text", TAGS)
def test_reflexes_own_tags_are_text_in_a_url_too(text: str):
    with within(10):
        path = script_of(rx.redirect(Listing(q=text, category=text).href()))
    assert "%3Creflex.Var%3E" in path


def test_the_focus_goes_to_ids_that_are_literals():
    assert script_of(focus_first("a", "b")) == 'csFocus("a", "b")'


def test_no_state_makes_a_variable_of_a_text():
    folder = Path(state.__file__).parent
    makers = [path.name for path in folder.glob("*.py") if "LiteralVar" in path.read_text()]
    assert makers == []
