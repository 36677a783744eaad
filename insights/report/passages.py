"""What a person wrote, of which they pick single entries for a report. Nothing is in a report that was not picked."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.text import capfirst

from insights.report import wording
from insights.report.contents import Block, Passage
from insights.report.logged import Span
from logs.models import attach_own_answers
from logs.question_lists import questions_of_day
from logs.questions import Question, RowQuestion
from reflections.models import weekly_questions

FOR_APPOINTMENT = "for_appointment"  # the gallery's key of what to bring up
MOST_OFFERED, MOST_PICKED = 40, 20
BATCH = 8  # rows, each with up to twenty notes


@dataclass(frozen=True)
class Entry:
    """A note of a day, or of the week that begins on it."""

    date: datetime.date
    question: Question
    text: str

    @property
    def key(self) -> str:
        """What a form sends: `2026-05-04:helpful_factors`."""
        return f"{self.date.isoformat()}:{self.question.name}"

    @property
    def about(self) -> str:
        """`May 4, 2026: What helped?`"""
        return f"{wording.day(self.date)}: {capfirst(str(self.question.label))}"

    @property
    def is_for_appointment(self) -> bool:
        return isinstance(self.question, RowQuestion) and self.question.own.gallery == FOR_APPOINTMENT

    @property
    def start(self) -> str:
        """The first words, on one line."""
        text = " ".join(self.text.split())
        return text if len(text) <= 100 else f"{text[:99]}…"


def offered(person, span: Span, day: datetime.date | None = None) -> list[Entry]:
    """Entries to pick from: what is meant for an appointment, those of `day`, then the newest of the period.

    Texts are decrypted from the newest on, until there are enough.
    """
    weeks = list(entries_of(weeks_of(person, span), notes(weekly_questions(person)), "week_start", MOST_OFFERED))
    days = list(entries_of(days_of(person, span), notes(questions_of_day(person)), "date", MOST_OFFERED))
    of_day = []
    if day is not None and day in span:
        rows = days_of(person, Span(day, day))
        of_day = list(entries_of(rows, notes(questions_of_day(person)), "date", MOST_OFFERED))
    newest = sorted((*weeks, *days), key=lambda entry: entry.date, reverse=True)
    found = [*(each for each in weeks if each.is_for_appointment), *of_day, *newest]
    return list({entry.key: entry for entry in found}.values())[: MOST_OFFERED + len(of_day)]


def picked(person, span: Span, keys: Iterable[str]) -> list[Entry]:
    """The entries with these keys that the person has in the period, oldest first. Others are left out."""
    wanted = set(keys)
    dates = {date for key in wanted if (date := date_in(key)) and date in span}
    if not dates:
        return []
    days = person.daily_logs.filter(date__in=dates)
    weeks = person.weekly_reflections.filter(week_start__in=dates)
    found = [
        *entries_of(days.order_by("-date"), notes(questions_of_day(person)), "date", None),
        *entries_of(weeks.order_by("-week_start"), notes(weekly_questions(person)), "week_start", None),
    ]
    return sorted((entry for entry in found if entry.key in wanted), key=lambda entry: entry.date)[:MOST_PICKED]


def date_in(key: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(key.partition(":")[0])
    except ValueError:
        return None


def days_of(person, span: Span):
    return person.daily_logs.between(span.first, span.last).for_pages()


def weeks_of(person, span: Span):
    return person.weekly_reflections.filter(week_start__range=(span.first, span.last)).order_by("-week_start")


def notes(questions: Iterable[Question]) -> list[Question]:
    """The questions that are answered by sentences. Of built-in ones, not those of a line, such as a meal."""
    own = [each for each in questions if isinstance(each, RowQuestion) and each.own.kind in ("line", "note")]
    return [*(each for each in questions if not isinstance(each, RowQuestion) and each.kind and each.is_note), *own]


def entries_of(rows, questions: list[Question], date: str, most: int | None) -> Iterator[Entry]:
    """The entries of rows, newest first, at most so many."""
    count, start = 0, 0
    while batch := list(rows[start : start + BATCH]):
        attach_own_answers(batch)
        for row in batch:
            for question in questions:
                text = question.read(row)
                # A text that cannot be decrypted is no text.
                if isinstance(text, str) and not question.is_left_out(row):
                    yield Entry(getattr(row, date), question, text)
                    count += 1
                    if count == most:
                        return
        start += BATCH


def blocks(entries: Iterable[Entry]) -> list[Block]:
    return [Passage(entry.about, entry.text) for entry in entries]
