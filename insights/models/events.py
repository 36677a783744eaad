import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from encryption.fields import PrivateCharField
from logs.fields import RandomUUID
from logs.periods import FIRST_DAY


class EventQuerySet(models.QuerySet):
    def between(self, first: datetime.date, last: datetime.date):
        """Those of which at least one day is in this range, both ends included, the oldest first."""
        is_on = Q(date__range=(first, last)) | Q(date__lt=first, last_day__gte=first)
        return self.filter(is_on).order_by("date", "pk")

    def newest_first(self):
        return self.order_by("-date", "-pk")


class Event(models.Model):
    """What happened, in a person's own words: on one day, or from one day to another."""

    MOST_PER_PERSON = 500

    # No index of its own: the one on (user, date) serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="events", verbose_name=_("person"), db_index=False
    )
    # What its text is bound to besides the person: the day may be corrected.
    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    date = models.DateField(_("day"), help_text=_("The person's own calendar day."))
    # NULL: it was one day.
    last_day = models.DateField(_("last day"), null=True, blank=True)
    text = PrivateCharField(_("what happened"), max_length=200)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    texts_belong_to = ("user_id", "uuid")
    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["date", "pk"]
        indexes = [models.Index(fields=["user", "date"], name="event_user_date")]
        constraints = [
            # What undo looks a deleted one up by.
            models.UniqueConstraint(fields=["user", "uuid"], name="event_one_per_uuid"),
            models.CheckConstraint(condition=Q(date__gte=FIRST_DAY), name="event_date_valid"),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gt=F("date")), name="event_last_day_after_first"
            ),
        ]

    def __str__(self):
        """Without the text: this is what logs, error reports and the admin's records call a row."""
        return gettext("event %(number)s") % {"number": self.pk}

    def get_absolute_url(self):
        return reverse("insights:event", args=[self.pk])

    @property
    def last(self) -> datetime.date:
        """Its last day, which is its only one if it has no other."""
        return self.last_day or self.date

    @property
    def text_in_words(self) -> str:
        """The text, or that it cannot be read, in a few words."""
        return self.text if isinstance(self.text, str) else gettext("(text not readable)")
