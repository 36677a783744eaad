"""The form of a person's own guess: what may go with what, on the same day or the next."""

from collections.abc import Collection, Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from brainlog.forms import Pills, Selection
from insights.findings.family import (
    AMOUNTS,
    FAMILY,
    GUESSED_OUTCOMES,
    NEXT_DAY,
    OWN_EXPOSURES,
    OWN_OUTCOMES,
    SAME_DAY,
    YES_OR_NO,
    compared,
    share_an_answer,
)
from insights.findings.words import Words
from logs.questions import Question, RowQuestion

CHOOSE = ("", _("Choose one"))
MESSAGES = dict.fromkeys(("required", "invalid_choice"), _("Please choose one of the list."))


def list_of(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, widget=Selection, error_messages=MESSAGES)


class GuessForm(forms.Form):
    """`cleaned_data` is one comparison that is not asked yet. `asked` are the keys of the person's earlier guesses.

    `questions` are those of their days, of which their own ones can be chosen while they are asked.
    """

    exposure = list_of(_("What do you compare days by?"))
    outcome = list_of(_("What may differ between them?"))
    lag = forms.TypedChoiceField(
        label=_("When?"),
        choices=[(SAME_DAY, _("The same day")), (NEXT_DAY, _("The next day"))],
        coerce=int,
        widget=Pills,
        help_text=_("A night belongs to the day after it: the night that follows a day is “the next day”."),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Please choose when.")),
    )

    def __init__(self, words: Words, questions: Sequence[Question], asked: Collection[str], data=None):
        super().__init__(data)
        self.asked = asked
        own = [each for each in questions if isinstance(each, RowQuestion) and each.is_asked]
        exposures = [*YES_OR_NO, *AMOUNTS, *(each.name for each in own if each.own.kind in OWN_EXPOSURES)]
        outcomes = [*GUESSED_OUTCOMES, *(each.name for each in own if each.own.kind in OWN_OUTCOMES)]
        self.fields["exposure"].choices = [
            CHOOSE,
            *((name, capfirst(str(words.exposure(name).name))) for name in exposures),
        ]
        self.fields["outcome"].choices = [CHOOSE, *((name, words.outcome(name).named(SAME_DAY)) for name in outcomes)]

    def clean(self):
        facts = super().clean()
        if {"exposure", "outcome", "lag"} <= facts.keys():
            self.refuse(compared(facts["exposure"], facts["outcome"], facts["lag"]))
        return facts

    def refuse(self, comparison):
        """Raises ValidationError for what is asked already, and for what would go together in any case."""
        if share_an_answer(comparison.exposure, comparison.outcome):
            message = _("Both are made of the same answer, so they go together in any case. Choose two others.")
            raise ValidationError(message, "share_an_answer")
        if comparison.key in KEYS_OF_FAMILY:
            raise ValidationError(_("This is asked for everyone already. It is on the page of findings."), "in_family")
        if comparison.key in self.asked:
            raise ValidationError(_("You asked this already. It is on the page of findings."), "asked")


KEYS_OF_FAMILY = frozenset(each.key for each in FAMILY)
