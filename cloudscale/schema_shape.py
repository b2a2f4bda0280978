"""What a database's tables are made of, in PostgreSQL's own words, so that two can be compared.

It reads what Alembic's comparison passes over: CHECK constraints, generated columns, defaults,
the conditions of partial indexes, triggers, collations and storage.

    a schema --shape--> {"index ix_cart_visit_id": "CREATE INDEX …"}
"""

from sqlalchemy import Connection, text

Shape = dict[str, str]

# In pretty form PostgreSQL leaves out the schema of what is found without it, so that the same
# table reads the same in two schemas. NOT NULL (contype n from 18 on) is told with its column.
_SHAPE = text(
    """
WITH owned AS (
    SELECT c.oid, c.relname, c.relpersistence, c.reloptions FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace
        AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
)
SELECT 'table ' || relname AS part,
    concat_ws(' ', CASE relpersistence WHEN 'u' THEN 'unlogged' END, reloptions) AS definition
FROM owned
UNION ALL
SELECT 'column ' || relname || '.' || attname, concat_ws(' ',
    format_type(atttypid, atttypmod),
    CASE WHEN attcollation NOT IN (0, typcollation) THEN 'collate ' || collname END,
    CASE WHEN attnotnull THEN 'not null' END,
    CASE attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity' END,
    CASE WHEN attgenerated = '' THEN 'default' ELSE 'generated ' || attgenerated::text END
        || ' ' || pg_get_expr(adbin, adrelid, true))
FROM owned
JOIN pg_attribute ON attrelid = owned.oid AND attnum > 0 AND NOT attisdropped
JOIN pg_type ON pg_type.oid = atttypid
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
LEFT JOIN pg_attrdef ON adrelid = owned.oid AND adnum = attnum
UNION ALL
SELECT 'constraint ' || relname || '.' || conname, pg_get_constraintdef(pg_constraint.oid, true)
FROM owned JOIN pg_constraint ON conrelid = owned.oid AND contype <> 'n'
UNION ALL
SELECT 'index ' || indexrelid::regclass::text, pg_get_indexdef(indexrelid, 0, true)
FROM owned JOIN pg_index ON indrelid = owned.oid
UNION ALL
SELECT 'trigger ' || relname || '.' || tgname, pg_get_triggerdef(pg_trigger.oid, true)
FROM owned JOIN pg_trigger ON tgrelid = owned.oid AND NOT tgisinternal AND tgenabled <> 'D'
"""
)


def shape(connection: Connection) -> Shape:
    """Every table, column, constraint, index and trigger of the current schema.

    Args:
        connection: The first schema of its search path is read.

    Returns:
        The definition of each part, by kind and name; Alembic's own table is left out.
    """
    return {row.part: row.definition for row in connection.execute(_SHAPE)}


def compare(has: Shape, wanted: Shape) -> list[str]:
    """What is not the same, a line each; empty when nothing is."""
    lines = []
    for part in sorted(has.keys() | wanted.keys()):
        if part not in has:
            lines.append(f"{part} is missing: {wanted[part]}")
        elif part not in wanted:
            lines.append(f"{part} is one too many: {has[part]}")
        elif has[part] != wanted[part]:
            lines.append(f"{part} is {has[part]} and should be {wanted[part]}")
    return lines
