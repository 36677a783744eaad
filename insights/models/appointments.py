import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from encryption.fields import PrivateCharField
from logs.fields import RandomUUID
from logs.periods import FIRST_DAY


class Appointment(models.Model):
    """One entry of a person's own short list of appointments, past and to come."""

    MOST_STORED = 100

    # No index of its own: the unique one on (user, id) serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="appointments", verbose_name=_("person"), db_index=False
    )
    # What its text is bound to besides the person.
    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    date = models.DateField(_("date"))
    with_whom = PrivateCharField(_("with whom"), max_length=120, null=True, blank=True)  # noqa: DJ001 (not said)

    texts_belong_to = ("user_id", "uuid")

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["-date", "-pk"]
        constraints = [
            # What rows of the same person refer to, and the index by person.
            models.UniqueConstraint(fields=["user", "id"], name="appointment_user_and_key"),
            models.CheckConstraint(condition=Q(date__gte=FIRST_DAY), name="appointment_date_valid"),
        ]

    def __str__(self):
        """Without the text: this is what logs and error reports call a row."""
        return gettext("appointment %(number)s") % {"number": self.pk}

    def get_absolute_url(self):
        return reverse("insights:appointment", args=[self.pk])

    @property
    def in_words(self) -> str:
        """`May 4, 2026, Dr Lee`, or the date alone."""
        return ", ".join(filter(None, [date_format(self.date), str(self.with_whom or "")]))
