"""The form of a report: its period, its sections, and what the person adds to it."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.forms import LONGEST_LINE, ManyPills, Pills, Selection
from insights.models import Appointment
from insights.report.findings import MOST_CHOSEN, kept_findings
from insights.report.logged import ONE_DAY, Logged, Span
from insights.report.panels import MOST_PANELS, USUAL, scores
from insights.report.passages import MOST_PICKED
from insights.report.sections import GROUPS
from insights.report.selection import ReportSelection
from logs.forms import LAST_BEFORE_FIRST, DayInput
from logs.own_question_form import WordsInput

SINCE, LAST_90, DATES = "since", "90", "dates"
USUAL_DAYS = 90
MOST_DAYS = 3 * 366
CHOOSE = _("Choose from what is offered.")


class NamesInput(forms.MultipleChoiceField):
    """Any number of the choices. `most`: how many are accepted; None for all."""

    widget = ManyPills

    def __init__(self, *, most: int | None = None, **options):
        self.most = most
        super().__init__(required=False, **options)
        self.error_messages["invalid_choice"] = CHOOSE  # Django's message repeats the value.

    def validate(self, value):
        super().validate(value)
        if self.most is not None and len(value) > self.most:
            raise ValidationError(_("Choose %(most)d at most."), "too_many", {"most": self.most})


class KeysInput(forms.MultipleChoiceField):
    """The keys of entries that were picked. Those that are none are left out later."""

    def __init__(self, **options):
        super().__init__(required=False, **options)

    def valid_value(self, value):
        return len(value) <= LONGEST_LINE

    def validate(self, value):
        super().validate(value)
        if len(value) > MOST_PICKED:
            raise ValidationError(_("Pick %(most)d at most."), "too_many", {"most": MOST_PICKED})


class ReportForm(forms.Form):
    """`sections` are the keys of groups, `panels` and `own` names of questions, `words` keys of entries.

    `findings` are keys of comparisons that the last computation kept. None is chosen unless the person does.
    """

    period = forms.ChoiceField(label=_("Which days?"), widget=Pills)
    first = DayInput(label=_("First day"), required=False)
    last = DayInput(label=_("Last day"), required=False)
    appointment = forms.ChoiceField(label=_("For which appointment?"), required=False, widget=Selection)
    question_1 = WordsInput(label=_("Your first question"), max_length=200)
    question_2 = WordsInput(label=_("Your second question"), max_length=200)
    question_3 = WordsInput(label=_("Your third question"), max_length=200)
    name = WordsInput(
        label=_("Your name"), max_length=120, help_text=_("Only if it is to stand on the report. Empty: no name.")
    )
    sections = NamesInput(label=_("Sections"))
    panels = NamesInput(label=_("Charts of"), most=MOST_PANELS)
    own = NamesInput(label=_("Your own questions in the report"))
    findings = NamesInput(label=_("Findings in the report"), most=MOST_CHOSEN)
    words = KeysInput(label=_("What you wrote"))
    words_day = DayInput(label=_("Also offer what you wrote on"), required=False)

    QUESTIONS = ("question_1", "question_2", "question_3")

    def __init__(self, person, data=None):
        self.person, self.today = person, person.today()
        self.appointments = list(person.appointments.all())
        self.since = next((each for each in self.appointments if each.date < self.today), None)
        super().__init__(data, initial=self.usual())
        self.fields["period"].choices = self.periods()
        self.fields["period"].error_messages["invalid_choice"] = CHOOSE
        self.fields["appointment"].choices = self.choices_of_appointments()
        self.fields["appointment"].error_messages["invalid_choice"] = CHOOSE
        self.fields["sections"].choices = [(group.key, group.title) for group in GROUPS]
        logged = Logged(person, Span(self.today, self.today))
        self.fields["panels"].choices = [(each.name, capfirst(str(each.label))) for each in scores(logged)]
        self.fields["own"].choices = [(each.name, each.label) for each in logged.own_questions_known]
        kept = kept_findings(person)
        self.fields["findings"].choices = kept.choices if kept else []

    def usual(self) -> dict:
        """What is proposed: the days since the last appointment if there is one not too long ago."""
        is_since_offered = self.since is not None and (self.today - self.since.date).days < MOST_DAYS
        coming = [each for each in self.appointments if each.date >= self.today]
        return {
            "period": SINCE if is_since_offered else LAST_90,
            "appointment": str(coming[-1].pk) if coming else "",
            "sections": [group.key for group in GROUPS],
            "panels": list(USUAL),
            "first": self.today - (USUAL_DAYS - 1) * ONE_DAY,
            "last": self.today,
        }

    def periods(self) -> list[tuple]:
        found = [(LAST_90, _("The last %(days)d days") % {"days": USUAL_DAYS}), (DATES, _("From one day to another"))]
        if self.since is not None:
            text = gettext("Since the last appointment, %(date)s") % {"date": date_format(self.since.date)}
            found.insert(0, (SINCE, text))
        return found

    def choices_of_appointments(self) -> list[tuple]:
        return [("", _("None")), *((str(each.pk), each.in_words) for each in self.appointments)]

    def clean(self):
        facts = super().clean()
        if facts.get("period") == DATES:
            self.check_dates(facts)
        elif facts.get("period") == SINCE and (self.today - self.since.date).days >= MOST_DAYS:
            self.add_error("period", self.too_long())
        return facts

    def check_dates(self, facts):
        first, last = facts.get("first"), facts.get("last")
        for name, day in (("first", first), ("last", last)):
            if day is None and name not in self.errors:
                self.add_error(name, ValidationError(_("Please choose a day."), "required"))
            elif day is not None and day > self.today:
                message = _("This day has not begun yet. Choose today or an earlier day.")
                self.add_error(name, ValidationError(message, "future"))
        if first and last and last < first:
            self.add_error("last", ValidationError(LAST_BEFORE_FIRST, "order"))
        elif first and last and (last - first).days >= MOST_DAYS:
            self.add_error("first", self.too_long())

    def too_long(self) -> ValidationError:
        message = _("A report covers three years at most (%(days)d days). Please choose a later first day.")
        return ValidationError(message, "too_long", {"days": MOST_DAYS})

    @property
    def span(self) -> Span:
        facts = self.cleaned_data
        if facts["period"] == DATES:
            return Span(facts["first"], facts["last"])
        first = self.since.date if facts["period"] == SINCE else self.today - (USUAL_DAYS - 1) * ONE_DAY
        return Span(first, self.today)

    @property
    def selection(self) -> ReportSelection:
        facts = self.cleaned_data
        return ReportSelection(
            self.span,
            frozenset(facts["sections"]),
            name=facts["name"] or "",
            appointment=self.appointment_in_words(),
            questions=tuple(facts[name] for name in self.QUESTIONS if facts[name]),
            panels=tuple(facts["panels"]),
            own=tuple(facts["own"]),
            words=tuple(facts["words"]),
            findings=tuple(facts["findings"]),
        )

    def appointment_in_words(self) -> str:
        chosen: Appointment | None = next(
            (each for each in self.appointments if str(each.pk) == self.cleaned_data["appointment"]), None
        )
        if chosen is None:
            return ""
        facts = {"date": date_format(chosen.date), "whom": chosen.with_whom}
        text = gettext("For the appointment on %(date)s")
        if chosen.with_whom:
            text = gettext("For the appointment on %(date)s with %(whom)s")
        return text % facts

    @property
    def carried(self) -> list[forms.BoundField]:
        """What the preview sends along unseen."""
        return [self[name] for name in self.fields if name not in ("sections", "words", "words_day")]
