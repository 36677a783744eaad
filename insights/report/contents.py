"""What a report says: the header, and sections of blocks, as plain values without any model.

A report is made once, in the language, the formats and the zone of its person, and kept as JSON. Each renderer draws
the same contents: the page, and the PDF. So every text in it is ready to be shown, numbers in words and dates
included; numbers and dates that are values here are for what is drawn. A text can be a person's own words, and is data
wherever it is shown, never markup.
"""

import datetime
import json
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from types import UnionType
from typing import ClassVar, Union, get_args, get_origin, get_type_hints

VERSION = 1


class UnknownVersionError(ValueError):
    """The JSON is of another version than this release reads."""


@dataclass(frozen=True)
class Label:
    """What happened on a day, as a small number that a list in the report explains.

    `date` is its place in the drawing; `days` are its own days in words, where they are more than that.
    """

    date: datetime.date
    label: str  # "1"
    days: str = ""


@dataclass(frozen=True)
class Axis:
    """The days that a drawing is of, both included, with labels at some of them, in order."""

    first: datetime.date
    last: datetime.date
    ticks: tuple[Label, ...] = ()

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def position(self, date: datetime.date) -> int:
        """The place of a day: 0 for the first one, `days` - 1 for the last one."""
        return (date - self.first).days


# Blocks, each with the name under which it is stored.


@dataclass(frozen=True)
class Sentences:
    """Plain sentences, each a line or a paragraph. `is_note`: in small print, how something was made."""

    KIND: ClassVar[str] = "sentences"

    lines: tuple[str, ...]
    is_note: bool = False


@dataclass(frozen=True)
class Items:
    """A numbered list."""

    KIND: ClassVar[str] = "items"

    items: tuple[str, ...]


@dataclass(frozen=True)
class Passage:
    """A person's own words, with their line breaks, under what they are about: `3 May, What helped?`."""

    KIND: ClassVar[str] = "passage"

    about: str
    text: str


@dataclass(frozen=True)
class Table:
    """Rows of texts, all as long as the header. The first column names the row. `caption` can be empty."""

    KIND: ClassVar[str] = "table"

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class DoseBand:
    """A stretch of days on one dose. `pattern`: equal for equal doses of a track, 0 for the first one."""

    first: datetime.date
    last: datetime.date
    label: str  # "30 mg"
    pattern: int = 0


@dataclass(frozen=True)
class Track:
    """The bands of one medication, in order and without overlap, and the days below them that a dose was missed on."""

    label: str
    bands: tuple[DoseBand, ...]
    missed: tuple[datetime.date, ...] = ()


@dataclass(frozen=True)
class Bands:
    """Doses over the days: a track each, all of one height. The sentences say the same in words."""

    KIND: ClassVar[str] = "bands"

    title: str
    axis: Axis
    tracks: tuple[Track, ...]
    marks: tuple[Label, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """The recorded value of a day, or the median of a week with its least and most. `first` to `last` are its days.

    `answered`: how many of its days have an answer.
    """

    first: datetime.date
    last: datetime.date
    value: float
    least: float
    most: float
    answered: int = 1


@dataclass(frozen=True)
class Spread:
    """How the answers of a period are spread: the median, the middle half from `low` to `high`, the least and most."""

    median: float
    low: float
    high: float
    least: float
    most: float
    answered: int


@dataclass(frozen=True)
class Panel:
    """A small chart of one question over the period.

    The scale goes from `least` to `most`, with words at its ends. `is_flipped`: `least` is at the top, because less is
    better; `note` says so. Numbers are always as recorded. `points` are days, or weeks if `is_weekly`; days without an
    answer have none. `means` is one value a day of the axis, None where the line has a gap; empty if it is not drawn.
    `now` is None without an answer in the period, `before` without one in the period before.
    """

    KIND: ClassVar[str] = "panel"

    title: str
    axis: Axis
    least: float
    most: float
    end_low: str
    end_high: str
    points: tuple[Point, ...]
    means: tuple[float | None, ...] = ()
    now: Spread | None = None
    before: Spread | None = None
    is_weekly: bool = False
    is_flipped: bool = False
    note: str = ""
    marks: tuple[Label, ...] = ()
    sentences: tuple[str, ...] = ()

    def height(self, value: float) -> float:
        """Where a value is drawn: 0 at the bottom of the panel, 1 at its top."""
        part = (value - self.least) / (self.most - self.least)
        return 1 - part if self.is_flipped else part


Block = Sentences | Items | Passage | Table | Bands | Panel
BLOCKS = {block.KIND: block for block in get_args(Block)}


@dataclass(frozen=True)
class Section:
    """A part of the report that is shown or left out as a whole. `is_detail`: after the first page."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    is_detail: bool = False


@dataclass(frozen=True)
class Header:
    """`name` and `appointment` are empty unless the person typed them. `status` begins with "Self-reported by …"."""

    title: str
    period: str  # "1 February 2026 – 30 April 2026"
    made: str  # "Made on 1 May 2026 at 9:05"
    status: str
    purpose: str
    name: str = ""
    appointment: str = ""  # "For the appointment with Dr Lee on 2 May 2026"


@dataclass(frozen=True)
class Contents:
    """All of a report. `language` is the code of the language it was made in, such as `en` or `pt-br`."""

    language: str
    first: datetime.date
    last: datetime.date
    header: Header
    sections: tuple[Section, ...] = field(default=())

    @property
    def main_sections(self) -> tuple[Section, ...]:
        """Those of the first page, in order."""
        return tuple(section for section in self.sections if not section.is_detail)

    @property
    def details(self) -> tuple[Section, ...]:
        return tuple(section for section in self.sections if section.is_detail)

    def without(self, keys) -> "Contents":
        """The same report without these sections. Nothing of them is left."""
        kept = tuple(section for section in self.sections if section.key not in keys)
        return Contents(self.language, self.first, self.last, self.header, kept)

    def to_json(self) -> str:
        return json.dumps({"version": VERSION} | packed(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Contents":
        """Raises UnknownVersionError, or ValueError, KeyError or TypeError for what is no report."""
        found = json.loads(text)
        if found.get("version") != VERSION:
            raise UnknownVersionError(f"A report of version {found.get('version')} cannot be read.")
        return unpacked(cls, found)


def packed(value):
    """A value of this module as JSON can hold it. A block has its `kind` besides."""
    if is_dataclass(value):
        kind = {"kind": value.KIND} if hasattr(value, "KIND") else {}
        return kind | {each.name: packed(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return [packed(each) for each in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def unpacked(kind, value):
    """The reverse of packed(), for a value of this type."""
    if kind == Block:
        kind = BLOCKS[value["kind"]]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        # A part with a default may be missing: releases add such parts.
        names = [each.name for each in fields(kind) if each.name in value or each.default is MISSING]
        return kind(**{name: unpacked(hints[name], value[name]) for name in names})
    if get_origin(kind) is tuple:
        (item, *_rest) = get_args(kind)
        return tuple(unpacked(item, each) for each in value)
    if get_origin(kind) in (Union, UnionType):
        (kind,) = set(get_args(kind)) - {type(None)}
        return None if value is None else unpacked(kind, value)
    return datetime.date.fromisoformat(value) if kind is datetime.date else value
