"""Errors of the database: the code of each, its cause and its remedy."""

import sqlite3

import psycopg
from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from brainlog.database.sqlite3.base import FileMissing

UNREACHABLE = "08000"
POOL_EXHAUSTED = "pool"
NO_TLS = "TLS"
NO_RESPONSE = "no response"
NO_FILE = FileMissing.sqlite_errorname
MISSING_PRIVILEGE, NO_SCHEMA, NO_TABLE = "42501", "3F000", "42P01"

# Cause and remedy for the operator, by the prefix of the error's code: a SQLSTATE, SQLite's name of the error, or one
# of the constants above. The longest matching prefix wins. An error without an entry is a bug in Brain Log.
REMEDIES = {
    "08": "The database cannot be reached. Check that the server runs, and check DATABASE_URL and the network.",
    "08P01": "The pooler in front of the database gave up. Check that it reaches the server, and raise its pool size.",
    "25006": "The database takes no writes. Promote the replica, or point DATABASE_URL at the primary.",
    "25P0": "The database ended a transaction that was idle or open for too long. Find out what delayed the process.",
    "28": "The database refuses the login. Check user and password in DATABASE_URL, and the server's pg_hba.conf.",
    "3D000": "The server has no database of this name. Check DATABASE_URL, or create it and run manage.py migrate.",
    NO_SCHEMA: "The database role sees no schema. manage.py checkdb names what is missing; create_app_role grants it.",
    "40": "Transactions conflicted, and retries failed too. Look for long ones (dbreport).",
    MISSING_PRIVILEGE: "The database role lacks a privilege. manage.py checkdb names what is missing; create_app_role "
    "grants the web processes what they need. Only the owner of the tables can migrate (DIRECT_DATABASE_URL).",
    "53": "The database server lacks memory or another resource. Look at its log, and give it more.",
    "53100": "The database's disk is full. Free or add space there; saving then works again by itself.",
    "53300": "The database has no connection left. Lower connection_limit or the number of processes, raise "
    "max_connections, or put a pooler in between.",
    "55P03": "A row or table stayed locked for too long. Look for what holds the lock (dbreport).",
    "57014": "A statement took longer than statement_timeout. Look for locks and slow queries (dbreport).",
    "57P": "The database server is stopping, starting or has crashed. If it stays so, look at its log.",
    "58": "The database server cannot read or write its files. Look at its log and its disk now.",
    POOL_EXHAUSTED: "No connection of the pool became free, or could be made, within pool_timeout. See that the server "
    "runs, look for slow queries (dbreport), or raise connection_limit.",
    NO_TLS: "The connection to the database cannot be encrypted as asked. Check sslmode and sslrootcert in "
    "DATABASE_URL, and the server's certificate.",
    NO_RESPONSE: "The database is reachable and did not answer within connect_timeout or DATABASE_TIMEOUT. Check "
    "whether its host or disk hangs, or a firewall drops the packets.",
    "SQLITE_BUSY": "The database file stayed locked for too long. Look for another program that writes to it.",
    "SQLITE_LOCKED": "The database file stayed locked for too long. Look for another program that writes to it.",
    "SQLITE_CANTOPEN": "The database file cannot be opened. Check DATABASE_URL and the rights on the file's folder.",
    NO_FILE: "The database file is not there. Check DATABASE_URL; manage.py migrate makes a new file.",
    "SQLITE_FULL": "The disk of the database file is full. Free or add space; saving then works again by itself.",
    "SQLITE_IOERR": "The database file cannot be read or written. Look at its disk now.",
    "SQLITE_READONLY": "The database file takes no writes. Check the rights on it, on those beside it "
    "(-wal, -shm) and on its folder; manage.py checkdb names them.",
    "SQLITE_NOTADB": "The database file is damaged, or no database. Stop the site, keep a copy of the file, and "
    "restore a backup.",
    "SQLITE_CORRUPT": "The database file is damaged, or no database. Stop the site, keep a copy of the file, and "
    "restore a backup.",
    "XX001": "The database's data is damaged. Look at the server's log and disk now; have the last backup ready.",
    "XX002": "An index of the database is damaged. REINDEX mends it; look at the server's log and disk now.",
}

# Codes of errors that carry none, by a part of the message; the first match wins. When the server refuses a connection,
# libpq reports its message without the SQLSTATE.
CODES_BY_MESSAGE = {
    "does not respond": NO_RESPONSE,
    "timeout expired": NO_RESPONSE,
    "certificate": NO_TLS,
    "does not support SSL": NO_TLS,
    "too many": "53300",
    "no more connections": "53300",
    "connection slots": "53300",
    "starting up": "57P03",
    "shutting down": "57P03",
    "recovery mode": "57P03",
    "not yet accepting": "57P03",
    "authentication failed": "28P01",
    "pg_hba.conf": "28000",
    "role ": "28000",
    "does not exist": "3D000",
}


def error_code(error: BaseException | None) -> str | None:
    """Return the SQLSTATE, SQLite's name of the error, or a constant above; None if it is no database error."""
    code = None
    while error:
        if isinstance(error, PoolTimeout):
            return POOL_EXHAUSTED
        if isinstance(error, sqlite3.Error):
            return getattr(error, "sqlite_errorname", None)
        if isinstance(error, psycopg.Error) and error.sqlstate:
            return error.sqlstate
        if isinstance(error, OperationalError | InterfaceError):
            # An error without a code means that the connection was lost, or was never made.
            code = next((code for message, code in CODES_BY_MESSAGE.items() if message in str(error)), UNREACHABLE)
        error = error.__cause__
    return code


def remedy_for(code: str | None) -> str | None:
    """Return the cause and the remedy of a code; None if REMEDIES has none."""
    prefixes = [prefix for prefix in REMEDIES if code and code.startswith(prefix)]
    return REMEDIES[max(prefixes, key=len)] if prefixes else None


def is_table_missing(error: BaseException) -> bool:
    """Whether a statement failed because a table is missing: the database lacks migrations."""
    # SQLite has the same code for every mistake in SQL.
    return error_code(error) == NO_TABLE or "no such table" in str(error)
