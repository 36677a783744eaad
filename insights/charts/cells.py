"""A grid with one cell for each day, such as a year. It is a table, which the stylesheet lays out by rows or columns.

Without the stylesheet, and read out, it stays the table. Each cell that is drawn is a link to its day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from insights.charts.markup import EMPTY, element, joined

# Characters that fit into a cell: always, and where cells are wide.
SHORT, LONG = 2, 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One day. `look` is a class: score-1 to score-10, no-answer, not-tracked, not-asked. Without, nothing is drawn.

    `text` is written into the cell if it fits. `words` say the day and what it has; they are read out, and seen while
    the cell has the focus or the pointer. Without an address, such as of a day to come, it is no link.
    """

    look: str = ""
    text: str = ""
    words: str = ""
    address: str = ""
    is_recalled: bool = False
    is_today: bool = False
    has_event: bool = False

    @property
    def css_class(self) -> str:
        length = len(self.text)
        fits = "" if length <= SHORT else "long" if length <= LONG else "longer"
        marks = ["recalled" if self.is_recalled else "", "happened" if self.has_event else ""]
        return " ".join(filter(None, ["cell", self.look, *marks, fits]))

    @property
    def markup(self) -> SafeString:
        if not self.look:
            return element("td", {"role": "cell"})
        seen = element("span", {"aria-hidden": "true"}, self.text) if self.text else EMPTY
        tip = element("span", {"class": "tip"}, self.words)
        given = {
            "class": self.css_class,
            "href": self.address or None,
            "aria-current": "date" if self.is_today else None,
        }
        return element("td", {"role": "cell"}, element("a" if self.address else "span", given, seen, " ", tip))


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its name, whole and in as many characters as fit above a narrow column."""

    name: str
    short_name: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of cells. `columns` are the headings of all columns; a cell that is None is none, such as February 30."""

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Row]

    @property
    def markup(self) -> SafeString:
        # The roles are those of the elements, which lose them where the stylesheet makes a grid of the table.
        row = {"role": "row"}
        head = [element("th", {"role": "columnheader", "scope": "col"}, name) for name in self.columns]
        return element(
            "table",
            {"class": "cells", "role": "table", "id": self.key},
            element("caption", {"class": "visually-hidden"}, self.title),
            element("thead", {"role": "rowgroup"}, element("tr", row, element("td", {"role": "cell"}), *head)),
            element(
                "tbody",
                {"role": "rowgroup"},
                *(element("tr", row, name_of(each), *map(drawn, each.cells)) for each in self.rows),
            ),
        )


def name_of(row: Row) -> SafeString:
    """The heading of a row. What of it does not fit is left to those who hear it."""
    rest = row.name.removeprefix(row.short_name)
    name = joined([element("span", {}, row.short_name), element("span", {"class": "rest"}, rest)])
    return element("th", {"role": "rowheader", "scope": "row"}, name)


def drawn(cell: Cell | None) -> SafeString:
    return NO_CELL if cell is None else cell.markup


NO_CELL = element("td", {"role": "cell"})
