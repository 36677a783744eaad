import datetime
import sys

from django.db import connections, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ThrottleQuerySet(models.QuerySet):
    # One statement, so that it is atomic without a transaction, and fails once where the database fails.
    CLAIM = (
        "INSERT INTO {table} (cache_key, value, expires) VALUES (%s, '', %s) "
        "ON CONFLICT (cache_key) DO UPDATE SET expires = excluded.expires WHERE {table}.expires <= %s"
    )

    # Passes over rows that another request is deleting: two that wait for each other's rows would be a deadlock.
    DELETE_EXPIRED = (
        "DELETE FROM {table} WHERE cache_key IN "
        "(SELECT cache_key FROM {table} WHERE expires <= %s ORDER BY expires LIMIT %s {skip_locked})"
    )

    def claim(self, key: str, seconds: float) -> bool:
        """Insert the row for so many seconds. Returns whether it was free: missing or expired."""
        now = timezone.now()
        connection = connections[self.db]
        until, free_since = (
            connection.ops.adapt_datetimefield_value(time) for time in (now + datetime.timedelta(seconds=seconds), now)
        )
        sql = self.CLAIM.format(table=connection.ops.quote_name(self.model._meta.db_table))
        with connection.cursor() as cursor:
            cursor.execute(sql, [key, until, free_since])
            return cursor.rowcount == 1

    def expiry_times(self, keys: list[str]) -> dict[str, datetime.datetime]:
        """When each of these rows expires, without those that have expired."""
        return dict(self.filter(pk__in=keys, expires__gt=timezone.now()).values_list("pk", "expires"))

    def delete_expired(self, most: int = sys.maxsize) -> int:
        """Delete rows that do not count any more, the oldest first. Returns how many."""
        connection = connections[self.db]
        skip_locked = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                self.DELETE_EXPIRED.format(table=table, skip_locked=skip_locked),
                [connection.ops.adapt_datetimefield_value(timezone.now()), most],
            )
            return cursor.rowcount


class Throttle(models.Model):
    """A try that counts until it expires, see accounts.rate_limits."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()  # always empty
    expires = models.DateTimeField(db_index=True)

    objects = ThrottleQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("tries")

    def __str__(self):
        return self.cache_key
