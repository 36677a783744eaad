"""One row of days, such as those on which a dose was taken: each state has a look of its own, also without colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.safestring import SafeString

from insights.charts.bands import patterns
from insights.charts.markup import EMPTY, element

# How a day looks. What a state means is for the caller to say.
FULL, HALF, HATCHED, EMPTY_BOX, NOTHING = "full", "half", "hatched", "empty", "nothing"


@dataclass(frozen=True, slots=True)
class Strip:
    """One look for each day, in order. `legend` has the words for each look that is explained."""

    key: str
    title: str
    description: str
    looks: Sequence[str]
    legend: dict[str, str]

    @property
    def markup(self) -> SafeString:
        picture = {"class": "chart-strip", "role": "img", "aria-label": f"{self.title}: {self.description}"}
        count = len(self.looks)
        boxes, at = [], 0
        for look, group in groupby(self.looks):
            length = len(list(group))
            boxes += [box(self.key, look, f"{100 * at / count:.3f}%", f"{100 * length / count:.3f}%")]
            at += length
        items = (
            element("li", {}, element("svg", {"aria-hidden": "true"}, box(self.key, look, "0", "100%")), words)
            for look, words in self.legend.items()
        )
        drawing = element("svg", picture, patterns(self.key), *boxes)
        legend = element("ul", {"class": "chart-legend"}, *items) if self.legend else EMPTY
        return element("div", {"class": "chart"}, drawing, legend)


def box(key: str, look: str, at: str, width: str) -> SafeString:
    """Days in a row that look alike."""
    place = {"x": at, "width": width, "height": "100%"}
    if look == NOTHING:
        return EMPTY
    if look == HALF:
        place |= {"y": "50%", "height": "50%"}
    drawn = element("rect", {"class": f"day {look}"} | place)
    return drawn + element("rect", {"fill": f"url(#{key}-p1)"} | place) if look == HATCHED else drawn
