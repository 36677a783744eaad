"""Search in what a person wrote: all texts of their days and weeks, built-in and own.

Texts are encrypted, so the database cannot search them, and there is no index of their words. They are read newest
first, in batches, decrypted and compared until a page is full or SECONDS are over; the next page goes on where this one
ended, by a position and not by a number: a numbered page would have to read all pages before it again.
docs/decisions/0034-search.md
"""

import datetime
import heapq
import logging
import time
from dataclasses import dataclass, field

from logs.folding import fold, snippet
from logs.models import Medication
from logs.question_lists import QUESTION_LISTS
from logs.search_query import Hit, Passage, Position, SearchQuery
from logs.searched_rows import FIRST_BATCH, Table

logger = logging.getLogger(__name__)

HITS = 30  # a page
# Of server time for reading and decrypting. The first batch is read whatever it takes, so that each page gets further.
# A page may take 0.3 s: the batch in which the time is over, and the making of the page, come on top.
SECONDS = 0.15


@dataclass
class Found:
    """A page of hits, newest first.

    `goes_on` is where the next page starts. `is_cut_short`: time was over before the page was full; all until
    `searched_to` was searched. `unreadable` counts the texts that could not be decrypted.
    """

    hits: list[Hit] = field(default_factory=list)
    goes_on: Position | None = None
    is_cut_short: bool = False
    searched_to: datetime.date | None = None
    unreadable: int = 0


def find(person, wanted: SearchQuery, before: Position | None = None, seconds: float = SECONDS) -> Found:
    """The newest hits, or the newest ones below a position."""
    found, ends_at = Found(), time.monotonic() + seconds
    tables = [table for table in tables_of(person, wanted) if table.is_wanted]
    rows = heapq.merge(*(table.rows(before) for table in tables), key=lambda row: row.end, reverse=True)
    for number, row in enumerate(rows, start=1):
        below = [hit for hit in row.hits() if before is None or hit.position < before]
        found.hits += below
        if len(found.hits) > HITS:
            found.hits[HITS:] = []
            found.goes_on = found.hits[-1].position
            break
        if number >= FIRST_BATCH and time.monotonic() > ends_at:
            found.goes_on, found.is_cut_short, found.searched_to = row.end, True, row.end.day
            break
    for table in tables:
        table.add_answers(found.hits)
        found.unreadable += table.unreadable
    if found.unreadable:
        logger.error("Texts that cannot be read, and were not searched: %d.", found.unreadable)
    return found


def tables_of(person, wanted: SearchQuery) -> list[Table]:
    """The days and the weeks, each with their check-ins, the last one first."""
    slugs: dict[type, list[str]] = {}
    for slug, questions in QUESTION_LISTS.items():
        slugs.setdefault(questions.answers.row_model(), []).insert(0, slug)
    return [Table(person, wanted, model, own) for model, own in slugs.items()]


def medications_with(person, words: tuple[str, ...]) -> list[tuple[Medication, list[Passage]]]:
    """The entries of a person's list of medications with all words in name and note. One query."""
    found = []
    fields = {name: Medication._meta.get_field(name) for name in ("name", "note")}
    rows = person.medications.values_list("pk", "uuid", *fields)
    for key, uuid, *stored in rows:
        texts = {
            field.name: text
            for field, each in zip(fields.values(), stored, strict=True)
            if each and (text := field.text_in(each, person.pk, uuid))
        }
        folded = [fold(text) for text in texts.values()]
        if folded and all(any(word in each for each in folded) for word in words):
            medication = Medication(pk=key, user_id=person.pk, uuid=uuid, name=texts.get("name", ""))
            labels = {name: str(fields[name].verbose_name) for name in texts}
            found.append((medication, [Passage(labels[name], snippet(text, words)) for name, text in texts.items()]))
    return found
