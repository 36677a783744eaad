"""Statistics of an SQLite file: sizes, rows, and damage."""

import os
import sqlite3


def collect(connection) -> dict:
    """The statistics of operations.database.stats that SQLite has."""
    with connection.cursor() as cursor:
        bytes_of = sizes(cursor)
        return {
            "database": database(cursor, connection.settings_dict["NAME"]),
            "tables": [
                table(cursor, connection, name, bytes_of) for name in connection.introspection.table_names(cursor)
            ],
            "indexes": [
                {"table": owner, "index": name, "bytes": bytes_of.get(name), "enforces": unique}
                for owner, name, unique in indexes(cursor)
            ],
            "missing": {},
        }


def size(connection) -> dict[str, int]:
    with connection.cursor() as cursor:
        return {"size_bytes": pragma(cursor, "page_count") * pragma(cursor, "page_size")}


def database(cursor, path) -> dict:
    page = pragma(cursor, "page_size")
    log = f"{path}-wal"
    return {
        "name": os.path.basename(str(path)),
        "bytes": pragma(cursor, "page_count") * page,
        "free_bytes": pragma(cursor, "freelist_count") * page,
        "log_bytes": os.path.getsize(log) if os.path.exists(log) else 0,
        "server_version": sqlite3.sqlite_version,
        "journal_mode": pragma(cursor, "journal_mode"),
        # "ok", or the first damage. Its sentences name tables and pages, no contents.
        "quick_check": pragma(cursor, "quick_check(1)"),
    }


def table(cursor, connection, name: str, bytes_of: dict[str, int]) -> dict:
    quoted = connection.ops.quote_name(name)
    count = cursor.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0]  # noqa: S608 (the names of existing tables)
    index_bytes = sum(bytes_of.get(index, 0) for owner, index, _unique in indexes(cursor) if owner == name)
    own = bytes_of.get(name)
    return {
        "table": name,
        "rows": count,
        "bytes": None if own is None else own + index_bytes,
        "index_bytes": index_bytes if bytes_of else None,
    }


def indexes(cursor) -> list[tuple[str, str, bool]]:
    """Every index: its table, its name, and whether it is unique."""
    rows = cursor.execute(
        'SELECT m.name, i.name, i."unique" FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i '
        "WHERE m.type = 'table' ORDER BY m.name, i.name"
    ).fetchall()
    return [(owner, name, bool(unique)) for owner, name, unique in rows]


def sizes(cursor) -> dict[str, int]:
    """The bytes of each table and index, if this build of SQLite has dbstat."""
    options = {row[0] for row in cursor.execute("PRAGMA compile_options").fetchall()}
    if "ENABLE_DBSTAT_VTAB" not in options:
        return {}
    return dict(cursor.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())


def pragma(cursor, name: str):
    return cursor.execute(f"PRAGMA {name}").fetchone()[0]
