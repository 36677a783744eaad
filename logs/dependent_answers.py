"""Answers to questions that are shown when another one has a certain answer: which of them can be kept."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy as _

from encryption.fields import Unreadable
from logs.question_lists import names_in


@dataclass(frozen=True)
class Removal:
    """An answer that goes, because the question it depends on was answered otherwise."""

    name: str
    label: str
    answer: str
    question: str  # the label of the question it depends on


class DependentAnswersMixin:
    """The part of AnswersForm that removes, refuses or holds back answers that depend on another question."""

    def dependent_answers(self):
        """Yield (name, question, wanted answer) of every answer that depends on another question."""
        for question in self.questions:
            if question.shown_when:
                yield question.name, *question.shown_when

    def keep_questions_of_unreadable_texts(self):
        """A text that cannot be decrypted now is kept, and cannot be without the answer it depends on."""
        for name, question, wanted in self.dependent_answers():
            if isinstance(self.stored[name], Unreadable) and self.cleaned_data.get(question, wanted) != wanted:
                message = _(
                    "A text that goes with this answer cannot be read at the moment. To keep it, leave this as it was."
                )
                self.add_error(question, ValidationError(message, code="unreadable"))

    def clear_answers_under_another_condition(self):
        """Clear what depends on a question that was answered otherwise."""
        for name, question, wanted in self.dependent_answers():
            if self.cleaned_data.get(question) is not None and self.cleaned_data[question] != wanted:
                if self.cleaned_data.get(name) is not None or name in self.errors:
                    self.removals[name] = self.removal_of(name, question)
                self.cleaned_data[name] = None
                self.errors.pop(name, None)

    def removal_of(self, name: str, question: str) -> Removal:
        value = self.cleaned_data.get(name)
        [asked] = [each for each in self.questions if each.name == name]
        answer = gettext("what you typed") if value is None else asked.in_one_line(value)
        return Removal(name, asked.label, answer, self.fields[question].label)

    def ask_about_removals(self):
        if "asked-names" in self.data and not self.removals.keys() <= names_in(self.data, "remove"):
            message = _("Some of what you answered would be removed. Please look at it first.")
            raise ValidationError(message, code="removal")

    def ask_about_answers_without_their_question(self):
        """A question without an answer clears nothing: what was typed below it may be meant."""
        for name, question, _wanted in self.dependent_answers():
            stays = self.stored[name] if name in self.errors else self.cleaned_data.get(name)
            if stays is not None and self.cleaned_data.get(question, "error") is None:
                message = _("You answered something that belongs to this question. Please answer it too.")
                if not self.has_error(question, "unanswered"):
                    self.add_error(question, ValidationError(message, code="unanswered"))

    def keep_answers_of_questions_with_errors(self):
        """An answer cannot be stored before the one it depends on is."""
        if self.conflicts:
            return
        for name, question, wanted in self.dependent_answers():
            can_wait = question in self.errors and self.stored[question] != wanted
            if can_wait and name not in self.errors and self.cleaned_data.get(name) is not None:
                message = _("This is saved once “%(question)s” is answered.")
                params = {"question": self.fields[question].label}
                self.add_error(name, ValidationError(message, code="waits", params=params))
