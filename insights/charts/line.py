"""A chart of values by day: a pale dot for each, a line for the mean, and doses and events over the same days."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from insights.charts.bands import Band
from insights.charts.days import Days
from insights.charts.labels import WIDTHS, are_apart, class_of, tiers
from insights.charts.markup import EMPTY, element, joined, number, percent
from insights.charts.scales import Scale, ticks

RECALLED = "line-1"  # the dot that the legend shows with a hole
LONG_AXIS = " long-axis"
FEW = 31  # dots, which are drawn larger
WIDTH, HEIGHT = 1000, 100  # units of the plot, which is stretched
STRETCHED = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "none"}


@dataclass(frozen=True, slots=True)
class Line:
    """A question's values, one for each step from the first day; None where there is none.

    `mean` is the line, of the same length, which breaks at None. `recalled` says which values were answered later.
    `ranges` are the least and the most that a value stands for, drawn as an upright through its dot.
    """

    label: str
    scale: Scale
    values: Sequence
    mean: Sequence = field(default=())
    recalled: Sequence[bool] = field(default=())
    ranges: Sequence[tuple | None] = field(default=())


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day, in words. `days`: its days in words, if they are more than this one."""

    date: datetime.date
    text: str
    days: str = ""


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
        days, scale = Days(self.first, self.last), self.lines[0].scale
        left = ("0", "start") if axis_class(scale) == LONG_AXIS else ("100%", "end")
        picture = {"class": "chart-picture", "role": "img", "aria-label": self.title}
        bands = (band.markup(f"{self.key}-b{each}", days) for each, band in enumerate(self.bands) if band.within(days))
        parts = [
            element("div", {"class": "chart-bands"}, *bands),
            self.ends_of(top=True),
            element("svg", {"class": "chart-left"}, axis(scale, *left)),
            element("svg", {"class": "chart-plot"} | STRETCHED, *self.drawn(days)),
            element("svg", {"class": "chart-right"}, axis(self.right.scale, "0", "start")) if self.right else EMPTY,
            self.ends_of(top=False),
            element(
                "svg",
                {"class": f"chart-days{'' if are_apart(days.ends, WIDTHS[0]) else ' two-lines'}"},
                days_axis(days),
            ),
        ]
        described = {"aria-describedby": f"{self.key}-description"}
        description = {"id": f"{self.key}-description", "class": "visually-hidden"}
        return element(
            "div",
            {"class": f"chart{' two-scales' if self.right else ''}{axis_class(scale)}"},
            element("div", picture | described, *parts),
            element("p", description, self.description),
            self.legend(days),
        )

    def drawn(self, days: Days):
        """What is in the plot, from the back to the front."""
        yield element("path", {"class": "grid", "d": grid(self.lines[0].scale)})
        changes = sorted({day for band in self.bands for day in band.changes(days)})
        yield element("path", {"class": "step", "d": uprights(days.start(day) for day in changes)})
        yield element("path", {"class": "event", "d": uprights(days.middle(mark.date) for mark in self.shown(days))})
        for name, line in self.named_lines():
            yield from dots(name, line, self.across(days))
        for name, line in self.named_lines():
            yield element("path", {"class": f"mean {name}", "d": path_of(line.mean, line.scale, self.across(days))})

    def named_lines(self):
        """Each line with its class."""
        yield from ((f"line-{each}", line) for each, line in enumerate(self.lines, 1))
        if self.right:
            yield "line-right", self.right

    def across(self, days: Days) -> Sequence[int]:
        """Where the value of each step is: at the middle of its days, of which the last step may have fewer."""
        return middles(days.count, self.step)

    def ends_of(self, *, top: bool) -> SafeString:
        """The words at one end of the scale, and at the right those of the second scale."""
        scales = [self.lines[0].scale, *([self.right.scale] if self.right else [])]
        words = [scale.ends[top] for scale in scales]
        kind = "chart-top" if top else "chart-bottom"
        return element("div", {"class": kind}, *(element("span", {}, word) for word in words))

    def shown(self, days: Days) -> list[Mark]:
        return [mark for mark in self.marks if days.first <= mark.date <= days.last]

    def legend(self, days: Days) -> SafeString:
        """What the lines and the ticks mean, and the events with their days."""
        several = len(self.lines) > 1 or self.right
        items = [*self.legend_of_lines()] if several else []
        # The picture is closed to screen readers: what stands in it is said here.
        items += [
            element("li", {"class": "visually-hidden" if band.is_written(days) else None}, words)
            for band in self.bands
            if (words := band.in_words(days))
        ]
        items += [
            sample(kind, words)
            for kind, words in (("missed", gettext("dose missed")), ("late", gettext("dose late")))
            if any(days.first <= day <= days.last for band in self.bands for day in getattr(band, kind))
        ]
        if any(any(line.recalled) for _name, line in self.named_lines()):
            items.append(sample(RECALLED, gettext("answered later")))
        items += [
            sample("event", f"{mark.days or date_format(mark.date)}: {mark.text}")
            for mark in sorted(self.shown(days), key=lambda mark: mark.date)
        ]
        return element("ul", {"class": "chart-legend"}, *items) if items else EMPTY

    def legend_of_lines(self):
        for name, line in self.named_lines():
            words = line.label
            if self.right:
                side = gettext("%(line)s (scale at the right, dashed)") if line is self.right else None
                words = (side or gettext("%(line)s (scale at the left)")) % {"line": line.label}
            yield sample(f"mean {name}", words)


def sample(kind: str, words: str) -> SafeString:
    """An entry of a legend, with a piece of what it is about."""
    if kind == RECALLED:
        dot = f"M{WIDTH / 2:.0f} {HEIGHT / 2:.0f}h0"
        drawings = [(f"dots few {RECALLED}", dot), ("holes few", dot)]
    elif kind.startswith("mean"):
        drawings = [(kind, f"M0 {HEIGHT / 2:.0f}H{WIDTH}")]
    else:
        drawings = [(kind, f"M{WIDTH / 2:.0f} 0V{HEIGHT / (2 if kind == 'late' else 1):.0f}")]
    paths = (element("path", {"class": name, "d": drawing}) for name, drawing in drawings)
    return element("li", {}, element("svg", STRETCHED | {"aria-hidden": "true"}, *paths), element("span", {}, words))


def axis_class(scale: Scale) -> str:
    """A class for an axis with long numbers: one of more room, or one over the plot."""
    longest = max(len(scale.in_words(value)) for value in ticks(scale))
    if longest > 7:
        return LONG_AXIS
    return " wide-axis" if longest > 4 else " medium-axis" if longest > 2 else ""


def axis(scale: Scale, at: str, anchor: str) -> SafeString:
    """The numbers beside a plot."""
    place = {"x": at, "text-anchor": anchor, "dominant-baseline": "central"}
    return joined(
        element("text", place | {"y": percent(1 - scale.share(value))}, scale.in_words(value)) for value in ticks(scale)
    )


def days_axis(days: Days) -> SafeString:
    """The labels below the plot. Where both ends of the period do not fit, the last one is a line lower."""
    ends, between = days.ends, days.between
    found = tiers(ends, between)
    is_low = not are_apart(ends, WIDTHS[0])
    return joined(
        element(
            "text",
            {
                "class": class_of(tier),
                "x": percent(label.share),
                "y": "2.4em" if is_low and label is ends[-1] else "1em",
                "text-anchor": label.anchor,
            },
            label.text,
        )
        for label, tier in [*((end, 0) for end in ends), *zip(between, found, strict=True)]
        if tier is not None
    )


def grid(scale: Scale) -> str:
    return "".join(f"M0 {number(HEIGHT * (1 - scale.share(value)))}h{WIDTH}" for value in ticks(scale))


def uprights(shares) -> str:
    """Lines over the whole height."""
    return "".join(f"M{number(WIDTH * share)} 0v{HEIGHT}" for share in shares)


@lru_cache(64)
def middles(count: int, step: int) -> Sequence[int]:
    """The middle of each step of so many days, in tenths of a unit. Charts of one page have the same ones."""
    starts = range(0, count, step)
    return [round(10 * WIDTH * (start + min(start + step, count)) / 2 / count) for start in starts]


@lru_cache(4096)
def tenths(number: int) -> str:
    """Tenths of a unit, as a coordinate."""
    return f"{number / 10:g}"


def points(values: Sequence, scale: Scale, across: Sequence[int]) -> list[tuple[int, int] | None]:
    """Where each value is in the plot, in tenths of a unit. Many are the same: each is computed once."""
    heights = {value: round(10 * HEIGHT * (1 - scale.share(value))) for value in {*values} - {None}}
    return [None if value is None else (x, heights[value]) for x, value in zip(across, values, strict=False)]


def path_of(values: Sequence, scale: Scale, across: Sequence[int]) -> str:
    """A line that breaks where there is no value. A value between two gaps is a dot.

    Places are relative to the one before: days are equally far apart, so that the page compresses to half of the size.
    """
    parts, is_open, before = [], False, (0, 0)
    found = points(values, scale, across)
    for each, point in enumerate(found):
        if point is None:
            is_open = False
            continue
        is_alone = not is_open and (each + 1 == len(found) or found[each + 1] is None)
        parts.append(f"{'l' if is_open else 'm'}{moved(before, point)}{'h0' if is_alone else ''}")
        is_open, before = True, point
    return "".join(parts)


def moved(before: tuple[int, int], point: tuple[int, int]) -> str:
    """From one place to another."""
    return f"{tenths(point[0] - before[0])} {tenths(point[1] - before[1])}"


def dots(name: str, line: Line, across: Sequence[int]):
    """A dot for each value, and a smaller one in it where it was answered later, so that it looks like a ring."""
    found = points(line.values, line.scale, across)
    recalled = [*line.recalled, *[False] * (len(found) - len(line.recalled))]
    few = " few" if sum(point is not None for point in found) <= FEW else ""
    if any(line.ranges):
        yield element("path", {"class": f"range {name}", "d": ranges_of(line, across)})
    yield element("path", {"class": f"dots {name}{few}", "d": dotted(found)})
    if rings := [point for point, is_recalled in zip(found, recalled, strict=False) if is_recalled and point]:
        yield element("path", {"class": f"holes{few}", "d": dotted(rings)})


def ranges_of(line: Line, across: Sequence[int]) -> str:
    ends = [points([found and found[end] for found in line.ranges], line.scale, across) for end in (0, 1)]
    pairs = ((low, high) for low, high in zip(*ends, strict=True) if low and high)
    return "".join(f"M{tenths(low[0])} {tenths(low[1])}V{tenths(high[1])}" for low, high in pairs)


def dotted(found: Sequence[tuple[int, int] | None]) -> str:
    """A stroke without length at each place."""
    places = [point for point in found if point]
    return "".join(f"m{moved(*pair)}h0" for pair in pairwise([(0, 0), *places]))
