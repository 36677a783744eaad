"""When a sender last looked for reminders."""

import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SenderState(models.Model):
    """When a sender last looked for reminders that are due: one row for all senders."""

    # The page says that reminders are off, and checkdb warns, when no sender has looked for this long.
    SILENT_AFTER = datetime.timedelta(minutes=5)
    KEY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=KEY)
    seen_at = models.DateTimeField(_("last round"))

    class Meta:
        verbose_name = _("sender of reminders")
        verbose_name_plural = _("senders of reminders")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="reminder_sender_one_row")]

    def __str__(self):
        return str(self.seen_at)

    @classmethod
    def record(cls, now: datetime.datetime):
        row = cls(pk=cls.KEY, seen_at=now)
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["id"], update_fields=["seen_at"])

    @classmethod
    def is_running(cls, now: datetime.datetime) -> bool:
        return cls.objects.filter(seen_at__gt=now - cls.SILENT_AFTER).exists()
