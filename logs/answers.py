"""The form base for answers: writes its own columns only, and never over what it has not shown."""

import hashlib
import json
from dataclasses import dataclass, replace

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from encryption.fields import Unreadable


@dataclass(frozen=True)
class Conflict:
    """An answer that was saved elsewhere since the page was opened, and differs from what came in."""

    name: str
    label: str
    mine: str
    saved: str
    choice: str | None = None  # "mine" or "saved", once the person has chosen


class AnswersForm(forms.ModelForm):
    """Asks the questions of one check-in or one week, about one row.

    Nothing is required to save; the stamp in `completed_at_name` is set while all that makes the
    thing done is answered. The page carries the `version` it showed. If the stored answers have
    changed since, every answer that differs is a conflict the person decides: they come back as
    `keep-<name>` = mine or saved, together with the version they were `seen` in.
    A program that sends no version says that it means to overwrite.
    """

    version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    completed_at_name = "completed_at"
    remembered_as = "week"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = [name for name in self._meta.fields if name in self.fields]
        self.stored = self.stored_answers()
        self.initial["version"] = self.stored_version
        self.conflicts: list[Conflict] = []
        self.has_unsaved_input = self.is_bound
        self.has_written = False

    # What is stored

    def stored_answers(self) -> dict:
        """The answers as they stand in the database, before `clean` changes the instance."""
        return {name: getattr(self.instance, name) for name in self.names}

    @property
    def stored_version(self) -> str:
        """A fingerprint of the stored answers: equal answers, equal version, whoever saved them when."""
        facts = json.dumps(self.stored, default=self.as_fact, sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @staticmethod
    def as_fact(value) -> str:
        """An answer as the fingerprint is made of it."""
        return str(value)

    # What came in

    def clean(self):
        self.keep_questions_of_unreadable_texts()
        self.drop_answers_not_asked_for()
        self.settle_conflicts()
        self.refuse_choices_that_contradict()
        self.drop_answers_not_asked_for()
        self.ask_about_answers_without_their_question()
        return self.cleaned_data

    def _post_clean(self):
        """Leave the row alone until save(): a page with errors still shows what is stored.

        ModelForm would also validate every constraint here, with a query each. The inputs have
        checked the same ranges and vocabularies, and the database has the last word.
        """

    def dependent_fields(self):
        """Yield (name, question, wanted answer) of every answer that hangs on a question."""
        for name in self.names:
            if shown_when := self._meta.model._meta.get_field(name).shown_when:
                yield name, *shown_when

    def keep_questions_of_unreadable_texts(self):
        """A text that nobody can read now is kept, and cannot be without the answer it hangs on."""
        for name, question, wanted in self.dependent_fields():
            if isinstance(self.stored[name], Unreadable) and self.cleaned_data.get(question, wanted) != wanted:
                message = _("A text that belongs to this answer cannot be read at the moment. To keep it, keep this.")
                self.add_error(question, ValidationError(message, code="unreadable"))

    def drop_answers_not_asked_for(self):
        """Clear what hangs on a question that was answered otherwise."""
        for name, question, wanted in self.dependent_fields():
            if self.cleaned_data.get(question) is not None and self.cleaned_data[question] != wanted:
                self.cleaned_data[name] = None
                self.errors.pop(name, None)

    def ask_about_answers_without_their_question(self):
        """An open question clears nothing: what was typed below it may be meant."""
        for name, question, _wanted in self.dependent_fields():
            if self.cleaned_data.get(name) is not None and self.cleaned_data.get(question, "error") is None:
                self.ask_to_answer(question)

    def ask_to_answer(self, question):
        message = _("You answered something that belongs to this question. Please answer it too.")
        if not self.has_error(question, "unanswered"):
            self.add_error(question, ValidationError(message, code="unanswered"))

    # When it was saved elsewhere meanwhile

    def settle_conflicts(self):
        base = self.data.get("version")
        if not base or base == self.stored_version:
            return
        # Choices made between other versions than those there are now count for nothing.
        choices_count = self.data.get("seen") == self.stored_version
        for name in self.stored:
            if name not in self.cleaned_data or self.same_answer(name):
                continue
            conflict = self.conflict_about(name)
            choice = self.data.get(f"keep-{name}")
            if choices_count and choice in {"mine", "saved"}:
                conflict = replace(conflict, choice=choice)
            self.conflicts.append(conflict)
            if conflict.choice == "saved":
                self.cleaned_data[name] = self.stored[name]
        if self.conflicts:
            self.data = self.data.copy()
            self.data["seen"] = self.stored_version
        if any(conflict.choice is None for conflict in self.conflicts):
            message = _("This was saved elsewhere since you opened the page. Choose what to keep, then save.")
            raise ValidationError(message, code="saved_elsewhere")

    def refuse_choices_that_contradict(self):
        """Ask again where an answer is to stay and the answer it hangs on is not."""
        mine = {conflict.name for conflict in self.conflicts if conflict.choice == "mine"}
        for name, question, wanted in self.dependent_fields():
            answer = self.cleaned_data.get(question)
            if name in mine and self.cleaned_data[name] is not None and answer is not None and answer != wanted:
                message = _("You keep an answer that does not go with this one. Please choose again.")
                self.add_error(question, ValidationError(message, code="contradiction"))

    def same_answer(self, name) -> bool:
        return self.cleaned_data[name] == self.stored[name]

    def conflict_about(self, name) -> Conflict:
        field = self._meta.model._meta.get_field(name)

        def words(value):
            return gettext("no answer") if value is None else field.display(value)

        return Conflict(name, field.verbose_name, words(self.cleaned_data[name]), words(self.stored[name]))

    # What is shown

    def get_context(self):
        """Split the questions: those that make it done come first, the others fold away."""
        context = super().get_context()
        optional = {name for name in self.names if self._meta.model._meta.get_field(name).blank}
        return context | {
            "fields": [(field, errors) for field, errors in context["fields"] if field.name not in optional],
            "folded": [field for field, _errors in context["fields"] if field.name in optional],
            "folded_has_errors": any(name in self.errors for name in optional),
            "conflicts": self.conflicts,
        }

    @classmethod
    def typed(cls, data, **kwargs):
        """The form again with what was typed so far, unchecked and unsaved."""
        form = cls(**kwargs)
        for name, field in form.fields.items():
            form.initial[name] = field.widget.value_from_datadict(data, {}, name)
        form.has_unsaved_input = True
        return form

    # What is written

    def save(self):
        """Write this form's own columns, if any changed. A row that says nothing is not kept."""
        row = self.instance
        for name in self.names:
            setattr(row, name, self.cleaned_data[name])
        changed = [name for name in self.names if not self.same_answer(name)]
        if self.stamp():
            changed.append(self.completed_at_name)
        if row.is_empty:
            if not row._state.adding:
                row.delete()
        elif row._state.adding:
            row.save(force_insert=True)
        elif changed:
            row.save(update_fields=[*changed, "updated_at"])
        self.has_written = bool(changed)
        return row

    def stamp(self) -> bool:
        """Set or take back the mark that this is done. Returns whether that changed anything."""
        answers = [(name, self._meta.model._meta.get_field(name)) for name in self.names]
        is_done = all(self.cleaned_data[name] is not None for name, field in answers if not field.blank)
        if is_done == (getattr(self.instance, self.completed_at_name) is not None):
            return False
        setattr(self.instance, self.completed_at_name, timezone.now() if is_done else None)
        return True


@retry_on_conflict
def store(open_form):
    """Validate and save the bound form that `open_form()` makes, in one transaction. Returns the form.

    `open_form` reads the row it is about with a lock, if there is one. If there is none, two requests
    may both be about to make it; the unique constraint lets one through, and the other starts over
    with the row that is there now.
    """
    form = open_form()
    if form.is_valid():
        form.save()
        if form.has_written:
            form.instance.user.answers_changed()
    return form
