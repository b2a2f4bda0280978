"""One line of what people type: kept as it is, or refused by its field."""

import pytest

from cloudscale.errors import InvalidInput
from cloudscale.services import text
from cloudscale.services.text import Line

NAME = {"name": Line("Name", 10, 1)}


def refusal(lines, **values) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        text.clean(lines, values)
    return {error.field: error.message for error in refused.value.errors}


@pytest.mark.parametrize(
    "typed",
    [
        "O'Hara",
        "<b>x</b>",
        "'; DROP --",
        "Zoë",
        "李小龙",
        "عمر",
        "👩‍👩‍👧",
        "x" * 10,
        "{{7*7}}",
        "%s",
    ],
)
def test_any_line_of_text_is_kept_as_typed(typed):
    assert text.clean(NAME, {"name": typed}) == {"name": typed}


def test_spaces_around_are_dropped_and_accents_are_one_character():
    assert text.clean(NAME, {"name": "  Zoe\u0308 "}) == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "is missing"),
        ("   ", "is missing"),
        ("x" * 11, "at most 10"),
        ("a\x00b", "cannot be typed"),
        ("a\nb", "cannot be typed"),
        ("a\x1bb", "cannot be typed"),
        ("\ud800", "cannot be typed"),
        ("a\u2028b", "cannot be typed"),
        ("a\u202eb", "turn text around"),
        (None, "must be text"),
        (7, "must be text"),
        (["x"], "must be text"),
        ({"x": 1}, "must be text"),
    ],
)
def test_what_is_no_line_of_text_is_refused_by_its_label(typed, words):
    message = refusal(NAME, name=typed)["name"]
    assert message.startswith("Name ")
    assert words in message


def test_all_fields_at_fault_are_named_at_once():
    lines = {"a": Line("A", 3), "b": Line("B", 3), "c": Line("C", 3)}
    assert set(refusal(lines, a="long text", b="ok", c=7)) == {"a", "c"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ann@example.com", "ann@example.com"),
        (" ANN.Lee+shop@Example.COM ", "ann.lee+shop@example.com"),
        ("zoë@example.com", "zoë@example.com"),
        ("a@bücher.example", "a@bücher.example"),
        ("ann@shop.test", "ann@shop.test"),
    ],
)
def test_email_addresses_have_one_spelling(typed, kept):
    assert text.clean({"email": text.EMAIL}, {"email": typed}) == {"email": kept}


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "a b@example.com",
        "ann@localhost",
        "a@b@example.com",
        "<script>@example.com",
        "ann@example.com\nbcc: x@example.com",
        "x" * 250 + "@example.com",
        "a@-.example",
    ],
)
def test_what_is_no_email_address_is_refused(typed):
    assert "email" in refusal({"email": text.EMAIL}, email=typed)


def test_reserved_domains_are_refused_in_production(set_settings):
    set_settings(ENVIRONMENT="production")
    assert "email" in refusal({"email": text.EMAIL}, email="ann@shop.test")


@pytest.mark.parametrize("typed", ["ann", "A.n_n-2", "x" * 40, "123"])
def test_usernames_are_letters_digits_and_a_few_marks(typed):
    assert text.clean({"username": text.USERNAME_LINE}, {"username": typed})["username"] == typed


@pytest.mark.parametrize("typed", ["ab", "x" * 41, "a b", "ann!", "änn", "<b>", "a'-", "ann\u0430"])
def test_other_usernames_are_refused(typed):
    assert "username" in refusal({"username": text.USERNAME_LINE}, username=typed)


@pytest.mark.parametrize("typed", ["", "+49 (30) 123-456", "030/123.456"])
def test_telephone_numbers_are_kept_as_written(typed):
    assert text.clean({"phone": text.PHONE_LINE}, {"phone": typed})["phone"] == typed


@pytest.mark.parametrize("typed", ["call me", "0" * 33, "<1>", "1;2"])
def test_what_is_no_telephone_number_is_refused(typed):
    assert "phone" in refusal({"phone": text.PHONE_LINE}, phone=typed)
