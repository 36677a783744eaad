"""What a SQLite file tells about itself: sizes, rows and whether it is sound."""

import os
import sqlite3


def gather(connection) -> dict:
    """The figures of operations.database.stats, as far as SQLite has them."""
    with connection.cursor() as cursor:
        size = sizes(cursor)
        return {
            "database": database(cursor, connection.settings_dict["NAME"]),
            "tables": [table(cursor, connection, name, size) for name in connection.introspection.table_names(cursor)],
            "indexes": [
                {"table": owner, "index": name, "bytes": size.get(name), "enforces": unique}
                for owner, name, unique in indexes(cursor)
            ],
            "missing": {},
        }


def vital_signs(connection) -> dict[str, int]:
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
        # "ok", or the first thing that is broken. Its sentences name tables and pages, no contents.
        "sound": pragma(cursor, "quick_check(1)"),
    }


def table(cursor, connection, name: str, size: dict[str, int]) -> dict:
    quoted = connection.ops.quote_name(name)
    count = cursor.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0]  # noqa: S608 (names that the database has)
    index_bytes = sum(size.get(index, 0) for owner, index, _unique in indexes(cursor) if owner == name)
    own = size.get(name)
    return {
        "table": name,
        "rows": count,
        "bytes": None if own is None else own + index_bytes,
        "index_bytes": index_bytes if size else None,
    }


def indexes(cursor) -> list[tuple[str, str, bool]]:
    """Every index, with its table and whether it refuses rows."""
    rows = cursor.execute(
        'SELECT m.name, i.name, i."unique" FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i '
        "WHERE m.type = 'table' ORDER BY m.name, i.name"
    ).fetchall()
    return [(owner, name, bool(unique)) for owner, name, unique in rows]


def sizes(cursor) -> dict[str, int]:
    """Bytes by table and index, where SQLite was built to know them."""
    options = {row[0] for row in cursor.execute("PRAGMA compile_options").fetchall()}
    if "ENABLE_DBSTAT_VTAB" not in options:
        return {}
    return dict(cursor.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())


def pragma(cursor, name: str):
    return cursor.execute(f"PRAGMA {name}").fetchone()[0]
