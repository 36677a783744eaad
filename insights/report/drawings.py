"""A report as its page shows it: the same contents, with its drawings as markup. The PDF has drawings of its own."""

from dataclasses import dataclass

from django.utils.translation import override

from insights import charts
from insights.charts.bands import Band, Period
from insights.charts.days import Days
from insights.charts.line import Line, LineChart
from insights.charts.markup import element
from insights.charts.surroundings import Surroundings, narrowest_plot
from insights.report.contents import Bands, Contents, Panel, Section


@dataclass(frozen=True)
class DrawnBlock:
    """A block with its `kind` for the template, and the markup of its drawing if it has one."""

    kind: str
    block: object
    markup: str = ""

    @property
    def rows(self) -> list[list[tuple[str, str]]]:
        """The cells of a table, each with the name of its column."""
        return [list(zip(self.block.header, row, strict=True)) for row in self.block.rows]


@dataclass(frozen=True)
class DrawnSection:
    key: str
    title: str
    blocks: tuple[DrawnBlock, ...]


@dataclass(frozen=True)
class DrawnReport:
    contents: Contents
    main: tuple[DrawnSection, ...]
    details: tuple[DrawnSection, ...]


def drawn(contents: Contents) -> DrawnReport:
    """In the language of the report, whatever that of the page is."""
    with override(contents.language):
        main, details = (
            tuple(drawn_section(section) for section in sections)
            for sections in (contents.main_sections, contents.details)
        )
    return DrawnReport(contents, main, details)


def drawn_section(section: Section) -> DrawnSection:
    blocks = (drawn_block(f"{section.key}-{number}", block) for number, block in enumerate(section.blocks))
    return DrawnSection(section.key, section.title, tuple(blocks))


def drawn_block(key: str, block) -> DrawnBlock:
    match block:
        case Panel():
            markup = panel_chart(key, block)
        case Bands():
            markup = bands_chart(key, block)
        case _:
            markup = ""
    return DrawnBlock(block.KIND, block, markup)


def panel_chart(key: str, panel: Panel) -> str:
    """Dots for days, or for weeks in their middle."""
    values, ranges = [None] * panel.axis.days, [None] * panel.axis.days
    for point in panel.points:
        middle = (panel.axis.position(point.first) + panel.axis.position(point.last)) // 2
        values[middle] = point.value
        ranges[middle] = (point.least, point.most) if panel.is_weekly else None
    scale = charts.Scale(panel.least, panel.most, (panel.end_low, panel.end_high), is_flipped=panel.is_flipped)
    line = Line(panel.title, scale, values, mean=panel.means, ranges=ranges)
    marks = [charts.Mark(mark.date, mark.label, mark.days) for mark in panel.marks]
    chart = LineChart(
        key,
        panel.title,
        " ".join((*panel.sentences, panel.note)),
        panel.axis.first,
        panel.axis.last,
        [line],
        marks=marks,
    )
    return chart.markup


def bands_chart(key: str, block: Bands) -> str:
    """The bands of doses over the days, without a plot."""
    days = Days(block.axis.first, block.axis.last)
    bands = (
        Band(track.label, [Period(band.label, band.first, band.last) for band in track.bands], track.missed).markup(
            f"{key}-{number}", days
        )
        for number, track in enumerate(block.tracks)
    )
    picture = {"class": "chart-picture", "role": "img", "aria-label": block.title, "aria-describedby": f"{key}-text"}
    return element(
        "div",
        {"class": "chart"},
        element(
            "div",
            picture,
            element("div", {"class": "chart-bands"}, *bands),
            Surroundings(days.first, days.last).days_below(narrowest_plot("", has_two_scales=False)),
        ),
        element("p", {"id": f"{key}-text", "class": "visually-hidden"}, " ".join(block.sentences)),
    )
