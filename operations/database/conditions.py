"""Compares the conditions of CHECK constraints with those in the migrations.

Finds a fault that nothing else finds: a constraint with the expected name and the condition of an earlier migration,
because a ReplaceConstraint (accounts.0012) was marked as applied (`migrate --fake`) and did not run. The database then
refuses each row that only the new condition allows, or accepts rows that it forbids.

PostgreSQL rewrites a condition when it stores it, and again when a backup of it is restored. So the expected and the
actual condition are both stored in temporary tables and read back.
"""

import re
from collections.abc import Iterator

from django.db import DatabaseError

from operations.database.queries import first_line

# Table, name, expected condition, actual condition.
Pair = tuple[str, str, str, str]


def differing(connection, pairs: list[Pair], columns: dict[str, dict[str, str]]) -> Iterator[Pair]:
    """Yield the pairs with different conditions. `columns` are the types of each table's columns.

    Changes nothing. Raises NotComparable with the reason.
    """
    if connection.vendor == "postgresql":
        yield from differing_in_postgresql(connection, pairs, columns)
    else:
        yield from (pair for pair in pairs if normalized(pair[2]) != normalized(pair[3]))


class NotComparable(Exception):
    """This role or this server allows no temporary tables to compare conditions in."""


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────

STORED = """
    SELECT c.relname, o.conname, pg_get_constraintdef(o.oid) FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
    WHERE c.relnamespace = pg_my_temp_schema() AND o.contype = 'c'
"""


def differing_in_postgresql(connection, pairs: list[Pair], columns: dict[str, dict[str, str]]) -> list[Pair]:
    with connection.cursor() as cursor:
        # Queried first, so that no refusal stands in the server's log.
        cursor.execute(
            """SELECT has_database_privilege(current_database(), 'TEMPORARY'),
                      current_setting('transaction_read_only')::bool"""
        )
        may_create_tables, is_read_only = cursor.fetchone()
        if not may_create_tables:
            raise NotComparable("this role may not create temporary tables")
        if is_read_only:
            raise NotComparable("the database is read-only")
        try:
            # The driver's transaction: Django begins one only on a connection that it knows by an alias.
            with connection.connection.transaction(force_rollback=True):
                stored = as_stored(connection, cursor, pairs, columns)
                return [
                    pair
                    for pair in pairs
                    if stored[pair[:2]] != pair[3] and not is_equal(connection, cursor, pair, stored[pair[:2]])
                ]
        except DatabaseError as error:
            raise NotComparable(first_line(error)) from error


def as_stored(connection, cursor, pairs, columns) -> dict[tuple[str, str], str]:
    """The expected conditions as the server stores them, in empty temporary tables with the expected columns."""
    quote = connection.ops.quote_name
    for table in dict.fromkeys(pair[0] for pair in pairs):
        parts = [f"{quote(column)} {db_type}" for column, db_type in columns[table].items()]
        parts += [f"CONSTRAINT {quote(name)} CHECK {expected}" for of, name, expected, _ in pairs if of == table]
        cursor.execute(f"CREATE TEMPORARY TABLE {quote(table)} ({', '.join(parts)})")
    return stored_conditions(cursor)


def is_equal(connection, cursor, pair: Pair, expected: str) -> bool:
    """Whether both conditions are equal after they are stored again, as in a restored backup."""
    table, _, _, actual = pair
    try:
        with connection.connection.transaction(force_rollback=True):
            cursor.execute(
                f"ALTER TABLE pg_temp.{connection.ops.quote_name(table)} "
                f"ADD CONSTRAINT expected_again CHECK {expected}, ADD CONSTRAINT actual_again CHECK {actual}"
            )
            stored = stored_conditions(cursor)
            return stored[table, "expected_again"] == stored[table, "actual_again"]
    except DatabaseError:
        return False  # The actual condition uses columns that no migration has made.


def stored_conditions(cursor) -> dict[tuple[str, str], str]:
    cursor.execute(STORED)
    return {(table, name): condition_in(definition) for table, name, definition in cursor.fetchall()}


def condition_in(definition: str) -> str:
    """The condition in a definition by pg_get_constraintdef, without the mark of an unvalidated constraint."""
    return definition.removeprefix("CHECK ").removesuffix(" NOT VALID")


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────


def conditions_of(table_sql: str) -> dict[str, str]:
    """The conditions of the named checks in the SQL that created a table, by name."""
    conditions = {}
    for start in re.finditer(r'CONSTRAINT "([^"]+)" CHECK (?=\()', table_sql):
        depth = 0
        # Parentheses within quotes do not count.
        for token in re.finditer(r"'[^']*'|\"[^\"]*\"|[()]", table_sql[start.end() :]):
            depth += {"(": 1, ")": -1}.get(token[0], 0)
            if not depth:
                conditions[start[1]] = table_sql[start.end() :][: token.end()]
                break
    return conditions


def normalized(sql: str) -> str:
    return " ".join(sql.split())
