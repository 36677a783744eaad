"""Sessions in a table of ours, read together with the person: who is asking costs one query, not two."""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.utils.crypto import constant_time_compare


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
        row = self._get_session_from_db()
        self.person = row.user if row else None
        return self.decode(row.session_data) if row else {}

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
