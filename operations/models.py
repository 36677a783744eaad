from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class DatabaseReport(models.Model):
    """What the database said of itself at one moment, kept to see how it grows. See operations.database.stats."""

    taken_at = models.DateTimeField(_("taken"), default=timezone.now)
    figures = models.JSONField(_("figures"), encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("database report")
        verbose_name_plural = _("database reports")
        ordering = ["-taken_at"]
        get_latest_by = "taken_at"

    def __str__(self):
        return date_format(timezone.localtime(self.taken_at), "DATETIME_FORMAT")


class Backup(models.Model):
    """A backup of this database that was made whole, for metrics and reports: they run where its files may not be."""

    archive = models.CharField(_("archive"), max_length=100, unique=True)
    made_at = models.DateTimeField(_("made"))
    size = models.PositiveBigIntegerField(_("size"))
    verified_at = models.DateTimeField(_("verified"), null=True)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ["-made_at"]

    def __str__(self):
        return self.archive
