"""Django's SQLite backend; the database file and all that SQLite writes beside it are readable by their owner alone."""

from django.db.backends.sqlite3 import base

from brainlog.sqlite.files import make_private


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        make_private(conn_params["database"])
        return super().get_new_connection(conn_params)
