"""How many server processes share the port."""

from pathlib import Path

import pytest

from cloudscale.db import Share
from cloudscale.serving.refusal import Refused
from cloudscale.serving.workers import MOST, WORKER_BYTES, cores, quota, sensible, worker_count
from cloudscale.settings import Settings

REDIS = "redis://localhost:6379/0"
GIB = 1024**3


def settings(**given: object) -> Settings:
    return Settings(**{"_env_file": None, "redis_url": None, "workers": None, **given})


def test_alone_with_its_memory_there_is_one():
    assert worker_count(settings()) == 1
    assert worker_count(settings(workers=1)) == 1


def test_more_than_one_is_refused_where_they_could_share_nothing():
    with pytest.raises(Refused, match="WORKERS=3 needs REDIS_URL"):
        worker_count(settings(workers=3))


def test_with_redis_it_is_what_was_asked_for_or_one_a_core():
    assert worker_count(settings(redis_url=REDIS, workers=3)) == 3
    assert worker_count(settings(redis_url=REDIS, workers="")) >= 1


@pytest.mark.parametrize(
    ("has_cores", "memory", "count"),
    [
        (1, 64 * GIB, 1),
        (2, 2 * GIB, 2),
        (4, GIB, 2),
        (2, WORKER_BYTES // 2, 1),
        (64, 256 * GIB, MOST),
    ],
)
def test_memory_bounds_them_and_there_is_always_one(has_cores: int, memory: int, count: int):
    assert sensible(has_cores, memory) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("max 100000", None), ("200000 100000\n", 2), ("25000 100000", 1), ("", None), ("x y", None)],
)
def test_a_container_may_be_held_to_fewer_than_the_machine_has(
    tmp_path: Path, text: str, count: int | None
):
    file = tmp_path / "cpu.max"
    file.write_text(text)
    assert quota(file) == count
    assert quota(tmp_path / "none") is None
    assert cores() >= 1


def test_together_they_take_little_more_of_the_database_than_one():
    assert [count * Share(count).connections for count in (1, 2, 3)] == [16, 18, 21]
