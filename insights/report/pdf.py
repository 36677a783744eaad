"""A report as a tagged PDF (PDF/UA-1), drawn by typst from the same contents as the page.

Texts reach typst as data: report.typ reads them as JSON, and shows them as strings. It shows them in the fonts of the
folder beside it, on every server, and a character that those lack as a box: the PDF still holds the character, so that
it can be copied, searched and read aloud.
"""

import json
import logging
import re
import subprocess
import sys
import threading
from itertools import groupby
from pathlib import Path

from django.utils.formats import number_format
from django.utils.translation import gettext as _, override

from insights.report.contents import Axis, Bands, Contents, Label, Panel, Passage, Section, Spread, packed

PROGRAM = Path(__file__).parent / "typesetting.py"
# PDFs that one process of the web makes at once, and how long another one waits for its turn.
MOST_AT_ONCE = 2
SECONDS_TO_WAIT = 3
# A typical report takes 0.1 s of a processor. The program is stopped after so long.
MOST_SECONDS = 20
# Bytes of a report as typst reads it. A typical one has 50 kB; this many are some 30 pages.
MOST_BYTES = 300_000
# What no font shows and no PDF may hold: control characters, halves of a pair, characters that are none.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17))
    + "]"
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

log = logging.getLogger(__name__)
turns = threading.BoundedSemaphore(MOST_AT_ONCE)


class BusyError(Exception):
    """As many PDFs as may be made at once are being made, or the machine is slow. To be tried again."""


class TooLongError(Exception):
    """The report is longer than a PDF is made of, or needs more memory or time than the program gets."""


def pdf_of(contents: Contents) -> bytes:
    """The PDF of a report. The same contents give the same bytes. Raises BusyError and TooLongError."""
    with override(contents.language):
        drawing = json.dumps(printable(drawing_of(contents)), ensure_ascii=False).encode()
    if len(drawing) > MOST_BYTES:
        raise TooLongError
    if not turns.acquire(timeout=SECONDS_TO_WAIT):
        raise BusyError
    try:
        return typeset(drawing)
    finally:
        turns.release()


def typeset(drawing: bytes) -> bytes:
    """Run the program that draws it. It gets no environment, in which the secrets of the settings are."""
    command = [sys.executable, "-I", PROGRAM]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "timeout": MOST_SECONDS, "env": {}}
    try:
        # `check`: the error names the command and the status, and no text.
        done = subprocess.run(command, input=drawing, check=True, **options)  # noqa: S603 (our own program)
    except subprocess.TimeoutExpired as error:
        raise BusyError from error
    except subprocess.CalledProcessError as error:
        log.error("The program that draws PDFs ended with status %d.", error.returncode)
        raise TooLongError from error
    return done.stdout


def printable(value):
    """A drawing without characters that no PDF may hold."""
    match value:
        case str():
            return UNPRINTABLE.sub(REPLACEMENT, value)
        case dict():
            return {name: printable(each) for name, each in value.items()}
        case list() | tuple():
            return [printable(each) for each in value]
    return value


def drawing_of(contents: Contents) -> dict:
    """What report.typ draws: the texts, and places in drawings as parts of their width and height."""
    lang, _dash, region = contents.language.partition("-")
    header = contents.header
    return {
        "lang": lang,
        "region": region.upper() or None,
        "title": f"{header.title}, {header.period}",
        "footer": f"{_('Self-reported')} · {header.title} · {header.period}",
        "words": {"page": _("Page {page} of {pages}"), "before": _("before"), "now": _("now")},
        "header": packed(header),
        "main": [drawing_of_section(section) for section in contents.main_sections],
        "details": [drawing_of_section(section) for section in contents.details],
    }


def drawing_of_section(section: Section) -> dict:
    """A section, in which panels that follow one another are one block, since they share lines.

    Bands of doses that are called as their section have no title of their own: it would stand there twice.
    """
    blocks = []
    for is_panel, found in groupby(section.blocks, lambda block: isinstance(block, Panel)):
        drawings = [drawing_of_block(block) for block in found]
        for drawing in drawings:
            if not is_panel and drawing.get("title") == section.title:
                drawing["title"] = ""
        blocks += [{"kind": "panels", "panels": drawings}] if is_panel else drawings
    return {"title": section.title, "blocks": blocks}


def drawing_of_block(block) -> dict:
    match block:
        case Panel():
            return drawing_of_panel(block)
        case Bands():
            return drawing_of_bands(block)
        case Passage():
            return {"kind": block.KIND, "about": block.about, "lines": block.text.splitlines()}
    return packed(block)


def drawing_of_bands(bands: Bands) -> dict:
    axis = bands.axis
    return drawing_with_axis(bands) | {
        "tracks": [
            {
                "label": track.label,
                "bands": [
                    {
                        "x": axis.position(band.first) / axis.days,
                        "width": ((band.last - band.first).days + 1) / axis.days,
                        "label": band.label,
                        "pattern": band.pattern,
                    }
                    for band in track.bands
                ],
                "missed": [middle(axis, date) for date in track.missed],
            }
            for track in bands.tracks
        ],
    }


def drawing_of_panel(panel: Panel) -> dict:
    ends = [words_of_end(panel.most, panel.end_high), words_of_end(panel.least, panel.end_low)]
    top, bottom = reversed(ends) if panel.is_flipped else ends
    return drawing_with_axis(panel) | {
        "note": panel.note,
        "top": top,
        "bottom": bottom,
        "points": [
            {
                "x": (middle(panel.axis, point.first) + middle(panel.axis, point.last)) / 2,
                "y": panel.height(point.value),
                "least": panel.height(point.least),
                "most": panel.height(point.most),
            }
            for point in panel.points
        ],
        "means": runs_of(panel),
        "now": drawing_of_spread(panel, panel.now),
        "before": drawing_of_spread(panel, panel.before),
    }


def words_of_end(value: float, words: str) -> str:
    """`10, very focused`, or the number alone."""
    number = number_format(int(value) if value == int(value) else value)
    return f"{number}, {words}" if words else number


def drawing_with_axis(drawn: Bands | Panel) -> dict:
    """What bands and panels have in common. The sentences stand under the drawing, so its description names them."""
    description = _("Chart of %(title)s. The text under it says what it shows.") if drawn.sentences else "%(title)s"
    return {
        "kind": drawn.KIND,
        "title": drawn.title,
        "alt": description % {"title": drawn.title},
        "ticks": places(drawn.axis, drawn.axis.ticks),
        "marks": places(drawn.axis, drawn.marks),
        "sentences": packed(drawn.sentences),
    }


def drawing_of_spread(panel: Panel, spread: Spread | None) -> dict | None:
    names = ("median", "low", "high", "least", "most")
    return spread and {name: panel.height(getattr(spread, name)) for name in names}


def runs_of(panel: Panel) -> list[list[tuple[float, float]]]:
    """The line of means as runs of points: it breaks where there is none."""
    days = panel.axis.days
    points = [
        (None if mean is None else ((day + 0.5) / days, panel.height(mean))) for day, mean in enumerate(panel.means)
    ]
    return [list(run) for is_gap, run in groupby(points, lambda point: point is None) if not is_gap]


def places(axis: Axis, marks: tuple[Label, ...]) -> list[dict]:
    return [{"x": middle(axis, mark.date), "label": mark.label} for mark in marks]


def middle(axis: Axis, date) -> float:
    return (axis.position(date) + 0.5) / axis.days
