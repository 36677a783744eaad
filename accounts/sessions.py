"""Sessions in a table of ours, read together with their person: one query a request, not two."""

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

# Visits are stored at most this often: storing one takes a query.
VISIT_INTERVAL = datetime.timedelta(minutes=5)


def hash_secret(secret: str) -> str:
    """SHA-256 of a random secret, for storage in a table. Unsalted: 128 random bits or more cannot be guessed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with three differences.

    Each row names its person. The cookie holds the key, the row its hash: the contents of the database or of a backup
    open no session. The content is encrypted, because it holds secrets: those of an authenticator app during setup,
    the answers of a provider and the PKCE verifier (allauth), the token of a password reset link (Django).
    The class keeps the name of Django's class, which is part of the signature of the content.
    """

    row = None  # The stored Session, once it is loaded.
    browser: dict = {}  # user_agent and is_local of the request, set by AuthenticationMiddleware.
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
        self.row = self.model.objects.unexpired(self.key_hash)
        if self.row is None:
            self._session_key = None
            return {}
        self.known_browser_id = self.row.known_browser_id
        return self.row.get_decoded()

    def delete(self, session_key=None):
        if key := session_key or self.session_key:
            self.model.objects.filter(key_hash=hash_secret(key)).delete()

    @property
    def person(self):
        """The person of this session, once it is loaded."""
        return self.row.user if self.row else None

    def create_model_instance(self, data):
        row = self.model(key_hash=hash_secret(self._get_or_create_session_key()), session_data=self.encode(data))
        row.user_id = data.get(SESSION_KEY)
        if self.row and row.user_id and str(self.row.user_id) == row.user_id:
            # The same login with a new key or new content.
            row.created_at, row.user_agent, row.is_local = self.row.created_at, self.row.user_agent, self.row.is_local
        else:
            row.user_agent, row.is_local = self.browser.get("user_agent", ""), self.browser.get("is_local", False)
        row.known_browser_id = self.known_browser_id if row.user_id else None
        row.expire_date = row.ends_at()
        row.encrypt()
        return row

    def save(self, must_create=False):
        """Store the session. Raises UpdateError if it was ended meanwhile, and the database's error if that failed.

        Django raises UpdateError for both: a read-only database would look like an ended session.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(failure := error.__context__, DatabaseError) and failure.__cause__:
                raise failure from failure.__cause__
            raise

    def record_visit(self):
        """Store the time of the visit, at most once per VISIT_INTERVAL."""
        if self.row and timezone.now() - self.row.seen_at > VISIT_INTERVAL:
            self.row.seen_at = timezone.now()
            rows = self.get_model_class()._base_manager.filter(pk=self.row.pk)
            rows.update(seen_at=self.row.seen_at, expire_date=self.row.ends_at())


def reencrypt_all() -> int:
    """Encrypt every session with the first key. Returns how many were encrypted; undecryptable ones have ended."""
    rows = SessionStore.get_model_class()._base_manager
    older = rows.exclude(session_data__startswith=f"{cipher.VERSION}.{cipher.current_key_id()}.")
    reencrypted = 0
    for pk in list(older.values_list("pk", flat=True)):
        row = rows.filter(pk=pk).first()
        if row is None or (content := row.decrypted()) is None:
            continue
        stored, row.session_data = row.session_data, content
        row.encrypt()
        # A session saved meanwhile was encrypted with the first key by its save.
        reencrypted += rows.filter(pk=pk, session_data=stored).update(session_data=row.session_data)
    return reencrypted


def get_user(session: SessionStore):
    """The person of the session, or AnonymousUser.

    Makes the same checks as django.contrib.auth.get_user, on the person that was read with the session: they must be
    active, logged in by a backend that is still configured, and not have changed their password since.
    """
    backend, session_hash = session.get(BACKEND_SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    person = session.person
    if person is None or not person.is_active or backend not in settings.AUTHENTICATION_BACKENDS:
        return AnonymousUser()
    if not constant_time_compare(session_hash, person.get_session_auth_hash()):
        if not any(constant_time_compare(session_hash, old) for old in person.get_session_auth_fallback_hash()):
            session.flush()
            return AnonymousUser()
        # Signed with one of SECRET_KEY_FALLBACKS: sign it with the current key.
        session.cycle_key()
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    return person


@receiver(authentication_step_completed, dispatch_uid="accounts.sessions")
def rotate_key_after_reauthentication(request, reauthenticated=False, **kwargs):
    """Change the session key after a reauthentication, so that a copy of the old key does not benefit from it."""
    if reauthenticated:
        request.session.cycle_key()
