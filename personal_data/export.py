"""The download: a ZIP file with one JSON file that has everything exactly, and CSV files for spreadsheets."""

import datetime
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import User
from brainlog.spreadsheets import BYTE_ORDER_MARK, escape_formula, line
from encryption.fields import Unreadable
from personal_data.export_tables import TABLES, ExportTable, profile

FORMAT, VERSION = "brain-log", 1
CHUNK_SIZE = 64 * 1024  # bytes, approximately


def archive(person: User) -> Iterator[bytes]:
    """Yield the ZIP file in chunks while the rows are read, so that memory does not grow with their number."""
    buffer = ChunkBuffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, texts in files(person):
            entry = zipfile.ZipInfo(name, person.local_time().timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with archive.open(entry, "w", force_zip64=True) as file:
                for text in texts:
                    file.write(text.encode())
                    if buffer.size > CHUNK_SIZE:
                        yield buffer.pop()
    yield buffer.pop()


class ChunkBuffer(io.RawIOBase):
    """A file that collects what is written to it until it is popped. It cannot seek, so ZipFile writes a stream."""

    def __init__(self):
        super().__init__()
        self.chunks: list[bytes] = []
        self.size = 0

    def writable(self):
        return True

    def write(self, data):
        self.chunks.append(bytes(data))
        self.size += len(data)
        return len(data)

    def pop(self) -> bytes:
        content = b"".join(self.chunks)
        self.chunks, self.size = [], 0
        return content


def files(person: User) -> Iterator[tuple[str, Iterable[str]]]:
    """The name of each file, and its text in parts."""
    yield "README.txt", [render_to_string("personal_data/readme.txt", {"person": person, "tables": TABLES})]
    yield "brain-log.json", as_json(person)
    for table in TABLES:
        yield f"{table.name}.csv", as_csv(table, person)
    yield "columns.csv", legend(person)


# JSON


def as_json(person: User) -> Iterator[str]:
    """All data. A text that cannot be decrypted is exported as ciphertext."""
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
            return {"ciphertext": value.ciphertext.token}
        case datetime.date() | datetime.time():
            return value.isoformat()
        case Decimal():
            return float(value)  # Exact: our decimals have fewer digits than a float.
    return str(value)


# CSV


def as_csv(table: ExportTable, person: User) -> Iterator[str]:
    yield BYTE_ORDER_MARK + line(column.name for column in table.columns(person))
    for row in table.values(person):
        yield line(for_csv(value, person) for value in row.values())


def legend(person: User) -> Iterator[str]:
    """What each column of the other tables means."""
    yield BYTE_ORDER_MARK + line([_("file"), _("column"), _("meaning"), _("values")])
    for table in TABLES:
        for column in table.columns(person):
            # Of own questions, both are the person's own words.
            words = (escape_formula(str(text)) for text in (column.meaning, column.values))
            yield line([f"{table.name}.csv", column.name, *words])


def for_csv(value, person: User) -> str:
    """Format a value. Unanswered questions are empty; times are in the person's time zone with the offset from UTC."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int():
            return str(value)  # One below 0 is a number, and no formula.
        case datetime.datetime():
            return person.local_time(value).isoformat(timespec="seconds")
        case datetime.date():
            return value.isoformat()
        case datetime.time():
            return value.isoformat(timespec="minutes")
        case Decimal():
            return f"{value.normalize():f}"
        case list() | tuple():
            return escape_formula(", ".join(for_csv(each, person) for each in value))
    return escape_formula(str(value))
