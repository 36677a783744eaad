"""Records of a part of a row what its pages asked, and when it was answered: the columns of logs/parts.py."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from logs.models import QuestionSet
from logs.parts import Part

if TYPE_CHECKING:
    from logs.questions import Question

ONE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Record:
    """The values of a part's columns. Nothing is recorded of a part without answers."""

    answered_at: datetime | None = None
    utc_offset: int | None = None
    recalled: frozenset[str] = frozenset()
    asked: UUID | None = None

    @classmethod
    def of(cls, part: Part, row) -> "Record":
        at, offset, recalled, asked = (
            getattr(row, name) for name in (part.answered_at, part.utc_offset, part.recalled, part.asked_id)
        )
        return cls(at, offset, frozenset(recalled or ()), asked)

    def write(self, part: Part, row) -> list[str]:
        """Give the values to a row that is not saved yet. Returns the names of the columns that change."""
        values = {
            part.answered_at: self.answered_at,
            part.utc_offset: self.utc_offset,
            part.recalled: sorted(self.recalled) or None,
            part.asked_id: self.asked,
        }
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        return changed

    def pack(self) -> list:
        """The values in the types of JSON."""
        at = self.answered_at and self.answered_at.isoformat()
        return [at, self.utc_offset, sorted(self.recalled), self.pack_asked()]

    def pack_asked(self) -> str | None:
        return self.asked and str(self.asked)

    @classmethod
    def unpack(cls, packed: list) -> "Record":
        at, offset, recalled, asked = packed
        return cls(at and datetime.fromisoformat(at), offset, frozenset(recalled), asked and UUID(asked))


class Recorder:
    """Records a save of one part of a row.

    `questions` are all those whose answers belong to the part, `asked` the names of those that the page, or a program,
    asked.
    """

    def __init__(self, part: Part, questions: Sequence["Question"], asked: Iterable[str] = ()):
        self.part = part
        self.questions = questions
        self.asked = frozenset(asked)

    def is_answered(self, row) -> bool:
        return any(question.is_answered(row) for question in self.questions)

    def asks_more(self, row) -> bool:
        """Whether it asks a question that was not asked so far. No, if that is not known. At most one query."""
        return getattr(row, self.part.asked_id) is not None and not self.asked <= self.names_stored(row)

    def names_stored(self, row) -> frozenset[str]:
        """The names of the questions that were asked so far. At most one query, if they differ from those asked now."""
        key = getattr(row, self.part.asked_id)
        if key is None:
            return self.part.usual
        if key == QuestionSet.of(row.user_id, self.asked).pk:
            return self.asked
        return QuestionSet.names_in(row.user_id, key)

    def record(self, row, before: Mapping["Question", object], *, was_answered: bool) -> list[str]:
        """Set the columns of a row once answers are written to it. Returns the names of those that changed.

        `before` are the answers that were written over, maybe of other parts too.
        """
        record = Record()
        if self.is_answered(row):
            stored = Record.of(self.part, row) if was_answered else Record()
            names = {question.name for question in self.questions}
            own = {question: answer for question, answer in before.items() if question.name in names}
            record = self.record_of(row, own, stored, was_answered=was_answered)
        return record.write(self.part, row)

    def record_of(self, row, before: Mapping["Question", object], stored: Record, *, was_answered: bool) -> Record:
        """What is recorded of a part that has answers now. `stored` is empty if it had none."""
        now = timezone.now()
        at, offset = stored.answered_at, stored.utc_offset
        if not was_answered:
            at, offset = now, row.user.local_time(now).utcoffset() // ONE_MINUTE
        answered = {question.name for question in before if question.is_answered(row)}
        recalled = stored.recalled - ({question.name for question in before} - answered)
        if row.user.today(now) > row.remembered_until:
            recalled |= answered & {question.name for question, answer in before.items() if answer is None}
        names = self.asked | (self.names_stored(row) if was_answered else frozenset())
        return Record(at, offset, recalled, self.stored_set(row, names))

    def stored_set(self, row, names: Collection[str]) -> UUID:
        """The key of a set of questions, which is stored if the row does not refer to it yet."""
        asked = QuestionSet.of(row.user_id, names)
        if asked.pk != getattr(row, self.part.asked_id):
            asked.store()
        return asked.pk


class Restorer(Recorder):
    """Records that a save was undone: what was recorded before it, and what later saves recorded since.

    `earlier` is what was recorded before the save, `after` the key of the set of questions that it left.
    """

    def __init__(self, part: Part, questions: Sequence["Question"], earlier: Record, after: UUID | None):
        super().__init__(part, questions)
        self.earlier = earlier
        self.after = after

    def record_of(self, row, before, stored, *, was_answered):
        earlier = self.earlier
        answered = {question.name for question in before if question.is_answered(row)}
        recalled = stored.recalled - {question.name for question in before} | earlier.recalled & answered
        was_first_save = earlier == Record() and not answered and stored.answered_at is not None
        if was_first_save:  # The answers that remain are of later saves.
            return replace(stored, recalled=recalled)
        asked = self.asked_without_it(row, stored.asked, answered)
        return Record(earlier.answered_at, earlier.utc_offset, recalled, asked)

    def asked_without_it(self, row, now: UUID | None, answered: Collection[str]) -> UUID | None:
        """The key of the set that was asked before, joined with what later saves asked."""
        earlier = self.earlier.asked
        if now == earlier or (now == self.after and earlier is None):
            return earlier
        names = self.part.usual if earlier is None else self.names_of(row, earlier)
        if names is None:  # Everything was wiped since, the sets of questions too.
            names = frozenset(answered)
        elif now == self.after:
            return earlier
        if now not in (None, self.after):
            names |= self.names_of(row, now) or frozenset()
        return self.stored_set(row, names)

    def names_of(self, row, key: UUID) -> frozenset[str] | None:
        """The names in a set of questions; None if it is not stored. One query."""
        found = QuestionSet.objects.filter(user=row.user_id, pk=key).first()
        return found and frozenset(found.names)
