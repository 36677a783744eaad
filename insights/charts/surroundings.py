"""What charts of the same days have in common: the axis of days, doses above the plot, events, and their legend.

A page of many charts has it drawn once: see LineChart.markup_within().
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from insights.charts.bands import Band
from insights.charts.days import Days
from insights.charts.labels import NARROWEST_CHART, WIDTHS, are_apart, class_of, tiers
from insights.charts.markup import element, escaped, joined, percent
from insights.charts.paths import HEIGHT, WIDTH, uprights
from insights.charts.scales import Scale, ticks

RECALLED = "line-1"  # the dot that the legend shows with a hole
LONG_AXIS = " long-axis"
# The room of an axis by its class, in rem, as in static/css/charts.css; and that of the axis at the right.
ROOM = {"": 1.5, " medium-axis": 2.5, " wide-axis": 4.0, LONG_AXIS: 0.25}
NO_RIGHT_AXIS, RIGHT_AXIS = 0.25, 2.0
STRETCHED = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "none"}
KEY = "\N{INFORMATION SEPARATOR ONE}"  # stands for the key of a chart in what all charts have


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day, in words. `days`: its days in words, if they are more than this one."""

    date: datetime.date
    text: str
    days: str = ""

    @property
    def in_words(self) -> str:
        return f"{self.days or date_format(self.date)}: {self.text}"


@dataclass(frozen=True)
class Surroundings:
    """The days of charts, with the doses and events in them. Each part is drawn when a chart first needs it."""

    first: datetime.date
    last: datetime.date
    bands: Sequence[Band] = field(default=())
    marks: Sequence[Mark] = field(default=())
    names_events: bool = True  # in the legend of each chart; a page of many charts has them once
    axes: dict = field(default_factory=dict)  # those drawn, by their scale and place, or by the width of the plot

    @cached_property
    def days(self) -> Days:
        return Days(self.first, self.last)

    @cached_property
    def shown(self) -> list[Mark]:
        return [mark for mark in self.marks if self.first <= mark.date <= self.last]

    @cached_property
    def bands_of_any(self) -> SafeString:
        bands = (
            band.markup(f"{KEY}-b{each}", self.days) for each, band in enumerate(self.bands) if band.within(self.days)
        )
        return element("div", {"class": "chart-bands"}, *bands)

    def bands_of(self, key: str) -> SafeString:
        """Their patterns have ids, which begin with the key of the chart."""
        return mark_safe(self.bands_of_any.replace(KEY, escaped(key)))  # noqa: S308 (escaped)

    @cached_property
    def uprights(self) -> SafeString:
        """In the plot, a line where a dose changes and one for each event."""
        changes = sorted({day for band in self.bands for day in band.changes(self.days)})
        steps = uprights(self.days.start(day) for day in changes)
        events = uprights(self.days.middle(mark.date) for mark in self.shown)
        return joined(
            [element("path", {"class": "step", "d": steps}), element("path", {"class": "event", "d": events})]
        )

    def days_below(self, narrowest: float) -> SafeString:
        """The axis of days, below a plot that can be so narrow, in rem. Most charts have the same one."""
        if narrowest not in self.axes:
            lines = "" if are_apart(self.days.ends, narrowest) else " two-lines"
            self.axes[narrowest] = element("svg", {"class": f"chart-days{lines}"}, days_axis(self.days, narrowest))
        return self.axes[narrowest]

    @cached_property
    def legend_of_doses(self) -> list[SafeString]:
        """The doses with their days, and what the ticks below their bands mean."""
        # The picture is closed to screen readers: what stands in it is said here.
        items = [
            element("li", {"class": "visually-hidden" if band.is_written(self.days) else None}, words)
            for band in self.bands
            if (words := band.in_words(self.days))
        ]
        items += [
            sample(kind, words)
            for kind, words in (("missed", gettext("dose missed")), ("late", gettext("dose late")))
            if any(self.first <= day <= self.last for band in self.bands for day in getattr(band, kind))
        ]
        return items

    @cached_property
    def legend_of_events(self) -> list[SafeString]:
        return [sample("event", mark.in_words) for mark in self.in_order]

    def described(self, words: str) -> str:
        """The description of a chart, with the events in it where its legend does not name them."""
        if self.names_events or not self.shown:
            return words
        events = "; ".join(mark.in_words for mark in self.in_order)
        return gettext("%(description)s What happened: %(events)s.") % {"description": words, "events": events}

    @cached_property
    def in_order(self) -> list[Mark]:
        return sorted(self.shown, key=lambda mark: mark.date)

    def scale_axis(self, scale: Scale, at: str, anchor: str) -> SafeString:
        """The numbers beside a plot. Most charts have the same ones."""
        key = scale, at, anchor
        if key not in self.axes:
            self.axes[key] = axis(scale, at, anchor)
        return self.axes[key]


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


def narrowest_plot(width: str, *, has_two_scales: bool) -> float:
    """How narrow the plot beside an axis of this class can be, in rem."""
    return NARROWEST_CHART - ROOM[width] - (RIGHT_AXIS if has_two_scales else NO_RIGHT_AXIS)


def axis(scale: Scale, at: str, anchor: str) -> SafeString:
    """The numbers beside a plot."""
    place = {"x": at, "text-anchor": anchor, "dominant-baseline": "central"}
    return joined(
        element("text", place | {"y": percent(1 - scale.share(value))}, scale.in_words(value)) for value in ticks(scale)
    )


def days_axis(days: Days, narrowest: float = WIDTHS[0]) -> SafeString:
    """The labels below the plot. Where both ends of the period do not fit, the last one is a line lower."""
    ends, between = days.ends, days.between
    found = tiers(ends, between, narrowest)
    is_low = not are_apart(ends, narrowest)
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
