"""Raw access to stored columns, without encryption and decryption by the models."""

from django.db import connection


def stored(row, name="dreams") -> str | None:
    """The stored value of the column."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {row._meta.db_table} WHERE id = %s", [row.pk])  # noqa: S608
        return cursor.fetchone()[0]


def put(row, name, value):
    """Write a value to the column, as a person with access to the database could."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {name} = %s WHERE id = %s", [value, row.pk])  # noqa: S608


def again(row):
    """The row, read again from the database."""
    return type(row)._base_manager.get(pk=row.pk)
