import datetime
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from brainlog.database.compiled import compiled
from logs.addresses import address_of_day
from logs.fields import ChoiceField, YesNoField
from logs.models.medications import Dose, doses_of_log
from logs.models.own_questions import OwnAnswer, RowWithOwnAnswers
from logs.stages import (
    STAGES,
    AfternoonAnswers,
    EveningAnswers,
    MedicationAnswers,
    MiddayAnswers,
    MorningAnswers,
    Stage,
)

# The scores that may stand for a day, the first that is answered.
HEADLINES = ("day_rating", "overall_mood", "morning_mood")


def headline_name_of(log) -> str | None:
    """Which score stands for a day, a log or a row of for_list(): its rating, else a mood."""
    return next((name for name in HEADLINES if getattr(log, name) is not None), None)


def stages_counted(log, person, today: datetime.date) -> Sequence[Stage]:
    """The check-ins that count for a day, a log or a row of for_list().

    Those that the person has switched on, and for a past day also those that have answers. Of a day of one question
    only those that are done all the same: the others were not asked for.
    """
    if is_of_one_question(log, person):
        return [stage for stage in STAGES if getattr(log, stage.completed_at) is not None]
    return stages_switched_on(log, person, today)


def stages_switched_on(log, person, today: datetime.date) -> Sequence[Stage]:
    """The check-ins that the person has switched on, and for a past day also those that have answers."""
    if not person.question_choices:
        return STAGES
    is_past = log.date < today
    return [stage for stage in STAGES if stage.is_on(person) or (is_past and has_answers(log, stage))]


def is_of_one_question(log, person) -> bool:
    """Whether a day, a log or a row of for_list(), is one of one question. No query.

    Its row says so. The last such day is also known without a row (`one_question_on`).
    """
    return bool(log.one_question_only) or log.date == person.one_question_on


def has_answers(log, stage: Stage) -> bool:
    """Whether a check-in was saved with answers."""
    return getattr(log, stage.completed_at) is not None or getattr(log, stage.part.asked_id) is not None


def stages_done_of(log, stages: Iterable[Stage] = STAGES) -> int:
    """How many of these check-ins of a day are done; the day is a log or a row of for_list()."""
    return sum(getattr(log, stage.completed_at) is not None for stage in stages)


class DailyLogQuerySet(models.QuerySet):
    def for_list(self):
        """Only what a list or a calendar shows of a day, no text among it: named tuples, which cost half of models."""
        return self.values_list(
            *("date", "not_tracked", "one_question_only", *HEADLINES),
            *(name for stage in STAGES for name in (stage.completed_at, stage.part.asked_id)),
            named=True,
        )

    def forget_unanswered_parts(self):
        """Take off what is recorded of check-ins without any answer, and delete days that say nothing any more.

        For days whose answers were deleted, and not by a save. The number of queries does not depend on theirs.
        """
        for stage in STAGES:
            unanswered = {f"{name}__isnull": True for name in stage.field_names}
            own = OwnAnswer.objects.filter(
                daily_log=OuterRef("pk"), user=OuterRef("user"), question__check_in=stage.slug
            )
            self.filter(~Exists(own), **unanswered).update(**dict.fromkeys(stage.part.columns))
        nothing = {f"{stage.part.asked}__isnull": True for stage in STAGES} | {
            f"{name}__isnull": True for stage in STAGES for name in stage.field_names
        }
        self.filter(own_answers__isnull=True, not_tracked__isnull=True, **nothing).delete()

    def move_records(self, before: Stage, after: Stage):
        """Record of a check-in what is recorded of another one, unless it has a record. Two queries.

        For days with an answer to a question that is asked in the other one from now on.
        """
        columns = zip(before.part.recorded, after.part.recorded, strict=True)
        unrecorded = {f"{before.part.asked}__isnull": False, f"{after.part.asked}__isnull": True}
        self.filter(**unrecorded).update(**{to: F(name) for name, to in columns})

    def for_pages(self):
        """All that pages show of a day: without when it was answered, and which answers were recalled."""
        return self.defer(*(name for stage in STAGES for name in stage.part.kept_off_pages))

    def with_is_answered(self, questions):
        """Adds `is_answered`: the day has at least one answer, it is not only marked as not tracked."""
        # Of own questions, the day says only what was asked: it is recorded as long as there are answers.
        own = [Q(**{f"{stage.part.asked}__isnull": False}) for stage in STAGES]
        return self.annotate(is_answered=reduce(or_, [*(question.answered() for question in questions), *own]))

    def with_is_kept(self, questions):
        """Adds `is_kept`: the day has an answer, whatever is recorded. Reads the own answers, unlike `is_answered`."""
        own = Exists(OwnAnswer.objects.filter(daily_log=OuterRef("pk"), user=OuterRef("user")))
        return self.with_is_answered(questions).annotate(is_kept=Q(is_answered=True) | Q(own))

    def for_reminders(self, people: Iterable[int], days: Iterable[datetime.date]):
        """What tells which check-ins of these days are begun, and whether a day is tracked. No answers."""
        stages = (name for stage in STAGES for name in (stage.completed_at, stage.part.asked_id))
        return self.filter(user__in=people, date__in=days).values_list(
            *("user_id", "date", "not_tracked", *stages), named=True
        )

    def between(self, first: datetime.date, last: datetime.date):
        """Both days included, newest first."""
        return self.filter(date__range=(first, last)).order_by("-date")


class DailyLog(RowWithOwnAnswers, MorningAnswers, MedicationAnswers, MiddayAnswers, AfternoonAnswers, EveningAnswers):
    """One person's day. A row exists once something of the day is answered or marked."""

    class NotTracked(models.TextChoices):
        HOLIDAY = "holiday", _("holiday")
        ILL = "ill", _("ill")
        OTHER = "other", _("another reason")

    # No index of its own: the unique one on (user, date) serves, see docs/decisions/0006-indexes.md.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="daily_logs", verbose_name=_("person"), db_index=False
    )
    date = models.DateField(_("date"), help_text=_("The person's own calendar day. A change of zone never moves it."))
    not_tracked = ChoiceField(_("not tracked"), choices=NotTracked)
    # True or NULL. It is no answer: a row that says nothing else is not kept.
    one_question_only = YesNoField(
        _("only one question"), help_text=_("The person wanted to be asked one question only on this day.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    texts_belong_to = ("user_id", "date")
    answer_date = "date"
    objects = DailyLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily log")
        verbose_name_plural = _("daily logs")
        ordering = ["-date"]
        permissions = [("view_private_text", _("Can read what people wrote"))]
        indexes = [models.Index(fields=["date"], name="daily_log_date")]
        # The constraints of several abstract bases do not merge, hence this list.
        constraints = [
            models.UniqueConstraint(fields=["user", "date"], name="daily_log_one_per_day"),
            # What rows of the same person refer to.
            models.UniqueConstraint(fields=["id", "user"], name="daily_log_key_and_user"),
            models.CheckConstraint(
                condition=Q(not_tracked__isnull=True) | Q(not_tracked__in=["holiday", "ill", "other"]),
                name="daily_log_not_tracked_valid",
            ),
            *(constraint for stage in STAGES for constraint in stage.constraints()),
        ]

    def __str__(self):
        return date_format(self.date, "DATE_FORMAT")

    def get_absolute_url(self):
        return address_of_day(self.date)

    def save(self, *args, **kwargs):
        """Save the row. A new one is marked if the person wants one question only on its day."""
        if self._state.adding and self.user_id and self.date == self.user.one_question_on:
            self.one_question_only = True
        super().save(*args, **kwargs)

    @property
    def headline(self) -> int | None:
        return (name := headline_name_of(self)) and getattr(self, name)

    @cached_property
    def stages_counted(self) -> Sequence[Stage]:
        return stages_counted(self, self.user, self.user.today())

    @property
    def remembered_until(self) -> datetime.date:
        """The last day on which its answers are given, and not recalled."""
        return self.date

    @property
    def stages_done(self) -> int:
        return stages_done_of(self, self.stages_counted)

    @property
    def stages_asked(self) -> int:
        return len(self.stages_counted)

    @property
    def is_complete(self) -> bool:
        return 0 < self.stages_done == self.stages_asked

    @property
    def is_empty(self) -> bool:
        """Nothing answered and nothing marked: a row that says nothing."""
        is_begun = any(self.is_begun(stage) for stage in STAGES)
        return self.not_tracked is None and not is_begun and not self.has_own_answers

    def is_done(self, stage: Stage) -> bool:
        return getattr(self, stage.completed_at) is not None

    def next_open(self, first: Stage) -> Stage | None:
        """The first check-in that the person has switched on and that is not done, from `first` on."""
        stages = [stage for stage in STAGES[STAGES.index(first) :] if stage.is_on(self.user)]
        return next((stage for stage in stages if not self.is_done(stage)), None)

    def next_after(self, stage: Stage) -> Stage | None:
        """The next check-in of the day that is not done."""
        following = STAGES[STAGES.index(stage) + 1 :]
        return self.next_open(following[0]) if following else None

    def is_begun(self, stage: Stage) -> bool:
        """Whether it has any answer. What was asked is stored with the first: own answers need not be read."""
        if getattr(self, stage.part.asked_id) is not None:
            return True
        return any(getattr(self, name) not in (None, "") for name in stage.field_names)

    def state_of(self, stage: Stage) -> str:
        if self.is_done(stage):
            return "done"
        return "begun" if self.is_begun(stage) else "not-started"

    def own_doses(self):
        """The day's doses with their medications, in order. The query names the person."""
        return self.doses.filter(user=self.user_id).select_related("medication")

    @cached_property
    def doses_taken(self) -> list[Dose]:
        """The day's doses with their medications, in order. One query, on first use."""
        if not self.medication_taken or self._state.adding:
            return []
        return doses_of_log(user=self.user_id, daily_log=self)


@compiled(user=models.BigIntegerField(), date=models.DateField())
def logs_of_day(user, date):
    """The person's log of a day, if there is one."""
    return DailyLog.objects.filter(user=user, date=date).for_pages()


@compiled(user=models.BigIntegerField(), first=models.DateField(), last=models.DateField())
def logs_between(user, first, last):
    """The person's days from the first to the last, newest first."""
    return DailyLog.objects.filter(user=user).for_pages().between(first, last)


@compiled(user=models.BigIntegerField(), first=models.DateField(), last=models.DateField())
def logs_listed(user, first, last):
    """The same days as rows of for_list()."""
    return DailyLog.objects.filter(user=user).for_list().between(first, last)


@compiled(user=models.BigIntegerField(), date=models.DateField())
def logs_carried_on(user, date):
    """The person's log of a day, with what they wrote in it for the morning after and no other text."""
    return DailyLog.objects.filter(user=user, date=date).only(
        "user_id", "date", "thought_for_tomorrow", "tomorrow_plan"
    )
