"""The form of a person's own question: its words, its kind and check-in, and what its kind asks besides."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from brainlog.forms import Pills, TextArea, TextBox
from encryption.fields import Unreadable
from logs.fields import Direction
from logs.form_fields import OwnNumberInput, TextInput
from logs.own_kinds import KINDS, PARAMETERS
from logs.stages import STAGES
from logs.widgets import in_digits

WEEK = "week"
ASKED_FIRST, FOLDED = "first", "folded"
ALL_PARAMETERS = {name for names in PARAMETERS.values() for name in names}
FEWEST_CHOICES, MOST_CHOICES, LONGEST_CHOICE = 2, 12, 60


def require_printable_characters(text: str):
    """Reject control characters, such as a tab or a line break, and texts that show nothing. Not NUL, see CharField."""
    categories = {unicodedata.category(character) for character in text if character != "\0"}
    if categories & {"Cc", "Zl", "Zp"}:
        message = _("This text has a character that cannot be stored. Please retype it.")
        raise ValidationError(message, code="control_characters")
    if categories and all(category[0] in "CZ" for category in categories):
        raise ValidationError(_("Please write something that can be seen."), code="invisible")


class WordsInput(TextInput):
    """A line of the person's own words, trimmed. An empty text if nothing is left."""

    default_validators = [require_printable_characters]

    def __init__(self, *, required=False, **options):
        super().__init__(**options)
        self.required = required
        self.empty_value = ""


class ChoicesInput(WordsInput):
    """A list of choices, one a line: trimmed, without blank lines. Returns their labels."""

    default_validators = []
    widget = TextArea({"rows": 4})
    default_error_messages = {
        "too_few": _("Write at least %(fewest)d choices, one a line."),
        "too_many": _("Please keep this to %(most)d choices; these are %(count)d."),
        "too_long": _("Please keep each choice to %(most)d characters: “%(start)s…” has %(count)d."),
        "twice": _("“%(choice)s” is here twice."),
    }
    LONGEST_TEXT = 10 * MOST_CHOICES * LONGEST_CHOICE

    def __init__(self, **options):
        super().__init__(max_length=self.LONGEST_TEXT, **options)

    def prepare_value(self, value):
        """The labels of `[id, label]`, one a line."""
        if isinstance(value, list | tuple):
            return "\n".join(label for _id, label in value)
        return super().prepare_value(value)

    def clean(self, value):
        text = super().clean(value)
        if isinstance(text, Unreadable):
            return text
        labels = [label for line in text.splitlines() if (label := line.strip())]
        self.check_labels(labels)
        return labels

    def check_labels(self, labels: list[str]):
        counts = {"fewest": FEWEST_CHOICES, "count": len(labels), "most": MOST_CHOICES}
        if labels and len(labels) < FEWEST_CHOICES:
            raise self.error("too_few", counts)
        if len(labels) > MOST_CHOICES:
            raise self.error("too_many", counts)
        for number, label in enumerate(labels):
            require_printable_characters(label)
            if len(label) > LONGEST_CHOICE:
                raise self.error("too_long", {"most": LONGEST_CHOICE, "start": label[:20], "count": len(label)})
            if key_of(label) in map(key_of, labels[:number]):
                raise self.error("twice", {"choice": label})

    def error(self, code: str, params: dict) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)


def key_of(label: str) -> str:
    """Equal for two labels that a person reads as the same."""
    folded = unicodedata.normalize("NFC", label).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def number(**options) -> OwnNumberInput:
    return OwnNumberInput(required=False, max_digits=12, decimal_places=3, **options)


def number_of_any_sign(**options) -> OwnNumberInput:
    # The keypad for decimals of some phones has no minus.
    return number(widget=TextBox({"autocomplete": "off"}), **options)


def pills(choices, **options) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, widget=Pills, **options)


@dataclass(frozen=True)
class Part:
    """Fields that are shown for some kinds only. `kinds` is empty if they always are."""

    title: str
    kinds: str
    fields: list[forms.BoundField]


class OwnQuestionForm(forms.Form):
    """Makes a question, or changes the `existing` one: a mapping of the names of these fields.

    `cleaned_data` has a value for every name, ready to be stored: texts that were left open are "", numbers None. What
    the kind does not ask is as if left open, whatever came in. `choices` are labels, see choices_with_ids().

    A question is asked folded away, and means neither better nor worse, unless something else is chosen. Of an existing
    question the kind stays, and so does all that came in without a key. Its answers are those of days or of weeks: it
    moves between check-ins, and not between these and the week.
    """

    CHECK_INS = [*((stage.slug, stage.title) for stage in STAGES), (WEEK, _("Once a week"))]

    label = WordsInput(label=_("Question"), required=True, max_length=120)
    check_in = pills(CHECK_INS, label=_("When is it asked?"))
    kind = pills(list(KINDS.items()), label=_("How do you answer it?"))
    ends_low = WordsInput(label=_("What 1 means"), max_length=40)
    ends_high = WordsInput(label=_("What 10 means"), max_length=40)
    unit = WordsInput(label=_("Unit"), max_length=20, help_text=_("Such as cups, minutes or mmHg."))
    least = number_of_any_sign(label=_("Least"))
    most = number_of_any_sign(label=_("Most"))
    step = number(label=_("In steps of"), help_text=_("Left open, any number will do."))
    choices = ChoicesInput(label=_("Choices, one a line"))
    direction = pills(
        [
            (Direction.BETTER.value, _("More is better")),
            (Direction.WORSE.value, _("More is worse")),
            (Direction.NEITHER.value, _("Neither")),
        ],
        label=_("Better or worse?"),
        required=False,
        help_text=_("More is also a yes, a later time, or a choice further down the list. Left open, it is neither."),
    )
    asked = pills(
        [(ASKED_FIRST, _("First")), (FOLDED, _("Folded away"))],
        label=_("Where is it asked?"),
        required=False,
        help_text=_("What is asked first makes a check-in done. Left open, it is folded away."),
    )

    PARTS = [
        (_("For an answer from 1 to 10"), ["ends_low", "ends_high"]),
        (_("For a number or two numbers"), ["unit", "least", "most"]),
        (_("For a number"), ["step"]),
        (_("For one or several of a list"), ["choices"]),
        ("", ["direction"]),
        ("", ["asked"]),
    ]

    def __init__(self, data=None, *, existing: Mapping | None = None, **options):
        self.existing = existing
        super().__init__(data, initial=options.pop("initial", {}) | dict(existing or {}), **options)
        if existing:
            self.leave_out_other_kinds()
            self.fields["check_in"].choices = [
                choice for choice in self.CHECK_INS if (choice[0] == WEEK) == (existing["check_in"] == WEEK)
            ]
            if "choices" in self.fields:
                self.fields["choices"].help_text = _(
                    "If you change the words of one line only, earlier answers take its new words."
                )
            self.keep_unsent_values()

    # What is asked

    def leave_out_other_kinds(self):
        """Ask only what the kind of the existing question asks."""
        for name in {"kind"} | ALL_PARAMETERS - self.parameters:
            del self.fields[name]

    @property
    def chosen_kind(self) -> str | None:
        return self.existing["kind"] if self.existing else self.cleaned_data.get("kind")

    @property
    def parameters(self) -> set[str]:
        """The names of what the kind asks."""
        return set(PARAMETERS.get(self.chosen_kind, ()))

    def keep_unsent_values(self):
        if self.is_bound:
            shown = {name: self[name].initial for name in self.fields if name not in self.data}
            self.data = self.data.copy()
            self.data.update({name: as_typed(self.fields[name].prepare_value(value)) for name, value in shown.items()})

    @property
    def parts(self) -> list[Part]:
        """What is asked below the fields that get_context() gives."""
        parts = []
        for title, names in self.PARTS:
            kinds = "" if self.existing else " ".join(kind for kind in KINDS if set(names) <= set(PARAMETERS[kind]))
            fields = [self[name] for name in names if name in self.fields]
            parts += [Part("" if self.existing else title, kinds, fields)] if fields else []
        return parts

    def get_context(self):
        """The fields above the parts. Errors are listed of all."""
        in_parts = {name for _title, names in self.PARTS for name in names}
        fields = [(self[name], self[name].errors) for name in self.fields if name not in in_parts]
        return super().get_context() | {"fields": fields}

    # What came in

    def clean(self):
        self.refuse_another_kind()
        self.clear_parameters_of_other_kinds()
        self.clean_defaults()
        if {"least", "most"} <= self.parameters:
            self.check_range()
        if "step" in self.parameters:
            self.check_step()
        if "choices" in self.parameters and not self.cleaned_data.get("choices") and "choices" not in self.errors:
            self.add_error("choices", self.fields["choices"].error("too_few", {"fewest": FEWEST_CHOICES}))
        return self.cleaned_data

    def refuse_another_kind(self):
        if not self.existing:
            return
        if self.data.get("kind", self.existing["kind"]) != self.existing["kind"]:
            message = _("The kind of a question stays. Another kind is another question.")
            self.add_error(None, ValidationError(message, code="kind"))
        self.cleaned_data["kind"] = self.existing["kind"]

    def clear_parameters_of_other_kinds(self):
        """Errors in them do not count. As long as no kind is chosen, nothing is one of its parameters."""
        empty = dict.fromkeys(("ends_low", "ends_high", "unit"), "") | {
            "choices": [],
            "direction": Direction.NEITHER.value,
        }
        for name in ALL_PARAMETERS - self.parameters:
            self.errors.pop(name, None)
            self.cleaned_data[name] = empty.get(name)

    def clean_defaults(self):
        for name, default in {"direction": Direction.NEITHER.value, "asked": FOLDED}.items():
            if name not in self.errors:
                self.cleaned_data[name] = self.cleaned_data.get(name) or default

    def check_range(self):
        least, most = (self.cleaned_data.get(name) for name in ("least", "most"))
        if least is not None and most is not None and least >= most:
            message = _("The most has to be above the least, %(least)s.")
            self.add_error("most", ValidationError(message, code="range", params={"least": in_digits(least)}))

    def check_step(self):
        least, most, step = (self.cleaned_data.get(name) for name in ("least", "most", "step"))
        if step is None:
            return
        if step <= 0:
            self.add_error("step", ValidationError(_("Steps have to be above 0."), code="step"))
        elif least is not None and most is not None and step > most - least:
            params = {"range": in_digits(most - least)}
            message = _("Steps can be %(range)s at most, from the least to the most.")
            self.add_error("step", ValidationError(message, code="step", params=params))

    # What is stored

    def choices_with_ids(
        self, existing: Iterable[Sequence] = (), retired: Iterable[Sequence] = ()
    ) -> tuple[list[list], list[list]]:
        """The lists `[id, label]` of the choices as they came in, and of those that are retired then.

        `existing` and `retired` are the lists as they are stored. A line has the id of the choice of the same text, in
        capitals or not, current or retired. If the list is as long as it was, and just one line of it is another text,
        this line has the id of the former text. Any other line has a new id, above all of the lists.
        """
        labels = self.cleaned_data["choices"]
        if isinstance(labels, Unreadable):
            return existing, retired
        return choices_with_ids(labels, list(existing), list(retired))


def as_typed(value) -> str:
    return "" if value is None else str(value)


def choices_with_ids(
    labels: list[str], existing: list[Sequence], retired: list[Sequence]
) -> tuple[list[list], list[list]]:
    """See OwnQuestionForm.choices_with_ids()."""
    known = {key_of(label): key for key, label in [*retired, *existing]}
    ids = [known.get(key_of(label)) for label in labels]
    changed = [
        place
        for place, (label, (_id, former)) in enumerate(zip(labels, existing, strict=False))
        if key_of(label) != key_of(former)
    ]
    if len(labels) == len(existing) and len(changed) == 1 and ids[changed[0]] is None:
        ids[changed[0]] = existing[changed[0]][0]
    highest = max([0, *(key for key, _label in [*existing, *retired])])
    for place, key in enumerate(ids):
        if key is None:
            highest += 1
            ids[place] = highest
    current = [[key, label] for key, label in zip(ids, labels, strict=True)]
    return current, [[key, label] for key, label in [*retired, *existing] if key not in ids]
