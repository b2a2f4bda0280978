"""What is served is a finished build of the present sources, through names that Reflex knows."""

import pytest
from reflex_base.environment import environment

from cloudscale.serving import frontend


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project with a finished, current build."""
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    monkeypatch.setattr(frontend, "STAMP", tmp_path / ".web" / ".built")
    monkeypatch.setattr(frontend, "INDEX", tmp_path / ".web" / "index.html")
    for name in ("rxconfig.py", "uv.lock", "cloudscale/pages/store.py", "assets/a.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "cloudscale" / "cli.py").write_text("")
    (tmp_path / "reflex.lock").mkdir()
    (tmp_path / "reflex.lock" / "package.json").write_text('{"a": 1, "b": 2}')
    (tmp_path / ".web").mkdir()
    (tmp_path / ".web" / "index.html").write_text("")
    frontend.write_stamp(frontend.source_digest())
    assert frontend.why_not() == ""
    return tmp_path


def test_the_internal_names_that_serve_a_build_are_still_reflexes():
    known = {
        environment.REFLEX_ENV_MODE.name: "prod",
        environment.REFLEX_SKIP_COMPILE.name: "true",
        environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.name: "true",
    }
    assert known == frontend.SERVE_THE_BUILD


def test_the_internal_names_are_understood_by_reflex(monkeypatch):
    for name, value in frontend.SERVE_THE_BUILD.items():
        monkeypatch.setenv(name, value)
    assert environment.REFLEX_ENV_MODE.get().value == "prod"
    assert environment.REFLEX_SKIP_COMPILE.get() is True
    assert environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get() is True


@pytest.mark.parametrize("name", ["rxconfig.py", "uv.lock", "cloudscale/pages/store.py"])
def test_a_changed_source_makes_the_build_outdated(project, name):
    (project / name).write_text("changed")
    assert "other sources" in frontend.why_not()


def test_added_and_removed_sources_make_the_build_outdated(project):
    (project / "assets" / "b.css").write_text("")
    assert frontend.why_not()
    (project / "assets" / "b.css").unlink()
    assert not frontend.why_not()
    (project / "assets" / "a.css").unlink()
    assert frontend.why_not()


def test_what_never_reaches_the_browser_does_not(project):
    (project / "rxconfig.py").touch()
    (project / "cloudscale" / "cli.py").write_text("changed")
    cached = project / "cloudscale" / "__pycache__" / "store.pyc"
    cached.parent.mkdir()
    cached.write_text("")
    (project / "reflex.lock" / "package.json").write_text('{"b": 2,\n  "a": 1}')
    assert frontend.why_not() == ""


def test_a_new_npm_lock_makes_the_build_outdated(project):
    (project / "reflex.lock" / "package.json").write_text('{"a": 1, "b": 3}')
    assert "other sources" in frontend.why_not()


@pytest.mark.parametrize("lost", [".web/.built", ".web/index.html"])
def test_an_unfinished_build_is_none(project, lost):
    (project / lost).unlink()
    assert "not built" in frontend.why_not()


def test_a_build_is_called_by_what_it_was_made_from(project):
    first = frontend.version()
    assert first == frontend.source_digest()[:12]
    (project / "cloudscale" / "pages" / "store.py").write_text("another page")
    frontend.write_stamp(frontend.source_digest())
    assert frontend.version() != first
