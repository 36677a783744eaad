"""The check-ins of a day: what each asks, in which order.

A question is declared here and nowhere else: as a column of the day. Pages, forms, the admin, the download
and the numbers ask `stage.questions(person)`.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.db import models
from django.utils.formats import get_format, time_format
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext, gettext_lazy as _

from logs.fields import (
    Answer,
    ChoiceField,
    Direction,
    HoursField,
    LineField,
    NoteField,
    ScoreField,
    SeveralField,
    YesNoField,
)
from logs.parts import Part, asked_field

if TYPE_CHECKING:
    from logs.questions import Question

WORSE = Direction.WORSE

# The built-in questions about mood.
MOODS = ("morning_mood", "overall_mood")


class MorningAnswers(models.Model):
    class PhysicalStatus(models.TextChoices):
        ENERGETIC = "energetic", _("energetic")
        RESTED = "rested", _("rested")
        NEUTRAL = "neutral", _("neutral")
        TIRED = "tired", _("tired")
        EXHAUSTED = "exhausted", _("exhausted")
        PAIN = "pain", _("in pain")

    sleep_hours = HoursField(_("Hours of sleep"), blank=False, help_text=_("Such as 7.5, 7:30 or 23:30-7."))
    sleep_quality = ScoreField(_("Sleep quality"), blank=False, ends=(_("poor"), _("excellent")))
    morning_mood = ScoreField(_("Mood this morning"), blank=False, ends=(_("very low"), _("very high")))
    physical_status = ChoiceField(_("How does your body feel?"), choices=PhysicalStatus)
    dreams = NoteField(_("Dreams and notes on sleep"))
    breakfast = LineField(_("Breakfast"))
    morning_completed_at = models.DateTimeField(_("morning done"), null=True, editable=False)
    morning_answered_at = models.DateTimeField(_("morning first answered"), null=True, editable=False)
    morning_utc_offset = models.SmallIntegerField(_("morning, minutes ahead of UTC"), null=True, editable=False)
    morning_recalled = models.JSONField(_("morning, answered after the day"), null=True, editable=False)
    morning_asked = asked_field(_("morning, questions asked"))

    class Meta:
        abstract = True


class MedicationAnswers(models.Model):
    class FirstHourFeeling(models.TextChoices):
        CLEAR = "clear", _("clear")
        FOGGY = "foggy", _("foggy")
        ANXIOUS = "anxious", _("anxious")
        WIRED = "wired", _("wired")
        FOCUSED = "focused", _("focused")
        CALM = "calm", _("calm")
        NO_NOTICEABLE_EFFECT = "no_noticeable_effect", _("no noticeable effect")
        OTHER = "other", _("something else")

    class ReasonForSkipping(models.TextChoices):
        WEEKEND = "weekend", _("weekend")
        FORGOT = "forgot", _("forgot")
        SIDE_EFFECTS = "side_effects", _("side effects")
        PLANNED_BREAK = "planned_break", _("planned break")
        OUT_OF_MEDICATION = "out_of_medication", _("out of medication")
        OTHER = "other", _("another reason")

    TAKEN = ("medication_taken", True)
    NOT_TAKEN = ("medication_taken", False)

    medication_taken = YesNoField(_("Did you take medication?"), blank=False)
    ate_within_hour = YesNoField(_("Did you eat within an hour of the first dose?"), shown_when=TAKEN)
    first_hour_feeling = ChoiceField(_("How did the first hour feel?"), choices=FirstHourFeeling, shown_when=TAKEN)
    reason_for_skipping = ChoiceField(_("Why not today?"), choices=ReasonForSkipping, shown_when=NOT_TAKEN)
    medication_completed_at = models.DateTimeField(_("medication done"), null=True, editable=False)
    medication_answered_at = models.DateTimeField(_("medication first answered"), null=True, editable=False)
    medication_utc_offset = models.SmallIntegerField(_("medication, minutes ahead of UTC"), null=True, editable=False)
    medication_recalled = models.JSONField(_("medication, answered after the day"), null=True, editable=False)
    medication_asked = asked_field(_("medication, questions asked"))

    class Meta:
        abstract = True


class MiddayAnswers(models.Model):
    class CopingStrategy(models.TextChoices):
        REDIRECTED_ATTENTION = "redirected_attention", _("redirected attention")
        TALKED_IT_OUT = "talked_it_out", _("talked it out")
        JOURNALED = "journaled", _("journaled")
        SPIRALED = "spiraled", _("spiraled")
        DETACHED = "detached", _("detached")

    HAD_EVENT = ("had_emotional_event", True)

    focus_level = ScoreField(_("Focus"), blank=False, ends=(_("very unfocused"), _("very focused")))
    energy_level = ScoreField(_("Energy"), blank=False, ends=(_("very low"), _("very high")))
    rumination_level = ScoreField(
        _("Rumination"),
        blank=False,
        ends=(_("none"), _("constant")),
        direction=WORSE,
        help_text=_("Going over the same thoughts again and again."),
    )
    lunch = LineField(_("Lunch"))
    current_activity = NoteField(_("What are you doing?"))
    distractions = NoteField(_("What distracts you?"))
    had_emotional_event = YesNoField(_("Was there an emotional event?"))
    emotional_event = NoteField(_("What triggered it?"), shown_when=HAD_EVENT)
    coping_strategies = SeveralField(_("How did you cope?"), options=CopingStrategy, shown_when=HAD_EVENT)
    midday_completed_at = models.DateTimeField(_("midday done"), null=True, editable=False)
    midday_answered_at = models.DateTimeField(_("midday first answered"), null=True, editable=False)
    midday_utc_offset = models.SmallIntegerField(_("midday, minutes ahead of UTC"), null=True, editable=False)
    midday_recalled = models.JSONField(_("midday, answered after the day"), null=True, editable=False)
    midday_asked = asked_field(_("midday, questions asked"))

    class Meta:
        abstract = True


class AfternoonAnswers(models.Model):
    class SelfWorthTied(models.TextChoices):
        STRONGLY = "strongly", _("strongly")
        MILDLY = "mildly", _("mildly")
        NOT_AT_ALL = "not_at_all", _("not at all")

    class Overextended(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        NOT_SURE = "not_sure", _("not sure")

    anxiety_level = ScoreField(_("Anxiety"), blank=False, ends=(_("none"), _("extreme")), direction=WORSE)
    is_crashing = YesNoField(_("Is your medication wearing off?"))
    crash_symptoms = NoteField(_("How do you notice?"), shown_when=("is_crashing", True))
    current_feeling = NoteField(_("How are body and mind right now?"))
    had_triggering_interaction = YesNoField(_("Was there an interaction that triggered you?"))
    interaction_details = NoteField(_("What happened?"), shown_when=("had_triggering_interaction", True))
    self_worth_tied_to_performance = ChoiceField(
        _("How much does your sense of worth hang on how you perform today?"), choices=SelfWorthTied
    )
    overextended = ChoiceField(_("Have you taken on too much?"), choices=Overextended)
    afternoon_snack = LineField(_("Afternoon snack"))
    afternoon_completed_at = models.DateTimeField(_("afternoon done"), null=True, editable=False)
    afternoon_answered_at = models.DateTimeField(_("afternoon first answered"), null=True, editable=False)
    afternoon_utc_offset = models.SmallIntegerField(_("afternoon, minutes ahead of UTC"), null=True, editable=False)
    afternoon_recalled = models.JSONField(_("afternoon, answered after the day"), null=True, editable=False)
    afternoon_asked = asked_field(_("afternoon, questions asked"))

    class Meta:
        abstract = True


class EveningAnswers(models.Model):
    class Effectiveness(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        MIXED = "mixed", _("mixed")

    overall_mood = ScoreField(_("Mood over the whole day"), blank=False, ends=(_("very low"), _("very high")))
    day_rating = ScoreField(_("The day as a whole"), blank=False, ends=(_("very poor"), _("excellent")))
    sleepiness = ScoreField(_("Sleepiness"), ends=(_("wide awake"), _("very sleepy")), direction=WORSE)
    medication_effectiveness = ChoiceField(
        _("All in all, did medication do you good today?"),
        choices=Effectiveness,
        left_out_when=("medication_taken", False),
    )
    met_physical_activity_goals = YesNoField(_("Did you move as much as you wanted?"))
    met_dietary_goals = YesNoField(_("Did you eat the way you wanted?"))
    # Stored as a person who never did would say it: that is what its name says in the download.
    never_felt_isolated = YesNoField(
        _("Did you feel isolated today?"), answers=((False, _("Yes, at times")), (True, _("No, never")))
    )
    dinner = LineField(_("Dinner"))
    helpful_factors = NoteField(_("What helped?"))
    distracting_factors = NoteField(_("What got in the way?"))
    accomplishments = NoteField(_("What did you get done?"))
    challenges = NoteField(_("What was hard?"))
    gratitude = NoteField(_("What are you grateful for?"))
    improvements = NoteField(_("What would you do differently?"))
    thought_for_tomorrow = NoteField(_("A thought for tomorrow"), help_text=_("You will see it tomorrow morning."))
    tomorrow_plan = NoteField(_("Your plan for tomorrow"), help_text=_("You will see it tomorrow morning."))
    evening_completed_at = models.DateTimeField(_("evening done"), null=True, editable=False)
    evening_answered_at = models.DateTimeField(_("evening first answered"), null=True, editable=False)
    evening_utc_offset = models.SmallIntegerField(_("evening, minutes ahead of UTC"), null=True, editable=False)
    evening_recalled = models.JSONField(_("evening, answered after the day"), null=True, editable=False)
    evening_asked = asked_field(_("evening, questions asked"))

    class Meta:
        abstract = True


def answer_fields(model: type[models.Model]) -> tuple[Answer, ...]:
    """The columns that a model declares for answers, in order."""
    return tuple(field for field in model._meta.local_fields if isinstance(field, Answer))


@dataclass(frozen=True)
class Stage:
    """One check-in: its name in addresses, its title and its answers.

    From `starts_at` on it is the one to do now; `suggested` are the hours it suits best. `asks_doses`: it asks
    which medication was taken, when and how much. Those are rows beside the day.
    """

    slug: str
    title: str
    answers: type[models.Model]
    starts_at: int
    suggested: tuple[int, int]
    asks_doses: bool = False

    def __str__(self):
        return self.slug

    @cached_property
    def fields(self) -> tuple[Answer, ...]:
        """The columns of the day that hold its answers."""
        return answer_fields(self.answers)

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def required_names(self) -> tuple[str, ...]:
        """The answers that make this check-in done."""
        return tuple(field.name for field in self.fields if not field.blank)

    def questions(self, person) -> "tuple[Question, ...]":
        """All its questions for this person: those asked first, those folded away, and those left out."""
        # Questions use the models, and the model of the day is made of the stages' columns.
        from logs.question_lists import questions_of

        return questions_of(self.slug, person)

    def is_on(self, person) -> bool:
        """Whether it counts for the days of this person, who can switch it off."""
        off = (person.question_choices or {}).get("off", {})
        return self.slug not in off

    @cached_property
    def part(self) -> Part:
        """Its columns beside the answers."""
        usual = (*self.field_names, *(["doses"] if self.asks_doses else []))
        return Part(f"{self.slug}_", frozenset(usual))

    @property
    def completed_at(self) -> str:
        return self.part.completed_at

    @property
    def hours(self) -> str:
        """The suggested hours as the person writes times."""
        # str(): the pattern itself is equal for all people, see brainlog.formats.ActivePattern.
        return hours_in_words(*self.suggested, str(get_format("TIME_FORMAT")), get_language())

    def constraints(self) -> Iterator[models.BaseConstraint]:
        for field in self.fields:
            yield from field.constraints("daily_log")
        yield from self.part.constraints("daily_log")


@cache
def hours_in_words(first: int, last: int, pattern: str, language: str) -> str:
    """`7 a.m. to 9 a.m.`, made once for each form of times and language."""
    first, last = (time_format(datetime.time(hour), pattern) for hour in (first, last))
    return gettext("%(first)s to %(last)s") % {"first": first, "last": last}


STAGES = (
    Stage("morning", _("Morning"), MorningAnswers, 0, (7, 9)),
    Stage("medication", _("Medication"), MedicationAnswers, 9, (9, 10), asks_doses=True),
    Stage("midday", _("Midday"), MiddayAnswers, 11, (11, 13)),
    Stage("afternoon", _("Afternoon"), AfternoonAnswers, 15, (15, 17)),
    Stage("evening", _("Evening"), EveningAnswers, 20, (20, 22)),
)
MORNING, MEDICATION, MIDDAY, AFTERNOON, EVENING = STAGES
STAGE_BY_SLUG = {stage.slug: stage for stage in STAGES}


def stage_for_hour(hour: int, day_ends_at: int) -> Stage:
    """The check-in that suits an hour of the clock; before the day's end it is still evening."""
    if hour < day_ends_at:
        return EVENING
    return next(stage for stage in reversed(STAGES) if stage.starts_at <= hour)
