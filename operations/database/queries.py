"""Queries in SQL over a given connection, which need not be registered under an alias."""


def fetch_rows(connection, sql: str, *parameters) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def fetch_value(connection, sql: str, *parameters):
    """The first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def fetch_dicts(cursor, sql: str) -> list[dict]:
    """The rows as dictionaries, by the names of the columns."""
    cursor.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def first_line(error: Exception) -> str:
    """The first line of a driver's message. It names no password."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
