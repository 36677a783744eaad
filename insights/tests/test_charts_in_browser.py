"""Charts in a browser: no label reaches another one or the edge of the screen, on any screen and with large text."""

import datetime

import pytest

from brainlog.bundles import BUNDLES
from insights.charts import Band, Bar, Bars, DifferenceChart, Line, LineChart, Mark, Period, Scale

pytestmark = pytest.mark.once

LAST = datetime.date(2026, 11, 30)
# 40 % longer than the words of the built-in questions.
WORDS = ("zerstreut und überall zugleich", "außerordentlich aufmerksam")

OVERLAPS = """() => {
    const problems = [];
    for (const svg of document.querySelectorAll(".chart svg")) {
        const texts = [...svg.querySelectorAll("text")].filter((text) => text.checkVisibility());
        const boxes = texts.map((text) => [text.getBoundingClientRect(), text.textContent]);
        for (const [box, text] of boxes) {
            if (box.left < 0 || box.right > innerWidth) problems.push(`${text} goes from ${box.left} to ${box.right}`);
            for (const [other, words] of boxes) {
                const isBeside = box.right <= other.left || other.right <= box.left;
                const isBelow = box.bottom <= other.top + 4 || other.bottom <= box.top + 4;
                if (box !== other && !isBeside && !isBelow) problems.push(`${text} and ${words}`);
            }
        }
    }
    const width = document.documentElement.scrollWidth;
    return width > innerWidth ? [...problems, `${width} px wide`] : problems;
}"""


def chart(key: str, days: int, step: int = 1, **options) -> str:
    first = LAST - datetime.timedelta(days=days - 1)
    values = [1 + number % 10 for number in range(-(-days // step))]
    line = Line(key, options.pop("scale", Scale(1, 10, WORDS)), values, values)
    period = {"first": first, "last": LAST, "step": step}
    return LineChart(key, key, key, lines=[line], **period, **options).markup


def difference(key: str, **options) -> str:
    points = [(float(number % 12), float(1 + number % 10)) for number in range(90)]
    words = {"words": ("niedriger", "unwesentlich höher"), "middle": "überhaupt kein Unterschied"}
    numbers = {"points": points, "scale": Scale(1, 10, WORDS), "value": 0.8, "low": -0.2, "high": 1.8}
    return DifferenceChart(key, key, key, **numbers, **words, **options).markup


def charts() -> str:
    def day(number):
        return LAST - datetime.timedelta(days=number)

    doses = [Period(f"{number} mg", day(90 - 9 * number), day(82 - 9 * number)) for number in range(9)]
    bands = [Band("Concerta", doses), Band("Melatonin " * 5, [Period("100 mg zum Essen", day(60), day(0))])]
    several = [chart(f"d{days}", days) for days in (1, 2, 30, 62, 63, 200, 365, 366)]
    return "".join(
        [
            *several,
            chart("years", 3650, step=7),
            chart("doses", 90, bands=bands, marks=[Mark(day(20), "Umzug " * 20)]),
            chart("steps", 90, scale=Scale(0, 12_500_000, ("", ""), "Schritte")),
            chart("metres", 400, scale=Scale(0, 8_000, ("", ""), "Meter")),
            *(
                chart(f"sleep{days}", days, scale=Scale(0, 12), right=Line("Schlaf", Scale(1, 10, WORDS), [5] * days))
                for days in (62, 200, 400)
            ),
            chart("sleep", 90, scale=Scale(0, 12), right=Line("Schlafqualität", Scale(1, 10, WORDS), [5] * 90)),
            difference("with-and-without", columns=("Tage ohne Unternehmungen", "Tage mit Unternehmungen")),
            difference("amounts", across=Scale(0, 12, write=lambda value: f"{value:g} Stunden")),
            Bars(
                "bars", "Tage", Scale(1, 10), [Bar("Donnerstag", 5, "5,0", "12 von 13")], ("Tag", "Mittel", "Tage")
            ).markup,
        ]
    )


@pytest.mark.parametrize("text_size", ["100%", "150%"])
def test_no_label_reaches_another_one(page, text_size):
    page.set_content(f"<style>{BUNDLES['brainlog.css']()}</style><main><div class=card>{charts()}</div></main>")
    page.evaluate("size => { document.documentElement.style.fontSize = size }", text_size)

    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OVERLAPS) == [], width


LINES_OF_NUMBERS = """() => [...document.querySelectorAll(".chart-bars td")].map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell.querySelector("span") ?? cell);
    return new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size;
})"""


@pytest.mark.parametrize("text_size", ["100%", "150%"])
def test_numbers_beside_bars_stay_on_one_line(page, text_size):
    bars = [
        Bar("Evening: could you start what you meant to start?", 5, "5.25", "365"),
        Bar("Wednesday", 7, "7.5 hours", "9"),
    ]
    table = Bars("bars", "Through the day", Scale(1, 10), bars, ("Question", "On average", "Days")).markup
    style = f"<style>{BUNDLES['brainlog.css']()}</style>"
    page.set_content(f"{style}<main><div class=trends><div class=card>{table}</div></div></main>")
    page.evaluate("size => { document.documentElement.style.fontSize = size }", text_size)

    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert set(page.evaluate(LINES_OF_NUMBERS)) == {1}, width
