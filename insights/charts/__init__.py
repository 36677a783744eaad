"""Charts as markup, from numbers alone: no model, no query, no request. What templates write down is a SafeString.

A `LineChart` draws values by day over a period, with doses and events; `Bars` a number for each of a few names, as a
table; `Cells` a grid with one cell for each day, as a table; `DifferenceChart` single days, and a difference with its
interval; a `PointChart` values over hours, with medians. Each has `key`, the beginning of its ids, which occurs once on
a page, a `title` and, if it is a picture, a `description` for those who do not see it. The caller writes the heading
above, and the sentence and the table beside it:

    chart = LineChart(
        key="focus",
        title=gettext("Focus"),
        description=gettext("Mostly between 5 and 7, lower in the last two weeks."),
        first=first, last=last,
        lines=[Line(gettext("Focus"), Scale(1, 10, ("scattered", "sharp")), values, mean=means, recalled=recalled)],
        bands=[Band("Concerta", [Period("18 mg", day_1, day_2), Period("27 mg", day_3, day_4)], missed=[day_5])],
        marks=[Mark(day_6, "new job")],
    )
    {{ chart.markup }}

Values are one for each day from the first (with `step=7`: for each week), None where there is none. None is never
drawn and never bridged. A scale is drawn from its `low` to its `high`, with its words at both ends.

How it works. The plot is an SVG that is stretched to the room there is; its strokes are not (non-scaling-stroke), and
a dot is a stroke without length. All text stands in SVGs that are not stretched, at shares of the width, in the size
of the page's text. Which labels fit is computed for three widths (see labels.py), and static/css/charts.css shows
those that fit the width on hand. Colours and strokes are classes of that file, so that they follow the theme, forced
colours and paper. Nothing needs a style attribute or a script.
"""

from insights.charts.bands import Band, Period
from insights.charts.bars import Bar, Bars
from insights.charts.before_after import After, BeforeAfterChart
from insights.charts.cells import Cell, Cells, Row
from insights.charts.differences import DifferenceChart
from insights.charts.line import Line, LineChart
from insights.charts.paths import Drawing, drawing_of, middles
from insights.charts.points import Median, PointChart
from insights.charts.scales import SCORES, Scale, scale_around, ticks
from insights.charts.surroundings import Mark, Surroundings

__all__ = [
    "SCORES",
    "After",
    "Band",
    "BeforeAfterChart",
    "Bar",
    "Bars",
    "Cell",
    "Cells",
    "DifferenceChart",
    "Drawing",
    "Line",
    "LineChart",
    "Mark",
    "Median",
    "Period",
    "PointChart",
    "Row",
    "Scale",
    "Surroundings",
    "drawing_of",
    "middles",
    "scale_around",
    "ticks",
]
