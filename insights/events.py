"""What happened: dated notes of a person's own on the time line. How they are stored, undone, and marked."""

import datetime
import json
from dataclasses import dataclass

from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from insights.models import Event
from logs import undo
from logs.question_changes import locked
from logs.saving import Change

COLUMNS = ("date", "last_day", "text")
DELETED = "deleted"  # What is undone.
LIST_FULL = _("There is no room for more, so nothing was undone. Delete one that you no longer need, then undo.")


@dataclass(frozen=True, slots=True)
class EventMark:
    """An event as charts and the report mark it.

    `number` counts the events of the period from 1, the oldest first; the list beside a chart repeats it. `date` and
    `last` are within the period, so that a mark has a place on its scale; `began` and `ended` are the event's own days,
    for words. `text` are the person's own words.
    """

    number: int
    date: datetime.date
    last: datetime.date
    text: str
    pk: int
    began: datetime.date
    ended: datetime.date

    @property
    def days_in_words(self) -> str:
        return days_in_words(self.began, self.ended)


def marks_for(person, first: datetime.date, last: datetime.date) -> list[EventMark]:
    """The events of a period, both ends included, the oldest first. One query; decrypts each text."""
    return [
        EventMark(
            *(number, max(event.date, first), min(event.last, last), event.text_in_words, event.pk),
            began=event.date,
            ended=event.last,
        )
        for number, event in enumerate(person.events.between(first, last), start=1)
    ]


def days_in_words(first: datetime.date, last: datetime.date) -> str:
    """`4 May 2026`, or `4 May 2026 – 9 May 2026`."""
    return date_format(first) if first == last else f"{date_format(first)} – {date_format(last)}"


# ── Storing ──────────────────────────────────────────────────────────────────────────────────────


def has_room(person) -> bool:
    """Whether a person, who is locked, so that no other transaction adds one, can have one more."""
    return person.events.count() < Event.MOST_PER_PERSON


def fill(event: Event, facts: dict):
    """Take `date`, `last_day` and `text`. A last day that is the first is none."""
    event.date, event.text = facts["date"], facts["text"]
    event.last_day = facts["last_day"] if facts["last_day"] != facts["date"] else None


@retry_on_conflict
def add_event(person, facts: dict) -> Event:
    """Raises ValidationError if there is no room."""
    if not has_room(locked(person)):
        message = gettext("There is no room for more than %(most)d. Delete one that you no longer need.")
        raise ValidationError(message % {"most": Event.MOST_PER_PERSON}, code="too_many")
    event = Event(user=person)
    fill(event, facts)
    event.save(force_insert=True)
    person.answers_changed()
    return event


@retry_on_conflict
def change_event(person, pk: int, facts: dict) -> Event:
    """Raises Http404."""
    event = get_object_or_404(person.events.select_for_update(), pk=pk)
    before = [getattr(event, name) for name in COLUMNS]
    fill(event, facts)
    if [getattr(event, name) for name in COLUMNS] != before:
        event.save(update_fields=COLUMNS)
        person.answers_changed()
    return event


@retry_on_conflict
def delete_event(person, pk: int) -> Change:
    """Returns what undoes it. Raises Http404."""
    event = get_object_or_404(person.events.select_for_update(), pk=pk)
    row = json.loads(serializers.serialize("json", [event]))  # By way of JSON: dates are texts there.
    event.delete()
    person.answers_changed()
    return Change({DELETED: (row, "", "")}, {})


def bring_back(person, change: Change) -> Event:
    """Store a deleted event again. Raises CannotUndoError."""
    try:
        return put_back(person, change)
    except IntegrityError as error:
        raise undo.CannotUndoError(undo.TOO_LATE) from error


@retry_on_conflict
def put_back(person, change: Change) -> Event:
    with undo.refuse_other_formats():
        packed, _before, _after = change.answers[DELETED]
        [event] = [row.object for row in serializers.deserialize("python", packed)]
    has_place = has_room(locked(person))
    if person.events.filter(uuid=event.uuid).exists():
        raise undo.CannotUndoError(undo.UNDONE_ALREADY)
    if not has_place:
        raise undo.CannotUndoNowError(LIST_FULL)
    event.pk = None  # Another row may have the number now.
    event.save(force_insert=True)
    person.answers_changed()
    return event
