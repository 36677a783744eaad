"""Answers that are times of day."""

import datetime
from dataclasses import dataclass

from django.utils.formats import time_format
from django.utils.translation import gettext

from logs.form_fields import TimeInput
from logs.kinds.base import Kind


@dataclass(frozen=True)
class Time(Kind):
    """A time of day, to the minute."""

    def form_field(self, **options):
        return TimeInput(**{"required": False} | options)

    def display(self, value):
        return time_format(value)

    def legend(self):
        return gettext("a time of day, 00:00 to 23:59")

    def schema(self):
        return {"type": "string", "format": "time"}

    @property
    def examples(self):
        return [datetime.time(8, 15), datetime.time(22, 30)]
