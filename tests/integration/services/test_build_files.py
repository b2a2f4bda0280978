"""Instances of several versions find each other's scripts, whichever of them is asked."""

import gzip
from datetime import timedelta
from threading import Thread

from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.models import BuildFile, utc_now
from cloudscale.ops import housekeeping
from cloudscale.services import build_files

BUILD = {"root-AAAAAAAA.js": b"let a", "root-BBBBBBBB.css": b"b{}"}


def content(session: Session, name: str) -> bytes | None:
    found = build_files.find(session, name)
    return found and gzip.decompress(found)


def test_what_one_version_published_another_finds(session: Session):
    assert build_files.publish(session, BUILD) == 2
    assert content(session, "root-AAAAAAAA.js") == b"let a"
    assert build_files.find(session, "root-CCCCCCCC.js") is None


def test_only_what_is_new_of_the_next_version_is_sent(session: Session):
    build_files.publish(session, BUILD)
    assert build_files.publish(session, {**BUILD, "next-AAAAAAAA.js": b"c"}) == 1
    assert build_files.publish(session, {}) == 0


def test_what_is_published_again_is_kept_and_the_rest_goes_in_the_end(session: Session):
    build_files.publish(session, BUILD)
    later = utc_now() + build_files.KEPT + timedelta(minutes=1)
    kept = session.get(BuildFile, "root-AAAAAAAA.js")
    assert kept
    kept.published_at = later
    session.flush()
    assert build_files.prune(session, later) == 1
    assert build_files.find(session, "root-BBBBBBBB.css") is None
    assert content(session, "root-AAAAAAAA.js") == b"let a"


def test_they_are_cleared_away_with_what_else_is_kept_a_while():
    assert build_files in housekeeping.KEPT_A_WHILE


def test_instances_that_start_together_do_not_wait_for_each_other_for_ever(database: str):
    build = {f"part{number}-AAAAAAAA.js": b"x" * 1000 for number in range(60)}
    turned = dict(reversed(build.items()))
    new: list[int] = []

    def start(files: dict[str, bytes]) -> None:
        for _ in range(5):
            with unit_of_work() as session:
                new.append(build_files.publish(session, files))

    threads = [Thread(target=start, args=(one,)) for one in (build, turned, build, turned)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(new) == 20
    with unit_of_work() as session:
        assert all(content(session, name) == text for name, text in build.items())
