"""Small charts of scores, with the numbers of the period beside those of the one before."""

import datetime
from collections.abc import Mapping, Sequence
from statistics import median

from django.utils.text import capfirst
from django.utils.translation import gettext

from insights.report import spreads
from insights.report.contents import Axis, Label, Panel, Point
from insights.report.logged import ONE_DAY, Logged, Span
from insights.trends.statistics import WINDOW, moving_means
from logs.fields import Direction
from logs.kinds import Score
from logs.questions import Question

# Beyond, a point is a week.
MOST_POINTS_OF_DAYS = 100
MOST_PANELS = 4
USUAL = ("focus_level", "overall_mood", "anxiety_level", "day_rating")


def panel_of(
    logged: Logged, question: Question, axis: Axis, marks: tuple[Label, ...], changes: Sequence[datetime.date]
) -> Panel:
    """The panel of a score. `changes`: the days on which the line of means starts anew."""
    period = logged.period
    answers, before = logged.dated(question.name), logged.dated(question.name, period.before)
    values, values_before = ([value for _date, value in each] for each in (answers, before))
    is_weekly = period.days > MOST_POINTS_OF_DAYS
    low, high = ends_of(question)
    is_flipped = question.direction == Direction.WORSE
    weeks = spreads.weeks_of(dict(answers), logged.person.week_of)
    return Panel(
        title=capfirst(str(question.label)),
        axis=axis,
        least=Score.LOWEST,
        most=Score.HIGHEST,
        end_low=low,
        end_high=high,
        points=points_of_weeks(weeks, period) if is_weekly else points_of_days(answers),
        means=() if is_weekly else means_of(dict((*before, *answers)), period, changes),
        now=spreads.spread_of(values),
        before=spreads.spread_of(values_before),
        is_weekly=is_weekly,
        is_flipped=is_flipped,
        note=gettext("Drawn upside down: up is better. Numbers are as recorded.") if is_flipped else "",
        marks=marks,
        sentences=sentences_of(question, values, values_before, weeks, period),
    )


def ends_of(question: Question) -> tuple[str, str]:
    """The words at 1 and at 10, empty where there are none."""
    low, high = question.kind.ends
    return str(low), str(high)


def points_of_days(answers: Sequence[tuple[datetime.date, int]]) -> tuple[Point, ...]:
    return tuple(Point(date, date, value, value, value) for date, value in answers)


def points_of_weeks(weeks: Sequence[spreads.WeekOfAnswers], period: Span) -> tuple[Point, ...]:
    """The medians of weeks, those at both ends cut off where the period is."""
    return tuple(
        Point(
            max(week.first, period.first),
            min(week.first + 6 * ONE_DAY, period.last),
            median(week.values),
            min(week.values),
            max(week.values),
            len(week.values),
        )
        for week in weeks
    )


def means_of(
    values: Mapping[datetime.date, float], period: Span, changes: Sequence[datetime.date]
) -> tuple[float | None, ...]:
    """For each day of the period, the mean of the days up to it, as the trends draw it: see moving_means().

    The days before a change of dose are left out from the change on, or the line would smear one over the other.
    """
    first = period.first - (WINDOW - 1) * ONE_DAY
    answers = [values.get(day) for day in Span(first, period.last)]
    means = moving_means(answers, {(change - first).days for change in changes})[WINDOW - 1 :]
    return tuple(None if mean is None else round(mean, 3) for mean in means)


def sentences_of(question: Question, values, values_before, weeks, period: Span) -> tuple[str, ...]:
    if not values:
        return (gettext("No answer in this period."), before_in_words(values_before, period))
    now = capfirst(spreads.in_words(spreads.spread_of(values), values, period.days))
    found = [f"{now}.", before_in_words(values_before, period)]
    if len(values) >= spreads.FEWEST_FOR_MEDIAN:
        found.append(spreads.shares_in_words(values))
        found.append(spreads.weeks_in_words(weeks, question.direction))
    return tuple(found)


def before_in_words(values_before: Sequence, period: Span) -> str:
    if not values_before:
        return gettext("Period before: no answer.")
    spread = spreads.spread_of(values_before)
    return gettext("Period before: %(spread)s.") % {"spread": spreads.in_words(spread, values_before, period.days)}


def scores(logged: Logged) -> list[Question]:
    """The scores of days that can have a panel, built-in ones first, in the order of the check-ins."""
    return [each for each in logged.questions.values() if isinstance(each.kind, Score)]
