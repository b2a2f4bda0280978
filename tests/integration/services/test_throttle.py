"""Guessing gets slow, and nobody is locked out for good. Time is handed in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from cloudscale.errors import TooManyAttempts
from cloudscale.models import utc_now
from cloudscale.services import throttle
from cloudscale.services.throttle import PER_ACCOUNT, PER_ADDRESS, Attempt

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def wait(session, attempt: Attempt, at: datetime) -> int:
    try:
        throttle.check(session, attempt, at)
    except TooManyAttempts as refusal:
        return refusal.retry_after_seconds
    return 0


def fail(session, attempt: Attempt, at: datetime, times: int = 1) -> None:
    for _ in range(times):
        throttle.record(session, attempt, at)


def test_the_wait_doubles_after_the_free_failures_up_to_its_limit():
    waits = [PER_ACCOUNT.wait_seconds(failed) for failed in range(14)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert PER_ACCOUNT.wait_seconds(10**6) == 60


def test_an_address_has_more_free_failures_and_a_longer_limit():
    assert PER_ADDRESS.wait_seconds(19) == 0
    assert PER_ADDRESS.wait_seconds(20) == 1
    assert PER_ADDRESS.wait_seconds(1000) == 15 * 60


def test_four_failures_are_free_and_the_fifth_makes_wait(session):
    attempt = Attempt("account:a")
    fail(session, attempt, NOON, 4)
    assert wait(session, attempt, NOON) == 0
    fail(session, attempt, NOON)
    assert wait(session, attempt, NOON) == 1
    assert wait(session, attempt, NOON + timedelta(seconds=1)) == 0


def test_whoever_keeps_failing_waits_a_minute_at_most_and_is_never_locked_out(session):
    attempt, now = Attempt("account:a"), NOON
    waits = []
    for _ in range(60):
        seconds = wait(session, attempt, now)
        waits.append(seconds)
        now += timedelta(seconds=seconds)
        assert wait(session, attempt, now) == 0, "having waited is always enough"
        fail(session, attempt, now)
    assert max(waits) == 60


def test_trying_too_early_does_not_make_the_wait_longer(session):
    attempt = Attempt("account:a")
    fail(session, attempt, NOON, 8)
    assert [wait(session, attempt, NOON) for _ in range(5)] == [8] * 5


def test_a_quiet_quarter_of_an_hour_forgets_the_account(session):
    attempt = Attempt("account:a")
    fail(session, attempt, NOON, 10)
    later = NOON + PER_ACCOUNT.window + timedelta(seconds=1)
    fail(session, attempt, later)
    assert wait(session, attempt, later) == 0


def test_one_account_is_not_slowed_down_by_anothers(session):
    fail(session, Attempt("account:a"), NOON, 10)
    assert wait(session, Attempt("account:b"), NOON) == 0


def test_an_address_that_tries_many_accounts_is_slowed_down_on_all(session):
    for number in range(20):
        fail(session, Attempt(f"account:{number}", "ip:x"), NOON)
    assert wait(session, Attempt("account:new", "ip:x"), NOON) == 1
    assert wait(session, Attempt("account:new", "ip:y"), NOON) == 0


def test_a_success_forgives_the_account_and_not_the_address(session):
    attempt = Attempt("account:a", "ip:x")
    fail(session, attempt, NOON, 25)
    throttle.forgive(session, attempt)
    assert wait(session, Attempt("account:a"), NOON) == 0
    assert wait(session, attempt, NOON) == 32


def test_the_longer_of_both_waits_is_told(session):
    attempt = Attempt("account:a", "ip:x")
    fail(session, attempt, NOON, 30)
    assert wait(session, attempt, NOON) == 15 * 60


def test_those_who_try_at_the_same_moment_do_not_wait_for_each_others_clock(session):
    attempt = Attempt("account:a")
    fail(session, attempt, NOON + timedelta(milliseconds=5))
    assert wait(session, attempt, NOON) == 0


def test_registrations_of_an_address_are_free_twenty_times_an_hour_and_then_wait(session):
    def waits(ip: str, at: datetime) -> int:
        try:
            throttle.count_registration(session, ip, at)
        except TooManyAttempts as refusal:
            return refusal.retry_after_seconds
        return 0

    assert [waits("203.0.113.9", NOON) for _ in range(22)] == [0] * 20 + [1, 1]
    assert waits("203.0.113.9", NOON + timedelta(seconds=1)) == 0
    assert waits("203.0.113.9", NOON + timedelta(seconds=1)) == 2
    assert waits("203.0.113.10", NOON) == 0
    assert waits("203.0.113.9", NOON + timedelta(hours=2)) == 0
    assert [waits("", NOON) for _ in range(30)] == [0] * 30


def test_registering_does_not_make_signing_in_wait(session):
    for _ in range(20):
        throttle.count_registration(session, "203.0.113.9", NOON)
    attempt = throttle.sign_in_attempt(session, "a@example.com", "203.0.113.9")
    assert wait(session, attempt, NOON) == 0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),  # one customer holds a /64
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_addresses_count_as_what_one_customer_holds(session, one, other, is_same):
    subjects = [
        throttle.sign_in_attempt(session, "a@example.com", ip).address for ip in (one, other)
    ]
    assert (subjects[0] == subjects[1]) is is_same


def test_an_unknown_address_is_not_counted(session):
    attempt = throttle.sign_in_attempt(session, "a@example.com", "")
    assert attempt.address is None
    assert len(attempt.counted) == 1


def test_nothing_that_was_typed_is_kept(session):
    attempt = throttle.sign_in_attempt(session, "a@example.com", "203.0.113.9")
    assert "a@example.com" not in attempt.account
    assert "203.0.113.9" not in (attempt.address or "")


def test_failures_that_count_no_more_are_deleted_as_new_ones_come(session):
    now = utc_now()
    fail(session, Attempt("account:old"), now - timedelta(hours=2), 7)
    fail(session, Attempt("account:recent"), now - timedelta(minutes=50), 3)
    fail(session, Attempt("account:new"), now)
    counted = select(throttle.failures.c.subject, func.count()).group_by("subject")
    rows = session.connection().execute(counted).all()
    assert {subject: count for subject, count in rows if subject.startswith("account:")} == {
        "account:recent": 3,
        "account:new": 1,
    }
