"""The migrations are one line from the first to the newest, and old code runs beside each.

During a rollout, and after a rollback, the version before runs on the new schema: what it needs
may go only in a later release. Such a migration names the one whose release needs it no more:
`CONTRACTS = "0012"`.
"""

import ast
import re

import pytest
from alembic.script import ScriptDirectory

from cloudscale.schema import MIGRATIONS

RELEASED = 10
"""Up to here everything was one first release."""
TAKING = {"drop_column", "drop_table", "rename_table"}
CHANGING = {"new_column_name", "type_"}
SQL = re.compile(r"\b(DROP (COLUMN|TABLE)|RENAME)\b", re.IGNORECASE)


def taken_away(source: str) -> list[str]:
    """The statements of a migration's `upgrade` that code of the version before would notice."""
    tree = ast.parse(source)
    names = {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets}  # type: ignore[union-attr]
    if "CONTRACTS" in names:
        return []
    upgrade = [node for node in tree.body if getattr(node, "name", "") != "downgrade"]
    calls = [n for top in upgrade for n in ast.walk(top) if isinstance(n, ast.Call)]
    return [ast.unparse(call) for call in calls if is_noticed(call)]


def is_noticed(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", "")
    options = {option.arg: option.value for option in call.keywords}
    if name == "alter_column":
        becomes_needed = getattr(options.get("nullable"), "value", True) is False
        return becomes_needed or bool(CHANGING & options.keys())
    if name == "add_column":
        return "nullable=False" in (text := ast.unparse(call)) and "server_default" not in text
    return name in TAKING or (name == "execute" and bool(SQL.search(ast.unparse(call))))


def test_two_people_did_not_take_the_same_number():
    numbers = [file.name.split("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    assert sorted(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_there_is_one_newest_migration():
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


def test_a_migration_only_adds_or_says_since_when_nobody_needs_what_it_takes_away():
    for file in (MIGRATIONS / "versions").glob("[0-9]*.py"):
        number = int(file.name.split("_")[0])
        if number > RELEASED:
            assert taken_away(file.read_text()) == [], file.name


@pytest.mark.parametrize(
    "statement",
    [
        "op.drop_column('cart', 'note')",
        "op.drop_table('cart')",
        "op.rename_table('cart', 'basket')",
        "op.alter_column('cart', 'note', nullable=False)",
        "op.alter_column('cart', 'note', new_column_name='text')",
        "op.alter_column('cart', 'note', type_=sa.Integer())",
        "op.add_column('cart', sa.Column('note', sa.Text(), nullable=False))",
        "op.execute('ALTER TABLE cart DROP COLUMN note')",
        "op.execute('ALTER TABLE cart RENAME TO basket')",
    ],
)
def test_what_the_version_before_would_trip_over_is_found(statement: str):
    assert taken_away(f"def upgrade():\n    {statement}\n") == [statement]
    contract = f"CONTRACTS = '0012'\ndef upgrade():\n    {statement}\n"
    assert taken_away(contract) == []


@pytest.mark.parametrize(
    "statement",
    [
        "op.add_column('cart', sa.Column('note', sa.Text(), nullable=True))",
        "op.add_column('cart', sa.Column('n', sa.Text(), nullable=False, server_default=''))",
        "op.create_index('ix', 'cart', ['note'])",
        "op.alter_column('cart', 'note', nullable=True)",
    ],
)
def test_what_the_version_before_does_not_notice_may_be_done(statement: str):
    assert taken_away(f"def upgrade():\n    {statement}\n") == []
