"""The download: a ZIP of one JSON file that holds everything exactly, and of tables that spreadsheets open."""

import csv
import datetime
import io
import json
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import User
from encryption.fields import Unreadable
from personal_data.export_tables import TABLES, ExportTable, profile

FORMAT, VERSION = "brain-log", 1
PIECE = 64 * 1024  # bytes, about
QUOTES = "'\"`´‘’‚“”„«»＇＂"


def archive(person: User) -> Iterator[bytes]:
    """The ZIP file, piece by piece as it is read from the database: however much there is, little is in memory."""
    outbox = Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files(person):
            entry = zipfile.ZipInfo(name, person.local_time().timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with archive.open(entry, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece.encode())
                    if outbox.size > PIECE:
                        yield outbox.take()
    yield outbox.take()


class Outbox(io.RawIOBase):
    """What a ZIP file has written and nobody has taken yet."""

    def __init__(self):
        super().__init__()
        self.pieces: list[bytes] = []
        self.size = 0

    def writable(self):
        return True

    def write(self, data):
        self.pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return taken


def files(person: User) -> Iterator[tuple[str, Iterable[str]]]:
    """Each file's name and its text in pieces."""
    yield "README.txt", [render_to_string("personal_data/readme.txt", {"person": person, "tables": TABLES})]
    yield "brain-log.json", as_json(person)
    for table in TABLES:
        yield f"{table.name}.csv", as_csv(table, person)
    yield "columns.csv", legend(person)


# JSON


def as_json(person: User) -> Iterator[str]:
    """All of it. A decimal is written as it is stored, a text that cannot be read as it is encrypted."""
    yield f'{{"format": {dumps(FORMAT)}, "version": {VERSION},\n"made_at": {dumps(person.local_time())}'
    yield f',\n"profile": {dumps(profile(person))}'
    for table in TABLES:
        yield f",\n{dumps(table.name)}: ["
        for number, row in enumerate(table.values(person)):
            yield f"{',' if number else ''}\n{dumps(row)}"
        yield "\n]"
    yield "\n}\n"


def dumps(value) -> str:
    return json.dumps(value, ensure_ascii=False, default=for_json)


def for_json(value):
    match value:
        case Unreadable():
            return {"sealed": value.sealed.token}
        case datetime.date() | datetime.time():
            return value.isoformat()
        case Decimal():
            return float(value)  # Of our few digits, none is lost.
    return str(value)


# CSV


def as_csv(table: ExportTable, person: User) -> Iterator[str]:
    # Without the mark, Excel takes UTF-8 for something else.
    yield "\ufeff" + line(column.name for column in table.columns(person))
    for row in table.values(person):
        yield line(for_csv(value, person) for value in row.values())


def legend(person: User) -> Iterator[str]:
    """What each column of the other tables means."""
    yield "\ufeff" + line([_("file"), _("column"), _("meaning"), _("values")])
    for table in TABLES:
        for column in table.columns(person):
            yield line([f"{table.name}.csv", column.name, str(column.meaning), column.values])


def line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def for_csv(value, person: User) -> str:
    """Unanswered is empty. Times are by the person's clock, with its distance from UTC."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime.datetime():
            return person.local_time(value).isoformat(timespec="seconds")
        case datetime.date():
            return value.isoformat()
        case datetime.time():
            return value.isoformat(timespec="minutes")
        case Decimal():
            return f"{value.normalize():f}"
        case list():
            return ", ".join(value)
    return no_formula(str(value))


def no_formula(text: str) -> str:
    """A spreadsheet computes what begins like a formula: it would show an error for the text, or do what it says.

    Programs pass over spaces, marks that are not seen and quotes, and take full-width signs for the narrow ones.
    """
    first = next((each for each in text if not is_passed_over(each)), "")
    begins_like_one = unicodedata.normalize("NFKC", first).startswith(("=", "+", "-", "@", "\N{MINUS SIGN}"))
    return f"'{text}" if begins_like_one or text.startswith(("\t", "\r", "\n")) else text


def is_passed_over(character: str) -> bool:
    # Categories: separators, and controls, formats and other characters without a sign of their own.
    return unicodedata.category(character)[0] in "ZC" or character in QUOTES
