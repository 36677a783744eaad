"""The numbers of trends in words: one sentence for each question of a chart. It says what was recorded, and no more."""

import datetime
from decimal import Decimal

from django.utils.formats import time_format
from django.utils.translation import gettext, ngettext

from insights.series import is_weekly
from insights.trends.statistics import HOURS, LEAST_FOR_RANGE, Trend
from logs import widgets
from logs.fields import Direction
from logs.kinds import Choice, Hours, Kind, Number, Time, TwoNumbers, YesNo
from logs.questions import Question


def number_in_words(value: float) -> str:
    """`6.5`, `37,242`: in the locale's form, without zeros at its end."""
    return widgets.number_in_words(Decimal(str(round(value, 2))))


def answer_in_words(kind: Kind, value: float) -> str:
    """A number of a trend as people write such an answer: with its unit, or as a time of day."""
    if isinstance(kind, Time):
        minutes = round(value * 60) % (HOURS * 60)
        return time_format(datetime.time(minutes // 60, minutes % 60))
    if isinstance(kind, YesNo):
        return gettext("%(share)s %%") % {"share": number_in_words(round(value))}
    if isinstance(kind, Hours):
        return kind.display(Decimal(str(round(value, 2))))
    number = number_in_words(value)
    return f"{number} {kind.unit}" if isinstance(kind, Number) and kind.unit else number


def sentence_of(question: Question, trend: Trend, *, is_to_today: bool) -> str:
    """`Focus was mostly between 5 and 7; answered on 81 of 90 days, lower in the last two weeks.`

    Mostly: the middle half of the answers. Of a period that does not end today, the last weeks are those of the period.
    """
    label = str(question.label)
    # A question in a sentence is a quotation; a name is none.
    is_name = not label.rstrip().endswith(("?", ".", "!", ":"))
    subject = label if is_name else gettext("“%(question)s”") % {"question": label}
    if not trend.answered:
        return gettext("%(subject)s: no answer in these days.") % {"subject": subject}
    change = change_in_words(question, trend, is_to_today=is_to_today)
    facts = [days_in_words(question, trend), *([change] if change else [])]
    said = {"subject": subject, "mostly": mostly_in_words(question, trend), "facts": ", ".join(facts)}
    if not trend.middle or isinstance(question.kind, YesNo | Choice):
        return gettext("%(subject)s: %(mostly)s; %(facts)s.") % said
    # A name in the plural has no place in front of a verb: "hours of sleep".
    if is_name and not isinstance(question.kind, Hours):
        return gettext("%(subject)s was mostly %(mostly)s; %(facts)s.") % said
    return gettext("%(subject)s: mostly %(mostly)s; %(facts)s.") % said


def mostly_in_words(question: Question, trend: Trend) -> str:
    """Between what the middle half of the answers is; of choices, which were the most frequent."""
    kind = question.kind
    if isinstance(kind, YesNo):
        return yes_and_no(kind, trend)
    if isinstance(kind, Choice):
        return choices_in_words(kind, trend)
    if not trend.middle:
        text = ngettext(
            "%(count)d answer, too few for a range (%(least)d are needed)",
            "%(count)d answers, too few for a range (%(least)d are needed)",
            trend.answered,
        )
        return text % {"count": trend.answered, "least": LEAST_FOR_RANGE}
    if isinstance(kind, TwoNumbers):
        low, high = (" / ".join(number_in_words(pair[end]) for pair in trend.middle) for end in (0, 1))
        high = f"{high} {kind.unit}".rstrip()
        return high if trend.middle[0][0] == trend.middle[0][1] and low in high else between(low, high)
    low, high = trend.middle[0]
    if low == high:
        return answer_in_words(kind, low)
    if isinstance(kind, Time):
        return between(answer_in_words(kind, low), answer_in_words(kind, high))
    return between(number_in_words(low), answer_in_words(kind, high))


def between(low: str, high: str) -> str:
    return gettext("between %(low)s and %(high)s") % {"low": low, "high": high}


def yes_and_no(kind: YesNo, trend: Trend) -> str:
    """`yes on 12 days, no on 69`; with the words of the answers, where they are other ones."""
    days = {key == "True": count for key, count in trend.tallies}
    counts = [(str(label), days.get(answer, 0)) for answer, label in kind.answers]
    return ", ".join(times_in_words(label, count) for label, count in counts)


def times_in_words(label: str, count: int) -> str:
    text = ngettext("“%(answer)s” on %(count)d day", "“%(answer)s” on %(count)d days", count)
    return text % {"answer": label, "count": count}


MOST_CHOICES = 3  # named in a sentence


def choices_in_words(kind: Choice, trend: Trend) -> str:
    said = [times_in_words(label, days) for label, days in choices_of(kind, trend)[:MOST_CHOICES]]
    rest = len(trend.tallies) - len(said)
    if rest:
        said.append(ngettext("%(count)d other answer", "%(count)d other answers", rest) % {"count": rest})
    return gettext("mostly %(answers)s") % {"answers": ", ".join(said)}


def choices_of(kind: Choice, trend: Trend) -> list[tuple[str, int]]:
    """The label of each answer that was given, and its days, the most frequent first."""
    return [(str(kind.label_of(kind.key_type(key))), days) for key, days in trend.tallies]


def days_in_words(question: Question, trend: Trend) -> str:
    """`answered on 74 of 90 days, 9 not tracked, 3 answered later`. Days not tracked are among the 90."""
    days = trend.expected + trend.not_tracked
    if is_weekly(question):
        text = ngettext("answered in %(count)d of %(days)d week", "answered in %(count)d of %(days)d weeks", days)
    else:
        text = ngettext("answered on %(count)d of %(days)d day", "answered on %(count)d of %(days)d days", days)
    said = [text % {"count": trend.answered, "days": days}]
    if trend.not_tracked:
        said.append(gettext("%(count)d not tracked") % {"count": trend.not_tracked})
    if trend.recalled:
        said.append(gettext("%(count)d answered later") % {"count": trend.recalled})
    if trend.unnoticed:
        said.append(gettext("%(count)d not noticed") % {"count": trend.unnoticed})
    return ", ".join(said)


def change_in_words(question: Question, trend: Trend, *, is_to_today: bool) -> str:
    """How the last weeks differ from the days before, with what is better; empty where that cannot be said."""
    if trend.change is None:
        return ""
    kind, is_more = question.kind, trend.change > 0
    if not trend.is_clear:
        how = gettext("much the same")
    elif isinstance(kind, YesNo):
        how = gettext("more often “%(answer)s”") % {"answer": dict(kind.answers)[is_more]}
    elif isinstance(kind, Time):
        how = gettext("later") if is_more else gettext("earlier")
    else:
        how = gettext("higher") if is_more else gettext("lower")
    when = recent_in_words(trend.recent_days, is_to_today=is_to_today)
    said = {"how": how, "when": when}
    if not trend.is_clear or question.direction == Direction.NEITHER:
        return gettext("%(how)s %(when)s") % said
    if (question.direction == Direction.BETTER) == is_more:
        return gettext("%(how)s and so better %(when)s") % said
    return gettext("%(how)s and so worse %(when)s") % said


def recent_in_words(days: int, *, is_to_today: bool) -> str:
    if days > 30:
        return gettext("in the last three months") if is_to_today else gettext("in the last three months of these")
    if days > 14:
        return gettext("in the last four weeks") if is_to_today else gettext("in the last four weeks of these")
    return gettext("in the last two weeks") if is_to_today else gettext("in the last two weeks of these")


def direction_in_words(question: Question) -> str:
    """Which end is better; empty where neither is."""
    if question.direction == Direction.NEITHER or isinstance(question.kind, Choice):
        return ""
    if isinstance(question.kind, YesNo):
        answer = dict(question.kind.answers)[question.direction == Direction.BETTER]
        return gettext("“%(answer)s” is better") % {"answer": answer}
    if isinstance(question.kind, Time):
        return gettext("later is better") if question.direction == Direction.BETTER else gettext("earlier is better")
    return gettext("higher is better") if question.direction == Direction.BETTER else gettext("lower is better")
