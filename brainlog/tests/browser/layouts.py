"""Screens and settings that a page is looked at with, and what can be wrong with it there."""

from dataclasses import dataclass

PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 568}
SMALL_PHONE_ON_ITS_SIDE = {"width": 568, "height": 320}
WIDE = {"width": 1280, "height": 800}
WIDE_AT_200_PERCENT = {"width": 640, "height": 400}


@dataclass(frozen=True)
class Layout:
    name: str
    screen: dict
    text_size: str = ""  # what the browser's own text size makes of the root's
    has_forced_colors: bool = False


LAYOUTS = [
    Layout("a small phone", SMALL_PHONE),
    Layout("a small phone on its side", SMALL_PHONE_ON_ITS_SIDE),
    Layout("200 % zoom", WIDE_AT_200_PERCENT),
    Layout("large text on a small phone", SMALL_PHONE, "150%"),
    Layout("large text", PHONE, "150%"),
    Layout("forced colours", PHONE, has_forced_colors=True),
]

# What a person cannot read or reach: text and controls beyond the sides of the screen, text that leaves its box
# or is cut off by it, and bars that stay in place and cover more than a quarter of the screen.
OUT_OF_SIGHT = """() => {
    const {clientWidth: width, clientHeight: height} = document.documentElement;
    const named = (element) => `${element.outerHTML.replace(/\\s+/g, " ").slice(0, 120)}`;
    const problems = [];
    if (document.documentElement.scrollWidth > width)
        problems.push(`${document.documentElement.scrollWidth} px wide on a screen of ${width}`);
    let covered = 0;
    for (const element of document.querySelectorAll("body *")) {
        if (!element.checkVisibility({visibilityProperty: true}) || element.closest(".skip, .visually-hidden, svg")) continue;
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        if (box.width <= 1 || style.clipPath !== "none") continue;
        if (["fixed", "sticky"].includes(style.position)) covered += box.height;
        const hasText = [...element.childNodes].some(({nodeType, data}) => nodeType === Node.TEXT_NODE && data.trim());
        if (!hasText && !element.matches("input, select, textarea, button, a, img")) continue;
        if (box.left < -1 || box.right > width + 1)
            problems.push(`beyond the screen, ${Math.round(box.left)} to ${Math.round(box.right)}: ${named(element)}`);
        if (hasText && style.display !== "inline" && element.scrollWidth > element.clientWidth + 1 && element.clientWidth)
            problems.push(`${element.scrollWidth} px of text in ${element.clientWidth}: ${named(element)}`);
        if (hasText && style.overflowY !== "visible" && element.scrollHeight > element.clientHeight + 1
                && !element.matches("textarea"))
            problems.push(`cut off below: ${named(element)}`);
    }
    if (covered > height / 4) problems.push(`bars cover ${covered} px of ${height}`);
    return problems;
}"""

# What is chosen or current has to differ from what is not, in the few colours that are left.
UNSEEN_STATES = """() => {
    const look = (element, pseudo) => {
        const style = getComputedStyle(element, pseudo);
        return ["color", "backgroundColor", "borderTopColor", "borderTopWidth", "outlineStyle", "outlineColor"]
            .map((name) => style[name]).join("; ") + getComputedStyle(element, "::before").content;
    };
    const differ = (chosen, others) => {
        const one = document.querySelector(chosen), other = document.querySelector(others);
        return one && other && one.checkVisibility() && look(one) === look(other) ? [`${chosen} looks like ${others}`] : [];
    };
    const bar = document.querySelector("progress");
    return [
        ...differ(".pill [type=radio]:checked + span", ".pill [type=radio]:not(:checked) + span"),
        ...differ(".pill [type=checkbox]:checked + span", ".pill [type=checkbox]:not(:checked) + span"),
        ...differ(".navigation a[aria-current]", ".navigation a:not([aria-current])"),
        ...differ(".stages a[aria-current]", ".stages a:not([aria-current])"),
        ...differ(".check-in.now", ".check-in:not(.now)"),
        ...differ("a.square[aria-current]", "a.square:not([aria-current])"),
        ...(bar && look(bar, "::-webkit-progress-value") === look(bar, "::-webkit-progress-bar") ? ["no progress"] : []),
    ];
}"""


def problems_of_layout(page, layout: Layout) -> list[str]:
    """What is wrong with the page, laid out so. The page is put back afterwards."""
    page.set_viewport_size(layout.screen)
    if layout.has_forced_colors:
        page.emulate_media(forced_colors="active")
    if layout.text_size:
        page.evaluate("size => { document.documentElement.style.fontSize = size }", layout.text_size)
    problems = page.evaluate(OUT_OF_SIGHT)
    if layout.has_forced_colors:
        problems += page.evaluate(UNSEEN_STATES)
        page.emulate_media(forced_colors="none")
    if layout.text_size:
        page.evaluate("document.documentElement.style.fontSize = ''")
    return [f"{layout.name}: {problem}" for problem in problems]
