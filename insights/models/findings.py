"""What is stored of a person's findings beside the result itself: since when, and what they asked themselves."""

import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy as _

from logs.periods import FIRST_DAY

# Of the names of questions, own ones as well, and of derived exposures.
NAME_LENGTH = 80


class KeptFindingQuerySet(models.QuerySet):
    def days(self) -> dict[str, datetime.date]:
        """The day on which each was first kept, by its key."""
        return dict(self.values_list("key", "first_kept_on"))

    def keep(self, person, keys, day: datetime.date):
        """Store the day for those that were never kept before; the day of the others stays. One statement.

        Called by the computation alone: that a page was opened must not decide since when a finding is checked.
        """
        rows = [KeptFinding(user=person, key=key, first_kept_on=day) for key in keys]
        self.bulk_create(rows, ignore_conflicts=True)


class KeptFinding(models.Model):
    """On which day of the person a comparison was kept for the first time. The days after it can show if it holds."""

    # No index of its own: the unique one serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_findings", verbose_name=_("person"), db_index=False
    )
    # Of the comparison, Result.kept_as: names of questions, own ones and medications by their number, and no words.
    key = models.CharField(_("comparison"), max_length=200, editable=False)
    first_kept_on = models.DateField(_("first kept on"), editable=False)

    objects = KeptFindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept finding")
        verbose_name_plural = _("kept findings")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="kept_finding_once"),
            models.CheckConstraint(condition=Q(first_kept_on__gte=FIRST_DAY), name="kept_finding_day_valid"),
        ]

    def __str__(self):
        return gettext("kept finding %(number)s") % {"number": self.pk}


class GuessQuerySet(models.QuerySet):
    def ask(self, person, exposure: str, outcome: str, lag: int) -> "Guess":
        """Add one for a person, who is locked. Raises ValidationError if there is no room, or if it is asked."""
        if self.filter(user=person, exposure=exposure, outcome=outcome, lag=lag).exists():
            raise ValidationError(gettext("You asked this already."), code="asked")
        number = self.filter(user=person).count() + 1
        if number > Guess.MOST:
            message = gettext("There is no room for more than %(most)d questions of your own.")
            raise ValidationError(message % {"most": Guess.MOST}, code="too_many")
        facts = {"exposure": exposure, "outcome": outcome, "lag": lag, "asked_on": person.today()}
        return self.create(user=person, number=number, **facts)


class Guess(models.Model):
    """A comparison that the person asked for, before they saw its result. It counts among all others.

    It is never changed and cannot be taken back alone: comparisons that are dropped once their result is known would
    make chance look like a finding. It ends with all that the person has logged.
    """

    MOST = 10

    # No index of its own: the unique ones serve.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="guesses", verbose_name=_("person"), db_index=False
    )
    # From 1 to MOST, so that the database holds the limit.
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    exposure = models.CharField(_("what may go with it"), max_length=NAME_LENGTH, editable=False)
    outcome = models.CharField(_("what it is about"), max_length=NAME_LENGTH, editable=False)
    # Days from the exposure to the outcome.
    lag = models.PositiveSmallIntegerField(
        _("days later"), choices=[(0, _("the same day")), (1, _("the next day"))], editable=False
    )
    asked_on = models.DateField(_("asked on"), editable=False)

    objects = GuessQuerySet.as_manager()

    class Meta:
        verbose_name = _("own guess")
        verbose_name_plural = _("own guesses")
        ordering = ["user", "number"]
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="guess_one_per_number"),
            models.UniqueConstraint(fields=["user", "exposure", "outcome", "lag"], name="guess_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=10), name="guess_ten_at_most"),
            models.CheckConstraint(condition=Q(lag__lte=1), name="guess_lag_known"),
            models.CheckConstraint(condition=~Q(exposure=F("outcome")), name="guess_of_two_questions"),
            models.CheckConstraint(condition=Q(asked_on__gte=FIRST_DAY), name="guess_day_valid"),
        ]

    def __str__(self):
        return gettext("own guess %(number)s") % {"number": self.number}
