import datetime
import re

from logs.stages import STAGE_BY_SLUG


class DayConverter:
    """`2026-05-04` ↔ date. Only years that a person can log."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    FIRST_YEAR = 1900

    def to_python(self, value):
        day = datetime.date.fromisoformat(value)
        if not self.FIRST_YEAR <= day.year < 9999:
            raise ValueError("outside of what a person can log")
        return day

    def to_url(self, value):
        return value.isoformat()


class MonthConverter:
    """`2026-05` ↔ the month's first day."""

    regex = r"[0-9]{4}-[0-9]{2}"

    def to_python(self, value):
        return DayConverter().to_python(f"{value}-01")

    def to_url(self, value):
        return value.strftime("%Y-%m")


class YearConverter:
    """`2026` ↔ the year's first day."""

    regex = r"[0-9]{4}"

    def to_python(self, value):
        return DayConverter().to_python(f"{value}-01-01")

    def to_url(self, value):
        return value.strftime("%Y")


class StageConverter:
    regex = "|".join(re.escape(slug) for slug in STAGE_BY_SLUG)

    def to_python(self, value):
        return STAGE_BY_SLUG[value]

    def to_url(self, value):
        return str(value)
