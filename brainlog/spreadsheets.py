"""Texts in CSV files that spreadsheets open."""

import csv
import io
import unicodedata
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"  # Without it, Excel does not recognize UTF-8.
QUOTES = "'\"`´‘’‚“”„«»＇＂"


def line(cells: Iterable[str]) -> str:
    """A line of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def escape_formula(text: str) -> str:
    """Prefix a text with ' if a spreadsheet would take it for a formula, and show an error or execute it.

    Spreadsheets skip leading spaces, invisible characters and quotes, and treat full-width signs like ASCII ones.
    """
    first = next((character for character in text if not is_skipped_by_spreadsheets(character)), "")
    is_formula = unicodedata.normalize("NFKC", first).startswith(("=", "+", "-", "@", "\N{MINUS SIGN}"))
    return f"'{text}" if is_formula or text.startswith(("\t", "\r", "\n")) else text


def is_skipped_by_spreadsheets(character: str) -> bool:
    # Unicode categories Z (separators) and C (control, format and unassigned characters).
    return unicodedata.category(character)[0] in "ZC" or character in QUOTES
