"""The form over questions: of a check-in, or of a week. It writes its own answers only."""

import datetime
from collections.abc import Iterable, Mapping, Sequence

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext

from brainlog.database.retry import retry_on_conflict
from encryption.fields import Unreadable
from logs.conflicts import Conflict, ConflictsMixin, digests_in
from logs.dependent_answers import DependentAnswersMixin, Removal
from logs.models import DailyLog
from logs.parts import Part
from logs.question_lists import is_done, names_in, questions_to_ask, still_open
from logs.questions import DIGEST_LENGTH, OWN_NAME, Question
from logs.recording import Recorder
from logs.saving import Change, save_answers
from logs.stages import Stage
from logs.widgets import TimeAndBox

LONGEST_VERSION = 200 * DIGEST_LENGTH


class AnswersForm(ConflictsMixin, DependentAnswersMixin, forms.Form):
    """Asks `questions` about one row: a day or a week.

    Nothing is required to save. The stamp of each of the row's `parts` is set while all that makes the part done is
    answered, on this page or elsewhere; `parts` have all questions of each, those left out too, which may have answers.
    Answers with an error do not keep the others from being saved: what is stored of them stays as it is,
    and what was typed comes back with the error. Only with a conflict nothing is saved until all is in order.

    A page sends `asked-names`, the names of the questions it asked: a question that it asked and that has no key
    is cleared. A POST says nothing about a question that is neither among these nor has a key: that answer stays
    as it is stored. So a program that sends no `asked-names` changes only what it has keys for.

    The page carries the `version` it showed. A stored answer that has changed since and differs from what came in is a
    conflict, and the person decides: the choices come back as `keep-<name>` = mine or saved, together with the version
    they were `seen` in. A program that sends no version overwrites.

    A question that another answer of the row leaves out is not asked: what is stored of it stays, and counts for
    nothing. An answer to it that comes in is stored all the same: the page had asked before the other one was given.

    An answer below a question that was answered otherwise is removed. A page that sends `asked-names` is asked first,
    unless it sends the question's name in `remove`: its script has said so to the person, or they chose it.
    """

    def __init__(
        self,
        row,
        questions: Sequence[Question],
        data=None,
        *,
        parts: Mapping[Part, Sequence[Question]],
        remembered_as: str = "",
    ):
        super().__init__(data)
        self.instance = row
        self.parts = parts
        self.remembered_as = remembered_as  # The key under which a browser keeps whether questions are folded away.
        self.all_questions = questions
        self.ask_without([question for question in questions if question.is_left_out(row)])
        self.stored = {question.name: question.read(row) for question in questions}
        self.initial = dict(self.stored)
        self.version = self.version_in(self.data)
        self.seen = ""
        self.conflicts: list[Conflict] = []
        self.removals: dict[str, Removal] = {}
        self.has_unsaved_input = self.is_bound
        self.typed_before: Mapping = {}  # What fill_in() shows.
        self.has_written = False
        self.change: Change | None = None
        self.asked: set[str] = set()
        self.unasked: set[str] = set()
        if self.is_bound:
            self.ask_what_was_asked(data)
            self.asked = {name for name in self.fields if self.is_asked_in(name, data)}
            self.leave_out(self.fields.keys() - self.asked)

    def ask_without(self, left_out: list[Question]):
        """Ask all questions but these."""
        self.left_out = left_out
        self.questions = [question for question in self.all_questions if question not in left_out]
        self.fields = {
            question.name: self.fields.get(question.name) or question.form_field(self.instance)
            for question in self.questions
        }

    def ask_what_was_asked(self, data):
        """Ask also what another answer leaves out since, where what came in says something about it."""
        if left_out := self.left_out:
            self.ask_without([])
            self.ask_without([question for question in left_out if not self.is_asked_in(question.name, data)])

    # What is stored

    @cached_property
    def stored_version(self) -> str:
        return self.version_of(self.stored)

    def version_of(self, answers: Mapping) -> str:
        """The digests of all answers: equal answers have equal versions, no matter when they were saved."""
        return "".join(question.digest(answers.get(question.name)) for question in [*self.questions, *self.left_out])

    def version_in(self, data) -> str:
        """The version that the page showed; the stored one, if that is not said."""
        return data.get("version", "")[:LONGEST_VERSION] or self.stored_version

    # What came in

    @property
    def asked_names(self) -> str:
        """The names of the questions on this page, as it sends them."""
        return " ".join(self.fields)

    @cached_property
    def unknown_questions(self) -> dict[str, str]:
        """What was typed for own questions that the person does not have: deleted ones, or another person's."""
        data = self.typed_before or self.data
        found = {name: [] for name in names_in(data, "asked-names") if OWN_NAME.fullmatch(name)}
        for key in data:
            if match := OWN_NAME.match(key):
                found.setdefault(match[0], []).extend(texts_typed(data, key))
        return {name: ", ".join(filter(str.strip, texts)) for name, texts in found.items() if name not in self.fields}

    @property
    def is_accepted(self) -> bool:
        """Whether all that came in was stored: nothing is refused, and no question of it is unknown."""
        return self.is_valid() and not self.unknown_questions

    @property
    def status(self) -> int:
        """The status of the page with this form: 404 if it was sent an unknown question."""
        return 404 if self.unknown_questions else 200

    def is_asked_in(self, name: str, data) -> bool:
        """Whether what came in says something about this question, be it that it is not answered."""
        is_omitted = self.fields[name].widget.value_omitted_from_data(data, {}, name)
        return not is_omitted or name in names_in(data, "asked-names")

    def leave_out(self, names: Iterable[str]):
        """Keep the stored answers to these questions. A page with errors shows them."""
        for name in names:
            self.unasked.add(name)
            self.fields[name].bound_data = lambda _data, stored: stored

    def is_sent_as_stored(self, question: Question) -> bool:
        """Whether an answer came in that is stored already. One that cannot be read is not."""
        field = self[question.name]
        try:
            return question.are_same(field.field.clean(field.data), self.stored[question.name])
        except ValidationError:
            return False

    def move_from(self, other: "AnswersForm"):
        """Take only what was typed into `other`, the form of another day or week that the same data came in for.

        What is stored there already was shown by that page and is no answer for this row. Every answer that is stored
        here was not on that page: a different one is a conflict.
        """
        typed = {question for question in other.questions if not other.is_sent_as_stored(question)}
        needed = {question.shown_when[0] for question in typed if question.shown_when}
        self.leave_out(self.fields.keys() - {question.name for question in typed} - needed)
        self.version = self.version_of({})
        self.data = self.data.copy()
        self.data["version"], self.data["seen"] = self.version, ""

    def clean(self):
        self.keep_unasked_answers()
        self.keep_questions_of_unreadable_texts()
        self.clear_answers_under_another_condition()
        self.settle_conflicts()
        self.refuse_choices_that_contradict()
        self.clear_answers_under_another_condition()
        self.ask_about_answers_without_their_question()
        self.ask_about_removals()
        self.prepare_to_save()
        self.keep_answers_of_questions_with_errors()
        self.keep_what_is_stored_of_errors()
        return self.cleaned_data

    def keep_unasked_answers(self):
        for name in self.unasked:
            self.errors.pop(name, None)
            self.cleaned_data[name] = self.stored[name]

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
        return [str(question.label) for question in still_open(self.questions, self.answer_to)]

    def answer_to(self, question: Question):
        """The answer that is saved, or of a question that is not on this page, the stored one."""
        return self.cleaned_data[question.name] if question.name in self.fields else question.read(self.instance)

    def stored_answer_to(self, question: Question):
        return self.stored[question.name] if question.name in self.stored else question.read(self.instance)

    @property
    def open_labels_at_end(self) -> str:
        """The same at the end of a sentence, with its full stop. A question has a sign of its own."""
        labels = ", ".join(self.open_labels)
        return labels if labels.endswith("?") else f"{labels}."

    def get_context(self):
        """The questions asked first, then those that are folded away."""
        first = [question.name for question in self.questions if question.is_first]
        folded = [question.name for question in self.questions if not question.is_first]
        answered = sum(self.shows_answer(name) for name in folded)
        return {
            "form": self,
            "hidden_fields": [],
            "fields": [(self[name], self[name].errors) for name in first],
            "folded": [(self[name], self[name].errors) for name in folded],
            "folded_answered": answered,
            "is_folded_open": bool(answered) or any(name in self.errors for name in folded),
            "conflicts": self.conflicts,
            "removals": [*self.removals.values()] if self.has_error(NON_FIELD_ERRORS, "removal") else [],
            "removal_names": " ".join(self.removals),
            "has_dependents": any(question.shown_when for question in self.questions),
        }

    def shows_answer(self, name: str) -> bool:
        """Whether the page shows an answer to a question, be it typed, stored or unreadable."""
        is_typed = self.is_bound and name not in self.unasked
        shown = self[name].data if is_typed else self.initial.get(name)
        return shown not in (None, "", []) or isinstance(self.stored[name], Unreadable)

    def fill_in(self, data):
        """Show what was typed so far, unchecked and unsaved."""
        self.typed_before = data
        self.ask_what_was_asked(data)
        for question in self.questions:
            if self.is_asked_in(question.name, data):
                self.initial[question.name] = question.typed(self.fields[question.name], data)
        self.version = self.version_in(data)
        self.has_unsaved_input = True

    # What is written

    def save(self):
        """Write this form's own answers, if any changed. A row that says nothing is not kept.

        Nothing changes of a part that the page did not ask about.
        """
        answers = {
            question: self.cleaned_data[question.name] for question in self.questions if not self.is_unchanged(question)
        }
        recorders = [recorder for part in self.parts if (recorder := self.recorder(part)).asked]
        stamps = {recorder.part.completed_at: self.stamp(recorder.part) for recorder in recorders}
        is_stamped_anew = any(getattr(self.instance, name) != stamp for name, stamp in stamps.items())
        if answers or is_stamped_anew or any(recorder.asks_more(self.instance) for recorder in recorders):
            self.change = save_answers(self.instance, answers, stamps, recorders)
            self.has_written = True
        if self.errors or self.unknown_questions:
            self.show_as_saved()
        return self.instance

    def show_as_saved(self):
        """Let the page that comes back with errors say which answers it was typed over: those that are stored now.

        If answers were saved elsewhere since the page was opened, it keeps saying that: those with errors may differ.
        """
        shown = digests_in(self.version)
        questions = [*self.questions, *self.left_out]
        if not all(question.digest(self.stored[question.name]) in shown for question in questions):
            return
        self.stored |= {question.name: question.read(self.instance) for question in questions}
        self.__dict__.pop("stored_version", None)
        self.version = self.stored_version

    def questions_of(self, part: Part) -> list[Question]:
        """The questions of this page that belong to a part: all but those of the other parts."""
        elsewhere = {
            question.name for other, questions in self.parts.items() if other != part for question in questions
        }
        return [question for question in self.questions if question.name not in elsewhere]

    def recorder(self, part: Part) -> Recorder:
        here = self.questions_of(part)
        asked = self.asked & {question.name for question in here}
        return Recorder(part, [*dict.fromkeys([*self.parts[part], *here])], asked)

    def stamp(self, part: Part) -> datetime.datetime | None:
        """When a part was done, which is now if it was not; None if it is not.

        What was done before a question was added to those asked first stays done.
        """
        before, here = getattr(self.instance, part.completed_at), self.questions_of(part)
        elsewhere = [question for question in self.parts[part] if question.name not in self.fields]
        asked = [*here, *(each for each in elsewhere if each.is_asked and not each.is_left_out(self.instance))]
        if before is None:
            has_errors = any(question.is_needed and question.name in self.errors for question in here)
            return timezone.now() if is_done(asked, self.answer_to) and not has_errors else None
        former = still_open(asked, self.stored_answer_to)
        missing = [question for question in still_open(asked, self.answer_to) if question not in former]
        has_answer = any(self.answer_to(question) is not None for question in here) or any(
            question.is_answered(self.instance) for question in elsewhere
        )
        return before if has_answer and not missing else None


def texts_typed(data, key: str) -> list[str]:
    """What was typed into an input, or into several of this name, of a question that is not known any more."""
    if key.endswith(TimeAndBox.SUFFIX):
        return [gettext("not noticed")]
    values = forms.MultipleHiddenInput().value_from_datadict(data, {}, key)
    return [values] if isinstance(values, str) else values


class CheckInForm(AnswersForm):
    """One check-in of a day."""

    def __init__(self, stage: Stage, log: DailyLog, data=None, *, speaks_of=None):
        """`speaks_of` is data that fill_in() will show."""
        questions = questions_to_ask(stage.slug, log.user, data or speaks_of)
        kept = stage.questions(log.user)
        super().__init__(log, questions, data, parts={stage.part: kept}, remembered_as=stage.slug)


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
