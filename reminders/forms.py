import datetime
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from brainlog.database.retry import retry_on_conflict
from brainlog.forms import LONGEST_LINE, DateBox, ManyPills, Pills
from logs.check_in_times import WEEK, CheckInTime, check_in_times, to_json, usual_times
from logs.form_fields import TimeInput
from logs.question_lists import QUESTION_LISTS
from logs.stages import STAGES
from reminders.models import Plan
from reminders.plans import replan
from reminders.schedule import Rhythm, coming, due_times

DAYS_OF_A_WEEK = 7

NOT_OFFERED = _("Choose one of the answers offered.")


def weekdays_from(first_weekday: int) -> list[tuple]:
    """The choices of a weekday, 0 for Monday, in the order of the person's week."""
    return [(day, WEEKDAYS_ABBR[day]) for day in ((first_weekday + number) % 7 for number in range(7))]


class WeekdaysInput(forms.TypedMultipleChoiceField):
    """Days of the week."""

    widget = ManyPills

    def __init__(self, first_weekday: int, **options):
        choices = weekdays_from(first_weekday)
        super().__init__(choices=choices, coerce=int, required=False, empty_value=[], **options)
        self.error_messages["invalid_choice"] = NOT_OFFERED  # Django's message repeats the value.


class WeekdayInput(forms.TypedChoiceField):
    """One day of the week or none, as a list."""

    widget = Pills

    def __init__(self, first_weekday: int, **options):
        choices = weekdays_from(first_weekday)
        super().__init__(choices=choices, coerce=int, required=False, empty_value=None, **options)
        self.error_messages["invalid_choice"] = NOT_OFFERED

    def clean(self, value) -> list[int]:
        day = super().clean(value)
        return [] if day is None else [day]


class PauseDayInput(forms.DateField):
    """The day on which reminders come again; None if they are not paused. 9999-12-31 stands for good."""

    widget = DateBox

    def __init__(self, person: User):
        until = person.reminders_paused_until
        self.today = person.today()
        super().__init__(
            label=_("Paused until"),
            required=False,
            initial=until if until and until > self.today else None,
            help_text=_("No reminders before that day. Empty: not paused."),
            error_messages={"invalid": _("Write the day as 2026-05-04.")},
        )

    def to_python(self, value):
        if isinstance(value, str) and len(value) > LONGEST_LINE:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        day = super().to_python(value)
        if day is not None and day <= self.today:
            raise ValidationError(_("Choose a day that is still to come, or none."), code="past")
        return day


class ReminderForm(forms.Form):
    """The times of the check-ins that are on, of the reflection, how reminders are repeated, and until when they rest.

    Fields: `<stage>-time`, `<stage>-days` (0 for Monday to 6), `week-time`, `week-day`, `repeat-every`, `repeat-times`,
    `quiet-from`, `quiet-to`, `words`, `pause-until`.
    """

    # The columns of the plan, by the name of their field.
    PLAN_FIELDS: ClassVar = {
        "repeat-every": "repeat_minutes",
        "repeat-times": "repeats",
        "quiet-from": "quiet_from",
        "quiet-to": "quiet_until",
        "words": "words",
    }
    PAUSE = "pause-until"

    def __init__(self, person: User, plan: Plan, data=None):
        self.person, self.plan = person, plan
        self.is_first = not person.check_in_times
        super().__init__(data, initial={name: getattr(plan, column) for name, column in self.PLAN_FIELDS.items()})
        last_weekday = (person.FIRST_WEEKDAYS[person.week_starts_on] - 1) % 7
        shown = usual_times(last_weekday) if self.is_first else check_in_times(person.check_in_times)
        self.slugs = [*(stage.slug for stage in STAGES if stage.is_on(person)), WEEK]
        for slug in self.slugs:
            self.add_time(slug, shown[slug])
        self.add_plan_fields()
        self.fields[self.PAUSE] = PauseDayInput(person)
        for name in ("repeat-every", "repeat-times", "words"):
            self.fields[name].error_messages["invalid_choice"] = NOT_OFFERED

    def add_time(self, slug: str, shown: CheckInTime) -> None:
        title = _("The week") if slug == WEEK else QUESTION_LISTS[slug].title
        label = _("%(check_in)s: remind me on") % {"check_in": title}
        self.fields[f"{slug}-time"] = TimeInput(label=title, initial=shown.at)
        first = self.person.FIRST_WEEKDAYS[self.person.week_starts_on]
        if slug == WEEK:
            self.fields[days_of(slug)] = WeekdayInput(first, label=label, initial=next(iter(shown.weekdays), ""))
        else:
            self.fields[days_of(slug)] = WeekdaysInput(first, label=label, initial=sorted(shown.weekdays))

    def add_plan_fields(self) -> None:
        self.fields["repeat-every"] = forms.TypedChoiceField(
            label=_("Remind me again after"), choices=Plan.Every.choices, coerce=int, widget=Pills
        )
        self.fields["repeat-times"] = forms.TypedChoiceField(
            label=_("How many times again?"),
            choices=[(number, str(number)) for number in range(Plan.MOST_REPEATS + 1)],
            coerce=int,
            widget=Pills,
            help_text=_("Until you have begun, and only until the next check-in's time."),
        )
        self.fields["quiet-from"] = TimeInput(label=_("Quiet from"), required=False)
        self.fields["quiet-to"] = TimeInput(
            label=_("Quiet until"),
            required=False,
            help_text=_("A reminder in quiet hours waits for their end. Leave both empty for none."),
        )
        self.fields["words"] = forms.ChoiceField(
            label=_("What a reminder says"),
            choices=Plan.Words.choices,
            widget=Pills,
            help_text=_("It may be seen on a locked screen. It never says anything about your answers."),
        )

    @property
    def times(self) -> list[dict]:
        """The fields of each check-in, for the page."""
        return [{"at": self[f"{slug}-time"], "weekdays": self[days_of(slug)]} for slug in self.slugs]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in (*self.PLAN_FIELDS, self.PAUSE)]

    def clean(self):
        facts = super().clean()
        self.check_quiet_hours(facts)
        if not self.errors:
            self.check_that_each_is_due(facts)
        return facts

    def check_quiet_hours(self, facts) -> None:
        if {"quiet-from", "quiet-to"} & self.errors.keys():
            return
        start, end = facts.get("quiet-from"), facts.get("quiet-to")
        if (start is None) != (end is None):
            missing = "quiet-to" if end is None else "quiet-from"
            self.add_error(missing, ValidationError(_("Quiet hours need both times, or none."), code="half"))
        elif start is not None and start == end:
            self.add_error("quiet-to", ValidationError(_("Quiet hours need two different times."), code="same"))

    def check_that_each_is_due(self, facts) -> None:
        """Refuse a time whose whole window is in the quiet hours: the person would wait for it in vain."""
        start, end = facts["quiet-from"], facts["quiet-to"]
        if start is None:
            return
        rhythm = Rhythm(self.person.zone, self.person.day_ends_at, self.chosen, quiet=(start, end))
        windows = coming(rhythm, timezone.now(), days=DAYS_OF_A_WEEK)
        due = {window.slug for window in windows if due_times(window, rhythm)}
        for slug in {window.slug for window in windows} - due:
            message = _("It would never come: it is in your quiet hours, and over at their end.")
            self.add_error(f"{slug}-time", ValidationError(message, code="never_due"))

    @property
    def chosen(self) -> dict[str, CheckInTime]:
        facts = self.cleaned_data
        return {slug: CheckInTime(facts[f"{slug}-time"], frozenset(facts[days_of(slug)])) for slug in self.slugs}

    def save(self) -> None:
        """Store the times and the pause with the person, the rest in their plan. All else stays as it is."""
        facts = {column: self.cleaned_data[name] for name, column in self.PLAN_FIELDS.items()}
        pause = {"reminders_paused_until": self.cleaned_data[self.PAUSE]} if self.PAUSE in self.data else {}
        store(self.person, self.chosen, facts, pause)


def days_of(slug: str) -> str:
    """The name of the field of its weekdays."""
    return f"{slug}-day" if slug == WEEK else f"{slug}-days"


@retry_on_conflict
def store(person: User, chosen: dict[str, CheckInTime], facts: dict, columns: dict) -> None:
    """The person is locked first, as by other changes of what they are asked."""
    now = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    person.check_in_times = to_json(check_in_times(now.check_in_times) | chosen)
    User.objects.filter(pk=person.pk).update(check_in_times=person.check_in_times, **columns)
    Plan.objects.update_or_create(user=person, defaults=facts)
    replan(person)


@retry_on_conflict
def set_pause(person: User, until: datetime.date | None) -> None:
    User.objects.filter(pk=person.pk).update(reminders_paused_until=until)
    person.reminders_paused_until = until
    replan(person)


@retry_on_conflict
def set_snooze(person: User, until: datetime.datetime, now: datetime.datetime) -> None:
    Plan.objects.filter(pk=person.pk).update(snoozed_until=until)
    replan(person, now)
