"""Makes the tables, a person and their row, and prints the key of the person's session."""

import django
from django.core.management import call_command


def main():
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0, run_syncdb=True)  # The row refers to a person: their table comes first.

    from django.conf import settings
    from django.contrib import auth
    from django.contrib.sessions.backends.db import SessionStore

    from benchmarks.limit.models import Row

    person = auth.get_user_model().objects.create_user("demo")
    Row.objects.create(owner=person)
    session = SessionStore()
    session[auth.SESSION_KEY] = str(person.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    print(session.session_key)


if __name__ == "__main__":
    main()
