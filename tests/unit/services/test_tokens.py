"""Cookie tokens are random, signed, and found in whatever a browser sends."""

import pytest

from cloudscale.services import tokens
from cloudscale.settings import SettingsError


def test_a_new_token_is_genuine_and_never_the_same_twice():
    first, second = tokens.new_token(), tokens.new_token()
    assert tokens.is_genuine(first)
    assert tokens.is_genuine(second)
    assert first.split(".")[0] != second.split(".")[0]


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "",
        lambda token: "x" * len(token),
        lambda token: token.partition(".")[0],
        lambda token: "A" + token[1:] if token[0] != "A" else "B" + token[1:],
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "E"),
        lambda token: token + "A",
        lambda token: token.replace(".", ".."),
        lambda token: token.lower(),
        lambda token: "é" * len(token),
        lambda token: token.partition(".")[2] + "." + token.partition(".")[0],
        lambda token: "'; DROP TABLE visit; --",
    ],
)
def test_a_changed_or_invented_token_is_not_genuine(forge):
    assert not tokens.is_genuine(forge(tokens.new_token()))


def test_a_token_signed_with_another_key_is_not_genuine(set_settings):
    token = tokens.new_token()
    set_settings(SECRET_KEY="another secret, of thirty-two characters or more")
    assert not tokens.is_genuine(token)


def test_a_signature_made_for_another_purpose_is_worth_nothing():
    import base64

    chance = tokens.new_token().partition(".")[0]
    signed = base64.urlsafe_b64encode(tokens.secret_for(chance)).rstrip(b"=").decode()
    assert not tokens.is_genuine(f"{chance}.{signed}")


def test_what_the_database_keeps_is_not_the_token():
    token = tokens.new_token()
    assert len(tokens.digest(token)) == 32
    assert token.encode() not in tokens.digest(token)


def test_without_a_secret_nothing_is_signed(set_settings):
    set_settings(SECRET_KEY="")
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        tokens.new_token()


def test_the_token_is_found_among_other_cookies():
    token = tokens.new_token()
    assert tokens.token_in(f"theme=dark; cs_session={token}; auth_v=1") == token


def test_a_forged_cookie_in_front_does_not_hide_the_genuine_one():
    token = tokens.new_token()
    assert tokens.token_in(f"cs_session=forged; cs_session={token}") == token


@pytest.mark.parametrize("header", ["", ";;;", "cs_session", "cs_session=", "other=1", "=;="])
def test_a_header_without_a_genuine_token_holds_none(header):
    assert tokens.token_in(header) is None


def test_over_https_only_the_cookie_that_no_other_host_can_set_counts(set_settings):
    set_settings(PUBLIC_URL="https://shop.example.com")
    token = tokens.new_token()
    assert tokens.token_in(f"__Host-cs_session={token}") == token
    assert tokens.token_in(f"cs_session={token}") is None
