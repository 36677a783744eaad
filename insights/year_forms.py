from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from brainlog.forms import Selection


class YearQuestionForm(forms.Form):
    """Which question the cells of a year show."""

    question = forms.ChoiceField(
        label=_("Question"),
        widget=Selection,
        error_messages={
            "required": _("Choose a question of the list."),
            "invalid_choice": _("Choose a question of the list."),
        },
    )

    def __init__(self, questions, shown, data=None):
        super().__init__(data, initial={"question": shown and shown.name})
        self.fields["question"].choices = [(each.name, capfirst(str(each.label))) for each in questions]
