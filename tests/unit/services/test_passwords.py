"""Which passwords are taken, and how they are kept."""

import unicodedata

import pytest

from cloudscale.errors import InvalidInput
from cloudscale.services import passwords

NAMES = ("ann.lee@example.com", "annlee_1990")


@pytest.mark.parametrize(
    "password",
    [
        "brown-horse staple",
        "8 chars!",
        "a" * 127 + "b",
        "correct horse battery staple " * 4,
        "пароль-длинный",
        "🦄🐴🐎🐖🐏🐑🐐🐪",
        "密码是一只棕色的马",
        "' OR '1'='1' --",
        "<script>alert(1)</script>",
        " leading and trailing ",
        "tab\tand\x00null are fine",
        "Password123!",  # weak, but not among the listed ones: no rule about kinds of characters
    ],
)
def test_any_password_that_is_not_guessed_first_is_taken(password):
    passwords.require_acceptable("password", password, names=NAMES)
    hashed = passwords.hash_password(password)
    assert passwords.verify(password, hashed)
    assert not passwords.verify(password + "x", hashed)


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("", "at least 8"),
        ("1234567", "at least 8"),
        ("horse!!", "at least 8"),
        ("a-b" * 43, "at most 128"),
        ("x" * 1_000_000, "at most 128"),
        ("\ufdfa" * 8, "at most 128"),  # one character that NFKC spells out in 18
        ("password", "guessed"),
        ("Password123", "guessed"),
        ("QWERTYUIOP", "guessed"),
        ("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", "guessed"),  # full-width letters
        ("iloveyou", "guessed"),
        ("aaaaaaaa", "guessed"),
        ("🦄🦄🦄🦄🦄🦄🦄🦄", "guessed"),
        ("23456789", "guessed"),
        ("hgfedcba", "guessed"),
        ("ann.lee@example.com", "e-mail"),
        ("ANN.LEE@Example.com", "e-mail"),
        ("annlee_1990", "username"),
        (None, "must be text"),
        (12345678, "must be text"),
        (b"brown-horse staple", "must be text"),
    ],
)
def test_the_first_guesses_and_the_wrong_lengths_are_refused_in_words(password, word):
    with pytest.raises(InvalidInput, match=word) as refusal:
        passwords.require_acceptable("password", password, names=NAMES)
    assert [error.field for error in refusal.value.errors] == ["password"]


def test_the_part_before_the_at_is_no_password_either():
    with pytest.raises(InvalidInput, match="e-mail"):
        passwords.require_acceptable("password", "annabella", names=("annabella@example.com",))


def test_every_character_of_a_long_passphrase_counts():
    """bcrypt alone reads 72 bytes."""
    long = "x" * 127
    hashed = passwords.hash_password(long + "a")
    assert passwords.verify(long + "a", hashed)
    assert not passwords.verify(long + "b", hashed)


def test_a_password_is_the_same_on_every_keyboard():
    composed = unicodedata.normalize("NFC", "Zoë's café, open")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert passwords.verify(decomposed, passwords.hash_password(composed))


def test_one_password_never_has_the_same_hash_twice():
    assert passwords.hash_password("brown-horse") != passwords.hash_password("brown-horse")


@pytest.mark.parametrize("password", ["", "\x00", "\ud800", "." * 53, "x" * 100_000])
def test_where_there_is_no_account_no_password_is_right(password):
    assert not passwords.verify(password, None)


def test_checking_without_an_account_costs_what_checking_with_one_does(set_settings):
    set_settings(BCRYPT_ROUNDS="6")
    kept = passwords.hash_password("brown-horse")
    assert passwords.hash_of_nothing().split("$")[1:3] == kept.split("$")[1:3] == ["2b", "06"]
    assert len(passwords.hash_of_nothing()) == len(kept)


def test_a_hash_of_another_cost_is_to_be_renewed(set_settings):
    hashed = passwords.hash_password("brown-horse")
    assert not passwords.needs_rehash(hashed)
    set_settings(BCRYPT_ROUNDS="5")
    assert passwords.needs_rehash(hashed)
