"""The migrations and the models say the same, and whatever they disagree about is noticed."""

from collections.abc import Callable

import pytest
from alembic.util import CommandError
from sqlalchemy import CheckConstraint, Engine, Index, String, text

from cloudscale import schema
from cloudscale.db import get_engine
from cloudscale.models import Cart, CartLine, Category, Order, Product, ServerProcess, User
from cloudscale.models.base import table_of
from cloudscale.schema_shape import shape


def test_migrations_are_current_with_the_models(shared_engine: Engine):
    assert schema.differences(shared_engine) == []


def test_migrating_twice_changes_nothing(shared_engine: Engine):
    schema.migrate(shared_engine)
    assert schema.differences(shared_engine) == []


def test_looking_for_differences_leaves_nothing_behind(shared_engine: Engine):
    def schemas() -> list[str]:
        with shared_engine.connect() as connection:
            return list(connection.scalars(text("SELECT nspname FROM pg_namespace")))

    before = schemas()
    schema.differences(shared_engine)
    assert schemas() == before


def test_a_database_that_lacks_a_migration_is_not_current(database: str):
    assert schema.is_current(get_engine())
    with get_engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert not schema.is_current(get_engine())


def test_a_database_of_a_newer_version_is_left_as_it_is(
    database: str, caplog: pytest.LogCaptureFixture
):
    with get_engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    schema.migrate(get_engine())
    assert schema.is_current(get_engine())
    assert "newer version (9999)" in caplog.text
    with get_engine().connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_database_of_something_else_is_refused(database: str):
    with get_engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(CommandError, match="0000"):
        schema.migrate(get_engine())


Patch = pytest.MonkeyPatch


def index(model: type, name: str) -> Index:
    return next(found for found in table_of(model).indexes if found.name == name)


def check(model: type, name: str) -> CheckConstraint:
    constraints = table_of(model).constraints
    return next(c for c in constraints if isinstance(c, CheckConstraint) and name in str(c.name))


def change_a_check(patch: Patch) -> str:
    patch.setattr(check(Product, "stock_not_negative"), "sqltext", text("stock >= 1"))
    return "constraint product.ck_product_stock_not_negative is CHECK (stock >= 0)"


def drop_a_check(patch: Patch) -> str:
    table = table_of(CartLine)
    less = table.constraints - {check(CartLine, "quantity_positive")}
    patch.setattr(table, "constraints", less)
    return "constraint cart_line.ck_cart_line_quantity_positive is one too many"


def change_a_generated_column(patch: Patch) -> str:
    patch.setattr(table_of(Product).c.is_in_stock.computed, "sqltext", text("stock > 1"))
    return "column product.is_in_stock is boolean generated s stock > 0"


def change_a_server_default(patch: Patch) -> str:
    patch.setattr(table_of(Category).c.product_count.server_default, "arg", text("1"))
    return "column category.product_count is integer not null default 0"


def drop_a_server_default(patch: Patch) -> str:
    patch.setattr(table_of(Category).c.product_count, "server_default", None)
    return "column category.product_count is integer not null default 0"


def change_a_length(patch: Patch) -> str:
    patch.setattr(table_of(User).c.email, "type", String(100))
    return "column user_account.email is character varying(254) not null"


def change_a_collation(patch: Patch) -> str:
    patch.setattr(table_of(Product).c.name_key.type, "collation", None)
    return "column product.name_key is text collate C"


def allow_null(patch: Patch) -> str:
    patch.setattr(table_of(Product).c.stock, "nullable", True)
    return "column product.stock is integer not null and should be integer"


def change_the_condition_of_an_index(patch: Patch) -> str:
    options = index(Cart, "uq_cart_open_user").dialect_options["postgresql"]
    patch.setitem(options, "where", text("user_id IS NOT NULL"))
    return "index uq_cart_open_user is CREATE UNIQUE INDEX"


def change_what_an_index_includes(patch: Patch) -> str:
    options = index(Product, "ix_product_newest").dialect_options["postgresql"]
    patch.setitem(options, "include", [])
    return "index ix_product_newest is CREATE INDEX"


def let_an_index_be_slow(patch: Patch) -> str:
    patch.setitem(index(Product, "ix_product_search").dialect_options["postgresql"], "with", {})
    return "index ix_product_search is CREATE INDEX"


def keep_an_order_when_its_user_goes(patch: Patch) -> str:
    constraint = next(iter(table_of(Order).c.user_id.foreign_keys)).constraint
    patch.setattr(constraint, "ondelete", "CASCADE")
    return "constraint customer_order.fk_customer_order_user_id_user_account is FOREIGN KEY"


def leave_less_room(patch: Patch) -> str:
    patch.setitem(table_of(Product).dialect_options["postgresql"], "with", {})
    return "table product is {fillfactor=85} and should be "


def log_what_is_unlogged(patch: Patch) -> str:
    patch.setattr(table_of(ServerProcess), "_prefixes", [])
    return "table server_process is unlogged and should be "


@pytest.mark.parametrize(
    "change",
    [
        change_a_check,
        drop_a_check,
        change_a_generated_column,
        change_a_server_default,
        drop_a_server_default,
        change_a_length,
        change_a_collation,
        allow_null,
        change_the_condition_of_an_index,
        change_what_an_index_includes,
        let_an_index_be_slow,
        keep_an_order_when_its_user_goes,
        leave_less_room,
        log_what_is_unlogged,
    ],
)
def test_a_model_that_changed_without_a_migration_is_noticed(
    shared_engine: Engine, monkeypatch: Patch, change: Callable[[Patch], str]
):
    words = change(monkeypatch)
    found = schema.differences(shared_engine)
    assert len(found) == 1
    assert found[0].startswith(words)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DROP TRIGGER audit_entry_only_grows ON audit_entry", "is missing: CREATE TRIGGER"),
        ("ALTER TABLE product DISABLE TRIGGER product_changed", "is missing: CREATE TRIGGER"),
        (
            "DROP TRIGGER products_came ON product; CREATE TRIGGER products_came AFTER INSERT ON "
            "product FOR EACH STATEMENT EXECUTE FUNCTION products_came_or_went()",
            "trigger product.products_came is CREATE TRIGGER",
        ),
        ("CREATE TABLE forgotten (id int)", "column forgotten.id is one too many: integer"),
        ("ALTER TABLE product ADD CHECK (stock < 9)", "is one too many: CHECK (stock < 9)"),
    ],
)
def test_a_database_that_is_not_what_the_models_say_is_noticed(
    database: str, statement: str, words: str
):
    with get_engine().begin() as connection:
        connection.execute(text(statement))
    assert words in "\n".join(schema.differences(get_engine()))


def test_every_kind_of_part_is_described(shared_engine: Engine):
    with shared_engine.connect() as connection:
        kinds = {part.split()[0] for part in shape(connection)}
    assert kinds == {"table", "column", "constraint", "index", "trigger"}
