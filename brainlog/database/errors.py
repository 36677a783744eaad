"""The pages of errors. That of a server error: 503 while the database is in trouble, which passes, or else 500."""

import logging
import sqlite3
import sys
from functools import wraps

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views import defaults
from psycopg_pool import PoolTimeout

from brainlog.database.sqlite3.base import FileMissing

logger = logging.getLogger("brainlog.database")

RETRY_AFTER = 5  # seconds

UNREACHABLE = "08000"
POOL_EXHAUSTED = "pool"
NO_TLS = "TLS"
SILENT = "silent"
NO_FILE = FileMissing.sqlite_errorname
MISSING_PRIVILEGE, NO_SCHEMA, NO_TABLE = "42501", "3F000", "42P01"

# Cause and remedy for whoever reads the log, by how the code of an error begins: a SQLSTATE, SQLite's
# name for it, or one of ours above. The longest one counts. What is not here is a fault of ours.
REMEDIES = {
    "08": "The database cannot be reached. See that the server runs, and that DATABASE_URL and the network lead to it.",
    "08P01": "The pooler in front of the database gave up. See that it reaches the server, and raise its pool size.",
    "25006": "The database takes no writes. Promote the replica, or point DATABASE_URL at the primary.",
    "25P0": "The database ended a transaction that was idle or open for too long. Look for what the process waited on.",
    "28": "The database refuses the login. Check user and password in DATABASE_URL, and the server's pg_hba.conf.",
    "3D000": "The server has no database of this name. Check DATABASE_URL, or create it and run manage.py migrate.",
    NO_SCHEMA: "The database role sees no schema. manage.py checkdb names what is missing; create_app_role grants it.",
    "40": "Transactions stood in each other's way, and starting over did not help. Look for long ones (dbreport).",
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
    SILENT: "The database is there and did not answer within connect_timeout or DATABASE_PATIENCE. See whether its "
    "host or disk hangs, or a firewall swallows what we send.",
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

# Where a connection is refused, libpq passes on the server's words without their SQLSTATE. The first found counts.
WORDS = {
    "is silent": SILENT,
    "timeout expired": SILENT,
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


def without_the_form(view):
    """A page of Django's, drawn without reading the form that was sent.

    Its size may not have been looked at: an address that is none has no view to say how large a form may be. Django
    would read the form for its token, up to the most that any view takes.
    """

    @wraps(view)
    def page(request, *args, **kwargs):
        request.csrf_processing_done = True
        return view(request, *args, **kwargs)

    return page


bad_request = without_the_form(defaults.bad_request)
permission_denied = without_the_form(defaults.permission_denied)
page_not_found = without_the_form(defaults.page_not_found)
page_of_a_fault = without_the_form(defaults.server_error)


def server_error(request):
    """Answer a request that ended in an exception. Asks neither the database nor the session for anything."""
    from brainlog.circuit_breaker import database, outage_code  # Which imports this module.

    error = sys.exc_info()[1]
    code = code_of(error)
    if remedy_for(code) is None:
        return page_of_a_fault(request)
    if outage_code(code):
        database.suspect()
    return unavailable(request, code, type(error).__name__)


def unavailable(request, code: str, cause: str) -> HttpResponse:
    """Answer 503, and log cause and remedy: the code is one of REMEDIES."""
    # One line, and nothing of what the driver says: that can hold values, names and addresses.
    logger.error("%s (%s, %s, %s)", remedy_for(code), view_name(request), cause, code)
    page = render_to_string("503.html", {"address": request.get_full_path()})
    response = HttpResponse(page, status=503, headers={"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"})
    # Or django.request would say it again, with all that the driver says.
    response._has_been_logged = True
    return response


def code_of(error: BaseException | None) -> str | None:
    """Return how the database, or the way to it, names what went wrong; None if the error is about something else."""
    code = None
    while error:
        if isinstance(error, PoolTimeout):
            return POOL_EXHAUSTED
        if isinstance(error, sqlite3.Error):
            return getattr(error, "sqlite_errorname", None)
        if isinstance(error, psycopg.Error) and error.sqlstate:
            return error.sqlstate
        if isinstance(error, OperationalError | InterfaceError):
            # Without any code the connection is lost, or there was none.
            code = next((code for words, code in WORDS.items() if words in str(error)), UNREACHABLE)
        error = error.__cause__
    return code


def remedy_for(code: str | None) -> str | None:
    """Return cause and remedy in plain words, or None where the trouble is not the database's."""
    beginnings = [beginning for beginning in REMEDIES if code and code.startswith(beginning)]
    return REMEDIES[max(beginnings, key=len)] if beginnings else None


def is_table_missing(error: BaseException) -> bool:
    """Whether a statement failed for want of a table: the database, or its newest part, is not migrated."""
    # SQLite has one code for this and all other mistakes in SQL.
    return code_of(error) == NO_TABLE or "no such table" in str(error)


def view_name(request) -> str:
    """Return the name of the view that was asked for, even if the request did not get there."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return "no view"
