"""Sessions in a table of ours, read together with the person: who is asking costs one query, not two."""

import datetime
import hashlib

from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from encryption import cipher

RECORD_EVERY = datetime.timedelta(minutes=5)


def hash_secret(secret: str) -> str:
    """The hash under which a table keeps a random secret. Not salted: 128 random bits or more cannot be guessed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with three differences.

    Each row names its person. The cookie holds the key, the row its hash: what is read in the database or in a backup
    opens no session. The content is encrypted: allauth keeps there the secret of an app that is being switched on,
    what a provider said and the verifier of a question to it, Django the token of a link to a new password.
    Keeps the name of Django's class: it is part of the signature of what is stored.
    """

    row = None  # The session as stored, once it is loaded.
    browser: dict = {}  # What is to be known of the browser that asks: user_agent and is_local.
    known_browser_id = None  # The KnownBrowser in which the person signed in, see accounts.known_browsers.

    @classmethod
    def get_model_class(cls):
        from accounts.models import Session  # SESSION_ENGINE is imported before models are.

        return Session

    @property
    def key_hash(self) -> str | None:
        """The primary key of this session's row; None if there is no session."""
        return hash_secret(self.session_key) if self.session_key else None

    def exists(self, session_key) -> bool:
        return self.model.objects.filter(key_hash=hash_secret(session_key)).exists()

    def load(self):
        try:
            self.row = self.model.objects.get(key_hash=self.key_hash, expire_date__gt=timezone.now())
        except self.model.DoesNotExist:
            self.row, self._session_key = None, None
            return {}
        self.known_browser_id = self.row.known_browser_id
        return self.row.get_decoded()

    def delete(self, session_key=None):
        if key := session_key or self.session_key:
            self.model.objects.filter(key_hash=hash_secret(key)).delete()

    @property
    def person(self):
        """Whose session this is, once it is loaded."""
        return self.row.user if self.row else None

    def create_model_instance(self, data):
        row = self.model(key_hash=hash_secret(self._get_or_create_session_key()), session_data=self.encode(data))
        row.user_id = data.get(SESSION_KEY)
        if self.row and row.user_id and str(self.row.user_id) == row.user_id:
            # The same sign-in under another key, or with other data.
            row.created_at, row.user_agent, row.is_local = self.row.created_at, self.row.user_agent, self.row.is_local
        else:
            row.user_agent, row.is_local = self.browser.get("user_agent", ""), self.browser.get("is_local", False)
        row.known_browser_id = self.known_browser_id if row.user_id else None
        row.expire_date = row.ends_at()
        row.encrypt()
        return row

    def save(self, must_create=False):
        """Store it. Raises UpdateError if it has ended meanwhile, and what the database says if that failed.

        Django raises UpdateError for both, so that a database that takes no writes would read as a session that has
        ended.
        """
        try:
            super().save(must_create)
        except UpdateError as refusal:
            if isinstance(failure := refusal.__context__, DatabaseError) and failure.__cause__:
                raise failure from failure.__cause__
            raise

    def record_visit(self):
        """Write down that the person was here, every few minutes at most: it costs a query."""
        if self.row and timezone.now() - self.row.seen_at > RECORD_EVERY:
            self.row.seen_at = timezone.now()
            rows = self.get_model_class()._base_manager.filter(pk=self.row.pk)
            rows.update(seen_at=self.row.seen_at, expire_date=self.row.ends_at())


def reencrypt_all() -> int:
    """Encrypt every session with the first key. Returns how many were; those that cannot be read have ended."""
    rows = SessionStore.get_model_class()._base_manager
    older = rows.exclude(session_data__startswith=f"{cipher.VERSION}.{cipher.current_key_id()}.")
    reencrypted = 0
    for pk in list(older.values_list("pk", flat=True)):
        row = rows.filter(pk=pk).first()
        if row is None or (content := row.decrypted()) is None:
            continue
        stored, row.session_data = row.session_data, content
        row.encrypt()
        # What is saved meanwhile is encrypted with the first key by that.
        reencrypted += rows.filter(pk=pk, session_data=stored).update(session_data=row.session_data)
    return reencrypted


def get_user(session: SessionStore):
    """Who is asking, or AnonymousUser.

    Does what django.contrib.auth.get_user does, with the person that was read with the session: they
    must be active, logged in by a backend that still counts, and not have changed their password since.
    """
    logged_in_by, hash_then = session.get(BACKEND_SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    person = session.person
    if person is None or not person.is_active or logged_in_by not in settings.AUTHENTICATION_BACKENDS:
        return AnonymousUser()
    if not constant_time_compare(hash_then, person.get_session_auth_hash()):
        if not any(constant_time_compare(hash_then, old) for old in person.get_session_auth_fallback_hash()):
            session.flush()
            return AnonymousUser()
        # Signed by a SECRET_KEY_FALLBACKS: from now on by the key of today.
        session.cycle_key()
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    return person


@receiver(authentication_step_completed, dispatch_uid="accounts.sessions")
def on_confirmed(request, reauthenticated=False, **kwargs):
    """Take a new key once somebody has said again who they are: whoever has the old one gets no further by it."""
    if reauthenticated:
        request.session.cycle_key()
