"""The migrations and the models say the same."""

from sqlalchemy import Engine

from cloudscale import schema


def test_migrations_are_current_with_the_models(shared_engine: Engine):
    assert schema.differences(shared_engine) == []


def test_migrating_twice_changes_nothing(shared_engine: Engine):
    schema.migrate(shared_engine)
    assert schema.differences(shared_engine) == []
