import datetime
import secrets

from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User
from accounts.sessions import hash_secret


class Invitation(models.Model):
    """Permits one person to sign up with a link. The table holds the hash of the link's token only."""

    VALID_DAYS = 7
    MAX_TOKEN_LENGTH = 100

    note = models.CharField(
        _("For whom"), max_length=100, blank=True, help_text=_("So that you know which one it is. Optional.")
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    expires_at = models.DateTimeField(_("valid until"), editable=False)
    used_at = models.DateTimeField(_("used at"), null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self):
        return self.note or str(self.pk)

    def make_token(self) -> str:
        """Set a new token and its expiry, and return it: it cannot be read from the row later."""
        token = secrets.token_urlsafe(24)
        self.token_hash = hash_secret(token)
        self.expires_at = clock.now() + datetime.timedelta(days=self.VALID_DAYS)
        return token

    @classmethod
    def is_token(cls, text: str) -> bool:
        """Whether the text can be a token: longer ones are not hashed."""
        return len(text) <= cls.MAX_TOKEN_LENGTH

    @classmethod
    def usable(cls, token: str):
        """Queryset of the invitation with this token, if it is neither used nor expired."""
        if not cls.is_token(token):
            return cls.objects.none()
        return cls.objects.filter(token_hash=hash_secret(token), used_at=None, expires_at__gt=clock.now())
