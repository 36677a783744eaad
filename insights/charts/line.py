"""A chart of values by day: a pale dot for each, a line for the mean, and doses and events over the same days."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from insights.charts.bands import Band
from insights.charts.markup import EMPTY, element
from insights.charts.paths import Drawing, drawing_of, grid, middles
from insights.charts.scales import Scale
from insights.charts.surroundings import (
    LONG_AXIS,
    RECALLED,
    STRETCHED,
    Mark,
    Surroundings,
    axis_class,
    narrowest_plot,
    sample,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A question's values, one for each step from the first day; None where there is none.

    `mean` is the line, of the same length, which breaks at None. `recalled` says which values were answered later.
    `ranges` are the least and the most that a value stands for, drawn as an upright through its dot.
    `drawing` is what drawing_of() made of all these earlier; the values are then not needed.
    """

    label: str
    scale: Scale
    values: Sequence = field(default=())
    mean: Sequence = field(default=())
    recalled: Sequence[bool] = field(default=())
    ranges: Sequence[tuple | None] = field(default=())
    drawing: Drawing | None = None

    def drawn(self, across: Sequence[int]) -> Drawing:
        facts = {"mean": self.mean, "recalled": self.recalled, "ranges": self.ranges}
        return self.drawing or drawing_of(self.values, self.scale, across, **facts)


@dataclass(frozen=True, slots=True)
class LineChart:
    """Up to four lines on the scale of the first. `right` is one more on a scale of its own, at the right side.

    The one use of a second scale is the quality of sleep beside its hours. `step`: days that a value stands for.
    """

    key: str
    title: str
    description: str
    first: datetime.date
    last: datetime.date
    lines: Sequence[Line]
    right: Line | None = None
    bands: Sequence[Band] = field(default=())
    marks: Sequence[Mark] = field(default=())
    step: int = 1

    @property
    def markup(self) -> SafeString:
        return self.markup_within(Surroundings(self.first, self.last, self.bands, self.marks))

    def markup_within(self, around: Surroundings) -> SafeString:
        """The markup, with surroundings of the same days in place of the chart's bands and marks."""
        scale = self.lines[0].scale
        width = axis_class(scale)
        left = ("0", "start") if width == LONG_AXIS else ("100%", "end")
        picture = {"class": "chart-picture", "role": "img", "aria-label": self.title}
        # At the middle of the days of each step, of which the last one may have fewer.
        across = middles(around.days.count, self.step)
        drawings = [(name, line.drawn(across)) for name, line in self.named_lines()]
        right = around.scale_axis(self.right.scale, "0", "start") if self.right else None
        parts = [
            around.bands_of(self.key),
            self.ends_of(top=True),
            element("svg", {"class": "chart-left"}, around.scale_axis(scale, *left)),
            element("svg", {"class": "chart-plot"} | STRETCHED, *self.plotted(around, drawings)),
            element("svg", {"class": "chart-right"}, right) if right else EMPTY,
            self.ends_of(top=False),
            around.days_below(narrowest_plot(width, has_two_scales=bool(self.right))),
        ]
        described = {"aria-describedby": f"{self.key}-description"}
        description = {"id": f"{self.key}-description", "class": "visually-hidden"}
        return element(
            "div",
            {"class": f"chart{' two-scales' if self.right else ''}{width}"},
            element("div", picture | described, *parts),
            element("p", description, around.described(self.description)),
            self.legend(around, drawings),
        )

    def plotted(self, around: Surroundings, drawings: Sequence[tuple[str, Drawing]]):
        """What is in the plot, from the back to the front. A dot answered later has a smaller one in it, as a ring."""
        yield element("path", {"class": "grid", "d": grid(self.lines[0].scale)})
        yield around.uprights
        for name, drawing in drawings:
            few = " few" if drawing.has_few else ""
            if drawing.ranges:
                yield element("path", {"class": f"range {name}", "d": drawing.ranges})
            yield element("path", {"class": f"dots {name}{few}", "d": drawing.dots})
            if drawing.holes:
                yield element("path", {"class": f"holes{few}", "d": drawing.holes})
        for name, drawing in drawings:
            yield element("path", {"class": f"mean {name}", "d": drawing.mean})

    def named_lines(self):
        """Each line with its class."""
        yield from ((f"line-{each}", line) for each, line in enumerate(self.lines, 1))
        if self.right:
            yield "line-right", self.right

    def ends_of(self, *, top: bool) -> SafeString:
        """The words at one end of the scale, and at the right those of the second scale."""
        scales = [self.lines[0].scale, *([self.right.scale] if self.right else [])]
        words = [scale.ends[top] for scale in scales]
        kind = "chart-top" if top else "chart-bottom"
        return element("div", {"class": kind}, *(element("span", {}, word) for word in words))

    def legend(self, around: Surroundings, drawings: Sequence[tuple[str, Drawing]]) -> SafeString:
        """What the lines and the ticks mean, and the events with their days."""
        several = len(self.lines) > 1 or self.right
        items = [*(self.legend_of_lines() if several else ()), *around.legend_of_doses]
        if any(drawing.holes for _name, drawing in drawings):
            items.append(sample(RECALLED, gettext("answered later")))
        items += around.legend_of_events if around.names_events else ()
        return element("ul", {"class": "chart-legend"}, *items) if items else EMPTY

    def legend_of_lines(self):
        for name, line in self.named_lines():
            words = line.label
            if self.right:
                side = gettext("%(line)s (scale at the right, dashed)") if line is self.right else None
                words = (side or gettext("%(line)s (scale at the left)")) % {"line": line.label}
            yield sample(f"mean {name}", words)
