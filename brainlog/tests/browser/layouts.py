"""Screens and settings that every page is looked at with, and what can be wrong with it there."""

from dataclasses import dataclass

from playwright.sync_api import Page

PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 568}
SMALL_PHONE_ON_ITS_SIDE = {"width": 568, "height": 320}
WIDE = {"width": 1280, "height": 800}
WIDE_AT_200_PERCENT = {"width": 640, "height": 400}
PHONE_AT_200_PERCENT = {"width": 195, "height": 422}


@dataclass(frozen=True)
class Layout:
    name: str
    screen: dict
    text_size: str = ""  # of the root: what a person sets in the browser, such as 150%
    has_forced_colors: bool = False


# The short form of the test looks at each page with one of the two in turn, and in forced colours.
IN_TURN = [
    Layout("on a small phone", SMALL_PHONE),
    Layout("with large text on a small phone", SMALL_PHONE, "150%"),
]
IN_FORCED_COLORS = Layout("in forced colours", PHONE, has_forced_colors=True)
LAYOUTS = [
    *IN_TURN,
    IN_FORCED_COLORS,
    Layout("with large text", PHONE, "150%"),
    Layout("on a small phone on its side", SMALL_PHONE_ON_ITS_SIDE),
    Layout("at 200 % zoom", WIDE_AT_200_PERCENT),
    Layout("at 200 % zoom on a phone", PHONE_AT_200_PERCENT),
]

# What a person cannot read or reach: text and controls beyond the sides of the screen, text that is wider than its
# box or cut off by it, and bars that stay in place and cover more than a quarter of the screen.
OUT_OF_SIGHT = """() => {
    const {clientWidth: width, clientHeight: height, scrollWidth} = document.documentElement;
    const problems = scrollWidth > width ? [`${scrollWidth} px wide on a screen of ${width}`] : [];
    const report = (problem, {outerHTML}) => problems.push(`${problem}: ${outerHTML.slice(0, 150)}`);
    let covered = 0;
    // A modal dialog is all that can be seen and reached.
    const shown = document.querySelector("dialog:modal") ?? document.body;
    for (const element of shown.querySelectorAll("*")) {
        if (!element.checkVisibility({visibilityProperty: true})) continue;
        if (element.closest(".skip, .visually-hidden, svg")) continue;
        const {position, display, overflowY, clipPath} = getComputedStyle(element);
        const {left, right, width: ownWidth, height: ownHeight} = element.getBoundingClientRect();
        if (ownWidth <= 1 || clipPath !== "none") continue;
        if (["fixed", "sticky"].includes(position)) covered += ownHeight;
        const hasText = [...element.childNodes].some(({nodeType, data}) => nodeType === Node.TEXT_NODE && data.trim());
        if (!hasText && !element.matches("input, select, textarea, button, a, img")) continue;
        const {scrollWidth, clientWidth, scrollHeight, clientHeight} = element;
        if (left < -1 || right > width + 1) report(`from ${left} to ${right} on a screen of ${width} px`, element);
        if (!hasText || display === "inline" || element.matches("textarea, select, option")) continue;
        if (scrollWidth > clientWidth + 1) report(`${scrollWidth} px of text in ${clientWidth}`, element);
        if (overflowY !== "visible" && scrollHeight > clientHeight + 1) report("cut off below", element);
    }
    for (const table of document.querySelectorAll("table")) {
        const around = table.parentElement;
        const end = around.getBoundingClientRect().right - parseFloat(getComputedStyle(around).paddingRight);
        if (table.getBoundingClientRect().right > end + 2) report("wider than what is around it", table);
    }
    if (covered > height / 4) problems.push(`bars cover ${covered} px of ${height}`);
    return problems;
}"""

# What is chosen or current has to differ from what is not, in the few colours that are left.
UNSEEN_STATES = """() => {
    const names = ["color", "backgroundColor", "borderTopColor", "borderTopWidth", "outlineStyle", "outlineColor"];
    const look = (element) => names.map((name) => getComputedStyle(element)[name]).join(", ")
        + getComputedStyle(element, "::before").content;
    const states = [
        [".pill [type=radio]:checked + span", ".pill [type=radio]:not(:checked) + span"],
        [".pill [type=checkbox]:checked + span", ".pill [type=checkbox]:not(:checked) + span"],
        [".navigation a[aria-current]", ".navigation a:not([aria-current])"],
        [".stages a[aria-current]", ".stages a:not([aria-current])"],
        [".actions .button[aria-current]", ".actions .button.quiet:not([aria-current])"],
        [".question-lists a[aria-current]", ".question-lists a:not([aria-current])"],
        ["a.check-in.now", "a.check-in:not(.now)"],
        ["a.square[aria-current]", "a.square:not([aria-current])"],
    ];
    const isVisible = (element) => element.checkVisibility();
    return states.filter(([chosen, other]) => {
        const [one, two] = [chosen, other].map((state) => [...document.querySelectorAll(state)].find(isVisible));
        return one && two && look(one) === look(two);
    }).map(([chosen, other]) => `${chosen} looks like ${other}`);
}"""

# What has no use on paper, and what takes ink or cannot be read where browsers print no backgrounds: they always print
# those that are the data themselves. A page behind the screen lock is not printed.
ON_PAPER = """() => document.querySelector("dialog:modal") ? [] :
    [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility()).filter(
    (element) => element.matches(":is(nav, button, .button):not(.visually-hidden)")
        || getComputedStyle(element).backgroundColor !== "rgba(0, 0, 0, 0)"
            && getComputedStyle(element).printColorAdjust !== "exact"
).map(({outerHTML}) => outerHTML.slice(0, 150))"""


def problems_of_layout(page: Page, layout: Layout) -> list[str]:
    """What is wrong with the page, laid out so, one text each. It keeps the screen and nothing else."""
    page.set_viewport_size(layout.screen)
    page.emulate_media(forced_colors="active" if layout.has_forced_colors else "none")
    page.evaluate("size => { document.documentElement.style.fontSize = size }", layout.text_size)
    problems = page.evaluate(OUT_OF_SIGHT)
    if layout.has_forced_colors:
        problems += page.evaluate(UNSEEN_STATES) + unseen_progress(page)
    page.emulate_media(forced_colors="none")
    page.evaluate("document.documentElement.style.fontSize = ''")
    return [f"{layout.name}: {problem}" for problem in problems]


def unseen_progress(page: Page) -> list[str]:
    """Compares pictures of a progress bar, empty and full: scripts cannot read the style of its parts."""
    bars = page.locator("progress").filter(visible=True)
    if not bars.count():
        return []
    empty, full = (
        bars.first.evaluate("(bar, part) => { bar.value = part * bar.max }", part) or bars.first.screenshot()
        for part in (0, 1)
    )
    return ["progress is not seen"] if empty == full else []


def problems_on_paper(page: Page) -> list[str]:
    page.emulate_media(media="print")
    problems = page.evaluate(ON_PAPER)
    page.emulate_media(media="screen")
    return [f"on paper: {problem}" for problem in problems]
