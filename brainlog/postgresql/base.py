"""Django's PostgreSQL backend, with a statement timeout that also holds behind a transaction pooler."""

import re
from functools import partial

from django.db.backends.postgresql import base

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


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self):
        parameters = super().get_connection_params()
        if milliseconds := self.settings_dict.get("STATEMENT_TIMEOUT"):
            parameters["cursor_factory"] = partial(LimitedCursor, milliseconds=milliseconds)
        return parameters
