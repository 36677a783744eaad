"""Helpers for tests of backups: rows of a small SQLite database, and manifests."""

import json
import sqlite3
from contextlib import closing

PEOPLE = 300
REPLACE = ["restore", "latest", "--replace", "--confirm=db.sqlite3"]


def add_people(path, number, first=0):
    with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
        names = [(f"group-{first + each}",) for each in range(number)]
        connection.executemany("INSERT INTO auth_group (name) VALUES (?)", names)


def people(path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM auth_group").fetchone()[0]


def manifest_of(archive) -> dict:
    return json.loads(archive.with_name(f"{archive.name}.json").read_text())


def change_manifest(archive, **facts):
    path = archive.with_name(f"{archive.name}.json")
    path.write_text(json.dumps(manifest_of(archive) | facts))
