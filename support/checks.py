"""The system check of help lines: numbers change, and a wrong one is worse than none.

It reads the database, so Django runs it where a database is meant: before `migrate`, and by `check --database`.
"""

from django.core.checks import Tags, Warning, register
from django.db import Error

from support.models import HelpLine, unchecked_lines


@register(Tags.database)
def check_help_lines(app_configs, databases=None, **kwargs):
    """Warn of lines that were never checked, or not for 180 days.

    Says nothing without a database, or before its migrations.
    """
    if not databases:
        return []
    try:
        lines = unchecked_lines()
    except Error:
        return []
    return [Warning(in_words(lines), hint=HINT, id="brainlog.W005")] if lines else []


HINT = "See whether each still works as written, in the admin under “Help lines”, and set “checked on”."


def in_words(lines: list[HelpLine]) -> str:
    names = ", ".join(str(line) for line in lines)
    return f"Help lines that were not checked for {HelpLine.CHECKED_EVERY.days} days: {names}."
