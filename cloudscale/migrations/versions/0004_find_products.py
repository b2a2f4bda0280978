"""find products at any size

Revision: 0004, after: 0003

Words without accents, stems marked by field, nested samples, an index for each sort order, and
counts that triggers keep.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LISTING_INDEXES = {
    "shop_order": ("is_in_stock, added_at, id", "is_published"),
    "newest": ("added_at, id", "is_published"),
    "price": ("price_cents, id", "is_published"),
    "name": ("name_key, id", "is_published"),
    "price_in_stock": ("price_cents, id", "is_published AND is_in_stock"),
    "name_in_stock": ("name_key, id", "is_published AND is_in_stock"),
}
SEARCH_INDEXES = {
    "ix_product_search": "is_published",
    "ix_product_search_1": "is_published AND sample >= 1",
    "ix_product_search_2": "is_published AND sample >= 2",
}
SAMPLE = """
    CASE WHEN id::bigint * 2654435761 % 4294967296 < 16777216 THEN 2
         WHEN id::bigint * 2654435761 % 4294967296 < 268435456 THEN 1 ELSE 0 END
"""

# Lower case, no accents, and nothing left that PostgreSQL's parser would take for an address, a
# path or a decimal, so that a document and a query fall into the same words.
PLAIN_WORDS = """
CREATE FUNCTION {schema}.plain_words(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN replace(replace(replace(replace(replace(
        lower({unaccent}.unaccent('{unaccent}.unaccent', given)),
        '-', ' '), '/', ' '), '.', ' '), ':', ' '), '_', ' ');
END $$
"""

# Beside the weighted stems, marked ones: a search can ask for stems in names alone, and for a
# category or a price band, without leaving the index.
PRODUCT_SEARCH = """
CREATE FUNCTION {schema}.product_search(
    name text, tagline text, description text, category_id integer, price_cents integer
) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    names tsvector := to_tsvector('pg_catalog.english', {schema}.plain_words(name));
    marks text[] := ARRAY[
        'category/' || category_id,
        'price/' || width_bucket(
            price_cents,
            '{{1000,1500,2000,3000,4000,5000,7500,10000,15000,20000,30000,40000,50000,75000,100000,150000,200000,300000,500000}}'::integer[]
        )
    ];
    stem text;
BEGIN
    FOREACH stem IN ARRAY tsvector_to_array(names) LOOP
        marks := marks || ('name/' || stem);
    END LOOP;
    RETURN setweight(names, 'A')
        || setweight(to_tsvector('pg_catalog.english', {schema}.plain_words(tagline)), 'B')
        || setweight(to_tsvector('pg_catalog.english', {schema}.plain_words(description)), 'C')
        || array_to_tsvector(marks);
END $$
"""

# Two words that differ by one slip (a letter more, less, other, or two swapped) share one of these.
DELETIONS = """
CREATE FUNCTION {schema}.deletions(word text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(left(word, place - 1) || substr(word, place + 1)) || word
    FROM generate_series(1, length(word)) AS place
$$
"""

# 12 blank, 13 tag, 23 entity: what the parser does not take for words.
WORDS_OF = """
CREATE FUNCTION {schema}.words_of(given text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS $$
    SELECT DISTINCT token FROM ts_parse('default', {schema}.plain_words(given))
    WHERE tokid NOT IN (12, 13, 23) AND length(token) <= 40
$$
"""

# A writer skips the words that another is counting just now, and tries to add only those that
# it cannot see: the counts are estimates, and writers do not wait for each other (but for one who
# brings the same new word).
COUNT_WORDS = """
CREATE FUNCTION {schema}.count_words(title text, body text, change integer) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    WITH counted AS (
        SELECT word, bool_or(is_title)::integer AS title_count
        FROM (SELECT words_of(title), true UNION ALL SELECT words_of(body), false)
            AS found (word, is_title)
        GROUP BY word
    ), free AS (
        SELECT word FROM search_word WHERE word IN (SELECT word FROM counted)
        ORDER BY word FOR UPDATE SKIP LOCKED
    ), added AS (
        INSERT INTO search_word (word, documents, titles)
        SELECT word, 1, title_count FROM counted
        WHERE change > 0
            AND NOT EXISTS (SELECT FROM search_word AS known WHERE known.word = counted.word)
        ORDER BY word
        ON CONFLICT (word) DO NOTHING
    )
    UPDATE search_word SET
        documents = greatest(0, documents + change),
        titles = greatest(0, titles + change * title_count)
    FROM counted WHERE counted.word = search_word.word
        AND search_word.word IN (SELECT word FROM free);
END $$
"""

SHELVE = """
CREATE FUNCTION {schema}.shelve(shelf integer, change integer) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE category SET product_count = product_count + change WHERE id = shelf
$$
"""

# One statement may bring many rows: each shelf is written once, in the order of ids, so that two
# such statements do not wait for each other in a ring.
PRODUCTS_CAME_OR_WENT = """
CREATE FUNCTION {schema}.products_came_or_went() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    change integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM shelve(category_id, change * number) FROM (
        SELECT category_id, count(*)::integer AS number FROM changed
        WHERE is_published GROUP BY category_id ORDER BY category_id
    ) AS shelf;
    PERFORM count_words(name, tagline || ' ' || description, change)
    FROM changed WHERE is_published;
    RETURN NULL;
END $$
"""

PRODUCT_CHANGED = """
CREATE FUNCTION {schema}.product_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF (OLD.category_id, OLD.is_published) IS DISTINCT FROM (NEW.category_id, NEW.is_published) THEN
        PERFORM shelve(id, change) FROM (VALUES
            (OLD.category_id, -OLD.is_published::integer),
            (NEW.category_id, NEW.is_published::integer)
        ) AS shelf (id, change) WHERE change <> 0 ORDER BY id;
    END IF;
    IF OLD.is_published THEN
        PERFORM count_words(OLD.name, OLD.tagline || ' ' || OLD.description, -1);
    END IF;
    IF NEW.is_published THEN
        PERFORM count_words(NEW.name, NEW.tagline || ' ' || NEW.description, 1);
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    """CREATE TRIGGER products_came AFTER INSERT ON product REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.products_came_or_went()""",
    """CREATE TRIGGER products_went AFTER DELETE ON product REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.products_came_or_went()""",
    # Named columns: selling a unit fires nothing.
    """CREATE TRIGGER product_changed
    AFTER UPDATE OF category_id, is_published, name, tagline, description ON product
    FOR EACH ROW WHEN (
        (OLD.category_id, OLD.is_published, OLD.name, OLD.tagline, OLD.description)
        IS DISTINCT FROM
        (NEW.category_id, NEW.is_published, NEW.name, NEW.tagline, NEW.description)
    ) EXECUTE FUNCTION {schema}.product_changed()""",
)
FUNCTIONS = (
    PLAIN_WORDS,
    PRODUCT_SEARCH,
    DELETIONS,
    WORDS_OF,
    COUNT_WORDS,
    SHELVE,
    PRODUCTS_CAME_OR_WENT,
    PRODUCT_CHANGED,
)
FUNCTION_NAMES = (
    "product_changed",
    "products_came_or_went",
    "shelve",
    "count_words",
    "words_of",
    "deletions",
    "product_search",
    "plain_words",
)


def upgrade() -> None:
    schema, unaccent = _require_extensions()
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(40, collation="C"), primary_key=True),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("titles", sa.Integer(), nullable=False),
    )
    for function in FUNCTIONS:
        op.execute(function.format(schema=schema, unaccent=unaccent))
    _add_generated_columns()
    _create_indexes()
    for trigger in TRIGGERS:
        op.execute(trigger.format(schema=schema))
    _count_what_is_there()


def downgrade() -> None:
    for trigger in ("product_changed", "products_went", "products_came"):
        op.execute(f"DROP TRIGGER {trigger} ON product")
    for name in LISTING_INDEXES:
        op.execute(f"DROP INDEX ix_product_{name}, ix_product_shelf_{name}")
    for column in ("search", "sample", "name_key", "is_in_stock"):
        op.drop_column("product", column)
    op.drop_table("search_word")
    for name in FUNCTION_NAMES:
        op.execute(f"DROP FUNCTION {name}")
    op.execute("ALTER TABLE product RESET (fillfactor)")
    search = (
        "setweight(to_tsvector('simple', name), 'A') || "
        "setweight(to_tsvector('english', name || ' ' || tagline), 'B') || "
        "setweight(to_tsvector('english', description), 'C')"
    )
    op.add_column(
        "product",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(search, persisted=True)),
    )
    op.create_index("ix_product_search", "product", ["search"], postgresql_using="gin")


def _require_extensions() -> tuple[str, str]:
    """Make sure of pg_trgm and unaccent; the schema of our functions, and that of unaccent."""
    bind = op.get_bind()
    for name in ("pg_trgm", "unaccent"):
        try:
            with bind.begin_nested():
                bind.execute(sa.text(f"CREATE EXTENSION IF NOT EXISTS {name}"))
        except sa.exc.DBAPIError as fault:
            raise sa.exc.InvalidRequestError(
                f"The store needs PostgreSQL's extension {name} and may not add it to this "
                f"database. Ask its administrator for: CREATE EXTENSION {name}; ({fault.orig})"
            ) from None
    ours = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
    theirs = bind.scalar(
        sa.text(
            "SELECT quote_ident(nspname) FROM pg_extension "
            "JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'unaccent'"
        )
    )
    return ours, theirs


def _add_generated_columns() -> None:
    op.drop_column("product", "search")
    # Room on each page for the next version of a row: a sale then touches no index at all.
    op.execute("ALTER TABLE product SET (fillfactor = 85)")
    op.execute(
        f"""ALTER TABLE product
        ADD is_in_stock boolean GENERATED ALWAYS AS (stock > 0) STORED,
        ADD name_key text COLLATE "C" GENERATED ALWAYS AS (plain_words(name)) STORED,
        ADD sample smallint GENERATED ALWAYS AS ({SAMPLE}) STORED,
        ADD search tsvector GENERATED ALWAYS AS
            (product_search(name, tagline, description, category_id, price_cents)) STORED"""
    )


def _create_indexes() -> None:
    for name, (columns, where) in LISTING_INDEXES.items():
        include = "" if "price_cents" in columns else "INCLUDE (price_cents)"
        op.execute(f"CREATE INDEX ix_product_{name} ON product ({columns}) {include} WHERE {where}")
        op.execute(
            f"CREATE INDEX ix_product_shelf_{name} ON product (category_id, {columns}) {include} "
            f"WHERE {where}"
        )
    for name, where in SEARCH_INDEXES.items():
        op.execute(
            f"CREATE INDEX {name} ON product USING gin (search) WITH (fastupdate = off) "
            f"WHERE {where}"
        )
    op.execute("CREATE INDEX ix_search_word_trigrams ON search_word USING gin (word gin_trgm_ops)")
    op.execute("CREATE INDEX ix_search_word_deletions ON search_word USING gin (deletions(word))")


def _count_what_is_there() -> None:
    op.execute(
        """UPDATE category SET product_count = (
            SELECT count(*) FROM product WHERE category_id = category.id AND is_published)"""
    )
    op.execute(
        "SELECT count_words(name, tagline || ' ' || description, 1) FROM product WHERE is_published"
    )
