"""Checks of an SQLite file: its version and journal mode, file permissions, damage."""

from brainlog.database.sqlite3.files import not_writable, readable_by_others
from operations.database.findings import ERROR, OK, WARNING
from operations.database.queries import fetch_rows, fetch_value


def check_version(connection):
    yield OK, f"SQLite {connection.Database.sqlite_version}, file {connection.settings_dict['NAME']}"
    mode = fetch_value(connection, "PRAGMA journal_mode")
    if mode == "wal":
        yield OK, "journal_mode wal: a writer does not block readers"
    else:
        yield WARNING, f"journal_mode {mode}: readers and writers wait for each other"


def check_files(connection):
    for path in readable_by_others(connection.settings_dict["NAME"]):
        yield WARNING, f"{path.name} can be read by others on this machine: as its owner, chmod 600 {path}"
    for path in not_writable(connection.settings_dict["NAME"]):
        yield ERROR, f"{path.name} cannot be written by this process: chmod u+w {path}, if it is this user's"


def check_integrity(connection):
    # Takes the lock that a save takes, and releases it.
    fetch_rows(connection, "BEGIN IMMEDIATE")
    fetch_rows(connection, "ROLLBACK")
    damage = [text for (text,) in fetch_rows(connection, "PRAGMA quick_check") if text != "ok"]
    if damage:
        yield ERROR, f"the file is damaged: {damage[0]}; restore a backup"
    orphans = {table for table, *_ in fetch_rows(connection, "PRAGMA foreign_key_check")}
    for table in sorted(orphans):
        yield ERROR, f"{table} has rows whose foreign key refers to no row (PRAGMA foreign_key_check)"
    if not damage and not orphans:
        yield OK, "quick_check and foreign_key_check find nothing"


CHECKS = {"server": check_version, "files": check_files, "integrity": check_integrity}
