"""What a statement is called: few names, and never a value."""

import pytest

from cloudscale.statements import NAME_LIMIT, name_of


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (
            "SELECT id\n  FROM product\n WHERE id = %(id_1)s::INTEGER",
            "SELECT id FROM product WHERE id = ?",
        ),
        (
            "SELECT id FROM product WHERE id IN (%(id_1_1)s, %(id_1_2)s::INTEGER) LIMIT 20",
            "SELECT id FROM product WHERE id IN (…) LIMIT ?",
        ),
        ("DELETE FROM visit WHERE id IN (%(a)s)", "DELETE FROM visit WHERE id IN (…)"),
        (
            "INSERT INTO line (a, b) VALUES (%(a__0)s, %(b__0)s), (%(a__1)s, %(b__1)s)",
            "INSERT INTO line (a, b) VALUES (?, …)",
        ),
        (
            "UPDATE user_account SET email = 'it''s@me.example' WHERE id = 7",
            "UPDATE user_account SET email = ? WHERE id = ?",
        ),
        (
            "SELECT now() - interval '5 minutes', t_1.x2 FROM t_1",
            "SELECT now() - interval ?, t_1.x2 FROM t_1",
        ),
        ("RELEASE SAVEPOINT sa_savepoint_21", "RELEASE SAVEPOINT ?"),
        ("SET LOCAL statement_timeout = '900ms'", "SET LOCAL statement_timeout = ?"),
    ],
)
def test_lists_are_folded_and_values_left_out(statement: str, name: str):
    assert name_of(statement) == name


def test_a_long_statement_loses_its_columns_first():
    columns = ", ".join(f"product.column_{letter * 9}" for letter in "abcdefghijklmnop")
    named = name_of(f"SELECT {columns} FROM product WHERE product.id = %(id_1)s")
    assert named == "SELECT … FROM product WHERE product.id = ?"


def test_a_name_has_a_limit():
    named = name_of("UPDATE product SET " + ", ".join(f"c{n} = %(c{n})s" for n in range(200)))
    assert len(named) == NAME_LIMIT
    assert named.endswith("…")
