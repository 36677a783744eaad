import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from encryption.fields import PrivateCharField
from insights.fields import PrivateLongTextField
from insights.report.contents import Contents
from logs.fields import RandomUUID


class ReportQuerySet(models.QuerySet):
    def for_list(self):
        """Only what a list shows of a report: not what it says."""
        return self.defer("content_json")

    def with_working_links(self, now: datetime.datetime):
        """Each with the number of links that open it, as `working_links`."""
        working = Q(links__revoked_at=None, links__expires_at__gt=now)
        return self.annotate(working_links=Count("links", filter=working))


class Report(models.Model):
    """A report for an appointment, as it was when it was made. It never changes, whatever becomes of the answers."""

    MOST_STORED = 100

    # No index of its own: the unique one on (user, id) serves.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports", verbose_name=_("person"), db_index=False
    )
    # What its texts are bound to besides the person.
    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    first = models.DateField(_("first day"), editable=False)
    last = models.DateField(_("last day"), editable=False)
    title = PrivateCharField(_("title"), max_length=120, editable=False)
    # What insights.report.contents writes.
    content_json = PrivateLongTextField(_("content"), editable=False)

    texts_belong_to = ("user_id", "uuid")
    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-pk"]
        constraints = [
            # What rows of the same person refer to, and the index by person.
            models.UniqueConstraint(fields=["user", "id"], name="report_user_and_key"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="report_last_after_first"),
        ]

    def __str__(self):
        """Without the title: this is what logs and error reports call a row."""
        return gettext("report %(number)s") % {"number": self.pk}

    def get_absolute_url(self):
        return reverse("insights:report", args=[self.pk])

    @property
    def pdf_name(self) -> str:
        """The name of its file, without the ending. It says of what days it is, and nothing of what it says."""
        return f"brain-log-report-{self.first}-to-{self.last}"

    @property
    def title_in_words(self) -> str:
        """The title, or that it cannot be read, in a few words."""
        return self.title if isinstance(self.title, str) else gettext("(title not readable)")

    @cached_property
    def contents(self) -> Contents | None:
        """What it says; None if that cannot be decrypted, or is of a release that this one does not read."""
        text = self.content_json
        try:
            return Contents.from_json(text) if isinstance(text, str) else None
        except (ValueError, KeyError, TypeError):
            return None
