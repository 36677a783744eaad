import datetime

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import connections, models
from django.utils import timezone


class UserManager(DjangoUserManager):
    def get_by_natural_key(self, username):
        """Find a person however they capitalise their name today."""
        return self.get(username_key=self.model.key_of(username))


class ThrottleQuerySet(models.QuerySet):
    # One statement, so that it is atomic without a transaction, and fails once where the database fails.
    CLAIM = (
        "INSERT INTO {table} (cache_key, value, expires) VALUES (%s, '', %s) "
        "ON CONFLICT (cache_key) DO UPDATE SET expires = excluded.expires WHERE {table}.expires <= %s"
    )

    def claim(self, key: str, seconds: float) -> bool:
        """Make the row, which lasts so long. Returns whether it was free: missing or expired."""
        now = timezone.now()
        connection = connections[self.db]
        until, free_since = (
            connection.ops.adapt_datetimefield_value(time) for time in (now + datetime.timedelta(seconds=seconds), now)
        )
        sql = self.CLAIM.format(table=connection.ops.quote_name(self.model._meta.db_table))
        with connection.cursor() as cursor:
            cursor.execute(sql, [key, until, free_since])
            return cursor.rowcount == 1

    def ends_of(self, keys: list[str]) -> dict[str, datetime.datetime]:
        """When those of the rows end that have not."""
        return dict(self.filter(pk__in=keys, expires__gt=timezone.now()).values_list("pk", "expires"))

    def delete_expired(self, most: int | None = None) -> int:
        """Delete the rows that do not count any more, the oldest first. Returns how many."""
        expired = self.filter(expires__lte=timezone.now())
        if most:
            expired = self.filter(pk__in=expired.order_by("expires").values("pk")[:most])
        return expired.delete()[0]
