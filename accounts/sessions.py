"""Sessions in a table of ours, read together with the person: who is asking costs one query, not two."""

import datetime

from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.db import router, transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import former_sessions
from encryption import cipher

RECORD_EVERY = datetime.timedelta(minutes=5)


class SessionStore(db.SessionStore):
    """Django's sessions in the database; each row names its person, and its content is encrypted.

    allauth keeps what lets in there: the secret of an app that is being switched on, what a provider said, the
    verifier of a question to a provider; Django the token of a link to a new password.
    Keeps the name of Django's class: it is part of the signature of what is stored.
    """

    row = None  # The session as stored, once it is loaded.
    browser: dict = {}  # What is to be known of the browser that asks: user_agent and is_local.

    @classmethod
    def get_model_class(cls):
        from accounts.models import Session  # SESSION_ENGINE is imported before models are.

        return Session

    def _validate_session_key(self, key):
        """What is no key is not looked for: PostgreSQL answers a NUL with an error."""
        return super()._validate_session_key(key) and key.isprintable()

    def load(self):
        key = self.session_key
        self.row = self._get_session_from_db() or self._get_former_session(key)
        return self.row.get_decoded() if self.row else {}

    @property
    def person(self):
        """Whose session this is, once it is loaded."""
        return self.row.user if self.row else None

    def _get_former_session(self, key):
        """Move a session of the release before to our table, and return it; None if there is none.

        Another request with the same cookie may have moved it since we looked, so we look again.
        """
        using = router.db_for_write(self.model)
        if not former_sessions.are_here(using):
            return None
        with transaction.atomic(using=using):
            if former := former_sessions.take(key, using):
                row = self.model(
                    session_key=key,
                    session_data=former.session_data,
                    expire_date=former.expire_date,
                    user_id=self.decode(former.session_data).get(SESSION_KEY),
                )
                row.encrypt()
                row.save(using=using, force_insert=True)
        self._session_key = key
        return self._get_session_from_db()

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        if self.row and row.user_id and str(self.row.user_id) == row.user_id:
            # The same sign-in under another key, or with other data.
            row.created_at, row.user_agent, row.is_local = self.row.created_at, self.row.user_agent, self.row.is_local
        else:
            row.user_agent, row.is_local = self.browser.get("user_agent", ""), self.browser.get("is_local", False)
        row.expire_date = row.ends_at()
        row.encrypt()
        return row

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


def person_in(session: SessionStore):
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
