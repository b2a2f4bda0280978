"""The same content gives the same bytes, wherever, whenever and by whomever it was packed."""

import os
import tarfile

import pytest

from cloudscale.serving.release import digest
from cloudscale.serving.release_packing import pack

AT = 1_700_000_000


def folder(parent, names, umask=0o022):
    before = os.umask(umask)
    try:
        for name in names:
            path = parent / "shop-1" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name * 1000)
        (parent / "shop-1" / "b" / "start").chmod(0o755 & ~umask)
    finally:
        os.umask(before)
    return parent / "shop-1"


NAMES = ["a.py", "b/start", "b.py"]


def test_neither_order_nor_times_nor_the_umask_change_a_byte(tmp_path):
    one = folder(tmp_path / "one", NAMES)
    other = folder(tmp_path / "other", NAMES[::-1], umask=0o077)
    os.utime(other / "a.py", (1, 1))
    pack(one, tmp_path / "one.tar.gz", AT)
    pack(other, tmp_path / "other.tar.gz", AT)
    assert digest(tmp_path / "one.tar.gz") == digest(tmp_path / "other.tar.gz")


def test_another_content_gives_other_bytes(tmp_path):
    one = folder(tmp_path, NAMES)
    pack(one, tmp_path / "one.tar.gz", AT)
    (one / "a.py").write_text("changed")
    pack(one, tmp_path / "other.tar.gz", AT)
    assert digest(tmp_path / "one.tar.gz") != digest(tmp_path / "other.tar.gz")


def test_everything_is_readable_and_roots_and_of_the_commits_time(tmp_path):
    pack(folder(tmp_path, NAMES, umask=0o077), tmp_path / "one.tar.gz", AT)
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == [
        *("shop-1", "shop-1/a.py", "shop-1/b", "shop-1/b.py", "shop-1/b/start")
    ]
    assert [oct(member.mode) for member in members] == [
        *("0o755", "0o644", "0o755", "0o644", "0o755")
    ]
    assert {(member.uid, member.gid, member.uname, member.mtime) for member in members} == {
        (0, 0, "root", AT)
    }


def test_a_tarball_that_was_begun_and_not_finished_is_none(tmp_path):
    one = folder(tmp_path, NAMES)
    output = tmp_path / "output"
    output.mkdir()
    (one / "c.py").symlink_to("nowhere")
    (one / "d").mkdir()
    os.mkfifo(one / "d" / "pipe")
    pack(one, output / "good.tar.gz", AT)  # links and pipes are entries without content
    with pytest.raises(FileNotFoundError):
        pack(tmp_path / "gone", output / "bad.tar.gz", AT)
    assert [path.name for path in output.iterdir()] == ["good.tar.gz"]
