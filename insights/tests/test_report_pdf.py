"""The PDF of a report: what it says, how it is tagged, and texts that try to be more than text."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from insights.report import pdf, typesetting
from insights.report.contents import Items, Section, Sentences, packed
from insights.report.pdf import BusyError, TooLongError, pdf_of
from insights.tests.pdfs import reader_of, tags_of, text_of, without_spaces
from insights.tests.reports import example_report, texts_in

pytestmark = pytest.mark.once

# What would be something else in the language of the template, and in those it is sent through.
MARKUP = (
    r'#panic("x") #{1 + 1} $x^2$ \ \u{41} *bold* _it_ `raw` = = <label> @import @here // c /* c */ ~ -- --- ... "q" '
    r"[x] - + 1. / a: b https://example.org #import 'x' #read('/etc/passwd') \n {{ x }} %s {page}"
)
LONG = "x" * 4000
OTHER_LETTERS = "Łódź ↑ ≥ − ✓ Ωμέγα Привет 🙂 👩\u200d👩\u200d👧 ❤️"
NOT_IN_OUR_FONTS = "中文字 हिन्दी ไทย \ue000 \U0001f9ff"
CONTROL = "a\x00b\x01c\x1bd\x7fe\x85f\ud800g\ufffeh\U0010ffffi\u202ej\u202c\ufeffk\u2028l"


def test_it_says_everything_and_says_it_as_text():
    """One report with odd words wherever words can be."""
    words = "\n".join([MARKUP, OTHER_LETTERS, LONG, "", "  after a blank line"])
    report = example_report(question=f"{MARKUP} {OTHER_LETTERS}", words=words)
    header = replace(report.header, name=MARKUP, appointment=OTHER_LETTERS)

    found = without_spaces(text_of(pdf_of(replace(report, header=header))))

    for text in texts_in(json.loads(replace(report, header=header).to_json())):
        assert without_spaces(text) in found, text[:100]


def test_bands_that_are_called_as_their_section_have_one_title():
    report = example_report()
    doses = next(section for section in report.sections if section.key == "doses")

    [same] = pdf.drawing_of_section(replace(doses, title=doses.blocks[0].title))["blocks"]
    [other] = pdf.drawing_of_section(doses)["blocks"]

    assert (same["title"], other["title"]) == ("", doses.blocks[0].title)
    assert doses.blocks[0].title in same["alt"]


def test_words_of_other_directions_and_other_letters_can_be_copied():
    right_to_left = "שלום עולם مرحبا بالعالم"
    found = text_of(pdf_of(example_report(question=right_to_left, words=NOT_IN_OUR_FONTS)))

    # Which of the words stands first is for the program that reads it to say.
    for word in ("שלום", "עולם", "مرحبا", "بالعالم"):
        assert word in found
    for character in NOT_IN_OUR_FONTS:
        assert character in found, f"{character!r} is lost"


def test_characters_that_no_pdf_may_hold_are_shown_as_replaced():
    found = without_spaces(text_of(pdf_of(example_report(question=CONTROL, words=CONTROL))))

    for letter in "abcdefghijkl":
        assert letter in found
    assert "\N{REPLACEMENT CHARACTER}" in found and not set("\x00\x01\x1b\x7f\x85") & set(found)


def test_it_is_tagged():
    made = pdf_of(example_report())
    root, tags = reader_of(made).trailer["/Root"], tags_of(made)
    names = [name for name, _alt in tags]

    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    assert reader_of(made).metadata.title == "Report for an appointment, February 1, 2026 – May 1, 2026"
    assert names.count("/H1") == len(example_report().sections)
    assert names.count("/TH") == 6 and names.count("/TD") == 6 and names.count("/L") == 1
    # Bands and three panels.
    assert [alt for name, alt in tags if name == "/Figure"] == [
        f"Chart of {title}. The text under it says what it shows."
        for title in ("What you recorded on each dose", "Focus", "Anxiety", "Mood")
    ]


def test_the_first_page_is_one_and_every_page_says_whose_words_it_is():
    pages = [page.extract_text() for page in reader_of(pdf_of(example_report())).pages]

    assert len(pages) == 2 and "In my own words" not in pages[0] and "In my own words" in pages[1]
    assert all("Self-reported" in page for page in pages)


def test_only_our_fonts_are_in_it_and_it_is_the_same_each_time():
    report = example_report(words=NOT_IN_OUR_FONTS + "🙂 **")
    made = pdf_of(report)
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader_of(made).pages
        for font in page["/Resources"]["/Font"].values()
    }

    assert {name.partition("-Identity")[0] for name in fonts} == {
        *("DejaVuSansCondensed", "DejaVuSansCondensed-Bold", "NotoEmoji-Regular", "BrainLogBoxes-Regular")
    }
    assert pdf_of(report) == made


def test_no_more_are_made_at_once_than_allowed(monkeypatch):
    monkeypatch.setattr(pdf, "SECONDS_TO_WAIT", 0.01)
    for _turn in range(pdf.MOST_AT_ONCE):
        assert pdf.turns.acquire(blocking=False)
    try:
        with pytest.raises(BusyError):
            pdf_of(example_report())
    finally:
        pdf.turns.release(pdf.MOST_AT_ONCE)


def test_a_program_that_takes_too_long_is_stopped_and_frees_its_turn(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_SECONDS", 0.001)
    for _try in range(pdf.MOST_AT_ONCE + 1):
        with pytest.raises(BusyError):
            pdf_of(example_report())


def test_a_report_of_a_whole_book_is_refused():
    with pytest.raises(TooLongError):
        pdf_of(example_report(words="word " * 100_000))


def test_a_failure_is_refused_and_logged_and_repeats_no_text(monkeypatch, caplog):
    """typst's own messages quote the text that they are about. It fails for want of memory or time, too."""
    monkeypatch.setattr(pdf, "drawing_of", lambda contents: {"secret": "A secret"})

    with pytest.raises(TooLongError) as refusal:
        pdf_of(example_report())

    error = refusal.value.__cause__
    assert "ecret" not in f"{error} {error!r} {error.stdout} {error.stderr} {caplog.text}"
    assert "ended with status 1." in caplog.text


def test_a_text_that_no_standard_allows_costs_the_claim_and_not_the_pdf():
    drawing = pdf.drawing_of(example_report(question="before \x01 after"))

    made = typesetting.draw(json.dumps(drawing))

    assert b"pdfuaid" not in reader_of(made).trailer["/Root"]["/Metadata"].get_object().get_data()
    assert tags_of(made) and "after" in text_of(made)


def test_the_program_gets_no_secret_and_nothing_of_this_project():
    code = f"import sys, os, runpy; sys.argv = ['x']; runpy.run_path({str(pdf.PROGRAM)!r}); print(sorted(sys.modules))"
    modules = subprocess.run(
        [sys.executable, "-I", "-c", code], env={}, capture_output=True, text=True, check=True
    ).stdout

    assert "'typst'" in modules and "django" not in modules and "insights" not in modules


@pytest.mark.parametrize(
    "sections", [(), (Section("a", "Empty", ()),), (Section("b", "B", (Items(()), Sentences(()))),)]
)
def test_empty_reports_have_a_pdf(sections):
    report = replace(example_report(), sections=sections)

    assert len(reader_of(pdf_of(report)).pages) == 1 and packed(report)
