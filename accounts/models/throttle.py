import datetime
import sys

from django.db import connections, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ThrottleQuerySet(models.QuerySet):
    # A single statement is atomic without a transaction, and raises a single error if the database fails.
    CLAIM = (
        "INSERT INTO {table} (cache_key, value, expires) VALUES (%s, '', %s) "
        "ON CONFLICT (cache_key) DO UPDATE SET expires = excluded.expires WHERE {table}.expires <= %s"
    )

    # Skips rows that another request is deleting: two requests waiting for each other's rows would deadlock.
    DELETE_EXPIRED = (
        "DELETE FROM {table} WHERE cache_key IN "
        "(SELECT cache_key FROM {table} WHERE expires <= %s ORDER BY expires LIMIT %s {skip_locked})"
    )

    def claim(self, key: str, seconds: float) -> bool:
        """Claim the key for this many seconds. Returns whether it was free: no row, or an expired one."""
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
        """Expiry of each of these keys that is still claimed."""
        return dict(self.filter(pk__in=keys, expires__gt=timezone.now()).values_list("pk", "expires"))

    def delete_expired(self, most: int = sys.maxsize) -> int:
        """Delete expired rows, the oldest first, up to `most`. Returns how many."""
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
    """An attempt that counts against a rate limit until it expires, see accounts.rate_limits."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()  # Always empty.
    expires = models.DateTimeField(db_index=True)

    objects = ThrottleQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("attempts")

    def __str__(self):
        return self.cache_key
