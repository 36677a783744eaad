"""What is drawn of trends: their scales, and the paths of their lines. Paths have no words: the cache may hold them."""

import math
from collections.abc import Sequence

from django.utils.translation import gettext

from insights.charts import SCORES, Drawing, Scale, drawing_of, middles, scale_around
from insights.trends.sentences import answer_in_words
from insights.trends.statistics import HOURS, Points, Steps, Trend
from logs.kinds import Count, Hours, Kind, Score, Time, YesNo
from logs.questions import Question

HALF_DAY = 12
MOST_DOTS = 110  # weeks with a dot each


def scale_of(question: Question, trend: Trend) -> Scale:
    return scale_for(question.kind, trend.extent)


def scale_for(kind: Kind, values: Sequence[float]) -> Scale:
    """The scale of a kind that is no choice: its own where it has one, else round numbers around what there is."""
    if isinstance(kind, Score):
        return Scale(SCORES.low, SCORES.high, tuple(map(str, kind.ends)))
    if isinstance(kind, YesNo):
        labels = dict(kind.answers)
        return Scale(0, 100, (str(labels[False]), str(labels[True])), unit="%")
    if isinstance(kind, Count):
        return Scale(0, 7, unit=gettext("days"))
    if isinstance(kind, Hours):
        return Scale(0, HOURS if max(values, default=0) > HALF_DAY else HALF_DAY, unit=gettext("hours"))
    if isinstance(kind, Time):
        low, high = (math.floor(min(values)), math.ceil(max(values))) if values else (0, HOURS)
        return Scale(low, max(high, low + 1), write=lambda value: answer_in_words(kind, value))
    return scale_around(values, kind.least, kind.most, unit=kind.unit)


def drawn(question: Question, trend: Trend, steps: Steps) -> Trend:
    """The trend with its drawings. They depend on its numbers, and on the bounds of the question's scale."""
    if not trend.lines:
        return trend
    scale, across = scale_of(question, trend), middles(steps.days, steps.length)
    return trend.drawn([drawing_of_points(points, scale, across) for points in trend.lines])


def drawing_of_points(points: Points, scale: Scale, across: Sequence[int]) -> Drawing:
    return drawing_of(values_drawn(points), scale, across, mean=points.means, recalled=flags(points))


def values_drawn(points: Points) -> list[float | None]:
    """The dots. Of many weeks, those that the line does not go through: it has the others."""
    if len(points.counts) <= MOST_DOTS:
        return points.values
    return [None if mean is not None else value for value, mean in zip(points.values, points.means, strict=True)]


def flags(points: Points) -> list[bool]:
    """Of each place, whether it was answered later; nothing where none was."""
    if not points.recalled:
        return []
    found = [False] * len(points.values)
    for place in points.recalled:
        found[place] = True
    return found
