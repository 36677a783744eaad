import datetime
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from accounts.forms import PauseForm
from accounts.models import User
from brainlog.database.retry import retry_on_conflict
from brainlog.forms import DateBox, ManyPills, Pills
from logs.check_in_times import EVERY_DAY, WEEK, CheckInTime, check_in_times, to_json, usual_times
from logs.form_fields import TimeInput
from logs.question_lists import QUESTION_LISTS
from logs.stages import STAGES
from reminders.models import Plan
from reminders.plans import replan

NOT_OFFERED = _("Choose one of the answers offered.")


class WeekdaysInput(forms.TypedMultipleChoiceField):
    """Days of the week, 0 for Monday, in the order of the person's week."""

    widget = ManyPills

    def __init__(self, first_weekday: int, **options):
        order = [(first_weekday + number) % 7 for number in range(7)]
        choices = [(day, WEEKDAYS_ABBR[day]) for day in order]
        super().__init__(choices=choices, coerce=int, required=False, empty_value=[], **options)
        self.error_messages["invalid_choice"] = NOT_OFFERED  # Django's message repeats the value.


class ReminderForm(forms.Form):
    """The times of the check-ins that are on, of the reflection, and how reminders are repeated."""

    repeat_minutes = forms.TypedChoiceField(
        label=_("Remind me again after"), choices=Plan.Every.choices, coerce=int, widget=Pills
    )
    repeats = forms.TypedChoiceField(
        label=_("How many times again?"),
        choices=[(number, str(number)) for number in range(Plan.MOST_REPEATS + 1)],
        coerce=int,
        widget=Pills,
        help_text=_("Until you have begun, and only until the next check-in's time."),
    )
    quiet_from = TimeInput(label=_("Quiet from"), required=False)
    quiet_until = TimeInput(
        label=_("Quiet until"),
        required=False,
        help_text=_("A reminder in quiet hours waits for their end. Leave both empty for none."),
    )
    words = forms.ChoiceField(
        label=_("What a reminder says"),
        choices=Plan.Words.choices,
        widget=Pills,
        help_text=_("It may be seen on a locked screen. It never says anything about your answers."),
    )

    PLAN_FIELDS: ClassVar = ("repeat_minutes", "repeats", "quiet_from", "quiet_until", "words")

    def __init__(self, person: User, plan: Plan, data=None):
        self.person, self.plan = person, plan
        self.is_first = person.check_in_times is None
        super().__init__(data, initial={name: getattr(plan, name) for name in self.PLAN_FIELDS})
        stored = check_in_times(person.check_in_times)
        last_weekday = (person.FIRST_WEEKDAYS[person.week_starts_on] - 1) % 7
        shown = usual_times(last_weekday) if self.is_first else stored
        self.slugs = [*(stage.slug for stage in STAGES if stage.is_on(person)), WEEK]
        for slug in self.slugs:
            self.add_time(slug, shown[slug])
        for name in ("repeat_minutes", "repeats", "words"):
            self.fields[name].error_messages["invalid_choice"] = NOT_OFFERED
        self.order_fields([*(name for slug in self.slugs for name in (f"{slug}-at", f"{slug}-weekdays"))])

    def add_time(self, slug: str, shown: CheckInTime) -> None:
        title = _("The week") if slug == WEEK else QUESTION_LISTS[slug].title
        self.fields[f"{slug}-at"] = TimeInput(label=title, initial=shown.at)
        self.fields[f"{slug}-weekdays"] = WeekdaysInput(
            self.person.FIRST_WEEKDAYS[self.person.week_starts_on],
            label=_("%(check_in)s: remind me on") % {"check_in": title},
            initial=sorted(shown.weekdays),
        )

    @property
    def times(self) -> list[dict]:
        """The fields of each check-in, for the page."""
        return [{"slug": slug, "at": self[f"{slug}-at"], "weekdays": self[f"{slug}-weekdays"]} for slug in self.slugs]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in self.PLAN_FIELDS]

    def clean(self):
        facts = super().clean()
        if {"quiet_from", "quiet_until"} & self.errors.keys():
            return facts
        start, end = facts.get("quiet_from"), facts.get("quiet_until")
        if (start is None) != (end is None):
            missing = "quiet_until" if end is None else "quiet_from"
            self.add_error(missing, ValidationError(_("Quiet hours need both times, or none."), code="half"))
        elif start is not None and start == end:
            self.add_error("quiet_until", ValidationError(_("Quiet hours need two different times."), code="same"))
        return facts

    def save(self) -> None:
        """Store the times with the person and the rest in their plan. Other columns of both stay as they are."""
        facts = self.cleaned_data
        chosen = {
            slug: CheckInTime(facts[f"{slug}-at"], frozenset(facts[f"{slug}-weekdays"]) & EVERY_DAY)
            for slug in self.slugs
        }
        store(self.person, chosen, {name: facts[name] for name in self.PLAN_FIELDS})


@retry_on_conflict
def store(person: User, chosen: dict[str, CheckInTime], facts: dict) -> None:
    """The person is locked first, as by other changes of what they are asked."""
    now = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    person.check_in_times = to_json(check_in_times(now.check_in_times) | chosen)
    User.objects.filter(pk=person.pk).update(check_in_times=person.check_in_times)
    Plan.objects.update_or_create(user=person, defaults=facts)
    now.check_in_times = person.check_in_times
    replan(now)


class RemindersPauseForm(PauseForm):
    """For how long reminders are paused: one of the periods, or until a day."""

    until_day = forms.DateField(
        label=_("Until"),
        required=False,
        widget=DateBox,
        error_messages={"invalid": _("Write the day as 2026-05-04.")},
    )

    def __init__(self, person: User, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["pause"].required = False
        self.fields["pause"].error_messages["invalid_choice"] = NOT_OFFERED

    def clean(self):
        facts = super().clean()
        if self.errors:
            return facts
        if not facts.get("pause") and facts.get("until_day") is None:
            self.add_error("until_day", ValidationError(_("Please choose for how long."), code="required"))
        elif facts.get("until_day") and facts["until_day"] <= self.person.today():
            self.add_error("until_day", ValidationError(_("Choose a day that is still to come."), code="past"))
        return facts

    def until(self, today: datetime.date) -> datetime.date | None:
        return super().until(today) if self.cleaned_data.get("pause") else self.cleaned_data["until_day"]


def set_pause(person: User, until: datetime.date | None) -> None:
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(reminders_paused_until=until)
        person.reminders_paused_until = until
        replan(person)
