"""The charts of the trends, drawn from their numbers: lines by day or week, bars of weekdays, answers and check-ins."""

import datetime
from collections.abc import Iterable, Mapping, Sequence

from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext

from insights.charts import SCORES, Band, Bar, Bars, Line, LineChart, Period, Scale
from insights.dose_periods import total_in_words
from insights.series import stage_slug
from insights.trends.drawings import scale_of
from insights.trends.groups import Group
from insights.trends.numbers import BandNumbers
from insights.trends.sentences import answer_in_words, choices_of, direction_in_words, number_in_words
from insights.trends.statistics import Steps, Trend
from logs.kinds import Choice, Score, TwoNumbers
from logs.models import Medication
from logs.periods import ONE_DAY
from logs.questions import Question
from logs.stages import STAGE_BY_SLUG, STAGES

MOST_BANDS = 3  # in a chart among others; daily medications first


def line_chart(group: Group, trends: Mapping[str, Trend], steps: Steps, words: str) -> LineChart | None:
    """The lines of a chart; None for a choice, which has bars. `words` describe it to those who do not see it."""
    lines = [line for each in group.questions for line in lines_of(each, trends[each.name], group)]
    if not lines:
        return None
    return LineChart(
        key=f"chart-{group.key}",
        title=group.heading,
        description=words,
        first=steps.first,
        last=steps.last,
        lines=lines[:1] if group.has_second_scale else lines,
        right=lines[1] if group.has_second_scale else None,
        step=steps.length,
    )


def lines_of(question: Question, trend: Trend, group: Group) -> list[Line]:
    """A line for each number of an answer. Several scores in one chart share an axis without words of one of them."""
    if not trend.drawings:
        return []
    scale = scale_of(question, trend)
    if len(group.questions) > 1 and not group.has_second_scale:
        scale = Scale(scale.low, scale.high, (gettext("least"), gettext("most")), scale.unit)
    return [
        Line(label=label, scale=scale, drawing=drawing)
        for label, drawing in zip(labels_of(question, len(trend.drawings)), trend.drawings, strict=True)
    ]


def labels_of(question: Question, count: int) -> list[str]:
    if isinstance(question.kind, TwoNumbers):
        return [gettext("first number"), gettext("second number")][:count]
    direction = direction_in_words(question)
    label = capfirst(str(question.label))
    return [f"{label} ({direction})" if direction else label] * count


def bands_of(numbers: Sequence[BandNumbers], medications: Iterable[Medication], steps: Steps) -> list[Band]:
    """The doses of each medication, those taken daily first, each by name."""
    by_key = {each.medication: each for each in numbers}
    found = sorted((each for each in medications if each.pk in by_key), key=Medication.sort_key)
    found.sort(key=lambda medication: not medication.is_daily)

    def day(place: int) -> datetime.date:
        return steps.first + place * ONE_DAY

    return [
        Band(
            label=medication.name_in_words,
            periods=[
                Period(total_in_words(total), day(first), day(last))
                for total, first, last in by_key[medication.pk].totals
            ],
            missed=[day(place) for place in by_key[medication.pk].missed],
            late=[day(place) for place in by_key[medication.pk].late],
        )
        for medication in found
    ]


def weekday_bars(question: Question, trend: Trend, scale: Scale, first_weekday: int) -> Bars | None:
    """The mean of each weekday with its days, in the order of the person's week; None if no weekday has enough."""
    if not any(mean is not None for mean, _days in trend.weekdays):
        return None
    order = [(first_weekday + number) % 7 for number in range(7)]
    return Bars(
        key=f"weekdays-{question.name}",
        title=capfirst(str(question.label)),
        scale=scale,
        bars=[bar(question, capfirst(str(WEEKDAYS[each])), *trend.weekdays[each]) for each in order],
        columns=(gettext("Weekday"), gettext("On average"), gettext("Days")),
    )


def bar(question: Question, label: str, mean: float | None, days: int) -> Bar:
    """A mean and the days it is of. Too few days have no mean."""
    if mean is None:
        return Bar(label, None, "–", str(days))
    return Bar(label, mean, answer_in_words(question.kind, mean), str(days))


def answer_bars(question: Question, trend: Trend) -> Bars | None:
    """On how many days each answer of a choice was given; None if none was."""
    if not isinstance(question.kind, Choice) or not trend.tallies:
        return None
    shares = [(label, days, 100 * days / trend.answered) for label, days in choices_of(question.kind, trend)]
    return Bars(
        key=f"answers-{question.name}",
        title=gettext("How often each answer was given"),
        scale=Scale(0, 100),
        bars=[
            Bar(label, share, gettext("%(share)s %%") % {"share": number_in_words(round(share))}, str(days))
            for label, days, share in shares
        ],
        columns=(gettext("Answer"), gettext("Of the days answered"), gettext("Days")),
    )


def check_in_bars(questions: Sequence[Question], trends: Mapping[str, Trend]) -> Bars | None:
    """The mean of each score in the order of the check-ins: the shape of a day. None if there is nothing to show."""
    scores = [each for each in questions if isinstance(each.kind, Score) and trends[each.name].weekdays]
    scores.sort(key=lambda each: [stage.slug for stage in STAGES].index(stage_slug(each)))
    if not any(trends[each.name].mean is not None for each in scores):
        return None
    label = gettext("%(check_in)s: %(question)s")
    return Bars(
        key="check-ins",
        title=gettext("Answers from 1 to 10, in the order of the check-ins"),
        scale=SCORES,
        bars=[
            bar(
                each,
                label % {"check_in": STAGE_BY_SLUG[stage_slug(each)].title, "question": each.label},
                trends[each.name].mean,
                trends[each.name].answered,
            )
            for each in scores
        ],
        columns=(gettext("Question"), gettext("On average"), gettext("Days")),
    )
