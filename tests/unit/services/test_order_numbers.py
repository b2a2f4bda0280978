"""Order numbers can be read aloud."""

import re

from cloudscale.services.order_rows import NUMBER_ALPHABET, new_number


def test_a_number_holds_no_letter_that_is_mistaken_for_another():
    assert len(set(NUMBER_ALPHABET)) == 32
    assert not set("ILOU") & set(NUMBER_ALPHABET)
    for _ in range(100):
        assert re.fullmatch(rf"CS-[{NUMBER_ALPHABET}]{{4}}-[{NUMBER_ALPHABET}]{{4}}", new_number())


def test_numbers_differ():
    assert len({new_number() for _ in range(1000)}) == 1000
