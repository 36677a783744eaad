"""Charts as they are written: what is drawn where, what is not drawn, and that nothing needs a style attribute."""

import datetime
import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from insights.charts import (
    SCORES,
    Band,
    Bar,
    Bars,
    Cell,
    Cells,
    Line,
    LineChart,
    Mark,
    Period,
    Row,
    Scale,
    scale_around,
    ticks,
)
from insights.charts.days import Days
from insights.charts.labels import GAP, WIDTHS, Label, are_apart, tiers

pytestmark = pytest.mark.once

FIRST = datetime.date(2026, 3, 1)
EVIL = '<b title="x">&"\''


def day(number: int) -> datetime.date:
    return FIRST + datetime.timedelta(days=number)


def chart(values, mean=(), days=None, **options) -> LineChart:
    line = Line("Focus", SCORES, values, mean, options.pop("recalled", ()))
    last = day((days or len(values)) - 1)
    return LineChart("focus", "Focus", "Mostly 5", FIRST, last, [line], **options)


def tree(markup: str) -> ElementTree.Element:
    """The markup as elements. It has to be well-formed."""
    return ElementTree.fromstring(markup)  # noqa: S314


def drawn(markup: str, css_class: str) -> list[ElementTree.Element]:
    """The elements with all of these classes."""
    wanted = set(css_class.split())
    return [each for each in tree(markup).iter() if wanted <= {*each.get("class", "").split()}]


def path(markup: str, css_class: str) -> str:
    return absolute("".join(each.get("d") for each in drawn(markup, css_class)))


def absolute(path: str) -> str:
    """A path with the places of its relative moves and lines."""
    x = y = Decimal(0)
    found = ""
    for command, numbers in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", path):
        if command in "ml":
            dx, dy = map(Decimal, numbers.split())
            x, y = x + dx, y + dy
            numbers = f"{x.normalize():f} {y.normalize():f}"
        found += f"{command.upper() if command in 'ml' else command}{numbers}"
    return found


def test_a_value_is_a_dot_at_the_middle_of_its_day_and_none_is_nothing():
    markup = chart([1, None, 10, 5.5]).markup

    assert path(markup, "dots line-1") == "M125 100h0M625 0h0M875 50h0"


def test_the_mean_breaks_at_each_gap_and_a_single_value_is_a_dot():
    markup = chart([None] * 8, mean=[1, 10, None, None, 1, None, 10, 10]).markup

    assert path(markup, "mean line-1") == "M62.5 100L187.5 0M562.5 100h0M812.5 0L937.5 0"


def test_weeks_are_drawn_at_their_middle_and_the_last_may_be_shorter():
    markup = chart([10, 10, 10], days=15, step=7).markup

    assert path(markup, "dots") == "M233.3 0h0M700 0h0M966.7 0h0"


def test_what_was_answered_later_is_a_ring_and_the_legend_says_so():
    markup = chart([10, 1], recalled=[False, True]).markup

    assert absolute(drawn(markup, "holes")[0].get("d")) == "M750 100h0"
    assert "answered later" in markup
    assert "answered later" not in chart([10, 1]).markup


def test_a_flipped_scale_has_its_low_end_at_the_top():
    scale = Scale(1, 10, ("calm", "very anxious"), is_flipped=True)

    assert (scale.share(1), scale.share(10), scale.ends) == (1, 0, ("very anxious", "calm"))


def test_doses_are_bands_with_a_step_where_they_change_and_ticks_below():
    band = Band(
        "Concerta",
        [Period("18 mg", day(-9), day(4)), Period("27 mg", day(5), day(9)), Period("36 mg", day(10), day(40))],
        missed=[day(2), day(99)],
        late=[day(7)],
    )
    markup = chart([None] * 10, bands=[band]).markup

    assert [(rect.get("x"), rect.get("width")) for rect in drawn(markup, "dose")] == [("0%", "50%"), ("50%", "50%")]
    assert [text.text for text in drawn(markup, "chart-band")[0].iter("text")] == ["18 mg", "27 mg"]
    assert [step.get("x1") for step in tree(drawn_in(markup, "chart-band")).iter("line")] == ["50%"]
    patterns = [rect.get("fill") for rect in tree(markup).iter("rect") if rect.get("fill")]
    assert patterns == ["url(#focus-b0-p0)", "url(#focus-b0-p1)"]
    assert path(drawn_in(markup, "chart-plot"), "step") == "M500 0v100"
    assert path(drawn_in(markup, "chart-ticks"), "missed") == "M250.0 0v10"
    assert path(drawn_in(markup, "chart-ticks"), "late") == "M750.0 0v5"
    assert "dose missed" in markup and "dose late" in markup


def test_doses_are_in_the_legend_for_screen_readers_and_seen_there_where_the_band_has_no_room():
    wide = Band("Concerta", [Period("18 mg", day(0), day(44)), Period("27 mg", day(45), day(89))])
    narrow = Band(
        "Ritalin", [Period("5 mg", day(-9), day(4)), Period("10 mg", day(5), day(9)), Period("", day(10), day(20))]
    )
    many = Band("Other", [Period(f"{number} mg", day(number), day(number)) for number in range(20)])

    markup = chart([None] * 90, bands=[wide, narrow, many]).markup

    hidden = '<li class="visually-hidden">'
    assert f"{hidden}Concerta: 18 mg, Mar 1 – Apr 14; 27 mg, Apr 15 – May 29</li>" in markup
    assert "<li>Ritalin: 5 mg, Mar 1 – Mar 5; 10 mg, Mar 6 – Mar 10</li>" in markup
    assert "7 mg, Mar 8; and 12 more</li>" in markup
    over_years = chart([None] * 400, bands=[Band("Concerta", [Period("18 mg", day(0), day(399))])], days=400).markup
    assert f"{hidden}Concerta: 18 mg, Mar 1, 2026 – Apr 4, 2027</li>" in over_years


def drawn_in(markup: str, css_class: str) -> str:
    return "".join(ElementTree.tostring(each, encoding="unicode") for each in drawn(markup, css_class))


def test_a_band_that_ended_before_the_period_is_not_drawn():
    band = Band("Concerta", [Period("18 mg", day(-9), day(-1))])

    assert "Concerta" not in chart([1, 2], bands=[band]).markup


def test_what_happened_is_an_upright_line_and_a_line_of_the_legend_in_the_order_of_days():
    marks = [Mark(day(3), "flu"), Mark(day(1), "new job"), Mark(day(30), "later")]
    markup = chart([None] * 4, marks=marks).markup

    assert path(drawn_in(markup, "chart-plot"), "event") == "M875 0v100M375 0v100"
    assert markup.index("Mar 2, 2026: new job") < markup.index("Mar 4, 2026: flu")
    assert "later" not in markup


def test_a_second_scale_says_which_line_is_its_own():
    hours = Line("Hours", Scale(0, 12), [6], [6])
    quality = Line("Quality", SCORES, [10], [10])
    markup = LineChart("sleep", "Sleep", "x", FIRST, FIRST, [hours], right=quality).markup

    assert path(markup, "dots line-right") == "M500 0h0"
    assert "Hours (scale at the left)" in markup and "Quality (scale at the right, dashed)" in markup


@pytest.mark.parametrize(
    "markup",
    [
        LineChart(
            "key", EVIL, EVIL, FIRST, FIRST,
            [Line(EVIL, Scale(1, 10, (EVIL, EVIL), EVIL), [1], [1])],
            right=Line(EVIL, SCORES, [1]),
            bands=[Band(EVIL, [Period(EVIL[:9], FIRST, FIRST)], [FIRST], [FIRST])],
            marks=[Mark(FIRST, EVIL)],
        ).markup,
        Bars("key", EVIL, SCORES, [Bar(EVIL, 3, EVIL, EVIL), Bar(EVIL, None, EVIL, EVIL)], (EVIL, EVIL, EVIL)).markup,
        Cells("key", EVIL, [EVIL], [Row(EVIL, EVIL[0], [Cell("score-1", EVIL, EVIL, "/x/", True, True), None])]).markup,
    ],
    ids=["line", "bars", "cells"],
)  # fmt: skip
def test_texts_are_escaped_and_no_style_is_inline(markup):
    root = tree(markup)

    assert "<b" not in markup and "style=" not in markup and "nan" not in re.split(r"[^a-z]", markup.lower())
    ids = re.findall(r' id="([^"]*)"', markup)
    assert len(ids) == len({*ids}) and all(each.startswith("key") for each in ids)
    pictures = [each for each in root.iter() if each.get("role") == "img"]
    assert all(EVIL in picture.get("aria-label") for picture in pictures)
    described = [picture.get("aria-describedby") for picture in pictures]
    assert {*filter(None, described)} <= {*ids}
    hidden = [each for each in root.iter("svg") if each.get("aria-hidden") or each.get("role") == "img"]
    assert hidden or pictures or 'role="table"' in markup


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1, 10, [1, 4, 7, 10]),
        (0, 12, [0, 4, 8, 12]),
        (0, 180, [0, 60, 120, 180]),
        (0, 1, [0, 0.5, 1]),
        (0.5, 2.25, [0.5, 1, 1.5, 2.25]),
        (-3, 3, [-3, -1, 1, 3]),
    ],
)
def test_an_axis_has_both_its_ends_and_round_numbers_between(low, high, expected):
    assert ticks(Scale(low, high)) == expected


@pytest.mark.parametrize("values", [[], [None], [0], [72.5] * 3, [-1e9, 1e9], [Decimal("0.001"), Decimal("0.002")]])
@pytest.mark.parametrize("bounds", [(None, None), (0, None), (None, 100), (0, 100)])
def test_a_scale_of_any_numbers_has_a_length_and_holds_what_is_within_its_bounds(values, bounds):
    least, most = bounds
    scale = scale_around(values, least, most)

    assert scale.low < scale.high
    assert least is None or scale.low >= least
    assert most is None or scale.high <= most
    given = [float(value) for value in values if value is not None]
    assert all(
        scale.low <= value <= scale.high
        for value in given
        if not (most == 100 and value > 100 or least == 0 and value < 0)
    )
    assert all(0 <= scale.share(value) <= 1 for value in given)
    assert ticks(scale) == sorted({*ticks(scale)})


@pytest.mark.parametrize(
    ("values", "bounds", "expected"),
    [
        ([0, 4], (0, 50), (0, 4)),  # cups of coffee
        ([71.2, 74], (20, 400), (71, 74)),
        ([0, 20], (0, 50), (0, 50)),
        ([99, 100], (0, 100), (99, 100)),
        ([], (0, 50), (0, 50)),
    ],
)
def test_a_scale_between_far_bounds_is_about_the_numbers_within_them(values, bounds, expected):
    scale = scale_around(values, *bounds)

    assert (scale.low, scale.high) == expected


@pytest.mark.parametrize("days", [1, 2, 7, 30, 62, 63, 90, 200, 366, 367, 800, 3650, 400_000])
@pytest.mark.parametrize("first", [FIRST, datetime.date(2025, 12, 31)])
@pytest.mark.parametrize("narrowest", [WIDTHS[0], 9.25])
def test_labels_of_days_never_reach_one_another_at_any_width(days, first, narrowest):
    axis = Days(first, first + datetime.timedelta(days=days - 1))
    found = tiers(axis.ends, axis.between, narrowest)
    low_end = [] if are_apart(axis.ends, narrowest) else [axis.ends[-1]]  # on a line of its own

    for tier, width in enumerate((narrowest, *WIDTHS[1:])):
        shown = axis.ends + [
            label for label, each in zip(axis.between, found, strict=True) if each is not None and each <= tier
        ]
        reaches = sorted(label.reach(width) for label in shown if label not in low_end)
        assert all(end + GAP <= start for (_, end), (start, _) in zip(reaches, reaches[1:], strict=False))
        assert all(start >= -3 and end <= width + 3 for start, end in reaches)


def test_a_wide_axis_has_more_labels_at_even_distances():
    labels = [Label(number / 12, "May") for number in range(1, 12)]
    found = tiers([], labels)

    shown = [[number for number, tier in enumerate(found) if tier is not None and tier <= most] for most in range(3)]
    assert shown[2] == [*range(11)]
    assert 0 < len(shown[0]) < len(shown[1]) <= len(shown[2])
    for numbers in shown:
        assert len({b - a for a, b in zip(numbers, numbers[1:], strict=False)}) <= 1


def test_ten_years_of_weeks_and_a_year_of_days_are_small():
    year = [number % 10 + 1 for number in range(365)]

    assert len(chart(year, mean=year).markup) < 15_000
    assert len(chart([5] * 522, mean=[5] * 522, days=3650, step=7).markup) < 20_000
