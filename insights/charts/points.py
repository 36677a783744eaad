"""A chart over an amount, such as hours: a pale dot for each value, and medians with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from insights.charts.labels import END, MIDDLE, START, Label, class_of, tiers
from insights.charts.markup import element, joined, number, percent
from insights.charts.paths import HEIGHT, WIDTH, dotted, grid
from insights.charts.scales import Scale
from insights.charts.surroundings import STRETCHED, axis, axis_class


@dataclass(frozen=True, slots=True)
class Median:
    """A median of the values around `at`, and the interval that it may lie in."""

    at: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PointChart:
    """`points`: pairs of a place on `across` and a value on `scale`. `across` has a unit, and a label every `step`."""

    key: str
    title: str
    description: str
    scale: Scale
    across: Scale
    points: Sequence[tuple[float, float]]
    medians: Sequence[Median]
    step: int = 1

    @property
    def markup(self) -> SafeString:
        picture = {"class": "chart-picture", "role": "img", "aria-label": self.title}
        description = {"id": f"{self.key}-description", "class": "visually-hidden"}
        parts = [
            element("div", {"class": "chart-bands"}),  # None: the plot is in the row that it has below bands.
            element("div", {"class": "chart-top"}, element("span", {}, self.scale.ends[1])),
            element("svg", {"class": "chart-left"}, axis(self.scale, "100%", "end")),
            element("svg", {"class": "chart-plot"} | STRETCHED, *self.plotted()),
            element("div", {"class": "chart-bottom"}, element("span", {}, self.scale.ends[0])),
            element("svg", {"class": "chart-days"}, *self.labels()),
            element("p", {"class": "chart-across"}, self.across.unit),
        ]
        return element(
            "div",
            {"class": f"chart{axis_class(self.scale)}"},
            element("div", picture | {"aria-describedby": description["id"]}, *parts),
            element("p", description, self.description),
            self.legend(),
        )

    def plotted(self):
        """What is in the plot, from the back to the front. The ring around a median keeps it apart from the dots."""
        yield element("path", {"class": "grid", "d": grid(self.scale)})
        yield element("path", {"class": "dots line-1", "d": dotted(self.place(*point) for point in self.points)})
        intervals = (self.upright(each) for each in self.medians)
        yield element("path", {"class": "interval of-median", "d": "".join(intervals)})
        medians = dotted(self.place(each.at, each.value) for each in self.medians)
        yield element("path", {"class": "around", "d": medians})
        yield element("path", {"class": "median", "d": medians})

    def place(self, at: float, value: float) -> tuple[int, int]:
        """In tenths of a unit of the plot."""
        return round(10 * WIDTH * self.across.share(at)), round(10 * HEIGHT * (1 - self.scale.share(value)))

    def upright(self, median: Median) -> str:
        ends = (number(HEIGHT * (1 - self.scale.share(value))) for value in (median.low, median.high))
        return f"M{number(WIDTH * self.across.share(median.at))} {'V'.join(ends)}"

    def labels(self):
        """The numbers below the plot, of which a narrow one has fewer."""
        low, high = int(self.across.low), int(self.across.high)
        places = [*range(low, high, self.step), high]
        anchors = {low: START, high: END}
        found = [
            Label(self.across.share(each), self.across.in_words(each), anchors.get(each, MIDDLE)) for each in places
        ]
        ends, between = [found[0], found[-1]], found[1:-1]
        for label, tier in [*((end, 0) for end in ends), *zip(between, tiers(ends, between), strict=True)]:
            if tier is not None:
                place = {"class": class_of(tier), "x": percent(label.share), "y": "1em", "text-anchor": label.anchor}
                yield element("text", place, label.text)

    def legend(self) -> SafeString:
        middle = f"M{WIDTH / 2:.0f} {HEIGHT / 2:.0f}h0"
        samples = [
            (gettext("an answer"), [("dots line-1", middle)]),
            (
                gettext("median, and its interval"),
                [("interval of-median", f"M{WIDTH / 2:.0f} 0V{HEIGHT}"), ("around", middle), ("median", middle)],
            ),
        ]
        return element("ul", {"class": "chart-legend"}, *(sample(*each) for each in samples))


def sample(words: str, drawings: Sequence[tuple[str, str]]) -> SafeString:
    """An entry of the legend."""
    paths = joined(element("path", {"class": name, "d": drawing}) for name, drawing in drawings)
    return element("li", {}, element("svg", STRETCHED | {"aria-hidden": "true"}, paths), element("span", {}, words))
