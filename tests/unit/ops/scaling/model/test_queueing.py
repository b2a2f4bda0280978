"""Waiting and response times, by worked examples of textbooks and by playing them out."""

import math
from heapq import heapify, heapreplace
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.scaling.model.queueing import Queue, erlang_b, erlang_c


# Source: Anderson, Sweeney and Williams, An Introduction to Management Science, "Waiting line
# models": 10 arrivals and 12 services an hour.
@pytest.mark.parametrize(("servers", "waiting"), [(2, 0.245), (3, 0.058), (4, 0.011), (5, 0.002)])
def test_the_share_that_waits_is_that_of_the_textbook(servers: int, waiting: float):
    assert erlang_c(servers, 10 / 12) == pytest.approx(waiting, abs=0.0005)


def test_a_hospital_with_two_doctors():
    """Hillier and Lieberman, Introduction to Operations Research, section 17.6 (the county
    hospital): 2 patients an hour, 3 treated an hour by each doctor."""
    one, two = Queue(1, 1 / 3, 2 / 3), Queue(2, 1 / 3, 1 / 3)
    assert (one.waiting_share, two.waiting_share) == pytest.approx((0.667, 0.167), abs=5e-4)
    assert (one.waits_longer(0.5), two.waits_longer(0.5)) == pytest.approx((0.404, 0.022), abs=1e-3)
    assert (one.waits_longer(1), two.waits_longer(1)) == pytest.approx((0.245, 0.003), abs=5e-4)
    assert (one.mean_wait_seconds, two.mean_wait_seconds) == pytest.approx((2 / 3, 1 / 24))
    assert (one.mean_response_seconds, two.mean_response_seconds) == pytest.approx((1, 3 / 8))


def test_three_servers_of_300_a_year():
    """Bronson, Operations Research (Schaum, 1982), problem 24.6: 300 arrivals a year, two days of
    service, three servers: 0.43 days of waiting, 2.43 in all."""
    queue = Queue(3, 2, 300 / 365 * 2 / 3)
    assert queue.mean_wait_seconds == pytest.approx(0.429, abs=5e-4)
    assert queue.mean_response_seconds == pytest.approx(2.429, abs=5e-4)


def test_ten_lines_and_six_erlangs():
    """Read off the Erlang C curve, as textbooks draw it: about 0.10."""
    assert erlang_c(10, 6) == pytest.approx(0.101, abs=0.001)


def test_one_server_is_the_simplest_case():
    queue = Queue(1, 0.01, 0.8)
    assert queue.waiting_share == pytest.approx(0.8)
    # The response of M/M/1 is exponential with mean service / (1 - u).
    assert queue.response_seconds(50) == pytest.approx(0.05 * math.log(2), rel=1e-3)
    assert queue.response_seconds(95) == pytest.approx(0.05 * math.log(20), rel=1e-3)


def test_constant_service_waits_half_as_long():
    """Pollaczek and Khinchine: M/D/1 waits half of M/M/1."""
    assert Queue(1, 0.01, 0.8, 0).mean_wait_seconds == pytest.approx(0.02)
    assert Queue(1, 0.01, 0.8, 1).mean_wait_seconds == pytest.approx(0.04)


def test_without_load_a_response_is_the_service_alone():
    assert Queue(2, 0.01, 0).response_seconds(50) == pytest.approx(0.01 * math.log(2), rel=1e-3)
    assert Queue(2, 0.01, 0, 0).response_seconds(95) == pytest.approx(0.01, rel=1e-3)


def test_a_load_that_cannot_be_borne_has_no_long_run():
    assert erlang_c(2, 2) == erlang_c(2, 5) == 1
    with pytest.raises(ValueError, match="utilisation"):
        Queue(2, 0.01, 1)


def test_nobody_waits_where_nobody_comes():
    assert erlang_b(4, 0) == erlang_c(4, 0) == 0


def played(queue: Queue, requests: int, seed: int) -> list[float]:
    """The response times of so many requests, one after the other, in order of length."""
    chance, free_at, now, found = Random(seed), [0.0] * queue.servers, 0.0, []
    heapify(free_at)
    gap = queue.service_seconds / (queue.servers * queue.utilisation)
    sigma = math.sqrt(math.log(1 + queue.service_scv))
    for _ in range(requests):
        now += chance.expovariate(1 / gap)
        if queue.service_scv == 1:
            service = chance.expovariate(1 / queue.service_seconds)
        else:
            mu = math.log(queue.service_seconds) - sigma**2 / 2
            service = math.exp(chance.normalvariate(mu, sigma))
        done = max(now, free_at[0]) + service
        heapreplace(free_at, done)
        found.append(done - now)
    return sorted(found[requests // 20 :])


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.5), (2, 0.7), (2, 0.5), (8, 0.9)])
def test_percentiles_are_those_of_requests_played_one_by_one(servers: int, utilisation: float):
    queue = Queue(servers, 0.01, utilisation)
    found = played(queue, 200_000, seed=5)
    for percentile in (50, 95, 99):
        expected = found[int(len(found) * percentile / 100)]
        assert queue.response_seconds(percentile) == pytest.approx(expected, rel=0.06)
    assert queue.mean_response_seconds == pytest.approx(mean(found), rel=0.04)


@pytest.mark.parametrize("scv", [0.3, 2.0])
@pytest.mark.parametrize("servers", [1, 2, 8])
def test_general_service_times_are_told_well_enough(servers: int, scv: float):
    """Allen and Cunneen's is an approximation: within a fifth, where a decision is made."""
    queue = Queue(servers, 0.01, 0.7, scv)
    found = played(queue, 200_000, seed=6)
    for percentile in (50, 95):
        expected = found[int(len(found) * percentile / 100)]
        assert queue.response_seconds(percentile) == pytest.approx(expected, rel=0.2)


@given(st.integers(1, 64), st.floats(0, 0.99), st.sampled_from((0.0, 0.5, 1.0, 4.0)))
def test_whoever_has_more_to_do_waits_longer(servers: int, utilisation: float, scv: float):
    queue, busier = (Queue(servers, 0.01, one, scv) for one in (utilisation * 0.9, utilisation))
    assert 0 <= queue.waiting_share <= busier.waiting_share <= 1
    assert queue.takes_longer(0.3) <= busier.takes_longer(0.3) + 1e-12
    assert busier.takes_longer(0.3) <= busier.takes_longer(0.1) <= 1 + 1e-12


@given(st.integers(1, 100), st.floats(0.05, 0.99))
def test_erlang_c_follows_from_its_definition(servers: int, utilisation: float):
    """Summed as it is defined, in logarithms, for every size."""
    offered = servers * utilisation
    terms = [n * math.log(offered) - math.lgamma(n + 1) for n in range(servers + 1)]
    last = terms.pop() - math.log(1 - utilisation)
    total = sum(math.exp(term - last) for term in terms) + 1
    assert erlang_c(servers, offered) == pytest.approx(1 / total, rel=1e-6)
