"""Links with which a report is read without an account, and when each was opened."""

import datetime
import secrets
import unicodedata
from collections import defaultdict

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.db.models import F, Max, Q, Value, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import User
from accounts.sessions import hash_secret
from brainlog.database.person_keys import CompositeForeignKey, OwnerForeignKey, SamePersonForeignKey
from brainlog.database.retry import retry_on_conflict
from insights.models.reports import Report


class TooManyLinks(Exception):
    """The report has as many links that work as there can be."""


class ReportLinkQuerySet(models.QuerySet):
    def working(self, now: datetime.datetime):
        return self.filter(revoked_at=None, expires_at__gt=now)

    def with_token(self, token: str, now: datetime.datetime) -> "ReportLink | None":
        """The link of a token with its report, in one query. None for a token that there is not, for one that has
        expired or was revoked, and for an inactive account. Longer texts are not hashed."""
        if len(token) > ReportLink.MAX_TOKEN_LENGTH:
            return None
        found = self.working(now).filter(token_hash=hash_secret(token), user__is_active=True)
        return found.select_related("report").first()

    def listed(self, report: Report):
        """Those of a report, the newest first, with when each was opened last."""
        return self.filter(report=report).annotate(last_opened_at=Max("openings__at")).order_by("-pk")

    def revoke(self, now: datetime.datetime) -> int:
        """End those that work. Returns how many these are."""
        return self.working(now).update(revoked_at=now)

    @retry_on_conflict
    def make(self, report: Report, days: int, passphrase: str = "") -> tuple["ReportLink", str]:
        """Store a new link of a report. Returns it with its token, which cannot be read later. Raises TooManyLinks.

        The oldest ones that have ended make room.
        """
        User.objects.select_for_update(no_key=True).get(
            pk=report.user_id
        )  # Two requests together must not exceed the limit.
        now, own = timezone.now(), self.filter(report=report)
        working = own.working(now)
        if working.count() >= ReportLink.MOST_WORKING:
            raise TooManyLinks
        ended = own.exclude(pk__in=working.values("pk")).order_by("-pk").values_list("pk", flat=True)
        own.filter(pk__in=list(ended[ReportLink.MOST_ENDED - 1 :])).delete()
        token = secrets.token_urlsafe(ReportLink.TOKEN_BYTES)
        link = ReportLink(report=report, user_id=report.user_id, created_at=now, token_hash=hash_secret(token))
        link.expires_at = now + datetime.timedelta(days=days)
        link.passphrase_hash = make_password(comparable(passphrase)) if passphrase else ""
        link.save()
        return link, token


class ReportLink(models.Model):
    """Lets those who have its address read one report until it expires. Holds the hash of its token: a copy of the
    table opens no report."""

    TOKEN_BYTES = 24
    MAX_TOKEN_LENGTH = 100
    MOST_DAYS = 30
    # Of one report. Those that have ended are kept to show when they were opened.
    MOST_WORKING, MOST_ENDED = 10, 10

    # No index of its own: the unique one on (report, id) serves.
    report = SamePersonForeignKey(
        Report, models.CASCADE, related_name="links", verbose_name=_("report"), db_constraint=False, db_index=False
    )
    user = OwnerForeignKey(settings.AUTH_USER_MODEL, of="report", related_name="report_links", verbose_name=_("person"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    # Empty without a passphrase.
    passphrase_hash = models.CharField(max_length=128, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("works until"), editable=False)
    revoked_at = models.DateTimeField(_("ended"), null=True, editable=False)
    # Of all openings, also those that are not kept.
    openings_count = models.PositiveBigIntegerField(_("times opened"), default=0, db_default=0, editable=False)
    first_opened_at = models.DateTimeField(_("first opened"), null=True, editable=False)
    wrong_passphrases = models.PositiveBigIntegerField(_("wrong passphrases"), default=0, db_default=0, editable=False)

    objects = ReportLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link to a report")
        verbose_name_plural = _("links to reports")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "id"], name="report_link_report_and_key"),
            # What openings of the same person refer to.
            models.UniqueConstraint(fields=["user", "id"], name="report_link_user_and_key"),
            CompositeForeignKey(fields=["report", "user"], to_fields=["id", "user"], name="report_link_of_same_person"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="report_link_expires_later"),
        ]

    def __str__(self):
        return gettext("link %(number)s to a report") % {"number": self.pk}

    @property
    def has_passphrase(self) -> bool:
        return bool(self.passphrase_hash)

    @property
    def is_working(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    def is_passphrase(self, text: str) -> bool:
        """Whether this is the passphrase. Takes a fifth of a second of a processor."""
        return check_password(comparable(text), self.passphrase_hash)

    def revoke(self) -> bool:
        """End it. False if it had ended already."""
        return bool(ReportLink.objects.filter(pk=self.pk).revoke(timezone.now()))

    def count_wrong_passphrase(self):
        ReportLink.objects.filter(pk=self.pk).update(wrong_passphrases=F("wrong_passphrases") + 1)


def comparable(passphrase: str) -> str:
    """The passphrase without what differs between keyboards: composed letters, spaces around it."""
    return unicodedata.normalize("NFKC", passphrase).strip()


class ReportOpeningQuerySet(models.QuerySet):
    def record(self, link: ReportLink, is_pdf: bool):
        """Store that the report was opened by the link now. Beyond the most that are kept, the oldest is deleted.

        How many there were, and when the first was, stays with the link.
        """
        now = timezone.now()
        self.create(link=link, user_id=link.user_id, is_pdf=is_pdf, at=now)
        first = Coalesce("first_opened_at", Value(now))
        ReportLink.objects.filter(pk=link.pk).update(openings_count=F("openings_count") + 1, first_opened_at=first)
        own = self.filter(link=link).order_by("-pk").values_list("pk", flat=True)
        if oldest := own[ReportOpening.MOST_KEPT :].first():
            self.filter(link=link, pk__lte=oldest).delete()

    def attach(self, links) -> list[ReportLink]:
        """The links, each with its newest openings as `newest_openings`. One query beside that of the links."""
        links = list(links)
        found = defaultdict(list)
        place = Window(RowNumber(), partition_by=F("link_id"), order_by=F("pk").desc())
        own = self.filter(link__in=[link.pk for link in links]).annotate(place=place)
        for opening in own.filter(place__lte=ReportOpening.MOST_SHOWN).order_by("-pk"):
            found[opening.link_id].append(opening)
        for link in links:
            link.newest_openings = found[link.pk]
        return links


class ReportOpening(models.Model):
    """That a report was opened by a link, and when. Nothing of who it was: no address, no browser."""

    MOST_KEPT, MOST_SHOWN = 500, 20  # of one link

    # No index of its own: the unique one on (link, id) serves.
    link = SamePersonForeignKey(
        ReportLink, models.CASCADE, related_name="openings", verbose_name=_("link"), db_constraint=False, db_index=False
    )
    user = OwnerForeignKey(
        settings.AUTH_USER_MODEL, of="link", related_name="report_openings", verbose_name=_("person")
    )
    at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    is_pdf = models.BooleanField(_("as PDF"), default=False, editable=False)

    objects = ReportOpeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("opening of a report")
        verbose_name_plural = _("openings of reports")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["link", "id"], name="report_opening_link_and_key"),
            CompositeForeignKey(fields=["link", "user"], to_fields=["id", "user"], name="report_opening_same_person"),
        ]

    def __str__(self):
        return gettext("opening %(number)s of a report") % {"number": self.pk}
