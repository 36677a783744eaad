"""What a table holds, past the models that encrypt and decrypt it."""

from django.db import connection


def stored(row, name="dreams") -> str | None:
    """What is in the column."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {row._meta.db_table} WHERE id = %s", [row.pk])  # noqa: S608
        return cursor.fetchone()[0]


def put(row, name, value):
    """Write into the column, as somebody does who can reach the database."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {name} = %s WHERE id = %s", [value, row.pk])  # noqa: S608


def again(row):
    """The row as it is read anew."""
    return type(row)._base_manager.get(pk=row.pk)
