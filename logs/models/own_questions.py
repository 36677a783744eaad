import json
import uuid
from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.database.compiled import compiled
from brainlog.database.person_keys import CompositeForeignKey, OwnerForeignKey, SamePersonForeignKey
from encryption.fields import PrivateCharField, Unreadable
from logs.fields import Direction, RandomUUID
from logs.kinds import Kind
from logs.own_kinds import kind_of
from logs.question_choices import Place


def number_field(verbose_name, **options):
    return models.DecimalField(verbose_name, max_digits=12, decimal_places=3, null=True, blank=True, **options)


def is_null(names, *, but: str | None = None) -> Q:
    """The condition that these columns are NULL, and one of them is not."""
    return Q(**{f"{name}__isnull": name != but for name in names})


class OwnQuestion(models.Model):
    """A question of a person's own: in a check-in, or once a week."""

    class CheckIn(models.TextChoices):
        MORNING = "morning", _("morning")
        MEDICATION = "medication", _("medication")
        MIDDAY = "midday", _("midday")
        AFTERNOON = "afternoon", _("afternoon")
        EVENING = "evening", _("evening")
        WEEK = "week", _("once a week")

    MOST_ASKED, MOST_IN_A_CHECK_IN = 40, 15
    # Archived ones are kept, and so have to be bounded too.
    MOST_STORED = 200
    MOST_RETIRED_CHOICES = 100

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="own_questions", verbose_name=_("person"), db_index=False
    )
    # What its texts are bound to besides the person.
    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    check_in = models.CharField(_("asked in"), max_length=10, choices=CheckIn)
    kind = models.CharField(_("kind"), max_length=11)
    label = PrivateCharField(_("question"), max_length=120)
    ends_low = PrivateCharField(_("words at 1"), max_length=40, null=True, blank=True)  # noqa: DJ001 (none given)
    ends_high = PrivateCharField(_("words at 10"), max_length=40, null=True, blank=True)  # noqa: DJ001
    unit = PrivateCharField(_("unit"), max_length=20, null=True, blank=True)  # noqa: DJ001
    # JSON: `[[1, "words"], …]`, those that are not offered any more last, with a third item.
    choices_json = PrivateCharField(_("choices"), max_length=16000, null=True, blank=True)  # noqa: DJ001
    least = number_field(_("least"))
    most = number_field(_("most"))
    step = number_field(_("step"))
    direction = models.CharField(
        _("direction"), max_length=7, choices=[(each.value, each.value) for each in Direction], default="neither"
    )
    place = models.CharField(_("place"), max_length=6, choices=[(each.value, each.value) for each in Place])
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    gallery = models.CharField(_("gallery entry"), max_length=40, null=True, blank=True)  # noqa: DJ001
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    texts_belong_to = ("user_id", "uuid")

    class Meta:
        verbose_name = _("own question")
        verbose_name_plural = _("own questions")
        ordering = ["pk"]
        constraints = [
            # What rows of the same person refer to, and the index by person.
            models.UniqueConstraint(fields=["user", "id"], name="own_question_user_and_key"),
            models.CheckConstraint(
                condition=Q(check_in__in=["morning", "medication", "midday", "afternoon", "evening", "week"]),
                name="own_question_check_in_valid",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("score", "yes_no", "number", "two_numbers", "choice", "several", "line", "note", "time")
                    ]
                ),
                name="own_question_kind_valid",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["better", "worse", "neither"]), name="own_question_direction_valid"
            ),
            models.CheckConstraint(condition=Q(place__in=["first", "folded", "off"]), name="own_question_place_valid"),
            models.CheckConstraint(
                condition=Q(least__isnull=True) | Q(most__isnull=True) | Q(most__gt=F("least")),
                name="own_question_most_above_least",
            ),
            models.CheckConstraint(condition=Q(step__isnull=True) | Q(step__gt=0), name="own_question_step_positive"),
        ]

    def __str__(self):
        """Without the wording: this is what logs, error reports and the admin's records call a row."""
        return gettext("own question %(number)s") % {"number": self.pk}

    def get_absolute_url(self):
        return reverse("logs:own_question", args=[self.pk])

    @property
    def name(self) -> str:
        """Its name among all questions."""
        return f"own-{self.pk}"

    @property
    def label_in_words(self) -> str:
        """The wording, or that it cannot be read, in a few words."""
        return self.label if isinstance(self.label, str) else gettext("(question not readable)")

    @property
    def choices(self) -> list[list]:
        """The choices that are offered, as `[id, words]`."""
        return [choice for choice in self.all_choices if len(choice) == 2]

    @property
    def retired_choices(self) -> list[list]:
        """Those that are not offered any more, and that stored answers may have."""
        return [choice[:2] for choice in self.all_choices if len(choice) > 2]

    @property
    def has_unreadable_choices(self) -> bool:
        return isinstance(self.choices_json, Unreadable)

    @property
    def all_choices(self) -> list[list]:
        """All of them. None, if they cannot be decrypted."""
        text = self.choices_json
        return json.loads(text) if isinstance(text, str) and text else []

    def set_choices(self, offered, retired=()):
        """Take pairs of id and words."""
        found = [[*choice] for choice in offered] + [[*choice, "retired"] for choice in retired]
        self.choices_json = json.dumps(found, ensure_ascii=False) if found else None

    @property
    def kind_of_answer(self) -> Kind:
        """Its kind as pages use it."""
        words = {name: value if isinstance(value := getattr(self, name), str) else "" for name in WORDS}
        return kind_of(
            self.kind,
            ends=(words["ends_low"], words["ends_high"]),
            unit=words["unit"],
            least=self.least,
            most=self.most,
            step=self.step,
            choices=self.choices,
            retired=self.retired_choices,
        )


WORDS = ("ends_low", "ends_high", "unit")


@compiled(user=models.BigIntegerField())
def own_questions_of(user):
    """All questions of the person's own, the oldest first."""
    return OwnQuestion.objects.filter(user=user).order_by("pk")


class OwnAnswerColumns(models.Model):
    """An answer to an own question. One of `VALUES` holds it; `number_2` is the second of two numbers.

    A time of day that was not noticed is `flag` = false.
    """

    ROW = ""  # The foreign key to the day or the week.
    VALUES = ("number", "flag", "chosen", "time", "text")
    COLUMNS = (*VALUES, "number_2")

    date = models.DateField(_("date"), help_text=_("That of the day, or of the first day of the week."))
    number = number_field(_("number"))
    number_2 = number_field(_("second number"))
    flag = models.BooleanField(_("yes or no"), null=True, blank=True)
    chosen = models.JSONField(_("chosen"), null=True, blank=True)  # The ids of choices.
    time = models.TimeField(_("time"), null=True, blank=True)
    text = PrivateCharField(_("text"), max_length=4000, null=True, blank=True)  # noqa: DJ001 (unanswered)

    texts_belong_to = ("user_id", "date", "question_id")

    class Meta:
        abstract = True

    def __str__(self):
        return gettext("own answer %(number)s") % {"number": self.pk}

    @classmethod
    def row_model(cls) -> type[models.Model]:
        """The model of the days or the weeks."""
        return cls._meta.get_field(cls.ROW).related_model

    @classmethod
    def constraints(cls, name: str, row: str) -> list[models.BaseConstraint]:
        return [
            models.UniqueConstraint(fields=[row, "question"], name=f"{name}_one_per_question"),
            models.CheckConstraint(
                condition=reduce(or_, (is_null(OwnAnswerColumns.VALUES, but=column) for column in cls.VALUES)),
                name=f"{name}_has_one_value",
            ),
            models.CheckConstraint(
                condition=Q(number_2__isnull=True) | Q(number__isnull=False), name=f"{name}_second_number"
            ),
            CompositeForeignKey(fields=[row, "user"], to_fields=["id", "user"], name=f"{name}_row_of_same_person"),
            CompositeForeignKey(
                fields=["question", "user"], to_fields=["id", "user"], name=f"{name}_question_of_same_person"
            ),
        ]


class OwnAnswer(OwnAnswerColumns):
    """An answer to an own question about a day."""

    ROW = "daily_log"

    daily_log = SamePersonForeignKey(
        "logs.DailyLog",
        models.CASCADE,
        related_name="own_answers",
        verbose_name=_("daily log"),
        db_constraint=False,
        db_index=False,  # The unique one on (daily_log, question) serves.
    )
    question = SamePersonForeignKey(
        OwnQuestion, models.CASCADE, related_name="answers", verbose_name=_("question"), db_constraint=False
    )
    user = OwnerForeignKey(
        settings.AUTH_USER_MODEL, of="daily_log", related_name="own_answers", verbose_name=_("person")
    )

    class Meta:
        verbose_name = _("own answer")
        verbose_name_plural = _("own answers")
        ordering = ["pk"]
        indexes = [models.Index(fields=["user", "date"], name="own_answer_user_date")]
        constraints = OwnAnswerColumns.constraints("own_answer", "daily_log")


class RowWithOwnAnswers(models.Model):
    """A day or a week: the answers to own questions are rows beside it."""

    answer_date = ""  # The column with their date.
    answer_days = 1  # How many days its answers are about, from that date on.

    class Meta:
        abstract = True

    @cached_property
    def own_answers_by_question(self) -> dict[int, OwnAnswerColumns]:
        """Its answers by the key of their question. One query, on first use, for a person with own questions."""
        if self._state.adding or not self.user.has_own_questions:
            return {}
        return {answer.question_id: answer for answer in self.own_answers.filter(user=self.user_id)}

    @property
    def has_own_answers(self) -> bool:
        """Whether there is any, also to a question that another request has just added. At most one query."""
        if self._state.adding or self.own_answers_by_question or self.user.has_own_questions:
            return bool(self.own_answers_by_question)
        return self.own_answers.filter(user=self.user_id).exists()

    @cached_property
    def unsaved_own_answers(self) -> set[int]:
        """The questions whose answer was set or taken off since."""
        return set()

    def new_own_answer(self, question: OwnQuestion, values: dict) -> OwnAnswerColumns:
        model = type(self).own_answers.rel.related_model
        date = getattr(self, self.answer_date)
        return model(user_id=self.user_id, date=date, question_id=question.pk, **values)

    def set_own_answer(self, question: OwnQuestion, values: dict | None):
        """Give an answer by its columns, or take it off. Stored by save_own_answers()."""
        if values is None:
            self.own_answers_by_question.pop(question.pk, None)
        else:
            self.own_answers_by_question[question.pk] = self.new_own_answer(question, values)
        self.unsaved_own_answers.add(question.pk)

    def save_own_answers(self):
        """Store what set_own_answer() changed. Two queries at most."""
        found = self.own_answers_by_question
        given = [found[pk] for pk in sorted(self.unsaved_own_answers) if pk in found]
        removed = [pk for pk in self.unsaved_own_answers if pk not in found]
        model = type(self).own_answers.rel.related_model
        for answer in given:
            setattr(answer, model.ROW, self)
        if given:
            model.objects.bulk_create(
                given,
                update_conflicts=True,
                unique_fields=[model.ROW, "question"],
                update_fields=[*OwnAnswerColumns.COLUMNS],
            )
        if removed:
            self.own_answers.filter(user=self.user_id, question__in=removed).delete()
        self.unsaved_own_answers.clear()


def attach_own_answers(rows: Sequence[RowWithOwnAnswers]):
    """Read the own answers of these days or weeks of one person. One query, if the person has own questions."""
    if not rows or not rows[0].user.has_own_questions:
        return
    model = type(rows[0]).own_answers.rel.related_model
    found = {row.pk: {} for row in rows}
    answers = model.objects.filter(user=rows[0].user_id, **{f"{model.ROW}__in": list(found)})
    for answer in answers:
        found[getattr(answer, f"{model.ROW}_id")][answer.question_id] = answer
    for row in rows:
        row.own_answers_by_question = found[row.pk]
