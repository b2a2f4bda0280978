"""A step that takes long is named while it lasts; a quick one is not worth a line."""

import pytest

from cloudscale.serving import terminal
from cloudscale.serving.terminal import Step, step


def test_a_quick_step_says_nothing(capsys):
    with step("Thinking"):
        pass
    assert capsys.readouterr().err == ""


def test_a_long_step_is_named_and_then_timed(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "PATIENCE_SECONDS", 0.0)
    begun = Step("Thinking")
    begun._timer.join(10)
    assert capsys.readouterr().err == "Thinking …\n"
    begun.done()
    assert capsys.readouterr().err.startswith("Thinking: done in 0.")


def test_a_step_that_failed_is_not_called_done(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(RuntimeError), step("Thinking"):
        raise RuntimeError
    assert "done" not in capsys.readouterr().err
