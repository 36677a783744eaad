"""Hours and quality of sleep, in sentences."""

from django.utils.text import capfirst
from django.utils.translation import gettext

from insights.report import spreads
from insights.report.contents import Block, Sentences
from insights.report.logged import SLEEP, Logged
from insights.report.panels import before_in_words

QUALITY = "sleep_quality"


def blocks(logged: Logged) -> list[Block]:
    lines = [in_words(logged, gettext("Hours of sleep"), SLEEP, 2), in_words(logged, gettext("Sleep quality"), QUALITY)]
    return [Sentences(tuple(lines))]


def in_words(logged: Logged, label: str, name: str, places: int = 1) -> str:
    """`Hours of sleep: median 7.25, middle half 6.5–8, all 4–10 (81 of 90 days). Period before: …`"""
    period = logged.period
    values, before = logged.values(name), logged.values(name, period.before)
    now = spreads.in_words(spreads.spread_of(values), values, period.days, places)
    if not before:
        return f"{label}: {now}. {before_in_words(before, period)}"
    then = spreads.in_words(spreads.spread_of(before), before, period.days, places)
    return f"{capfirst(label)}: {now}. " + gettext("Period before: %(spread)s.") % {"spread": then}
