"""One spelling for what can be written in several ways."""

import pytest

from cloudscale.ops.healing.kinds import spelling


def test_numbers_and_truths_are_the_same_as_text():
    assert spelling.number("2") == spelling.number(2) == spelling.number(2.0)
    assert spelling.truth("True") is spelling.truth("true") is spelling.truth(True)


def test_order_and_repetition_say_nothing_where_they_say_nothing():
    names = spelling.unordered()
    assert names(["b", "a"]) == names(["a", "b", "a"]) == names(("a", "b"))
    assert names(None) == names([]) == ()
    assert names(["a"]) != names(["a", "b"])


def test_an_object_is_the_same_in_any_order():
    plain = spelling.mapping()
    assert plain({"b": 1, "a": "2"}) == plain({"a": 2, "b": "1"})


def test_a_network_is_its_first_address():
    assert spelling.cidr("10.0.0.7/8") == spelling.cidr("10.0.0.0/8")
    assert spelling.cidr("10.0.0.7") == "10.0.0.7/32"
    assert spelling.cidr("2001:DB8::/32") == spelling.cidr("2001:db8:0::/32")


@pytest.mark.parametrize(
    ("spell", "value"),
    [
        (spelling.number, None),
        (spelling.number, True),
        (spelling.number, "many"),
        (spelling.number, []),
        (spelling.truth, 1),
        (spelling.text, {}),
        (spelling.unordered(), "abc"),
        (spelling.unordered(), 3),
        (spelling.mapping(), []),
        (spelling.cidr, "10.0.0.0/99"),
    ],
)
def test_a_value_of_another_shape_is_refused(spell, value):
    with pytest.raises(ValueError, match=r".+"):
        spell(value)
