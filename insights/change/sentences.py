"""What differs before and after a day, in words: how much, and what else fits the days."""

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from insights.change.answers import LEAST_DAYS, Outcome, Window
from insights.findings.sizes import way_in_words
from insights.findings.words import measure_of
from insights.trends.sentences import answer_in_words, number_in_words
from logs.kinds import Hours, Kind, Score
from logs.periods import ONE_DAY
from logs.questions import Question, RowQuestion

SMALL = 0.1  # differences below have two decimals


def difference_in_words(outcome: Outcome) -> str:
    """`About 0.8 points higher after than before. Anything from 0.1 to 1.5 points higher fits these 49 days.`"""
    kind, estimate = outcome.question.kind, outcome.estimate
    if estimate is None:
        if len({*outcome.before.values, *outcome.after.values}) == 1:
            return gettext("All answers before and after are the same.")
        return gettext("These days cannot tell the change from the days of the week.")
    facts = {"days": estimate.days, "how": towards(kind, estimate.value)}
    if outcome.is_clear:
        nearer, farther = sorted((estimate.low, estimate.high), key=abs)
        facts |= {"nearer": size_in_words(nearer), "farther": towards(kind, farther)}
        text = gettext(
            "About %(how)s after than before. Anything from %(nearer)s to %(farther)s fits these %(days)d days."
        )
    else:
        facts |= {"low": towards(kind, estimate.low), "high": towards(kind, estimate.high)}
        text = gettext(
            "No clear difference: anything from %(low)s to %(high)s fits these %(days)d days, so no change also fits."
        )
    return text % facts


def towards(kind: Kind, value: float) -> str:
    """`0.8 points higher`, `0.4 hours shorter`."""
    said = {"size": amount_in_words(kind, value), "way": way_in_words(value, measure_of(kind))}
    return gettext("%(size)s %(way)s") % said


def amount_in_words(kind: Kind, value: float) -> str:
    """`0.8 points`, `1 hour`, `2 kg`."""
    number = size_in_words(value)
    count = 1 if rounded(value) == 1 else 2
    if isinstance(kind, Score):
        return ngettext("%(number)s point", "%(number)s points", count) % {"number": number}
    if isinstance(kind, Hours):
        return ngettext("%(number)s hour", "%(number)s hours", count) % {"number": number}
    unit = getattr(kind, "unit", "")
    return f"{number} {unit}" if unit else number


def size_in_words(value: float) -> str:
    return number_in_words(rounded(value))


def rounded(value: float) -> float:
    """The size of a difference, with one decimal unless it is small."""
    return round(abs(value), 1 if abs(value) >= SMALL else 2)


def sides_in_words(outcome: Outcome) -> list[str]:
    """`Before: median 6, mean 6.1, 25 days.` The plain numbers of each side."""
    sides = (
        (gettext("Before: median %(median)s, mean %(mean)s, %(days)s."), outcome.before),
        (gettext("After: median %(median)s, mean %(mean)s, %(days)s."), outcome.after),
    )
    found = []
    for text, side in sides:
        kind = outcome.question.kind
        median, mean = answer_in_words(kind, side.median), answer_in_words(kind, round(side.mean, 1))
        found.append(text % {"median": median, "mean": mean, "days": days_in_words(side.days)})
    return found


def days_in_words(count: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def name_of(question: Question) -> str:
    """Its label; a person's own one as a quotation."""
    label = capfirst(str(question.label))
    return gettext("“%(question)s”") % {"question": label} if isinstance(question, RowQuestion) else label


def too_few_in_words(outcome: Outcome) -> str:
    """`Focus: 6 days before, 25 after`."""
    text = gettext("%(name)s: %(before)s before, %(after)d after")
    before = days_in_words(outcome.before.days)
    return text % {"name": name_of(outcome.question), "before": before, "after": outcome.after.days}


def window_in_words(window: Window) -> str:
    """`28 days before, 20 days from then on`."""
    before = ngettext("%(count)d day before", "%(count)d days before", window.days_before)
    after = ngettext("%(count)d day from then on", "%(count)d days from then on", window.days_after)
    days = {"before": before % {"count": window.days_before}, "after": after % {"count": window.days_after}}
    return gettext("%(before)s, %(after)s") % days


def caution_in_words(questions: int) -> str:
    """How often the page errs, either way: see docs/decisions/0042-before-and-after-a-day.md for how it is known."""
    text = ngettext(
        "%(count)d question is compared here. Where nothing has changed, about 7 in 100 questions still show a clear "
        "difference. Where answers have changed by one point, about 35 in 100 show it: for the others, these days are "
        "too few.",
        "%(count)d questions are compared here. Where nothing has changed, about 7 in 100 questions still show a clear "
        "difference. Where answers have changed by one point, about 35 in 100 show it: for the others, these days are "
        "too few.",
        questions,
    )
    return text % {"count": questions}


def shortage_in_words(window: Window) -> str:
    """Why no question can have enough days yet, and when one can; empty if one can."""
    if window.days_before < LEAST_DAYS:
        text = ngettext(
            "Your log has %(count)d day before this one. A comparison needs %(least)d with an answer on each side.",
            "Your log has %(count)d days before this one. A comparison needs %(least)d with an answer on each side.",
            window.days_before,
        )
        return text % {"count": window.days_before, "least": LEAST_DAYS}
    if window.days_after < LEAST_DAYS:
        text = gettext(
            "A comparison needs %(least)d days with an answer on each side. The earliest day for it is %(day)s."
        )
        first = window.day + (LEAST_DAYS - 1) * ONE_DAY
        return text % {"least": LEAST_DAYS, "day": date_format(first)}
    return ""
