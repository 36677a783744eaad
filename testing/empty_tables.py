"""Emptying the tables after a test that commits, in the place of Django's flush.

The flush truncates all tables, which took PostgreSQL longer than most of these tests, though they fill a few tables
each; and it deletes content types and permissions, which are then written anew.
"""

from django.core.management import call_command
from django.db import connections, transaction

# Written by migrate alone.
KEPT = "django_content_type", "auth_permission"


def empty_tables(alias: str, kept: list[int]) -> None:
    """Delete the rows of all tables but KEPT. Where those do not have the numbers of rows `kept`, flush."""
    if numbers_of_rows(alias) != kept:
        call_command("flush", verbosity=0, interactive=False, database=alias, reset_sequences=False)
        return
    connection = connections[alias]
    existing = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = filled_tables(alias, [table for table in existing if table not in KEPT])
    # All foreign keys are checked at the end of the transaction.
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 (our tables)


def filled_tables(alias: str, tables: list[str]) -> list[str]:
    """Those of the tables that have rows."""
    if not tables:
        return []
    quote = connections[alias].ops.quote_name
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in tables)  # noqa: S608 (our tables)
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [table for (table,) in cursor.fetchall()]


def numbers_of_rows(alias: str) -> list[int]:
    """How many rows each of KEPT has."""
    found = []
    with connections[alias].cursor() as cursor:
        for table in KEPT:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 (our tables)
            found += cursor.fetchone()
    return found
