"""The private addresses of calendars."""

import datetime
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.sessions import hash_secret
from reminders.models.plans import is_here


class FeedQuerySet(models.QuerySet):
    def with_token(self, token: str, now: datetime.datetime) -> "Feed | None":
        """The feed of a token, with its person, their plan and whether they are still here, in one query.

        None for a token that there is not, or of an inactive account. Longer texts are not hashed.
        """
        if len(token) > Feed.MAX_TOKEN_LENGTH:
            return None
        feeds = self.filter(token_hash=hash_secret(token), user__is_active=True)
        return feeds.select_related("user__reminder_plan").annotate(is_here=is_here(now)).first()

    def renew(self, person) -> str:
        """Give a person a new token, in place of the one they have, and return it: it cannot be read later."""
        token = secrets.token_urlsafe(Feed.TOKEN_BYTES)
        values = {"token_hash": hash_secret(token), "created_at": timezone.now()}
        self.update_or_create(user=person, defaults=values)
        return token


class Feed(models.Model):
    """The private calendar address of a person. Holds the hash of its token: a copy of the table opens no feed."""

    TOKEN_BYTES = 24
    MAX_TOKEN_LENGTH = 100

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="reminder_feed",
        verbose_name=_("person"),
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self):
        return str(self.user)
