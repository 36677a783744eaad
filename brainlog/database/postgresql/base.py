"""Django's PostgreSQL backend with two limits: a statement timeout that also holds behind a transaction pooler,
and how long a server is waited for that says nothing at all.
"""

import re
from contextvars import ContextVar
from functools import partial

import psycopg
from django.db.backends.postgresql import base

# How many seconds an answer of the server is waited for; None is for ever. Set for each request.
patience: ContextVar[float | None] = ContextVar("patience", default=None)

# What can run long. Statements that end or mend a transaction must run in a broken one, too.
LIMITED = re.compile(r"\s*\(*\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


class LimitedCursor(base.Cursor):
    """Sends the timeout along with each statement.

    A pooler in transaction mode refuses it as a start-up parameter, and a plain SET would stay behind
    for whoever gets the session next. SET LOCAL ends with the transaction; sent in one message with
    the statement it costs no round trip, and without BEGIN the two are a transaction of their own.
    """

    def __init__(self, *args, milliseconds: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.prefix = f"SET LOCAL statement_timeout = {milliseconds:d}; "

    def execute(self, query, params=None, **kwargs):
        if not isinstance(query, str) or not LIMITED.match(query):
            return super().execute(query, params, **kwargs)
        super().execute(self.prefix + query, params, **kwargs)
        self.nextset()  # From the result of SET to the one that was asked for.
        return self


def wait(connection: psycopg.Connection, steps, **options):
    """psycopg's own, but for a server that is connected and silent, as when its disk hangs.

    Its own timeouts cannot hold then. Whatever it is at, this connection will not hear of it.
    """
    try:
        return psycopg.Connection.wait(connection, steps, **{"timeout": patience.get()} | options)
    except psycopg.errors._WaitTimeout:
        connection.pgconn.finish()
        raise psycopg.OperationalError("the server is silent") from None


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self):
        parameters = super().get_connection_params()
        if milliseconds := self.settings_dict.get("STATEMENT_TIMEOUT"):
            parameters["cursor_factory"] = partial(LimitedCursor, milliseconds=milliseconds)
        return parameters

    def get_new_connection(self, parameters):
        connection = super().get_new_connection(parameters)
        connection.wait = partial(wait, connection)
        return connection
