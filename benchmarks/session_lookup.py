"""Time to identify the person of a request: our single query against Django's two.

    .venv/bin/python -m benchmarks.session_lookup

Starts a PostgreSQL of its own, with 20,000 sessions, and queries it directly and through a proxy that adds 5 ms to
each round trip. Prints milliseconds per request: the median of 300.
"""

import os
import statistics
import time

ROUNDS = 300
SESSIONS = 20_000


def main():
    from testing.gunicorn import manage
    from testing.postgres import throwaway_cluster
    from testing.proxy import throwaway_proxy

    with throwaway_cluster() as cluster, throwaway_proxy(cluster.port) as proxy:
        migrated = manage(cluster.url, "migrate", "--verbosity=0")
        if migrated.returncode:
            raise SystemExit(migrated.stderr)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "testing.settings",
            "DATABASE_URL": cluster.url.replace(f":{cluster.port}/", f":{proxy.port}/"),
        }
        print(f"{'network':>12}  {'Django':>8}  {'ours':>8}  {'saved':>8}")
        lookups = prepare()
        for delay in (0, 5):
            proxy.delay = delay / 2 / 1000  # In each direction.
            django, ours = (statistics.median(measure(lookup)) for lookup in lookups)
            print(f"{delay:>9} ms  {django:>5.2f} ms  {ours:>5.2f} ms  {django - ours:>5.2f} ms")


def prepare() -> tuple:
    """Fill the tables. Returns two functions that read a session and its person: Django's way and ours."""
    import django
    from django.conf import settings

    settings.INSTALLED_APPS.append("django.contrib.sessions")
    django.setup()
    from django.contrib import auth
    from django.contrib.sessions.backends.db import SessionStore as DjangosStore
    from django.contrib.sessions.models import Session as DjangosSession
    from django.db import connection
    from django.http import HttpRequest

    from accounts.models import Session, User
    from accounts.sessions import SessionStore, get_user

    with connection.schema_editor() as editor:
        editor.create_model(DjangosSession)
    person = User.objects.create_user("maria", password="irrelevant")  # noqa: S106
    session = SessionStore()
    session[auth.SESSION_KEY] = str(person.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    row = Session.objects.get()
    facts = {"session_data": row.session_data, "expire_date": row.expire_date}
    for model, key, more in ((Session, "key_hash", {"user": person}), (DjangosSession, "session_key", {})):
        rows = [model(**{key: f"{number:032}"}, **facts, **more) for number in range(SESSIONS)]
        model.objects.bulk_create(rows, batch_size=1000)
    DjangosSession.objects.create(session_key=session.session_key, **facts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def look_up_with_django():
        request = HttpRequest()
        request.session = DjangosStore(session.session_key)
        return auth.get_user(request)

    def look_up_with_ours():
        return get_user(SessionStore(session.session_key))

    if not look_up_with_django() == look_up_with_ours() == person:
        raise SystemExit("The two lookups return different people.")
    return look_up_with_django, look_up_with_ours


def measure(lookup) -> list[float]:
    """Milliseconds of each round."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        lookup()
        times.append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    main()
