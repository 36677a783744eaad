"""Writing answers to a day or a week, in one place: all that is stored beside them follows."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logs.questions import Question, RowQuestion
from logs.recording import Record, Recorder


@dataclass(frozen=True)
class Change:
    """What a save did to the answers of a row.

    `answers` has, by the question's name, the answer before, packed, and the digests of both answers. `times` are the
    row's times before: when it was done and, of a row that was deleted, when it was created and last changed.
    `records` have, by the prefix of a part, what was recorded of it before, packed, and the set of questions after.
    """

    answers: dict[str, tuple[object, str, str]]
    times: dict[str, str | None]
    records: dict[str, tuple[list, str | None]] = field(default_factory=dict)


def save_answers(
    row,
    answers: Mapping[Question, object],
    stamps: Mapping[str, datetime.datetime | None],
    recorders: Sequence[Recorder] = (),
) -> Change:
    """Write answers, and when the row is done by name of column, to a row. A row that then says nothing is deleted.

    There is a recorder for each part that any of the answers belongs to.
    """
    before = {question: question.read(row) for question in answers}
    packed = {question: question.pack(row) for question in answers}
    were_answered = [recorder.is_answered(row) for recorder in recorders]
    records = {recorder.part: Record.of(recorder.part, row) for recorder in recorders}
    created_at, changed_at = (["created_at"], ["updated_at"]) if hasattr(row, "updated_at") else ([], [])
    times = {name: as_text(row, name) for name in (*created_at, *changed_at, *stamps)}
    for question, value in answers.items():
        question.write(row, value)
    columns = [column for question in answers for column in question.columns]
    columns += [name for name, stamp in stamps.items() if getattr(row, name) != stamp]
    for name, stamp in stamps.items():
        setattr(row, name, stamp)
    for recorder, was_answered in zip(recorders, were_answered, strict=True):
        columns += recorder.record(row, before, was_answered=was_answered)
    if row.is_empty:
        if not row._state.adding:
            row.delete()
    elif row._state.adding:
        row.save(force_insert=True)
    elif columns:
        row.save(update_fields=[*columns, *changed_at])
    if row.pk:
        for question, value in answers.items():
            question.save(row, value, before[question])
        if any(isinstance(question, RowQuestion) for question in answers):
            row.save_own_answers()
        times = {name: times[name] for name in stamps}
    changed = {
        question.name: (packed[question], question.digest(before[question]), question.digest(question.read(row)))
        for question in answers
    }
    packed_records = {
        part.prefix: (record.pack(), Record.of(part, row).pack_asked()) for part, record in records.items()
    }
    return Change(changed, times, packed_records)


def as_text(row, name: str) -> str | None:
    """A time of a row, to the microsecond. None if it is not set."""
    return row._meta.get_field(name).value_to_string(row) if getattr(row, name) else None
