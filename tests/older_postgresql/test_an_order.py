"""The store on the oldest PostgreSQL that it takes and that is here."""

from tests import external_store
from tests.older_postgresql import installed


def test_it_is_migrated_filled_and_sold_from():
    programs = installed.find()
    assert programs, "no PostgreSQL 15 to 17 here; Debian: apt-get install postgresql"
    with external_store.server(programs) as url:
        external_store.sell_from(url)
