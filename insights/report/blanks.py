"""Which days of the period have no answer, and what lies beside them."""

from django.utils.translation import gettext

from insights.report import wording
from insights.report.contents import Block, Sentences
from insights.report.logged import ONE_DAY, Logged
from insights.report.spreads import LOW

RATING = "day_rating"
MOST_STRETCHES = 12


def blank_days(logged: Logged):
    """The days of the period without an answer that are not marked, oldest first."""
    facts = logged.facts
    said = {date for date, each in facts.items() if each.is_answered or each.not_tracked}
    return [date for date in logged.period if date not in said]


def marked_days(logged: Logged):
    return [date for date, facts in logged.facts.items() if facts.not_tracked]


def recalled_days(logged: Logged):
    """The days that count with an answer that was filled in later."""
    return [date for date in logged.days if logged.facts[date].recalled]


def blocks(logged: Logged) -> list[Block]:
    blank, marked = blank_days(logged), marked_days(logged)
    lines = []
    if blank:
        lines.append(gettext("No answer on %(days)s: %(dates)s.") % facts_of(blank))
        lines += beside_low_days(logged, blank)
    if marked:
        lines.append(gettext("Marked as not tracked, %(days)s: %(dates)s.") % facts_of(marked))
    if not lines:
        lines.append(gettext("Every day of this period has an answer."))
    lines.append(gettext("A day without an answer is not counted anywhere: not as zero, and not as a bad day."))
    return [Sentences(tuple(lines))]


def facts_of(days) -> dict:
    return {"days": wording.days(len(days)), "dates": wording.listed(stretches(days), MOST_STRETCHES)}


def stretches(days) -> list[str]:
    """Days in order, those in a row as one stretch."""
    found: list[list] = []
    for day in days:
        if found and day - found[-1][-1] == ONE_DAY:
            found[-1][1:] = [day]
        else:
            found.append([day])
    return [wording.days_from(stretch[0], stretch[-1]) for stretch in found]


def beside_low_days(logged: Logged, blank) -> list[str]:
    """How many blank days lie right after or before a day that was rated low: blanks may not be like other days."""
    ratings = dict(logged.dated(RATING))
    low = {date for date, value in ratings.items() if LOW[0] <= value <= LOW[1]}
    count = sum(date - ONE_DAY in low or date + ONE_DAY in low for date in blank)
    if not count:
        return []
    text = gettext("%(count)d of them lie right before or after a day rated %(most)d or lower: blank days may differ.")
    return [text % {"count": count, "most": LOW[1]}]
