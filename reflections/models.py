import datetime
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.database.compiled import compiled
from brainlog.database.person_keys import OwnerForeignKey, SamePersonForeignKey
from logs.fields import Answer, ChoiceField, CountField, NoteField, ScoreField, YesNoField
from logs.models import OwnAnswerColumns, OwnQuestion, RowWithOwnAnswers
from logs.parts import Part, asked_field
from logs.question_lists import QUESTION_LISTS, QuestionList, questions_of
from logs.questions import Question, questions_on
from logs.stages import answer_fields


class WeeklyAnswers(models.Model):
    class MentalState(models.TextChoices):
        EXCELLENT = "excellent", _("excellent")
        GOOD = "good", _("good")
        NEUTRAL = "neutral", _("neutral")
        STRUGGLING = "struggling", _("struggling")
        POOR = "poor", _("poor")

    week_rating = ScoreField(_("The week as a whole"), blank=False, ends=(_("very poor"), _("excellent")))
    mental_state = ChoiceField(_("How was your state of mind?"), blank=False, choices=MentalState)
    week_highlights = NoteField(_("What was good?"))
    week_challenges = NoteField(_("What was hard?"))
    lessons_learned = NoteField(_("One thing you learned about yourself"))
    next_week_focus = NoteField(_("Your focus for next week"), help_text=_("You will see it all through next week."))
    gym_days_count = CountField(_("On how many days did you exercise?"))
    diet_rating = ScoreField(_("How did you eat?"), ends=(_("poor"), _("excellent")))
    questioned_leaving_job = YesNoField(_("Did you think about leaving your job?"))
    memorable_family_activities = NoteField(_("What do you want to remember of your time with family?"))

    class Meta:
        abstract = True

    @classmethod
    def fields(cls) -> tuple[Answer, ...]:
        """The columns that hold its answers."""
        return answer_fields(WeeklyAnswers)


QUESTIONS = questions_on(WeeklyAnswers.fields())
# Its columns beside the answers.
WEEK = Part("", frozenset(question.name for question in QUESTIONS))


def weekly_questions(person) -> tuple[Question, ...]:
    """All questions of a reflection for this person, those left out at the end."""
    return questions_of("week", person)


def parts_of_week(person) -> dict[Part, tuple[Question, ...]]:
    """The questions of a reflection, which is one part."""
    return {WEEK: weekly_questions(person)}


class WeeklyReflectionQuerySet(models.QuerySet):
    def for_list(self):
        """Only what a list shows of a week, no text among it."""
        return self.only("user_id", "week_start", "week_rating", "mental_state", WEEK.completed_at, WEEK.asked)

    def forget_unanswered_parts(self):
        """Delete the weeks without any answer, after answers were deleted."""
        unanswered = {f"{name}__isnull": True for name in WEEK.usual}
        self.filter(own_answers__isnull=True, **unanswered).delete()

    def starts(
        self, people: Iterable[int], first: datetime.date, last: datetime.date
    ) -> set[tuple[int, datetime.date]]:
        """The person and the first day of each of their weeks that starts in this range. One query."""
        return set(self.filter(user__in=people, week_start__range=(first, last)).values_list("user_id", "week_start"))

    def for_pages(self):
        """All that pages show of a week: without when it was answered, and which answers were recalled."""
        return self.defer(*WEEK.kept_off_pages)


class WeeklyReflection(RowWithOwnAnswers, WeeklyAnswers):
    """One person's look back on one week."""

    # No index of its own: the unique one on (user, week_start) serves, see docs/decisions/0006-indexes.md.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="weekly_reflections",
        verbose_name=_("person"),
        db_index=False,
    )
    week_start = models.DateField(_("week starts on"))
    completed_at = models.DateTimeField(_("done"), null=True, editable=False)
    answered_at = models.DateTimeField(_("first answered"), null=True, editable=False)
    utc_offset = models.SmallIntegerField(_("minutes ahead of UTC"), null=True, editable=False)
    recalled = models.JSONField(_("answered when the next week was over"), null=True, editable=False)
    asked = asked_field(_("questions asked"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    texts_belong_to = ("user_id", "week_start")
    answer_date = "week_start"
    answer_days = 7
    objects = WeeklyReflectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("weekly reflection")
        verbose_name_plural = _("weekly reflections")
        ordering = ["-week_start"]
        indexes = [models.Index(fields=["week_start"], name="weekly_reflection_week")]
        constraints = [
            models.UniqueConstraint(fields=["user", "week_start"], name="weekly_reflection_one_per_week"),
            # What rows of the same person refer to.
            models.UniqueConstraint(fields=["id", "user"], name="weekly_reflection_key_and_user"),
            *(constraint for field in WeeklyAnswers.fields() for constraint in field.constraints("weekly_reflection")),
            *WEEK.constraints("weekly_reflection"),
        ]

    def __str__(self):
        return gettext("Week of %(date)s") % {"date": date_format(self.week_start, "DATE_FORMAT")}

    def get_absolute_url(self):
        return reverse("reflections:week", args=[self.week_start])

    @property
    def week_end(self) -> datetime.date:
        return self.week_start + datetime.timedelta(days=6)

    @property
    def remembered_until(self) -> datetime.date:
        """The last day on which its answers are given, and not recalled: of the week in which it is last week."""
        return self.week_end + datetime.timedelta(days=7)

    @property
    def is_empty(self) -> bool:
        is_answered = any(question.is_answered(self) for question in weekly_questions(self.user))
        return not is_answered and not self.has_own_answers


class OwnWeeklyAnswer(OwnAnswerColumns):
    """An answer to an own question about a week. `date` is its first day."""

    ROW = "reflection"

    reflection = SamePersonForeignKey(
        WeeklyReflection,
        models.CASCADE,
        related_name="own_answers",
        verbose_name=_("weekly reflection"),
        db_constraint=False,
        db_index=False,  # The unique one on (reflection, question) serves.
    )
    question = SamePersonForeignKey(
        OwnQuestion, models.CASCADE, related_name="weekly_answers", verbose_name=_("question"), db_constraint=False
    )
    user = OwnerForeignKey(
        settings.AUTH_USER_MODEL, of="reflection", related_name="own_weekly_answers", verbose_name=_("person")
    )

    class Meta:
        verbose_name = _("own weekly answer")
        verbose_name_plural = _("own weekly answers")
        ordering = ["pk"]
        constraints = OwnAnswerColumns.constraints("own_weekly_answer", "reflection")


QUESTION_LISTS["week"] = QuestionList("week", _("Once a week"), QUESTIONS, answers=OwnWeeklyAnswer)


@compiled(user=models.BigIntegerField(), first=models.DateField(), last=models.DateField())
def reflections_between(user, first, last):
    """The person's reflections on the weeks that start from the first to the last day, newest first."""
    return (
        WeeklyReflection.objects.filter(user=user, week_start__range=(first, last)).for_pages().order_by("-week_start")
    )


@compiled(user=models.BigIntegerField(), first=models.DateField(), day=models.DateField())
def reflections_on(user, first, day):
    """The person's reflections on the week that starts on `first`, and on one that starts on `day`."""
    return WeeklyReflection.objects.filter(user=user, week_start__in=(first, day)).for_pages().order_by()


def reflections_around(person, day: datetime.date) -> list[WeeklyReflection]:
    """The reflections that bear on `day`: of its own week and of the week before, newest first. One query.

    By range, not by the first day of the week: a person may have changed that since.
    """
    return reflections_between(user=person, first=day - datetime.timedelta(days=13), last=day)


def focus_for(day: datetime.date, reflections) -> str | None:
    """What the week before `day`'s week set its mind on, from the reflections around that day."""
    return next((r.next_week_focus for r in reflections if r.week_end < day), None)
