import datetime
import secrets

from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User
from accounts.sessions import hash_secret


class Invitation(models.Model):
    """Lets one stranger sign up. Of its link, the table knows only what checks it."""

    DAYS = 7
    MAX_TOKEN_LENGTH = 100

    note = models.CharField(
        _("For whom"), max_length=100, blank=True, help_text=_("So that you know which one it is. Optional.")
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made at"), default=clock.now, editable=False)
    expires_at = models.DateTimeField(_("good until"), editable=False)
    used_at = models.DateTimeField(_("used at"), null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self):
        return self.note or str(self.pk)

    def make_token(self) -> str:
        """Make the secret of the link, which is not to be had again, and start the days that it is good for."""
        token = secrets.token_urlsafe(24)
        self.token_hash = self.hash_secret(token)
        self.expires_at = clock.now() + datetime.timedelta(days=self.DAYS)
        return token

    @classmethod
    def is_token(cls, text: str) -> bool:
        return len(text) <= cls.MAX_TOKEN_LENGTH

    @staticmethod
    def hash_secret(token: str) -> str:
        return hash_secret(token)

    @classmethod
    def usable(cls, token: str):
        """The invitation with this token that can still be used: one at most."""
        if not cls.is_token(token):
            return cls.objects.none()
        return cls.objects.filter(token_hash=cls.hash_secret(token), used_at=None, expires_at__gt=clock.now())
