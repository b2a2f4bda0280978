"""Accounts are made, changed and kept apart."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlmodel import Session, func, select

from cloudscale.db import unit_of_work
from cloudscale.errors import (
    AlreadyTaken,
    InvalidInput,
    NotSignedIn,
    SessionEnded,
    TooManyAttempts,
    WrongPassword,
)
from cloudscale.models import SignInFailure, User
from cloudscale.services import accounts, passwords, sessions
from cloudscale.services.identity import Client, Shopper, UserView

BROWSER = Client("203.0.113.9", "Mozilla/5.0")
PASSWORD = "brown-horse staple"
NEW_PASSWORD = "a second brown horse"
HOSTILE = ["<script>alert(1)</script>", "'; DROP TABLE visit; --", "{{7*7}}", "\\", "%s%n", "🦄"]


def register(session: Session, name: str = "ann", **given) -> tuple[str, UserView]:
    form = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, **given}
    return accounts.register(session, None, BROWSER, **form)


def signed_in(session: Session, token: str) -> Shopper:
    return sessions.identify(session, token, BROWSER)


def faults(refusal) -> set[str]:
    return {error.field for error in refusal.value.errors}


def test_registering_signs_in_as_a_member(session):
    token, user = register(session, first_name=" Ann ", last_name="Lee", phone="+49 30")
    assert user == UserView(user.id, "ann", "ann@example.com", "Ann", "Lee", "+49 30", "member")
    assert signed_in(session, token).user == user


def test_the_password_is_kept_hashed_only(session):
    _, user = register(session)
    row = session.get_one(User, user.id)
    assert row.password_hash.startswith("$2b$04$")
    assert PASSWORD not in str(row.model_dump())


@pytest.mark.parametrize("typed", HOSTILE)
def test_html_and_sql_in_names_are_names(session, typed):
    token, user = register(session, first_name=typed, last_name=typed)
    assert (user.first_name, user.last_name) == (typed, typed)
    assert signed_in(session, token).user == user
    changed = accounts.update_profile(session, signed_in(session, token), first_name=typed * 2)
    assert changed.first_name == typed * 2


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize("field", ["username", "email", "phone"])
def test_html_and_sql_elsewhere_are_refused_by_field(session, field, typed):
    with pytest.raises(InvalidInput) as refusal:
        register(session, **{field: typed})
    assert faults(refusal) == {field}


@pytest.mark.parametrize(
    "typed", [None, 7, True, ["x"], {"x": 1}, b"x", "\x00", "\ud800", "x" * 10**6]
)
@pytest.mark.parametrize("field", ["username", "email", "first_name", "last_name", "phone"])
def test_what_no_field_takes_is_refused_by_name(session, field, typed):
    with pytest.raises(InvalidInput) as refusal:
        register(session, **{field: typed})
    assert faults(refusal) == {field}


def test_all_faults_are_told_at_once_and_nothing_is_hashed(session, monkeypatch):
    monkeypatch.setattr(passwords.bcrypt, "hashpw", None)  # would raise
    with pytest.raises(InvalidInput) as refusal:
        register(session, username="?", email="?", password="?", phone="?", first_name="\x00")
    assert faults(refusal) == {"username", "email", "password", "phone", "first_name"}


@pytest.mark.parametrize("password", ["ann@example.com", "ANN@example.com", "password1"])
def test_a_password_that_is_no_secret_is_refused(session, password):
    with pytest.raises(InvalidInput) as refusal:
        register(session, password=password)
    assert faults(refusal) == {"password"}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"username": "other"}, {"email"}),
        ({"username": "other", "email": " ANN@Example.COM "}, {"email"}),
        ({"email": "other@example.com"}, {"username"}),
        ({"email": "other@example.com", "username": "ANN"}, {"username"}),
        ({}, {"email", "username"}),
    ],
)
def test_email_and_username_belong_to_one_account(session, given, fields):
    register(session)
    with pytest.raises(AlreadyTaken) as refusal:
        register(session, "ann", **given)
    assert faults(refusal) == fields
    assert refusal.value.status == 409


def test_registering_one_email_twice_at_once_makes_one_account(database):
    barrier = Barrier(2)

    def attempt(name: str) -> str:
        try:
            with unit_of_work() as session:
                barrier.wait()
                register(session, name, email="ann@example.com")
        except AlreadyTaken as refusal:
            return refusal.errors[0].field
        return "made"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, ["ann", "bob"])) == ["email", "made"]
    with unit_of_work() as session:
        assert session.exec(select(func.count()).select_from(User)).one() == 1


def test_two_who_register_different_names_at_once_both_get_in(database):
    def attempt(name: str) -> str:
        with unit_of_work() as session:
            return register(session, name)[1].username

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, ["abc", "bcd", "cde", "def"])) == [
            "abc",
            "bcd",
            "cde",
            "def",
        ]


def test_details_change_and_what_is_not_given_stays(session):
    token, _ = register(session, first_name="Ann", last_name="Lee", phone="1")
    changed = accounts.update_profile(session, signed_in(session, token), last_name="", phone="2")
    assert (changed.first_name, changed.last_name, changed.phone) == ("Ann", "", "2")
    assert signed_in(session, token).user == changed


def test_a_username_can_be_changed_to_one_that_is_free(session):
    token, _ = register(session)
    shopper = signed_in(session, token)
    assert accounts.update_profile(session, shopper, username="Ann").username == "Ann"
    register(session, "bob")
    with pytest.raises(AlreadyTaken) as refusal:
        accounts.update_profile(session, shopper, username="BOB")
    assert faults(refusal) == {"username"}


def test_bad_details_are_refused_and_nothing_changes(session):
    token, user = register(session)
    with pytest.raises(InvalidInput) as refusal:
        accounts.update_profile(
            session, signed_in(session, token), username="a b", first_name="fine", phone="no"
        )
    assert faults(refusal) == {"username", "phone"}
    assert signed_in(session, token).user == user


def test_a_guest_has_no_account_to_change(session):
    guest = sessions.identify(session, sessions.new_token(), BROWSER)
    with pytest.raises(NotSignedIn):
        accounts.update_profile(session, guest, first_name="x")
    with pytest.raises(NotSignedIn):
        accounts.change_password(session, guest, PASSWORD, NEW_PASSWORD)


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(session):
    other, user = register(session)
    this, _ = sessions.sign_in(session, None, BROWSER, user.email, PASSWORD)
    bystander, _ = register(session, "bob")
    accounts.change_password(session, signed_in(session, this), PASSWORD, NEW_PASSWORD)
    assert signed_in(session, this).user == user
    assert signed_in(session, bystander).user is not None
    with pytest.raises(SessionEnded):
        signed_in(session, other)
    sessions.sign_in(session, None, BROWSER, user.email, NEW_PASSWORD)


@pytest.mark.parametrize("current", ["wrong", "", None, 7])
def test_the_current_password_must_be_right(session, current):
    token, user = register(session)
    with pytest.raises(WrongPassword) as refusal:
        accounts.change_password(session, signed_in(session, token), current, NEW_PASSWORD)
    assert faults(refusal) == {"current"}
    sessions.sign_in(session, None, BROWSER, user.email, PASSWORD)


@pytest.mark.parametrize("new", ["short", "password", "ann@example.com", "x" * 129, None, 7])
def test_a_new_password_is_judged_like_a_first_one(session, new):
    token, _ = register(session)
    with pytest.raises(InvalidInput) as refusal:
        accounts.change_password(session, signed_in(session, token), PASSWORD, new)
    assert faults(refusal) == {"password"}


def test_guessing_the_current_password_gets_slow_although_each_try_is_rolled_back(database):
    with unit_of_work() as session:
        token, _ = register(session)
    for _ in range(5):
        with pytest.raises(WrongPassword), unit_of_work() as session:
            accounts.change_password(session, signed_in(session, token), "wrong", NEW_PASSWORD)
    with pytest.raises(TooManyAttempts), unit_of_work() as session:
        accounts.change_password(session, signed_in(session, token), PASSWORD, NEW_PASSWORD)
    with unit_of_work() as session:
        assert len(session.exec(select(SignInFailure)).all()) == 5


def test_the_demo_has_one_account_for_each_role_that_can_sign_in(session):
    made = accounts.ensure_demo_accounts(session)
    assert [role for role, *_ in made] == ["member", "ops", "staff", "owner"]
    assert [email.partition("@")[0] for _, email, _ in made] == ["member", "ops", "staff", "owner"]
    for role, email, password in made:
        _, user = sessions.sign_in(session, None, BROWSER, email, password)
        assert user.role == role


def test_asking_for_the_demo_accounts_again_changes_nothing(session):
    first = accounts.ensure_demo_accounts(session)
    hashes = session.exec(select(User.password_hash).order_by(User.email)).all()
    assert accounts.ensure_demo_accounts(session) == first
    assert session.exec(select(User.password_hash).order_by(User.email)).all() == hashes


def test_another_secret_gives_the_demo_other_passwords_that_work(session, set_settings):
    before = accounts.ensure_demo_accounts(session)
    set_settings(SECRET_KEY="another secret, of thirty-two characters or more")
    after = accounts.ensure_demo_accounts(session)
    assert {password for *_, password in before}.isdisjoint(password for *_, password in after)
    for _, email, password in after:
        sessions.sign_in(session, None, BROWSER, email, password)


def test_an_owner_is_made_for_the_command_line(session):
    user = accounts.create_owner(session, "Boss@Example.com", "boss", PASSWORD)
    assert (user.email, user.role) == ("boss@example.com", "owner")
    with pytest.raises(AlreadyTaken):
        accounts.create_owner(session, "boss@example.com", "boss2", PASSWORD)
    with pytest.raises(InvalidInput) as refusal:
        accounts.create_owner(session, "nowhere", "b", "x")
    assert faults(refusal) == {"email", "username", "password"}
