"""The form over questions: of a check-in, or of a week. It writes its own answers only."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from encryption.fields import Unreadable
from logs.models import DailyLog
from logs.questions import Question
from logs.stages import Stage

LONGEST_VERSION = 64  # characters


@dataclass(frozen=True)
class Conflict:
    """An answer that was saved elsewhere since the page was opened, and differs from what came in."""

    name: str
    label: str
    mine: str
    saved: str
    choice: str | None = None  # "mine" or "saved", once the person has chosen


class AnswersForm(forms.Form):
    """Asks `questions` about one row: a day or a week.

    Nothing is required to save; the stamp in `completed_at_name` is set while all that makes the row done is
    answered. Answers with an error do not keep the others from being saved: what is stored of them stays as it is,
    and what was typed comes back with the error. Only with a conflict nothing is saved until all is in order.

    A page sends `asked-names`, the names of the questions it asked: a question that it asked and that has no key
    is cleared. A POST says nothing about a question that is neither among these nor has a key: that answer stays
    as it is stored. So a program that sends no `asked-names` changes only what it has keys for.

    The page carries the `version` it showed. If the stored answers have changed since, every answer that differs
    is a conflict, and the person decides: the choices come back as `keep-<name>` = mine or saved, together with the
    version they were `seen` in. A program that sends no version overwrites.
    """

    def __init__(self, row, questions: Sequence[Question], data=None, *, completed_at_name: str, remembered_as: str):
        super().__init__(data)
        self.instance = row
        self.completed_at_name = completed_at_name
        self.remembered_as = remembered_as  # The key under which a browser keeps whether questions are folded away.
        self.questions = [question for question in questions if not question.is_left_out(row)]
        self.left_out = [question for question in questions if question.is_left_out(row)]
        self.fields = {question.name: question.form_field(row) for question in self.questions}
        self.stored = {question.name: question.read(row) for question in questions}
        self.initial = dict(self.stored)
        self.version = self.version_in(self.data)
        self.seen = ""
        self.conflicts: list[Conflict] = []
        self.has_unsaved_input = self.is_bound
        self.has_written = False
        self.unasked = {name for name in self.fields if not self.is_asked_in(name, data)} if self.is_bound else set()
        for name in self.unasked:
            # A page with errors shows the stored answer.
            self.fields[name].bound_data = lambda _data, stored: stored

    # What is stored

    @cached_property
    def stored_version(self) -> str:
        """A fingerprint of the stored answers: equal answers have equal versions, no matter when they were saved."""
        facts = {
            question.name: None if (value := self.stored[question.name]) is None else question.fingerprint(value)
            for question in [*self.questions, *self.left_out]
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def version_in(self, data) -> str:
        """The version that the page showed; the stored one, if that is not said."""
        return data.get("version", "")[:LONGEST_VERSION] or self.stored_version

    # What came in

    @property
    def asked_names(self) -> str:
        """The names of the questions on this page, as it sends them."""
        return " ".join(self.fields)

    def is_asked_in(self, name: str, data) -> bool:
        """Whether what came in says something about this question, be it that it is not answered."""
        asked = forms.MultipleHiddenInput().value_from_datadict(data, {}, "asked-names") or []
        return name in " ".join(asked).split() or not self.fields[name].widget.value_omitted_from_data(data, {}, name)

    def clean(self):
        self.keep_unasked_answers()
        self.keep_questions_of_unreadable_texts()
        self.clear_answers_under_another_condition()
        self.settle_conflicts()
        self.refuse_choices_that_contradict()
        self.clear_answers_under_another_condition()
        self.ask_about_answers_without_their_question()
        self.prepare_to_save()
        self.keep_answers_of_questions_with_errors()
        self.keep_what_is_stored_of_errors()
        return self.cleaned_data

    def keep_unasked_answers(self):
        for name in self.unasked:
            self.errors.pop(name, None)
            self.cleaned_data[name] = self.stored[name]

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
                self.cleaned_data[name] = None
                self.errors.pop(name, None)

    def ask_about_answers_without_their_question(self):
        """A question without an answer clears nothing: what was typed below it may be meant."""
        for name, question, _wanted in self.dependent_answers():
            stays = self.stored[name] if name in self.errors else self.cleaned_data.get(name)
            if stays is not None and self.cleaned_data.get(question, "error") is None:
                message = _("You answered something that belongs to this question. Please answer it too.")
                if not self.has_error(question, "unanswered"):
                    self.add_error(question, ValidationError(message, code="unanswered"))

    # When it was saved elsewhere meanwhile

    def settle_conflicts(self):
        base = self.data.get("version")
        if not base or base == self.stored_version:
            return
        # Choices made between other versions than the stored one do not count.
        choices_count = self.data.get("seen") == self.stored_version
        for question in self.questions:
            name = question.name
            if name not in self.cleaned_data or self.is_unchanged(question):
                continue
            mine, saved = (question.in_one_line(value) for value in (self.cleaned_data[name], self.stored[name]))
            conflict = Conflict(name, question.label, mine, saved)
            choice = self.data.get(f"keep-{name}")
            if choices_count and choice in {"mine", "saved"}:
                conflict = replace(conflict, choice=choice)
            self.conflicts.append(conflict)
            if conflict.choice == "saved":
                self.cleaned_data[name] = self.stored[name]
        if self.conflicts:
            self.seen = self.stored_version
        if any(conflict.choice is None for conflict in self.conflicts):
            message = _("This was saved elsewhere since you opened the page. Choose what to keep, then save.")
            raise ValidationError(message, code="saved_elsewhere")

    def refuse_choices_that_contradict(self):
        """Ask again where an answer is to stay and the answer it depends on is not."""
        mine = {conflict.name for conflict in self.conflicts if conflict.choice == "mine"}
        for name, question, wanted in self.dependent_answers():
            answer = self.cleaned_data.get(question)
            if name in mine and self.cleaned_data.get(name) is not None and answer is not None and answer != wanted:
                message = _("You keep an answer that does not go with this one. Please choose again.")
                self.add_error(question, ValidationError(message, code="contradiction"))

    def is_unchanged(self, question: Question) -> bool:
        return question.are_same(self.cleaned_data[question.name], self.stored[question.name])

    def prepare_to_save(self):
        for question in self.questions:
            if (value := self.cleaned_data.get(question.name)) is not None:
                try:
                    question.prepare_to_save(self[question.name], value)
                except ValidationError as error:
                    self.add_error(question.name, error)

    # When some of it has errors

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

    def keep_what_is_stored_of_errors(self):
        self.cleaned_data |= {name: self.stored[name] for name in self.errors.keys() & self.fields.keys()}

    @property
    def can_be_saved(self) -> bool:
        """Whether all answers without an error can be written."""
        if not self.is_bound or self.non_field_errors():
            return False
        return not (self.errors and self.conflicts)

    # What is shown

    @property
    def readings(self) -> list[str]:
        """How answers were read that could have been meant otherwise."""
        given = [question for question in self.questions if question.name not in self.unasked | self.errors.keys()]
        return [text for question in given if (text := question.read_as(self[question.name], self.cleaned_data))]

    @property
    def open_labels(self) -> list[str]:
        """The questions that are still to be answered before this is done."""
        needed = [question for question in self.questions if question.is_needed]
        return [str(question.label) for question in needed if self.cleaned_data[question.name] is None]

    def get_context(self):
        """The questions asked first, then those that are folded away."""
        folded = [question.name for question in self.questions if not question.is_first]
        return {
            "form": self,
            "fields": [(field, field.errors) for field in self],
            "first_folded": folded[0] if folded else None,
            "folded_has_errors": any(name in self.errors for name in folded),
            "conflicts": self.conflicts,
        }

    def fill_in(self, data):
        """Show what was typed so far, unchecked and unsaved."""
        for question in self.questions:
            if self.is_asked_in(question.name, data):
                self.initial[question.name] = question.typed(self.fields[question.name], data)
        self.version = self.version_in(data)
        self.has_unsaved_input = True

    # What is written

    def save(self):
        """Write this form's own answers, if any changed. A row that says nothing is not kept."""
        row = self.instance
        changed = [question for question in self.questions if not self.is_unchanged(question)]
        changed += [question for question in self.left_out if self.stored[question.name] is not None]
        for question in changed:
            question.write(row, self.cleaned_data.get(question.name))
        columns = [column for question in changed for column in question.columns]
        if self.stamp():
            columns.append(self.completed_at_name)
        if row.is_empty:
            if not row._state.adding:
                row.delete()
        elif row._state.adding:
            row.save(force_insert=True)
        elif columns:
            row.save(update_fields=[*columns, "updated_at"])
        if row.pk:
            for question in changed:
                question.save(row, self.cleaned_data.get(question.name), self.stored.get(question.name))
        self.has_written = bool(changed or columns)
        if self.errors:
            self.show_as_saved()
        return row

    def show_as_saved(self):
        """Let the page that comes back with errors say which answers it was typed over: those that are stored now.

        If answers were saved elsewhere since the page was opened, it keeps saying that: those with errors may differ.
        """
        if self.version != self.stored_version:
            return
        self.stored |= {question.name: question.read(self.instance) for question in [*self.questions, *self.left_out]}
        del self.stored_version
        self.version = self.stored_version

    def stamp(self) -> bool:
        """Set or take back the mark that this is done. Returns whether that changed anything."""
        was_done = getattr(self.instance, self.completed_at_name) is not None
        has_errors = any(question.is_needed and question.name in self.errors for question in self.questions)
        is_done = not self.open_labels and (was_done or not has_errors)
        if is_done == was_done:
            return False
        setattr(self.instance, self.completed_at_name, timezone.now() if is_done else None)
        return True


class CheckInForm(AnswersForm):
    """One check-in of a day."""

    def __init__(self, stage: Stage, log: DailyLog, data=None):
        questions = stage.questions(log.user)
        super().__init__(log, questions, data, completed_at_name=stage.completed_at, remembered_as=stage.slug)


@retry_on_conflict
def store(open_form):
    """Validate and save the bound form that `open_form()` makes, in one transaction. Returns the form.

    Of a form with errors, what can be saved is.

    `open_form` reads the row it is about with a lock, if there is one. If there is none, two requests
    may both be about to make it; the unique constraint lets one through, and the other starts over
    with the row that is there now.
    """
    form = open_form()
    if form.can_be_saved:
        form.save()
        if form.has_written:
            form.instance.user.answers_changed()
    return form
