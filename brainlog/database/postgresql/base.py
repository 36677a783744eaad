"""Django's PostgreSQL backend with two timeouts: of a statement, also behind a transaction pooler, and of a server
that does not respond at all.
"""

import datetime
import re
from contextvars import ContextVar
from functools import partial

import psycopg
from django.db.backends.postgresql import base
from psycopg.adapt import Loader
from psycopg.pq import Format

# Seconds to wait for an answer of the server; None means no limit. Set for each request.
response_timeout: ContextVar[float | None] = ContextVar("response_timeout", default=None)

# Statements that can take long. Others, such as ROLLBACK, also have to run in a failed transaction, which refuses
# SET LOCAL.
LIMITED = re.compile(r"\s*\(*\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


class LimitedCursor(base.Cursor):
    """Sends the statement timeout with each statement.

    A pooler in transaction mode refuses it as a startup parameter, and a plain SET would remain in the session, which
    the pooler lends to other clients. SET LOCAL ends with the transaction. Sent in one message with the statement it
    costs no extra round trip; outside of a transaction, the two form one of their own.
    """

    def __init__(self, *args, milliseconds: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.prefix = f"SET LOCAL statement_timeout = {milliseconds:d}; "

    def execute(self, query, params=None, **kwargs):
        if not isinstance(query, str) or not LIMITED.match(query):
            return super().execute(query, params, **kwargs)
        super().execute(self.prefix + query, params, **kwargs)
        self.nextset()  # Skip the result of SET.
        return self


# psycopg's own, in C where psycopg has that.
TimeLoader = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)


class UtcLoader(Loader):
    """Reads a time on a connection whose time zone is UTC. Django's loader, for any zone, takes 3 µs in Python."""

    timezone = datetime.UTC  # Which Django compares with its own.

    def __init__(self, oid, context=None):
        super().__init__(oid, context)
        self.loader = TimeLoader(oid, context)

    def load(self, data):
        return self.loader.load(data)


def wait(connection: psycopg.Connection, steps, **options):
    """Wait as psycopg does, but no longer than `response_timeout`.

    It covers a server that accepts connections and does not respond, for example because its disk hangs: then its own
    timeouts do not apply either. The connection is closed; the server may still finish the statement.
    """
    try:
        return psycopg.Connection.wait(connection, steps, **{"timeout": response_timeout.get()} | options)
    except psycopg.errors._WaitTimeout:
        connection.pgconn.finish()
        raise psycopg.OperationalError("the server does not respond") from None


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self):
        parameters = super().get_connection_params()
        if milliseconds := self.settings_dict.get("STATEMENT_TIMEOUT"):
            parameters["cursor_factory"] = partial(LimitedCursor, milliseconds=milliseconds)
        return parameters

    def get_new_connection(self, parameters):
        connection = super().get_new_connection(parameters)
        connection.wait = partial(wait, connection)
        if self.timezone is UtcLoader.timezone:
            connection.adapters.register_loader("timestamptz", UtcLoader)
        return connection
