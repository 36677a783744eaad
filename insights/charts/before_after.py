"""A chart of values by day before and after a change: pale dots, and one dot with its interval for the days after."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from insights.charts.line import LineChart
from insights.charts.markup import element, number
from insights.charts.paths import HEIGHT, WIDTH, Drawing, uprights
from insights.charts.surroundings import STRETCHED, Surroundings


@dataclass(frozen=True, slots=True)
class After:
    """From `day` on, values are at `value` where those before are at `before`; from `low` to `high` fits them too."""

    day: datetime.date
    before: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BeforeAfterChart(LineChart):
    """One line of dots. `after` is None where there is no difference to draw."""

    after: After | None = None

    def plotted(self, around: Surroundings, drawings: Sequence[tuple[str, Drawing]]):
        yield from LineChart.plotted(self, around, drawings)
        if self.after is None:
            return
        start = around.days.start(self.after.day)
        middle = number(WIDTH * (1 + start) / 2)
        yield element("path", {"class": "step", "d": uprights([start])})
        yield element("path", {"class": "level", "d": f"M0 {self.at(self.after.before)}H{WIDTH}"})
        interval = f"M{middle} {self.at(self.after.low)}V{self.at(self.after.high)}"
        yield element("path", {"class": "interval", "d": interval})
        yield element("path", {"class": "estimate", "d": f"M{middle} {self.at(self.after.value)}h0"})

    def at(self, value: float) -> str:
        return number(HEIGHT * (1 - self.lines[0].scale.share(value)))

    def legend(self, around: Surroundings, drawings: Sequence[tuple[str, Drawing]]) -> SafeString:
        """What the lines and the large dot mean, then the doses and events."""
        items = list(self.legend_of_change()) if self.after else []
        items += [*around.legend_of_doses, *around.legend_of_events]
        return element("ul", {"class": "chart-legend"}, *items)

    def legend_of_change(self):
        middle = number(WIDTH / 2)
        samples = [
            (gettext("one day"), [("dots few line-1", f"M{middle} {HEIGHT / 2:.0f}h0")]),
            (gettext("mean of the days before"), [("level", f"M0 {HEIGHT / 2:.0f}H{WIDTH}")]),
            (
                gettext("where the days after are, and what else fits"),
                [("interval", f"M{middle} 0V{HEIGHT}"), ("estimate", f"M{middle} {HEIGHT / 2:.0f}h0")],
            ),
        ]
        for words, drawings in samples:
            paths = (element("path", {"class": name, "d": drawing}) for name, drawing in drawings)
            drawn = element("svg", STRETCHED | {"aria-hidden": "true"}, *paths)
            yield element("li", {}, drawn, element("span", {}, words))
