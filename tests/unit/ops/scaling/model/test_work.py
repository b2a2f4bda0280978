"""Requests and the instances that answer them: answered, late, waiting, given up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.scaling.model import Server
from cloudscale.ops.scaling.model.queueing import Queue
from cloudscale.ops.scaling.model.work import Work

ONE = Server(vcpus=2, workers=2, service_ms=10, idle_cpu_percent=0)  # 200 requests a second


def test_below_capacity_response_times_are_those_of_the_queue():
    work = Work(ONE)
    work.step(rate=280, seconds=10, answering=2)
    tally, queue = work.take(), Queue(2, 0.01, 0.7)
    assert tally.answered == 2_800
    assert tally.p95_ms / tally.answered == pytest.approx(queue.response_seconds(95) * 1_000)
    assert tally.late == pytest.approx(2_800 * queue.takes_longer(0.3))
    assert tally.cpu_percent == pytest.approx(70)


def test_instances_that_share_one_queue_wait_less():
    shared = ONE.model_copy(update={"balancing": "least_outstanding_requests"})
    apart, together = Work(ONE), Work(shared)
    for work in (apart, together):
        work.step(rate=1_440, seconds=10, answering=8)
    assert together.take().p95_ms < apart.take().p95_ms


def test_what_is_beyond_capacity_waits_and_is_worked_off_later():
    work = Work(ONE)
    work.step(rate=300, seconds=5, answering=1)
    assert work.waiting == 500
    work.step(rate=100, seconds=5, answering=1)
    assert work.waiting == 0
    tally = work.take()
    assert (tally.answered, tally.dropped) == (2_000, 0)
    assert tally.late > 1_900  # they waited for up to 2.5 s
    assert tally.cpu_percent == pytest.approx(100)


def test_whoever_would_wait_longer_than_the_time_out_gives_up():
    work = Work(ONE.model_copy(update={"timeout_seconds": 2}))
    for _ in range(10):
        work.step(rate=300, seconds=1, answering=1)
    assert work.waiting == 400
    tally = work.take()
    assert (tally.answered, tally.dropped) == (2_000, 600)


def test_without_any_instance_requests_are_refused():
    work = Work(ONE)
    work.step(rate=300, seconds=1, answering=1)
    work.step(rate=300, seconds=1, answering=0)
    tally = work.take()
    assert (tally.refused, tally.dropped, work.waiting) == (300, 100, 0)
    assert tally.requests == tally.answered + tally.refused + tally.dropped


def test_a_dead_instance_fails_its_share_until_it_is_taken_out():
    work = Work(ONE)
    work.step(rate=100, seconds=1, answering=3, dead=1)
    tally = work.take()
    assert (tally.answered, tally.refused) == (75, 25)
    assert tally.cpu_percent == pytest.approx(12.5 * 3 / 4)  # the dead one does nothing


def test_cpu_is_a_share_of_all_processors_whoever_works_on_them():
    work = Work(Server(vcpus=2, workers=1, service_ms=10, idle_cpu_percent=4))
    work.step(rate=500, seconds=1, answering=1)
    assert work.take().cpu_percent == pytest.approx(54)  # one worker cannot use two processors


def test_time_spent_elsewhere_makes_answers_slower_and_keeps_nobody_busy():
    plain, far = Work(ONE), Work(ONE.model_copy(update={"elsewhere_ms": 200}))
    for work in (plain, far):
        work.step(rate=160, seconds=1, answering=1)
    here, there = plain.take(), far.take()
    assert there.p50_ms / 160 == pytest.approx(here.p50_ms / 160 + 200)
    assert there.late > here.late
    assert there.cpu_percent == here.cpu_percent


steps = st.lists(
    st.tuples(st.floats(0, 2_000), st.sampled_from((1, 10)), st.integers(0, 4), st.integers(0, 2)),
    min_size=1,
    max_size=40,
)


@given(steps, st.sampled_from((0.5, 2.0, 30.0)), st.sampled_from((0.4, 1.0)))
def test_every_request_is_answered_or_lost_or_waits(asked, timeout, scv):
    work = Work(ONE.model_copy(update={"timeout_seconds": timeout, "service_scv": scv}))
    for rate, seconds, answering, dead in asked:
        work.step(rate, seconds, answering, dead)
        assert work.waiting >= 0
    tally = work.take()
    came = tally.answered + tally.dropped + tally.refused + work.waiting
    assert tally.requests == pytest.approx(came, abs=1e-6)
    assert 0 <= tally.late <= tally.answered + 1e-9
    assert 0 <= (tally.cpu_percent or 0) <= 100
