"""What the catalogue's migration made: functions that agree with Python, and a way back."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from cloudscale import db, schema
from cloudscale.data.seed import seed_demo
from cloudscale.db import get_engine, unit_of_work
from cloudscale.embedded_postgres import binaries
from cloudscale.models.catalogue import PRICE_BAND_EDGES_CENTS
from cloudscale.services import catalogue
from cloudscale.services.catalogue import Query
from cloudscale.services.catalogue.filters import Filters


@pytest.fixture
def admin(postgres_url: str) -> Iterator[Engine]:
    """The server itself, for databases and roles."""
    url = db.sqlalchemy_url(postgres_url)
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    yield engine
    engine.dispose()


def test_python_and_postgresql_agree_on_price_bands(session: Session):
    mark = text(
        "SELECT lexeme FROM unnest(product_search('', '', '', 1, :cents)) "
        "WHERE lexeme LIKE 'price/%'"
    )
    for edge in PRICE_BAND_EDGES_CENTS:
        for cents in (edge - 1, edge, edge + 1):
            ours = Filters(min_price_cents=cents, max_price_cents=cents).marks()
            assert session.connection().scalars(mark, {"cents": cents}).all() == ours[0]


def test_each_sample_holds_an_even_part_of_the_catalogue(session: Session):
    counts = session.connection().execute(
        text(
            """WITH sampled AS (
                SELECT CASE WHEN id::bigint * 2654435761 % 4294967296 < 16777216 THEN 2
                    WHEN id::bigint * 2654435761 % 4294967296 < 268435456 THEN 1 ELSE 0 END AS n
                FROM generate_series(1, 100000) AS id
            ) SELECT count(*) FILTER (WHERE n >= 1), count(*) FILTER (WHERE n >= 2) FROM sampled"""
        )
    )
    one_in_16, one_in_256 = counts.one()
    assert one_in_16 == pytest.approx(100_000 / 16, rel=0.05)
    assert one_in_256 == pytest.approx(100_000 / 256, rel=0.1)


def test_the_migration_goes_back_and_forth_and_keeps_the_products(database: str):
    with unit_of_work() as session:
        added = seed_demo(session)
        before = catalogue.categories(session)
    with get_engine().begin() as connection:
        command.downgrade(schema._config(connection), "0003")
        assert connection.scalar(text("SELECT count(*) FROM product")) == added
        connection.execute(text("UPDATE category SET product_count = 0"))
    schema.migrate(get_engine())
    assert schema.differences(get_engine()) == []
    with Session(get_engine()) as session:
        assert catalogue.categories(session) == before
        assert catalogue.browse(session, Query(text="headphnes")).did_you_mean == "headphones"


def test_a_dump_is_restored_with_all_that_is_generated(
    database: str, admin: Engine, tmp_path: Path
):
    with unit_of_work() as session:
        seed_demo(session)
        wanted = catalogue.browse(session, Query(text="wireless"))
    url = make_url(database)
    there = url.set(database=f"{url.database}_copy")
    file = tmp_path / "dump.sql"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {there.database}"))
    plain = url.render_as_string(hide_password=False).replace("+psycopg", "")
    copy = there.render_as_string(hide_password=False).replace("+psycopg", "")
    subprocess.run([binaries() / "pg_dump", plain, "-f", file], check=True)
    subprocess.run(
        [binaries() / "psql", copy, "-q", "-v", "ON_ERROR_STOP=1", "-f", file],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    engine = create_engine(db.sqlalchemy_url(copy), poolclass=NullPool)
    with Session(engine) as session:
        assert catalogue.browse(session, Query(text="wireless")) == wanted
    engine.dispose()


def test_without_the_right_to_add_extensions_it_is_told_what_to_ask_for(
    database: str, admin: Engine
):
    name = f"{make_url(database).database}_plain"
    role = f"guest_{name}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    there = make_url(db.sqlalchemy_url(database)).set(database=name)
    owner = create_engine(there, poolclass=NullPool)
    with owner.begin() as connection:
        connection.execute(text(f"GRANT CREATE, USAGE ON SCHEMA public TO {role}"))
    owner.dispose()
    engine = create_engine(there.set(username=role), poolclass=NullPool)
    with pytest.raises(SQLAlchemyError, match="CREATE EXTENSION pg_trgm"):
        schema.migrate(engine)
    engine.dispose()
