"""What a report lacks where few days have an answer, and how much is needed."""

from django.utils.translation import gettext, ngettext

from insights.report import spreads, wording
from insights.report.contents import Block, Sentences
from insights.report.logged import Logged

ENOUGH = 14  # answered days: two weeks


def blocks(logged: Logged) -> list[Block]:
    """Nothing where there are enough days."""
    answered = len(logged.days)
    if answered >= ENOUGH:
        return []
    lines = []
    first = logged.first_log
    if first is None:
        lines.append(gettext("Nothing is logged yet."))
    elif first > logged.period.last:
        lines.append(gettext("This period is before the first log, of %(date)s.") % {"date": wording.day(first)})
    elif first > logged.period.first:
        lines.append(
            gettext("The first log is of %(date)s: nothing is known of the days before.") % {"date": wording.day(first)}
        )
    text = ngettext(
        "%(count)d day of this period has an answer.", "%(count)d days of this period have an answer.", answered
    )
    lines.append(text % {"count": answered})
    needed = gettext(
        "A median needs %(median)d answers, the best and the hardest week need %(week)d answered days in each of two "
        "weeks."
    )
    facts = {"median": spreads.FEWEST_FOR_MEDIAN, "week": spreads.FEWEST_OF_WEEK}
    return [Sentences((*lines[:-1], f"{lines[-1]} {needed % facts}"))]
