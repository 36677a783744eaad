"""A number for each of a few names, such as weekdays: a table, in which a bar stands beside each number."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from insights.charts.markup import EMPTY, element, percent
from insights.charts.scales import Scale


@dataclass(frozen=True, slots=True)
class Bar:
    """A name, its number or None, the number in words, and the number of days that it is of."""

    label: str
    value: float | None
    text: str
    count: str


@dataclass(frozen=True, slots=True)
class Bars:
    """`columns` are the headings of names, numbers and counts. Bars begin where the scale does."""

    key: str
    title: str
    scale: Scale
    bars: Sequence[Bar]
    columns: tuple[str, str, str]

    @property
    def markup(self) -> SafeString:
        head = element("tr", {}, *(element("th", {"scope": "col"}, column) for column in self.columns))
        rows = (
            element(
                "tr",
                {},
                element("th", {"scope": "row"}, bar.label),
                element("td", {}, element("span", {}, bar.text), self.drawn(bar)),
                element("td", {}, bar.count),
            )
            for bar in self.bars
        )
        caption = element("caption", {}, self.title)
        return element(
            "table",
            {"class": "chart-bars", "id": self.key},
            caption,
            element("thead", {}, head),
            element("tbody", {}, *rows),
        )

    def drawn(self, bar: Bar) -> SafeString:
        """The bar on a track as long as the scale."""
        track = element("rect", {"class": "track", "width": "100%", "height": "100%"})
        fill = EMPTY
        if bar.value is not None:
            fill = element("rect", {"class": "bar", "width": percent(self.scale.share(bar.value)), "height": "100%"})
        return element("svg", {"aria-hidden": "true"}, track, fill)
