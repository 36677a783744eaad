from django.conf import settings
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class HiddenDay(models.Model):
    """A day, or a week by its first day, whose words a person does not want to see again in the list of their words."""

    # No index of its own: the unique one serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="hidden_days", verbose_name=_("person"), db_index=False
    )
    date = models.DateField(_("date"))
    is_week = models.BooleanField(_("a week"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("hidden day")
        verbose_name_plural = _("hidden days")
        ordering = ["-date", "is_week"]
        constraints = [
            models.UniqueConstraint(fields=["user", "date", "is_week"], name="hidden_day_once"),
        ]

    def __str__(self):
        return date_format(self.date, "DATE_FORMAT")
