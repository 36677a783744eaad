"""What happened in the period, in the person's own words, with the numbers that mark it in the drawings."""

from collections.abc import Sequence

from django.utils.translation import gettext

from insights.events import EventMark
from insights.report.contents import Block, Sentences, Table

MOST_ON_FIRST_PAGE, MOST_CHARACTERS = 4, 40


def blocks(marks: Sequence[EventMark]) -> list[Block]:
    """The first ones, oldest first."""
    if not marks:
        return [Sentences((gettext("Nothing was noted about what happened in this period."),))]
    found: list[Block] = [table_of(marks[:MOST_ON_FIRST_PAGE], is_short=True)]
    if len(marks) > MOST_ON_FIRST_PAGE:
        text = gettext("%(count)d more are in the details.") % {"count": len(marks) - MOST_ON_FIRST_PAGE}
        found.append(Sentences((text,), is_note=True))
    return found


def details(marks: Sequence[EventMark]) -> list[Block]:
    """All of them in full, if the first page has not room for that."""
    has_room = len(marks) <= MOST_ON_FIRST_PAGE and all(shortened(mark.text) == mark.text for mark in marks)
    return [] if has_room else [table_of(marks)]


def table_of(marks: Sequence[EventMark], *, is_short: bool = False) -> Table:
    header = (gettext("No."), gettext("Days"), gettext("What happened"))
    texts = (shortened(mark.text) if is_short else mark.text for mark in marks)
    rows = ((str(mark.number), mark.days_in_words, text) for mark, text in zip(marks, texts, strict=True))
    return Table("", header, tuple(rows))


def shortened(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
