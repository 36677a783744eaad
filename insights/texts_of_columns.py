"""Columns read as texts, which are converted here: Django converts each value of each row, and most occur often.

With ten years of answers, that would take longer than all else.
"""

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from django.db.models import Aggregate, BooleanField, DecimalField, Func, JSONField, Model, TextField
from django.db.models.functions import Cast

LINE_BREAK = "\n"


def as_text(name: str) -> Cast:
    """The column of this name as a text."""
    return Cast(name, TextField())


class DateAsText(Func):
    """The date in this column as `2026-05-04`, also where the server is set to write dates in another way."""

    template = "CAST(%(expressions)s AS text)"
    output_field = TextField()

    def as_postgresql(self, compiler, connection, **options):
        return self.as_sql(compiler, connection, template="TO_CHAR(%(expressions)s, 'YYYY-MM-DD')", **options)


def joined(*texts) -> Func:
    """The texts, one after the other; NULL where one of them is."""
    return Func(*texts, template="%(expressions)s", arg_joiner=" || ", output_field=TextField())


class Lines(Aggregate):
    """The texts of many rows as one text with a line for each, in any order. NULL has none.

    A row costs more to fetch than to read in the database and to take from a text.
    """

    template = "GROUP_CONCAT(%(expressions)s, CHAR(10))"
    output_field = TextField()

    def as_postgresql(self, compiler, connection, **options):
        return self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, CHR(10))", **options)


of_number = lru_cache(4096)(Decimal)
of_date = lru_cache(2**14)(datetime.date.fromisoformat)
of_time = lru_cache(24 * 60)(datetime.time.fromisoformat)
of_list = lru_cache(1024)(json.loads)
# As PostgreSQL and as SQLite write it.
of_flag = {"true": True, "false": False, "1": True, "0": False, None: None}.__getitem__


def reader_of(model: type[Model], name: str) -> Callable | None:
    """What reads a column of answers as a text, where that is faster. It leaves None as it is."""
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return next((read for kind, read in READERS.items() if isinstance(field, kind)), None)


READERS = {
    BooleanField: of_flag,
    DecimalField: lambda text: text and of_number(text),
    JSONField: lambda text: text and [*of_list(text)],
}
