"""A cookie's token becomes a shopper, and never someone else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlmodel import Session, col, func, select

from cloudscale.db import unit_of_work
from cloudscale.errors import (
    InvalidInput,
    NotFound,
    NotSignedIn,
    SessionEnded,
    TooManyAttempts,
    WrongCredentials,
)
from cloudscale.models import SignInFailure, User, Visit, utc_now
from cloudscale.services import accounts, activity, cart, passwords, sessions, tokens, visits
from cloudscale.services.identity import Client, Shopper
from tests import marks, shop

BROWSER = Client("203.0.113.9", "Mozilla/5.0 Firefox/140")
STRANGER = Client("198.51.100.1", "curl/8")
PASSWORD = "brown-horse staple"


def register(session: Session, name: str = "ann", token: str | None = None) -> str:
    """An account, signed in; returns its token."""
    token, _ = accounts.register(
        session, token, BROWSER, username=name, email=f"{name}@example.com", password=PASSWORD
    )
    return token


def visit_count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Visit)).one()


def test_a_guest_has_no_row_until_the_first_use_and_one_from_then_on(session):
    token = sessions.new_token()
    before = visit_count(session)
    first = sessions.identify(session, token, BROWSER)
    second = sessions.identify(session, token, BROWSER)
    assert first == second == Shopper(first.visit_id, user=None)
    assert visit_count(session) == before + 1
    row = session.get_one(Visit, first.visit_id)
    assert (row.ip, row.user_agent, row.is_robot) == (BROWSER.ip, BROWSER.user_agent, False)


def test_the_database_never_holds_the_token(session):
    token = sessions.new_token()
    row = session.get_one(Visit, sessions.identify(session, token, BROWSER).visit_id)
    assert row.token_hash == tokens.digest(token)


@pytest.mark.parametrize("token", [None, "", "forged", "x" * 87, "é" * 87, "' OR 1=1 --", "\x00"])
def test_a_forged_token_is_a_new_guest_each_time(session, token):
    first = sessions.identify(session, token, STRANGER)
    second = sessions.identify(session, token, STRANGER)
    assert first.user is None
    assert first.visit_id != second.visit_id


def test_a_robot_is_marked(session):
    shopper = sessions.identify(session, sessions.new_token(), Client("", "Googlebot/2.1"))
    assert session.get_one(Visit, shopper.visit_id).is_robot


def test_who_sends_no_cookie_is_not_counted_as_a_user_at_each_event(session):
    nobody = sessions.identify(session, None, BROWSER)
    somebody = sessions.identify(session, sessions.new_token(), BROWSER)
    assert session.get_one(Visit, nobody.visit_id).is_robot
    assert not session.get_one(Visit, somebody.visit_id).is_robot


def test_ten_first_uses_at_once_make_one_visit(database):
    token, barrier = sessions.new_token(), Barrier(10)

    def use() -> int:
        with unit_of_work() as session:
            barrier.wait()
            return sessions.identify(session, token, BROWSER).visit_id

    with ThreadPoolExecutor(10) as pool:
        ids = {future.result() for future in [pool.submit(use) for _ in range(10)]}
    assert len(ids) == 1
    with unit_of_work() as session:
        assert visit_count(session) == 1


def row_of(session: Session, visit_id: int) -> Visit:
    return session.get_one(Visit, visit_id, populate_existing=True)


def test_a_new_visit_is_active_at_once_and_what_follows_is_written_later(session):
    token, now = sessions.new_token(), utc_now()
    visit_id = sessions.identify(session, token, BROWSER, now).visit_id
    sessions.identify(session, token, STRANGER, now + timedelta(seconds=2))
    assert row_of(session, visit_id).last_active_at == now
    activity.write(session, activity.MARKS.take())
    row = row_of(session, visit_id)
    assert row.last_active_at == now + timedelta(seconds=2)
    assert (row.ip, row.user_agent) == (STRANGER.ip, STRANGER.user_agent)


def test_whoever_was_away_for_minutes_is_active_at_once_for_every_process(session):
    token, now = sessions.new_token(), utc_now()
    visit_id = sessions.identify(session, token, BROWSER, now).visit_id
    back = now + visits.WRITTEN_AT_ONCE
    sessions.identify(session, token, STRANGER, back)
    assert row_of(session, visit_id).last_active_at == back
    assert row_of(session, visit_id).ip == STRANGER.ip


def test_a_session_used_just_before_its_limit_goes_on_in_every_process(session):
    token, now = register(session), utc_now()
    nearly = now + sessions.IDLE_LIMIT - timedelta(seconds=1)
    assert sessions.identify(session, token, BROWSER, nearly).user is not None
    marks.forget()  # another process knows none
    later = nearly + sessions.IDLE_LIMIT - timedelta(seconds=1)
    assert sessions.identify(session, token, BROWSER, later).user is not None


def test_a_session_is_not_ended_by_a_mark_that_is_not_written_yet(session):
    """Its row could not be written, by a request that was refused and rolled back, say."""
    token, now = register(session), utc_now()
    shopper = sessions.identify(session, token, BROWSER)
    activity.MARKS.note(shopper.visit_id, BROWSER, now + timedelta(minutes=29))
    later = now + timedelta(minutes=31)
    assert sessions.usable(session, token, later) == token
    assert sessions.identify(session, token, BROWSER, later).user is not None


def test_a_mark_does_not_keep_a_session_beyond_its_limit_or_after_its_end(session):
    token, now = register(session), utc_now()
    shopper = sessions.identify(session, token, BROWSER)
    activity.MARKS.note(shopper.visit_id, BROWSER, now + timedelta(minutes=29))
    with pytest.raises(SessionEnded):
        sessions.identify(session, token, BROWSER, now + timedelta(minutes=59))
    sessions.sign_out(session, token)
    with pytest.raises(SessionEnded):
        sessions.identify(session, token, BROWSER, now + timedelta(minutes=30))


def test_who_was_refused_once_is_not_made_active_by_trying(session):
    token, now = register(session), utc_now()
    for minutes in (31, 32):
        with pytest.raises(SessionEnded):
            sessions.identify(session, token, BROWSER, now + timedelta(minutes=minutes))
    assert activity.MARKS.take() == {}


def test_noting_activity_does_not_wait_for_another_request_of_the_same_visit(database):
    token, now = sessions.new_token(), utc_now()
    with unit_of_work() as session:
        sessions.identify(session, token, BROWSER, now)
    later = now + timedelta(minutes=10)
    with unit_of_work() as busy, unit_of_work() as other:
        first = sessions.identify(busy, token, BROWSER, later)
        # Would end in lock_timeout if it waited for the row that `busy` has changed.
        assert sessions.identify(other, token, BROWSER, later) == first


def test_acting_hands_the_shopper_to_the_service_in_the_same_transaction(session):
    token = sessions.new_token()

    def service(inner: Session, shopper: Shopper, first: int, *, second: int):
        return inner is session, shopper, first + second

    is_same, shopper, total = sessions.acting(session, token, BROWSER, service, 1, second=2)
    assert (is_same, total) == (True, 3)
    assert shopper == sessions.identify(session, token, BROWSER)


def test_signing_in_gives_a_new_token_and_the_old_one_dies(session):
    register(session)
    guest = sessions.new_token()
    sessions.identify(session, guest, BROWSER)
    token, user = sessions.sign_in(session, guest, BROWSER, "ANN@Example.com ", PASSWORD)
    assert token != guest
    assert user.email == "ann@example.com"
    assert sessions.identify(session, token, BROWSER).user == user
    with pytest.raises(SessionEnded):
        sessions.identify(session, guest, BROWSER)


def test_signing_in_brings_the_guests_cart_along_once(session):
    product = shop.product(session, stock=10)
    register(session)
    guest = sessions.new_token()
    sessions.acting(session, guest, BROWSER, cart.add, product, 2)
    token, _ = sessions.sign_in(session, guest, BROWSER, "ann@example.com", PASSWORD)
    assert sessions.acting(session, token, BROWSER, cart.view).item_count == 2
    again, _ = sessions.sign_in(session, guest, BROWSER, "ann@example.com", PASSWORD)
    assert sessions.acting(session, again, BROWSER, cart.view).item_count == 2


def test_a_token_of_before_signing_in_cannot_be_planted_on_a_member(session):
    """Session fixation: whoever knew the guest's token knows nothing of the member's."""
    planted = sessions.new_token()
    register(session)
    sessions.sign_in(session, planted, BROWSER, "ann@example.com", PASSWORD)
    shopper = sessions.identify(session, planted, STRANGER)
    assert shopper.user is None


def test_signing_out_kills_the_token_for_good(session):
    token = register(session)
    sessions.sign_out(session, token)
    for _ in range(2):
        with pytest.raises(SessionEnded):
            sessions.identify(session, token, BROWSER)
    fresh = sessions.usable(session, token)
    assert fresh != token
    assert sessions.identify(session, fresh, BROWSER).user is None


def test_signing_out_as_a_guest_keeps_the_guests_cart(session):
    token = sessions.new_token()
    shopper = sessions.identify(session, token, BROWSER)
    for given in (token, None, "forged", sessions.new_token()):
        sessions.sign_out(session, given)
    assert sessions.identify(session, token, BROWSER) == shopper


def test_a_member_is_signed_out_after_half_an_hour_of_doing_nothing(session):
    token, now = register(session), utc_now()
    nearly = now + timedelta(minutes=29)
    assert sessions.identify(session, token, BROWSER, nearly).user is not None
    with pytest.raises(SessionEnded):
        sessions.identify(session, token, BROWSER, nearly + timedelta(minutes=30))


def test_a_member_is_signed_out_after_twelve_hours_however_busy(session):
    token, start = register(session), utc_now()
    for minutes in range(20, 12 * 60, 20):
        at = start + timedelta(minutes=minutes)
        assert sessions.identify(session, token, BROWSER, at).user is not None
    with pytest.raises(SessionEnded):
        sessions.identify(session, token, BROWSER, start + timedelta(hours=12, seconds=1))


def test_an_expired_token_never_comes_back(session):
    token, now = register(session), utc_now()
    with pytest.raises(SessionEnded):
        sessions.identify(session, token, BROWSER, now + timedelta(hours=1))
    with pytest.raises(SessionEnded):
        sessions.identify(session, token, BROWSER, now + timedelta(hours=1, seconds=1))
    assert sessions.usable(session, token, now + timedelta(hours=1)) != token


def test_a_guest_keeps_the_token_for_thirty_days_of_doing_nothing(session):
    token, now = sessions.new_token(), utc_now()
    shopper = sessions.identify(session, token, BROWSER, now)
    assert sessions.identify(session, token, BROWSER, now + timedelta(days=29)) == shopper
    with pytest.raises(SessionEnded):
        sessions.identify(session, token, BROWSER, now + timedelta(days=60))


def test_a_token_that_works_is_kept_and_any_other_replaced(session):
    unused, guest, member = sessions.new_token(), sessions.new_token(), register(session)
    sessions.identify(session, guest, BROWSER)
    for token in (unused, guest, member):
        assert sessions.usable(session, token) == token
    for token in (None, "", "forged"):
        assert sessions.is_genuine(sessions.usable(session, token))


def test_an_unknown_email_and_a_wrong_password_are_refused_alike(session):
    register(session)
    messages = set()
    for email, password in [("ann@example.com", "wrong"), ("nobody@example.com", PASSWORD)]:
        with pytest.raises(WrongCredentials) as refusal:
            sessions.sign_in(session, None, STRANGER, email, password)
        messages.add((refusal.value.message, refusal.value.status))
    assert len(messages) == 1


def test_the_same_hashing_is_done_whether_or_not_the_email_exists(session, monkeypatch):
    register(session)
    costs: list[bytes] = []
    check = passwords.bcrypt.checkpw
    monkeypatch.setattr(
        passwords.bcrypt,
        "checkpw",
        lambda given, kept: costs.append(kept[:7]) or check(given, kept),
    )
    for email in ("ann@example.com", "nobody@example.com"):
        with pytest.raises(WrongCredentials):
            sessions.sign_in(session, None, STRANGER, email, "wrong password")
    assert costs == [b"$2b$04$", b"$2b$04$"]


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("", PASSWORD, "email"),
        ("not an address", PASSWORD, "email"),
        ("' OR 1=1 --", PASSWORD, "email"),
        ("<script>@example.com", PASSWORD, "email"),
        ("a\x00@example.com", PASSWORD, "email"),
        ("\ud800@example.com", PASSWORD, "email"),
        ("a" * 5000 + "@example.com", PASSWORD, "email"),
        (7, PASSWORD, "email"),
        ("ann@example.com", "", "password"),
        ("ann@example.com", None, "password"),
        ("ann@example.com", 7, "password"),
    ],
)
def test_what_is_no_email_or_no_password_is_refused_by_field(session, email, password, field):
    with pytest.raises(InvalidInput) as refusal:
        sessions.sign_in(session, None, BROWSER, email, password)
    assert [error.field for error in refusal.value.errors] == [field]


@pytest.mark.parametrize("password", ["\x00", "\ud800", "' OR '1'='1", "é" * 100_000])
def test_any_text_may_be_tried_as_a_password(session, password):
    register(session)
    with pytest.raises(WrongCredentials):
        sessions.sign_in(session, None, BROWSER, "ann@example.com", password)


def test_after_five_failures_one_must_wait_and_then_gets_in(session):
    register(session)
    now = utc_now()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            sessions.sign_in(session, None, STRANGER, "ann@example.com", "wrong", now)
    with pytest.raises(TooManyAttempts) as refusal:
        sessions.sign_in(session, None, STRANGER, "ann@example.com", PASSWORD, now)
    wait = timedelta(seconds=refusal.value.retry_after_seconds)
    sessions.sign_in(session, None, STRANGER, "ann@example.com", PASSWORD, now + wait)
    # The success cleared the account's failures: the next typo is free again.
    with pytest.raises(WrongCredentials):
        sessions.sign_in(session, None, STRANGER, "ann@example.com", "wrong", now + wait)
    sessions.sign_in(session, None, STRANGER, "ann@example.com", PASSWORD, now + wait)


def test_a_stranger_who_fails_on_purpose_does_not_keep_the_owner_waiting(session):
    register(session)  # from BROWSER's address
    now = utc_now()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            sessions.sign_in(session, None, STRANGER, "ann@example.com", "wrong", now)
    with pytest.raises(TooManyAttempts):
        sessions.sign_in(session, None, STRANGER, "ann@example.com", "wrong", now)
    sessions.sign_in(session, None, BROWSER, "ann@example.com", PASSWORD, now)


def test_a_guesser_behind_the_same_address_does_not_keep_the_owner_waiting(session):
    register(session)
    now = utc_now()
    for number in range(20):
        email = f"nobody{number}@example.com"
        with pytest.raises(WrongCredentials):
            sessions.sign_in(session, None, BROWSER, email, "wrong", now)
    with pytest.raises(TooManyAttempts):
        sessions.sign_in(session, None, BROWSER, "somebody@example.com", "wrong", now)
    sessions.sign_in(session, None, BROWSER, "ann@example.com", PASSWORD, now)


def test_an_account_can_be_guessed_no_faster_from_a_familiar_address(session):
    register(session)
    now = utc_now()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            sessions.sign_in(session, None, BROWSER, "ann@example.com", "wrong", now)
    with pytest.raises(TooManyAttempts):
        sessions.sign_in(session, None, BROWSER, "ann@example.com", PASSWORD, now)


def test_an_unknown_email_is_slowed_down_just_like_a_known_one(session):
    now = utc_now()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            sessions.sign_in(session, None, STRANGER, "nobody@example.com", "wrong", now)
    with pytest.raises(TooManyAttempts):
        sessions.sign_in(session, None, STRANGER, "nobody@example.com", "wrong", now)


def test_a_failure_is_kept_although_the_sign_in_is_rolled_back(database):
    for email in ("nobody@example.com", "my-password-by-mistake@example.com"):
        with pytest.raises(WrongCredentials), unit_of_work() as session:
            sessions.sign_in(session, None, STRANGER, email, "wrong")
    with unit_of_work() as session:
        subjects = session.exec(select(SignInFailure.subject)).all()
    assert len(subjects) == 4  # account and address, twice
    assert not any("mistake" in subject or STRANGER.ip in subject for subject in subjects)


def test_a_hash_of_another_cost_is_renewed_at_sign_in(session, set_settings):
    register(session)
    set_settings(BCRYPT_ROUNDS="5")
    sessions.sign_in(session, None, BROWSER, "ann@example.com", PASSWORD)
    user = session.exec(select(User).where(User.email == "ann@example.com")).one()
    assert user.password_hash.startswith("$2b$05$")
    sessions.sign_in(session, None, BROWSER, "ann@example.com", PASSWORD)


def test_a_member_sees_the_active_sessions_latest_first(session):
    register(session)
    first, _ = sessions.sign_in(session, None, BROWSER, "ann@example.com", PASSWORD)
    shopper = sessions.identify(session, first, BROWSER)
    listed = sessions.active_sessions(session, shopper)
    assert [entry.is_current for entry in listed] == [True, False]
    assert (listed[0].ip, listed[0].user_agent) == (BROWSER.ip, BROWSER.user_agent)


def test_sessions_that_ran_out_are_not_listed(session):
    token = register(session)
    shopper = sessions.identify(session, token, BROWSER)
    assert len(sessions.active_sessions(session, shopper)) == 1
    assert sessions.active_sessions(session, shopper, utc_now() + timedelta(minutes=31)) == []


def test_a_member_ends_one_of_the_own_sessions(session):
    lost, kept = register(session), None
    kept, _ = sessions.sign_in(session, None, BROWSER, "ann@example.com", PASSWORD)
    lost_id = sessions.identify(session, lost, BROWSER).visit_id
    shopper = sessions.identify(session, kept, BROWSER)
    sessions.end_session(session, shopper, lost_id)
    with pytest.raises(SessionEnded):
        sessions.identify(session, lost, BROWSER)
    assert [entry.id for entry in sessions.active_sessions(session, shopper)] == [shopper.visit_id]
    with pytest.raises(NotFound):
        sessions.end_session(session, shopper, lost_id)


def test_someone_elses_session_is_not_found(session):
    ann = sessions.identify(session, register(session, "ann"), BROWSER)
    bob = sessions.identify(session, register(session, "bob"), BROWSER)
    guest = sessions.identify(session, sessions.new_token(), BROWSER)
    for visit_id in (bob.visit_id, guest.visit_id, 0, -1, 2**40, "1", None, True):
        with pytest.raises(NotFound):
            sessions.end_session(session, ann, visit_id)
    assert len(sessions.active_sessions(session, bob)) == 1


def test_a_guest_has_no_sessions_to_see_or_end(session):
    guest = sessions.identify(session, sessions.new_token(), BROWSER)
    with pytest.raises(NotSignedIn):
        sessions.active_sessions(session, guest)
    with pytest.raises(NotSignedIn):
        sessions.end_session(session, guest, guest.visit_id)


def test_visits_that_nobody_used_for_thirty_days_are_pruned(session):
    old, new = sessions.new_token(), sessions.new_token()
    now = utc_now()
    sessions.identify(session, old, BROWSER, now - timedelta(days=31))
    kept = sessions.identify(session, new, BROWSER, now - timedelta(days=29))
    assert sessions.prune(session, now) == 1
    assert session.exec(select(Visit.id).where(col(Visit.id) == kept.visit_id)).all()


def test_pruning_a_visit_takes_the_guests_cart_along(session):
    token, now = sessions.new_token(), utc_now()
    guest = sessions.identify(session, token, BROWSER, now - timedelta(days=31))
    cart.add(session, guest, shop.product(session))
    assert sessions.prune(session, now) == 1
    assert cart.view(session, guest).lines == []


def whoever(_session: Session, shopper: Shopper) -> Shopper:
    return shopper


def test_a_page_that_looks_by_itself_leaves_no_trace(session):
    token = register(session)
    row = session.exec(select(Visit).where(Visit.token_hash == tokens.digest(token))).one()
    row.last_active_at = at = utc_now() - timedelta(minutes=20)
    session.flush()
    shopper = sessions.looking(session, token, whoever)
    assert (shopper.visit_id, shopper.user.username) == (row.id, "ann")
    assert activity.MARKS.take() == {}
    session.refresh(row)
    assert row.last_active_at == at


@pytest.mark.parametrize("token", [None, "", "forged", "\x00", sessions.new_token])
def test_who_looks_without_a_session_makes_none(session, token):
    before = visit_count(session)
    with pytest.raises(SessionEnded):
        sessions.looking(session, token() if callable(token) else token, whoever)
    assert visit_count(session) == before


def test_who_looks_after_signing_out_sees_nothing(session):
    token = register(session)
    sessions.sign_out(session, token)
    with pytest.raises(SessionEnded):
        sessions.looking(session, token, whoever)
