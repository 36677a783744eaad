"""A program that draws one report: its JSON on standard input, the PDF on standard output.

A process of its own, started by pdf.py: typst keeps 200 MB once it has worked, and a process can be stopped. It imports
nothing of this project, so it starts in a few milliseconds. What goes wrong is not printed: typst's messages quote
texts.
"""

import contextlib
import resource
import sys
from pathlib import Path

import typst

FOLDER = Path(__file__).resolve().parent
MOST_MEMORY = 2 * 1024**3  # bytes of address space
MOST_SECONDS = 15  # of processor time


def draw(report: str) -> bytes:
    """The PDF of a report as JSON. It claims PDF/UA-1, unless a text keeps it from that."""
    # The fonts of the folder alone: those of the machine would make each server's PDF another one.
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER / "fonts"])
    options = {"root": FOLDER, "font_paths": fonts, "sys_inputs": {"report": report}, "format": "pdf"}
    try:
        return typst.compile(FOLDER / "report.typ", pdf_standards="ua-1", **options)
    except typst.TypstError:
        return typst.compile(FOLDER / "report.typ", **options)


def limit_resources():
    for what, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # Not every system has both.
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    limit_resources()
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode()))
