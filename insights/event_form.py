from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from insights.models import Event
from logs.forms import LAST_BEFORE_FIRST, DayInput
from logs.own_question_form import WordsInput


class EventForm(forms.Form):
    """What happened, and when. `event` is the one to be changed, None for a new one."""

    text = WordsInput(
        label=_("What happened?"),
        required=True,
        max_length=Event._meta.get_field("text").max_length,
        help_text=_("A few words, such as new job, flu or moved."),
        error_messages={"required": _("Please write what happened.")},
    )
    date = DayInput(label=_("Day"))
    last_day = DayInput(label=_("Last day"), required=False, help_text=_("Only if it took longer than a day."))

    def __init__(self, person, data=None, *, event: Event | None = None, **options):
        self.event = event
        # After a flight west, a day that is stored may lie ahead of the clock.
        self.newest = max(filter(None, [person.today(), event and event.last]))
        stored = {name: getattr(event, name) for name in self.base_fields} if event else {}
        super().__init__(data, initial=options.pop("initial", {}) | stored, **options)

    def clean_date(self):
        return self.require_begun(self.cleaned_data["date"])

    def clean_last_day(self):
        return self.require_begun(self.cleaned_data["last_day"])

    def require_begun(self, day):
        if day and day > self.newest:
            raise ValidationError(_("This day has not begun yet. Choose today or an earlier day."), "future")
        return day

    def clean(self):
        facts = super().clean()
        if facts.get("date") and facts.get("last_day") and facts["last_day"] < facts["date"]:
            self.add_error("last_day", ValidationError(LAST_BEFORE_FIRST, "order"))
        return facts
