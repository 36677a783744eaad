"""The person's own questions that they chose for a report, each in a line of a table."""

from collections import Counter

from django.utils.translation import gettext

from insights.report import spreads, wording
from insights.report.contents import Block, Sentences, Table
from insights.report.logged import Logged, Span
from insights.report.side_effects import times_in_words
from insights.series import is_weekly
from logs.questions import RowQuestion


def blocks(logged: Logged, chosen: list[RowQuestion]) -> list[Block]:
    """A row for each chosen question: what was answered in this period, and in the one before."""
    if not chosen:
        return []
    header = (gettext("Question"), gettext("This period"), gettext("Period before"))
    rows = tuple(
        (question.label, in_words(logged, question, logged.period), in_words(logged, question, logged.period.before))
        for question in chosen
    )
    note = gettext("Counts are of days, or of weeks for a weekly question.")
    return [Table("", header, rows), Sentences((note,), is_note=True)]


def in_words(logged: Logged, question: RowQuestion, span: Span) -> str:
    values = logged.values(question.name, span)
    if not values:
        return gettext("no answer")
    answered = wording.weeks(len(values)) if is_weekly(question) else wording.days(len(values))
    match question.own.kind:
        case "score" | "number":
            spread, unit = spreads.spread_of(values), getattr(question.kind, "unit", "")
            facts = {
                "median": f"{wording.number(spread.median, 2)} {unit}".strip(),
                "half": wording.numbers(spread.low, spread.high, 2),
                "all": wording.numbers(spread.least, spread.most, 2),
                "answered": answered,
            }
            return gettext("median %(median)s, middle half %(half)s, all %(all)s (%(answered)s)") % facts
        case "time":
            return times_in_words(values)
        case "two_numbers":
            facts = {"last": question.display(values[-1]), "answered": answered}
            return gettext("last %(last)s (%(answered)s)") % facts
        case _:
            chosen = [key for value in values for key in (value if isinstance(value, list) else [value])]
            counts = Counter(chosen).most_common()
            parts = (f"{label_of(question, key)} {count}" for key, count in counts)
            return f"{', '.join(parts)} ({answered})"


def label_of(question: RowQuestion, key) -> str:
    """Of a choice, or of yes and no."""
    return question.display([key] if question.own.kind == "several" else key)
