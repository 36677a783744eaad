"""Whether the checks in a database refuse what their migrations say: their conditions, compared.

PostgreSQL rewrites a condition when it stores it, and once more when a backup of it is restored. So
both, what is needed and what was found, are given to temporary tables and read back from there.
"""

import re
from collections.abc import Iterator

from django.db import DatabaseError

# Table, name, what is needed and what was found.
Pair = tuple[str, str, str, str]


def differing(connection, pairs: list[Pair], columns: dict[str, dict[str, str]]) -> Iterator[Pair]:
    """Yield those whose conditions are not the same. `columns` are the types of each table's columns.

    Changes nothing. Raises NotComparable with the reason.
    """
    if connection.vendor == "postgresql":
        yield from differing_in_postgresql(connection, pairs, columns)
    else:
        yield from (pair for pair in pairs if plain(pair[2]) != plain(pair[3]))


class NotComparable(Exception):
    """This role, or this server, has no place to compare conditions in."""


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────

STORED = """
    SELECT c.relname, o.conname, pg_get_constraintdef(o.oid) FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
    WHERE c.relnamespace = pg_my_temp_schema() AND o.contype = 'c'
"""


def differing_in_postgresql(connection, pairs: list[Pair], columns: dict[str, dict[str, str]]) -> list[Pair]:
    with connection.cursor() as cursor:
        # Asked first, so that no refusal stands in the server's log.
        cursor.execute(
            """SELECT has_database_privilege(current_database(), 'TEMPORARY'),
                      current_setting('transaction_read_only')::bool"""
        )
        may_make_tables, is_read_only = cursor.fetchone()
        if not may_make_tables:
            raise NotComparable("this role may not make temporary tables")
        if is_read_only:
            raise NotComparable("nothing can be written here")
        try:
            # A transaction of the driver's: this connection may be none that Django knows by name.
            with connection.connection.transaction(force_rollback=True):
                stored = stored_in_copies(connection, cursor, pairs, columns)
                return [
                    pair
                    for pair in pairs
                    if stored[pair[:2]] != pair[3] and not is_the_same(connection, cursor, pair, stored[pair[:2]])
                ]
        except DatabaseError as error:
            raise NotComparable(str(error).partition("\n")[0]) from error


def stored_in_copies(connection, cursor, pairs, columns) -> dict[tuple[str, str], str]:
    """What the server makes of the conditions that are needed, in empty tables with the columns that are needed."""
    quote = connection.ops.quote_name
    for table in dict.fromkeys(pair[0] for pair in pairs):
        parts = [f"{quote(column)} {db_type}" for column, db_type in columns[table].items()]
        parts += [f"CONSTRAINT {quote(name)} CHECK {needed}" for of, name, needed, _ in pairs if of == table]
        cursor.execute(f"CREATE TEMPORARY TABLE {quote(table)} ({', '.join(parts)})")
    return conditions_stored(cursor)


def is_the_same(connection, cursor, pair: Pair, needed: str) -> bool:
    """Whether the two are the same once both have been stored anew, as a restored backup stores them."""
    table, _, _, found = pair
    try:
        with connection.connection.transaction(force_rollback=True):
            cursor.execute(
                f"ALTER TABLE pg_temp.{connection.ops.quote_name(table)} "
                f"ADD CONSTRAINT needed_anew CHECK {needed}, ADD CONSTRAINT found_anew CHECK {found}"
            )
            stored = conditions_stored(cursor)
            return stored[table, "needed_anew"] == stored[table, "found_anew"]
    except DatabaseError:
        return False  # It speaks of columns that no migration has made.


def conditions_stored(cursor) -> dict[tuple[str, str], str]:
    cursor.execute(STORED)
    return {(table, name): condition_in(definition) for table, name, definition in cursor.fetchall()}


def condition_in(definition: str) -> str:
    """The condition in a definition as pg_get_constraintdef gives it. Whether it is valid is another question."""
    return definition.removeprefix("CHECK ").removesuffix(" NOT VALID")


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────


def conditions_of(table_sql: str) -> dict[str, str]:
    """The conditions of the checks with names, by name, in the SQL that made a table."""
    found = {}
    for start in re.finditer(r'CONSTRAINT "([^"]+)" CHECK (?=\()', table_sql):
        depth = 0
        # A bracket in a text is none.
        for token in re.finditer(r"'[^']*'|\"[^\"]*\"|[()]", table_sql[start.end() :]):
            depth += {"(": 1, ")": -1}.get(token[0], 0)
            if not depth:
                found[start[1]] = table_sql[start.end() :][: token.end()]
                break
    return found


def plain(sql: str) -> str:
    return " ".join(sql.split())
