from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class DatabaseReport(models.Model):
    """Statistics of the database at one time (operations.database.stats), kept to measure its growth."""

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
    """A complete backup of this database, for metrics and reports: they run on machines without its files."""

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
