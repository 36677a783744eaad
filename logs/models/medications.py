import datetime
import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, When
from django.urls import reverse
from django.utils.formats import number_format, time_format
from django.utils.translation import gettext, gettext_lazy as _, pgettext_lazy

from brainlog.database.compiled import compiled
from brainlog.database.person_keys import CompositeForeignKey, OwnerForeignKey, SamePersonForeignKey
from brainlog.forms import normalized
from encryption.fields import BlindIndexField, PrivateCharField
from logs.fields import ChoiceField, IsListOfTimes, NoteField, RandomUUID


class MedicationQuerySet(models.QuerySet):
    def locked_for(self, person):
        """A person's list, which no other transaction adds to or renames in until this one ends. Two queries.

        A name has as many hashes as there are keys, so that the constraint alone does not keep it unique while
        keys change: look for the name in this list, then add it. Rows of days and of medications are locked before
        the person's, never after it.
        """
        people = get_user_model().objects.select_for_update(no_key=True)
        list(people.filter(pk=person.pk).values_list("pk"))  # None, if the account was deleted just now.
        return self.filter(user=person)

    def by_name(self) -> list["Medication"]:
        """Sorted by name, which the database cannot do. One query."""
        return sorted(self, key=Medication.sort_key)

    def with_doses_of(self, user, daily_log):
        """A person's medications beside the doses of a day. One query of dicts.

        A medication without a dose that day has NULL for all of it.
        """
        of_day = Q(doses__daily_log=daily_log)
        return (
            self.filter(user=user)
            .annotate(dose=FilteredRelation("doses", condition=of_day))
            .order_by("pk", "dose__pk")
            .values(*Medication.READ_FOR_DOSES)
            .annotate(
                dose_pk=F("dose__pk"),
                dose_amount=F("dose__amount"),
                dose_unit=F("dose__unit"),
                dose_taken_at=F("dose__taken_at"),
            )
        )

    def for_schedules(self, first: datetime.date):
        """What tells when it is due. `was_taken_before`: a daily one without a first day has doses before `first`."""
        earlier = Dose.objects.filter(
            user=OuterRef("user"), medication=OuterRef("pk"), daily_log__date__lt=first
        ).order_by()
        is_asked = {"schedule": Medication.Schedule.DAILY, "since__isnull": True}
        return self.only("user_id", "schedule", "since", "until", "is_active").annotate(
            was_taken_before=Case(When(**is_asked, then=Exists(earlier)), default=False)
        )


class Unit(models.TextChoices):
    MG = "mg", pgettext_lazy("unit", "mg")
    ML = "ml", pgettext_lazy("unit", "ml")
    DROPS = "drops", pgettext_lazy("unit", "drops")
    TABLETS = "tablets", pgettext_lazy("unit", "tablets")


def amount_field(verbose_name, **options):
    return models.DecimalField(
        verbose_name, max_digits=8, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))], **options
    )


def amount_in_words(amount: Decimal, unit: str | None) -> str:
    """`7.5 mg`; without the unit if there is none."""
    number = number_format(f"{amount.normalize():f}", use_l10n=True, force_grouping=True)
    return f"{number} {Unit(unit).label}" if unit else number


class Medication(models.Model):
    """One entry of a person's own list. The first is made from what they type in a check-in."""

    class Schedule(models.TextChoices):
        DAILY = "daily", _("daily")
        AS_NEEDED = "as_needed", _("as needed")

    # No index of its own: the unique one on (user, name_key) serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="medications", verbose_name=_("person"), db_index=False
    )
    # What its texts are bound to besides the person. The database makes one for code that does not know the column.
    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    name = PrivateCharField(_("name"), max_length=100)
    name_key = BlindIndexField(max_length=400, editable=False, of="name", belongs_to=("user_id",), folded_by="key_of")
    usual_amount = amount_field(_("usual amount"), null=True, blank=True)
    unit = ChoiceField(_("unit"), choices=Unit)
    # NULL: the person has not said.
    schedule = ChoiceField(_("how it is taken"), choices=Schedule)
    # Times of day with a space between them: `08:15 22:00`.
    usual_times = models.CharField(_("usual times"), max_length=35, null=True, blank=True)  # noqa: DJ001 (unanswered)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    note = NoteField(_("note"))
    is_active = models.BooleanField(_("offer it in check-ins"), default=True)

    MOST_PER_PERSON = 200
    is_empty = False  # An entry is kept, whatever it says.
    READ_FOR_DOSES = (
        *("pk", "user_id", "uuid", "name", "name_key", "unit", "usual_amount"),
        *("schedule", "usual_times", "since", "until", "is_active"),
    )

    texts_belong_to = ("user_id", "uuid")
    objects = MedicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("medication")
        verbose_name_plural = _("medications")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name_key"],
                name="medication_one_per_name",
            ),
            # What rows of the same person refer to.
            models.UniqueConstraint(fields=["id", "user"], name="medication_key_and_user"),
            models.CheckConstraint(
                condition=Q(usual_amount__isnull=True) | Q(usual_amount__gt=0), name="medication_usual_amount_valid"
            ),
            models.CheckConstraint(
                condition=Q(unit__isnull=True) | Q(unit__in=Unit.values),
                name="medication_unit_valid",
            ),
            models.CheckConstraint(
                condition=Q(schedule__isnull=True) | Q(schedule__in=["daily", "as_needed"]),
                name="medication_schedule_valid",
            ),
            models.CheckConstraint(
                condition=Q(usual_times__isnull=True) | Q(IsListOfTimes("usual_times")),
                name="medication_usual_times_valid",
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=F("since")),
                name="medication_until_after_since",
            ),
        ]

    def __str__(self):
        """Without the name: this is what logs, error reports and the admin's records call a row."""
        return gettext("medication %(number)s") % {"number": self.pk}

    def save(self, *args, update_fields=None, **kwargs):
        if update_fields is not None and "name" in update_fields:
            update_fields = {*update_fields, "name_key"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def get_absolute_url(self):
        return reverse("logs:medication", args=[self.pk])

    @property
    def is_readable(self) -> bool:
        """Whether its name can be decrypted."""
        return isinstance(self.name, str)

    @property
    def name_in_words(self) -> str:
        """The name, or that it cannot be read, in a few words."""
        return self.name if self.is_readable else gettext("(name not readable)")

    def sort_key(self) -> tuple:
        """By name; those that cannot be read are last."""
        return (0, self.key_of(self.name), self.pk) if self.is_readable else (1, "", self.pk)

    @property
    def usual_dose(self) -> str:
        """`36 mg`, or as much of it as is known."""
        return amount_in_words(self.usual_amount, self.unit) if self.usual_amount else ""

    @property
    def usual_amount_as_typed(self) -> str:
        """`7.5`: as the input of an amount shows it."""
        return "" if self.usual_amount is None else f"{self.usual_amount.normalize():f}"

    @property
    def usual_times_of_day(self) -> list[datetime.time]:
        return [datetime.time.fromisoformat(time) for time in (self.usual_times or "").split()]

    @property
    def is_daily(self) -> bool:
        return self.schedule == self.Schedule.DAILY

    def is_current(self, day: datetime.date) -> bool:
        """Whether a day is between its first and its last, where they are known."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    @staticmethod
    def key_of(name: str) -> str:
        """What two spellings of one name have in common."""
        return " ".join(normalized(normalized(name).casefold()).split())


class Dose(models.Model):
    """What was taken, how much and when. A day has up to six."""

    MOST_PER_DAY = 6

    # In the database, the constraints below are its foreign keys.
    daily_log = SamePersonForeignKey(
        "logs.DailyLog", models.CASCADE, related_name="doses", verbose_name=_("daily log"), db_constraint=False
    )
    medication = SamePersonForeignKey(
        Medication, models.RESTRICT, related_name="doses", verbose_name=_("medication"), db_constraint=False
    )
    user = OwnerForeignKey(settings.AUTH_USER_MODEL, of="daily_log", related_name="doses", verbose_name=_("person"))
    amount = amount_field(_("amount"))
    # Kept with the dose: should the medication's unit change, old doses still mean what they meant.
    unit = ChoiceField(_("unit"), choices=Unit)
    taken_at = models.TimeField(_("taken at"), null=True, blank=True, help_text=_("By the clock of that day."))

    class Meta:
        verbose_name = _("dose")
        verbose_name_plural = _("doses")
        ordering = ["pk"]
        constraints = [
            CompositeForeignKey(fields=["daily_log", "user"], to_fields=["id", "user"], name="dose_day_of_same_person"),
            CompositeForeignKey(
                fields=["medication", "user"], to_fields=["id", "user"], name="dose_medication_of_same_person"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dose_amount_positive"),
            models.CheckConstraint(condition=Q(unit__isnull=True) | Q(unit__in=Unit.values), name="dose_unit_valid"),
        ]

    def __str__(self):
        """Without the medication's name, as with the medication itself."""
        return self.with_time(amount_in_words(self.amount, self.unit))

    @property
    def in_words(self) -> str:
        """`Concerta 36 mg at 8:15`."""
        return self.with_time(f"{self.medication.name_in_words} {amount_in_words(self.amount, self.unit)}")

    def with_time(self, dose: str) -> str:
        if self.taken_at:
            return gettext("%(dose)s at %(time)s") % {"dose": dose, "time": time_format(self.taken_at)}
        return dose


@compiled(user=models.BigIntegerField(), daily_log=models.BigIntegerField())
def doses_of_log(user, daily_log):
    """The doses of a log with their medications, in order."""
    return Dose.objects.filter(user=user, daily_log=daily_log).select_related("medication")


@compiled(user=models.BigIntegerField(), daily_log=models.BigIntegerField())
def medications_with_doses_of(user, daily_log):
    """The query of MedicationQuerySet.with_doses_of(). A day that is not stored has the number 0, which no row has."""
    return Medication.objects.with_doses_of(user, daily_log)
