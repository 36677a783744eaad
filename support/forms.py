from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from brainlog.forms import Selection
from logs.answer_form import AnswersForm
from support.countries import names
from support.models import PLAN_QUESTIONS, HelpLine, SupportPlan


class PlanForm(AnswersForm):
    """A person's plan. As with answers, what another tab has saved meanwhile is never overwritten unasked."""

    def __init__(self, plan: SupportPlan, data=None):
        super().__init__(plan, PLAN_QUESTIONS, data, parts={})


class CountryForm(forms.Form):
    """Which country's lines are shown."""

    country = forms.ChoiceField(label=_("Country"), widget=Selection)

    def __init__(self, codes, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [(code, names()[code]) for code in codes]


OF_THE_WEB = URLValidator(schemes=["http", "https"])


class HelpLineForm(forms.ModelForm):
    """In the admin: the country is chosen by its name."""

    country = forms.ChoiceField(label=_("Country"), choices=lambda: [("", "–"), *sorted_names()])
    website = forms.URLField(
        label=_("Web address"), assume_scheme="https", required=False, max_length=200, validators=[OF_THE_WEB]
    )
    source = forms.URLField(
        label=_("Source"),
        assume_scheme="https",
        max_length=200,
        validators=[OF_THE_WEB],
        help_text=_("Where the line itself says so."),
    )

    class Meta:
        model = HelpLine
        fields = (
            *("country", "name", "is_emergency", "phone", "text_number", "text_word"),
            *("website", "hours", "languages", "checked_on", "source"),
        )


def sorted_names() -> list[tuple[str, str]]:
    return sorted(names().items(), key=lambda item: str(item[1]))
