"""Draws the icons of the app from static/images/favicon.svg, by the machine's Chromium: `python -m testing.icons`.

The files are committed; this is run when the drawing changes. Platforms cut maskable icons and that of Apple into
shapes of their own: these have no corners, and what they show is in the circle that is never cut off.
"""

import re
from pathlib import Path

from playwright.sync_api import sync_playwright

from testing.chromium import ARGUMENTS, find_chromium

IMAGES = Path(__file__).resolve().parents[1] / "static" / "images"
# Size in pixels; and by how much the drawing is scaled where corners will be cut, None for the drawing as it is.
ICONS = {
    "icon-192.png": (192, None),
    "icon-512.png": (512, None),
    "maskable-512.png": (512, 0.8),
    "apple-touch-icon.png": (180, 0.9),
}


def drawing(scale: float | None) -> str:
    svg = (IMAGES / "favicon.svg").read_text(encoding="utf-8")
    if scale:
        svg = re.sub(r' rx="\d+"', "", svg, count=1)
        margin = 16 * (1 - scale)
        svg = svg.replace("<g ", f'<g transform="translate({margin:g} {margin:g}) scale({scale:g})" ', 1)
    return svg


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for name, (size, scale) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>* {{ margin: 0; display: block }}</style>{drawing(scale)}")
            page.screenshot(path=IMAGES / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
