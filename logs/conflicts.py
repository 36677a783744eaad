"""Answers that were saved elsewhere since a page was opened: which of them the person is asked about."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from logs.questions import DIGEST_LENGTH, Question


@dataclass(frozen=True)
class Conflict:
    """An answer that was saved elsewhere since the page was opened, and differs from what came in."""

    name: str
    label: str
    mine: str
    saved: str
    choice: str | None = None  # "mine" or "saved", once the person has chosen


def digests_in(version: str) -> set[str]:
    return {version[start : start + DIGEST_LENGTH] for start in range(0, len(version), DIGEST_LENGTH)}


class ConflictsMixin:
    """The part of AnswersForm that compares what came in with what is stored by now."""

    def settle_conflicts(self):
        base = self.data.get("version")
        if not base or base == self.stored_version:
            return
        shown = digests_in(base)
        differing = [
            question
            for question in self.questions
            if question.name in self.cleaned_data
            and not self.is_unchanged(question)
            and question.digest(self.stored[question.name]) not in shown
        ]
        left_blank = self.keep_where_left_blank(differing, shown)
        self.conflicts = [self.conflict_about(question) for question in differing if question not in left_blank]
        for conflict in self.conflicts:
            if conflict.choice == "saved":
                self.cleaned_data[conflict.name] = self.stored[conflict.name]
        if self.conflicts:
            self.seen = self.stored_version
        if any(conflict.choice is None for conflict in self.conflicts):
            message = _("This was saved elsewhere since you opened the page. Choose what to keep, then save.")
            raise ValidationError(message, code="saved_elsewhere")

    def keep_where_left_blank(self, differing: list[Question], shown: set[str]) -> list[Question]:
        """Keep what was saved elsewhere where this page showed no answer and got none. Returns these questions.

        Not below a question that was itself answered otherwise elsewhere: both are asked about together.
        """
        blank = [
            question
            for question in differing
            if self.cleaned_data[question.name] is None
            and question.digest(None) in shown
            and question.name not in self.removals
        ]
        asked_about = {question.name for question in differing if question not in blank}
        left_blank = [each for each in blank if not (each.shown_when and each.shown_when[0] in asked_about)]
        for question in left_blank:
            self.cleaned_data[question.name] = self.stored[question.name]
        return left_blank

    def conflict_about(self, question: Question) -> Conflict:
        mine, saved = (answers[question.name] for answers in (self.cleaned_data, self.stored))
        choice = self.data.get(f"keep-{question.name}")
        # Choices made between other versions than the stored one do not count.
        counts = self.data.get("seen") == self.stored_version and choice in {"mine", "saved"}
        in_words = question.in_one_line(mine), question.in_one_line(saved)
        return Conflict(question.name, question.label, *in_words, choice if counts else None)

    def refuse_choices_that_contradict(self):
        """Ask again where an answer is to stay and the answer it depends on is not."""
        mine = {conflict.name for conflict in self.conflicts if conflict.choice == "mine"}
        for name, question, wanted in self.dependent_answers():
            answer = self.cleaned_data.get(question)
            if name in mine and self.cleaned_data.get(name) is not None and answer is not None and answer != wanted:
                message = _("You keep an answer that does not go with this one. Please choose again.")
                self.add_error(question, ValidationError(message, code="contradiction"))
