"""Sessions as they were kept before: in django_session, the table of Django's own.

Processes of the release before may still run, so a row there counts until a process of this release
first meets its cookie and moves it. Goes with the next release; the table, with the one after that.
"""

from functools import cache

from django.apps.registry import Apps
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connections


class FormerSession(AbstractBaseSession):
    """Somebody logged in by the release before. New installations have no such table."""

    class Meta:
        apps = Apps()  # Of no app: no migration is to make or drop the table.
        app_label = "accounts"
        db_table = "django_session"
        managed = False


@cache
def are_here(using: str) -> bool:
    """Whether the database has that table. Asked once in the life of a process."""
    return FormerSession._meta.db_table in connections[using].introspection.table_names()


def take(key: str, using: str) -> FormerSession | None:
    """Take a session out of its table; None if it is not there. Of several at once, one gets it.

    Call it in the transaction that saves the session elsewhere: whoever comes second waits for that.
    """
    former = FormerSession.objects.using(using).select_for_update().filter(pk=key).first()
    if former:
        FormerSession.objects.using(using).filter(pk=key).delete()
    return former
