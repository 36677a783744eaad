"""A difference: the single days it is seen in as faint dots, and below them one dot with its interval.

The dots show how much days vary anyway; beside an interval alone, a difference looks larger than it is. Days of a yes
or no stand in two columns; days of an amount stand where their amount is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from insights.charts.labels import END, START, WIDTHS, Label, are_apart
from insights.charts.markup import EMPTY, element, joined, number, percent
from insights.charts.paths import FEW, HEIGHT, WIDTH, dotted, grid
from insights.charts.scales import Scale, in_words, scale_around, ticks
from insights.charts.surroundings import LONG_AXIS, STRETCHED, axis, axis_class

MOST_DOTS = 240
# Multiples of these, modulo 1, are spread evenly over a square, in an order without a pattern.
ASIDE, UP = 0.7548776662, 0.5698402910
# Where the columns of a yes or no are, and how far their dots spread, in shares of the width.
COLUMNS, SPREAD = (0.25, 0.75), 0.17
# How far the dots of whole numbers spread, so that equal days do not hide each other: shares of the width and height.
NUDGE = 0.015, 0.035


@dataclass(frozen=True, slots=True)
class DifferenceChart:
    """`points`: the exposure and the outcome of each day. `scale` is that of the outcome.

    `columns`: the words of days without and with the exposure, if it is a yes or no. Else `across` is the scale of
    the exposure. `value`, `low` and `high` are the difference and its interval; `words` stand at both ends of their
    axis, and `middle` at 0; the axis reaches to `least_reach` at least. `description` is for those who do not see it.
    """

    key: str
    title: str
    description: str
    points: Sequence[tuple[float, float]]
    scale: Scale
    value: float
    low: float
    high: float
    words: tuple[str, str]
    middle: str
    columns: tuple[str, str] | None = None
    across: Scale = field(default=Scale(0, 1))
    least_reach: float = 0

    @property
    def markup(self) -> SafeString:
        picture = {"class": "chart-picture", "role": "img", "aria-label": self.title}
        described = {"aria-describedby": f"{self.key}-description"}
        description = {"id": f"{self.key}-description", "class": "visually-hidden"}
        width = axis_class(self.scale)
        parts = [*(self.days(width) if self.points else ()), *self.difference()]
        return element(
            "div",
            {"class": f"chart difference{width}"},
            element("div", picture | described, *parts),
            element("p", description, self.description),
        )

    def days(self, width: str):
        """The single days."""
        left = ("0", "start") if width == LONG_AXIS else ("100%", "end")
        low, high = self.scale.ends
        yield element("div", {"class": "chart-top"}, element("span", {}, high))
        yield element("svg", {"class": "chart-left"}, axis(self.scale, *left))
        few = " few" if len(self.points) <= FEW else ""
        yield element(
            "svg",
            {"class": "chart-plot"} | STRETCHED,
            element("path", {"class": "grid", "d": grid(self.scale)}),
            element("path", {"class": f"dots line-1{few}", "d": dotted(self.places())}),
        )
        yield element("div", {"class": "chart-bottom"}, element("span", {}, low)) if low else EMPTY
        yield self.axis_across()

    def places(self) -> list[tuple[int, int]]:
        """Where the days are, in tenths of a unit, thinned to MOST_DOTS. The same days always have the same places."""
        stride = -(-len(self.points) // MOST_DOTS) or 1
        found = []
        for each, (exposure, outcome) in enumerate(self.points[::stride], 1):
            aside, up = each * ASIDE % 1 * 2 - 1, each * UP % 1 * 2 - 1
            if self.columns:
                share = COLUMNS[exposure > 0.5] + aside * SPREAD
            else:
                share = 0.01 + 0.98 * self.across.share(exposure) + aside * NUDGE[0]
            height = 1 - self.scale.share(outcome) + up * NUDGE[1]
            found.append((round(10 * WIDTH * min(max(share, 0), 1)), round(10 * HEIGHT * min(max(height, 0), 1))))
        return found

    def axis_across(self) -> SafeString:
        """What the columns are, or the amounts."""
        if self.columns:
            # Words of any length: they wrap, each below its column.
            words = (element("span", {}, word) for word in self.columns)
            return element("div", {"class": "difference-columns"}, *words)
        return element("svg", {"class": "chart-days"}, joined(across_labels(self.across)))

    def difference(self):
        """The dot and its interval, on an axis around 0 that is as long to both sides."""
        reach = self.reach
        scale = Scale(-reach, reach)
        low, dot, high = (WIDTH * scale.share(each) for each in (self.low, self.value, self.high))
        middle = HEIGHT / 2
        yield element(
            "svg",
            {"class": "difference-plot"} | STRETCHED,
            element("path", {"class": "grid", "d": f"M0 {number(middle)}h{WIDTH}"}),
            element("path", {"class": "step", "d": f"M{number(WIDTH / 2)} 0v{HEIGHT}"}),
            element("path", {"class": "interval", "d": f"M{number(low)} {number(middle)}H{number(high)}"}),
            element("path", {"class": "estimate", "d": f"M{number(dot)} {number(middle)}h0"}),
        )
        # As text of the page, which wraps: words of any length are below their place of the axis.
        low_end, high_end = (f"{in_words(reach)} {word}" for word in self.words)
        labels = (element("span", {}, text) for text in (low_end, self.middle, high_end))
        yield element("div", {"class": "difference-axis"}, *labels)

    @property
    def reach(self) -> float:
        """How far the axis of the difference goes to both sides: a round number that the interval is within."""
        return max(self.least_reach, scale_around([0, 1.1 * max(abs(self.low), abs(self.high))], least=0).high)


def across_labels(scale: Scale):
    """The numbers of the axis of amounts."""
    found = [Label(0.01 + 0.98 * scale.share(value), scale.in_words(value)) for value in ticks(scale)]
    # The ends are written inwards.
    found[0], found[-1] = Label(0, found[0].text, START), Label(1, found[-1].text, END)
    if not are_apart(found, WIDTHS[0]):
        found = [found[0], found[-1]]
    for label in found:
        yield element("text", {"x": percent(label.share), "y": "1em", "text-anchor": label.anchor}, label.text)
