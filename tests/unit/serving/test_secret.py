"""The demo's secret is made once and kept private."""

import stat

from cloudscale.serving.secret import demo_secret


def test_it_is_made_once_long_and_private(tmp_path):
    secret = demo_secret(tmp_path)
    assert len(secret) == 64
    assert demo_secret(tmp_path) == secret
    files = list(tmp_path.iterdir())
    assert [file.name for file in files] == ["secret_key"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_two_folders_have_two_secrets(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert demo_secret(tmp_path / "a") != demo_secret(tmp_path / "b")


def test_an_empty_file_is_no_secret(tmp_path):
    (tmp_path / "secret_key").touch()
    assert len(demo_secret(tmp_path)) == 64
