"""Sessions in a table of ours, read together with the person: who is asking costs one query, not two."""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.db import router, transaction
from django.utils.crypto import constant_time_compare

from accounts import former_sessions


class SessionStore(db.SessionStore):
    """Django's sessions in the database; each row names its person.

    Keeps the name of Django's class: it is part of the signature of what is stored.
    """

    person = None  # Whose session this is, once it is loaded.

    @classmethod
    def get_model_class(cls):
        from accounts.models import Session  # SESSION_ENGINE is imported before models are.

        return Session

    def load(self):
        key = self.session_key
        row = self._get_session_from_db() or self._get_former_session(key)
        self.person = row.user if row else None
        return self.decode(row.session_data) if row else {}

    def _get_former_session(self, key):
        """Move a session of the release before to our table, and return it; None if there is none.

        Another request with the same cookie may have moved it since we looked, so we look again.
        """
        using = router.db_for_write(self.model)
        if not former_sessions.are_here(using):
            return None
        with transaction.atomic(using=using):
            if former := former_sessions.take(key, using):
                self.model.objects.using(using).create(
                    session_key=key,
                    session_data=former.session_data,
                    expire_date=former.expire_date,
                    user_id=self.decode(former.session_data).get(SESSION_KEY),
                )
        self._session_key = key
        return self._get_session_from_db()

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        return row


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
