"""The migrations are one line from the first to the newest."""

from alembic.script import ScriptDirectory

from cloudscale.schema import MIGRATIONS


def test_two_people_did_not_take_the_same_number():
    numbers = [file.name.split("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    assert sorted(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_there_is_one_newest_migration():
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1
