import datetime

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone as clock
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models.known_browser import KnownBrowser
from accounts.models.user import User
from accounts.sessions import SessionStore
from accounts.user_agents import describe_device
from brainlog.database.compiled import compiled
from encryption import cipher
from encryption.fields import associated_data


class SessionQuerySet(models.QuerySet):
    def end(self, but: SessionStore | None = None) -> int:
        """Delete these sessions and revoke their browsers, except that of the session `but`. Returns how many ended."""
        browsers = list(self.values_list("known_browser_id", flat=True))
        KnownBrowser.objects.filter(pk__in=browsers).exclude(pk=but and but.known_browser_id).revoke()
        ended, _tables = self.delete()
        return ended


class SessionManager(models.Manager.from_queryset(SessionQuerySet)):
    def get_queryset(self):
        """Read each session together with its person, in one query."""
        return super().get_queryset().select_related("user")

    def unexpired(self, key_hash: str) -> "Session | None":
        """The session of a key with its person, unless there is none or it has expired. One query."""
        return next(iter(unexpired_sessions(key_hash=key_hash, now=clock.now())), None)

    def end_oldest(self, person: User):
        """End the least recently used sessions of the person, so that one more fits the limit. One query."""
        kept = self.model._base_manager.filter(user=person).order_by("-seen_at").values("pk")
        self.model._base_manager.filter(user=person).exclude(pk__in=kept[: self.model.MAX_PER_PERSON - 1]).delete()


class Session(AbstractBaseSession):
    """A session of a person or a visitor. Deleting the row ends it at once."""

    MAX_PER_PERSON = 100

    session_key = None  # Removes Django's column: the table holds the hash of the key, never the key.
    key_hash = models.CharField(_("hash of the key"), max_length=64, primary_key=True, db_column="session_key")
    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        related_name="sessions",
        verbose_name=_("person"),
        # A session may be saved while its account is being deleted; it then belongs to no account. With a constraint
        # the insert would fail, and Django would take that for a key in use and retry with other keys for ever.
        db_constraint=False,
    )
    created_at = models.DateTimeField(_("signed in at"), default=clock.now)
    seen_at = models.DateTimeField(_("last seen at"), default=clock.now)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    is_local = models.BooleanField(_("from this network"), default=False)
    known_browser = models.ForeignKey(
        KnownBrowser,
        # A session outlives its known browser; one whose browser row is gone is a session without a known browser.
        models.DO_NOTHING,
        null=True,
        related_name="sessions",
        verbose_name=_("known browser"),
        db_constraint=False,
        db_index=False,
    )

    objects = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        pass

    def __str__(self):
        return self.handle

    @classmethod
    def get_session_store_class(cls):
        return SessionStore

    @property
    def associated_data(self) -> tuple[str, ...]:
        """Associated data of the content: it cannot be decrypted in a row with another key or of another person."""
        return associated_data(self._meta.db_table, "session_data", self.pk, self.user_id or "")

    def encrypt(self):
        self.session_data = cipher.encrypt(self.session_data, *self.associated_data)

    def decrypted(self) -> str | None:
        """The content as signed by Django, or None if it cannot be decrypted."""
        try:
            return (
                cipher.decrypt(self.session_data, *self.associated_data) if cipher.is_token(self.session_data) else None
            )
        except cipher.CannotDecryptError:
            return None

    def get_decoded(self) -> dict:
        content = self.decrypted()
        return {} if content is None else SessionStore().decode(content)

    def ends_at(self) -> datetime.datetime:
        """When it expires: SESSION_IDLE_AGE after the last visit, and at most SESSION_COOKIE_AGE after signing in.

        The session of a visitor expires after SESSION_VISITOR_AGE.
        """
        if self.user_id is None:
            return self.seen_at + datetime.timedelta(seconds=settings.SESSION_VISITOR_AGE)
        idle = self.seen_at + datetime.timedelta(seconds=settings.SESSION_IDLE_AGE)
        return min(idle, self.created_at + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE))

    @property
    def handle(self) -> str:
        """Identifier for pages and forms: derived from the key hash, which is not shown."""
        return salted_hmac("accounts.session", self.key_hash, algorithm="sha256").hexdigest()[:24]

    @property
    def device(self) -> str:
        return describe_device(self.user_agent)


@compiled(key_hash=models.CharField(), now=models.DateTimeField())
def unexpired_sessions(key_hash, now):
    """Every request of a person begins with this query."""
    return Session.objects.filter(key_hash=key_hash, expire_date__gt=now)
